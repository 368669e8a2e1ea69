//! Any sequence of commands by anybody: whatever is refused and whatever happens, a workspace has one owner who belongs to it, nobody is
//! invited who belongs to it, no key may more than can be given or outlives the key that made it, what somebody made goes with them where
//! that is asked for, and who does not belong to it changes nothing.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use contract::{KeyHolder, WorkspaceCreated, WorkspaceKind};
use proptest::prelude::*;

use super::*;
use crate::said::Said;
use crate::scope::is_for_keys;

const PEOPLE: usize = 5;
const SCOPES: [&str; 4] = ["keys:write", "members:write", "projects:read", "workspace:read"];

fn ulid(n: usize) -> ulid::Ulid {
    ulid::Ulid::from_parts(1_794_992_403_000, n as u128)
}

fn team() -> WorkspaceId {
    WorkspaceId::from_ulid(ulid(1))
}

fn email(n: usize) -> Email {
    format!("p{n}@example.com").parse().unwrap()
}

fn user(n: usize) -> UserId {
    email(n).user()
}

/// What is tried: on whom, and a number that makes up the rest.
#[derive(Debug, Clone, Copy)]
struct Try {
    kind: usize,
    on: usize,
    dice: usize,
}

fn actor(n: usize) -> Actor {
    match n {
        0..PEOPLE => Actor::Person(user(n)),
        PEOPLE => Actor::Platform,
        _ => Actor::Key(KeyId::from_ulid(ulid(100 + n - PEOPLE - 1))),
    }
}

fn command(Try { kind, on, dice }: Try, step: usize, now: DateTime<Utc>) -> WorkspaceCommand {
    let (user, role) = (user(on), if dice % 2 == 0 { Role::Admin } else { Role::Member });
    let (revoke_keys, keep_keys) = (dice % 3 == 0, dice % 3 != 0);
    let expires_at = [None, Some(2), Some(5), Some(60)][dice >> 4 & 3].map(|minutes| now + TimeDelta::minutes(minutes));
    // Keys and invitations of the first steps, so that some of them exist.
    let (key, invite) = (KeyId::from_ulid(ulid(100 + dice % 6)), InviteId::from_ulid(ulid(500 + dice % 12)));
    let scopes: Vec<String> = SCOPES.iter().enumerate().filter(|(n, _)| dice >> n & 1 == 1).map(|(_, scope)| (*scope).to_owned()).collect();
    match kind {
        0 => WorkspaceCommand::ChangeRole { user, role, revoke_keys },
        1 => WorkspaceCommand::Remove { user, keep_keys },
        2 => WorkspaceCommand::Leave { user, keep_keys },
        3 => WorkspaceCommand::TransferOwnership { to: user },
        4 | 5 => WorkspaceCommand::Invite { invite: InviteId::from_ulid(ulid(500 + step % 12)), email: email(on), role },
        6 | 7 => WorkspaceCommand::Accept { invite, user },
        8 => WorkspaceCommand::Decline { invite, user },
        9 => WorkspaceCommand::CancelInvite { invite },
        10 | 11 => WorkspaceCommand::IssueKey(NewKey {
            id: KeyId::from_ulid(ulid(100 + step % 6)),
            hash: "h".into(),
            name: "K".parse().unwrap(),
            holder: KeyHolder::Program,
            scopes,
            project: None,
            expires_at,
        }),
        12 => {
            let (key, overlap_seconds) = (KeyId::from_ulid(ulid(100 + step % 6)), u32::try_from(dice).unwrap());
            WorkspaceCommand::RotateKey { old: KeyId::from_ulid(ulid(100 + dice % 6)), key, hash: "h".into(), overlap_seconds, expires_at }
        }
        13 => WorkspaceCommand::RevokeKey { key },
        _ => WorkspaceCommand::Rename { name: "Pasta".parse().unwrap() },
    }
}

fn check(workspace: &Workspace) {
    let owners: Vec<UserId> = workspace.members.iter().filter(|(_, member)| member.role == Role::Owner).map(|(user, _)| *user).collect();
    assert_eq!(owners, workspace.owner.into_iter().collect::<Vec<_>>(), "one owner, who belongs to it");
    for invite in workspace.invites.values() {
        assert!(!workspace.members.contains_key(&UserId::of_email(&invite.email)), "a member is invited");
        assert_eq!(workspace.invites.values().filter(|other| other.email == invite.email).count(), 1, "invited twice");
        assert_ne!(invite.role, Role::Owner);
    }
    assert!(workspace.keys.values().all(|key| key.scopes.iter().all(|scope| is_for_keys(scope))));
}

/// Who may have done this: a member, the platform, a key that works, or the invitee.
fn is_allowed(before: &Workspace, by: Actor, command: &WorkspaceCommand, now: DateTime<Utc>) -> bool {
    let own = match command {
        WorkspaceCommand::Accept { invite, user } | WorkspaceCommand::Decline { invite, user } => {
            return before.invites.get(invite).is_some_and(|invite| UserId::of_email(&invite.email) == *user);
        }
        WorkspaceCommand::Leave { user, .. } => return before.members.contains_key(user),
        WorkspaceCommand::TransferOwnership { .. } => return by == Actor::Platform || before.owner.map(Actor::Person) == Some(by),
        WorkspaceCommand::ChangeRole { user, .. } => before.members.get(user).is_some_and(|member| member.role == Role::Admin),
        _ => false,
    };
    match by {
        Actor::Platform => true,
        Actor::Person(user) => before.members.get(&user).is_some_and(|member| {
            member.role == Role::Owner
                || (member.role == Role::Admin && (!own || matches!(command, WorkspaceCommand::ChangeRole { user: on, .. } if *on == user)))
        }),
        Actor::Key(key) | Actor::Agent(key) => before.keys.get(&key).is_some_and(|key| key.works(now)) && !own,
    }
}

/// The keys that somebody made, those that were made with these, and what took over from any of them: found the long way.
fn made_by(workspace: &Workspace, user: UserId) -> BTreeSet<KeyId> {
    let mut made: BTreeSet<KeyId> = BTreeSet::new();
    loop {
        let is_theirs = |key: &crate::key::Key| match key.issued_by.as_deref().and_then(Actor::parse) {
            Some(Actor::Person(maker)) => maker == user,
            Some(Actor::Key(maker) | Actor::Agent(maker)) => made.contains(&maker),
            Some(Actor::Platform) | None => false,
        };
        let keys = workspace.keys.iter();
        let theirs = keys.filter(|(_, key)| is_theirs(key) || key.replaces.is_some_and(|old| made.contains(&old)));
        let more: BTreeSet<KeyId> = theirs.map(|(id, _)| *id).collect();
        if more.len() == made.len() {
            return made;
        }
        made = more;
    }
}

/// Whose keys end by the command.
fn disowned(command: &WorkspaceCommand) -> Option<UserId> {
    match command {
        WorkspaceCommand::ChangeRole { user, revoke_keys: true, .. }
        | WorkspaceCommand::Remove { user, keep_keys: false }
        | WorkspaceCommand::Leave { user, keep_keys: false } => Some(*user),
        _ => None,
    }
}

/// A key that a key made ends with it at the latest.
fn ends_with_its_maker(before: &Workspace, by: Actor, event: &WorkspaceEvent) -> bool {
    let (WorkspaceEvent::KeyIssued(issued), Actor::Key(maker)) = (event, by) else { return true };
    before.keys[&maker].expires_at.is_none_or(|end| issued.expires_at.is_some_and(|at| at <= end))
}

proptest! {
    #[test]
    fn whatever_is_tried_a_workspace_stays_what_a_workspace_is(
        tries in proptest::collection::vec((0..15_usize, 0..PEOPLE + 7, 0..PEOPLE, 0..64_usize), 1..120)
    ) {
        let mut now = DateTime::from_timestamp(1_794_992_403, 0).unwrap();
        let created = WorkspaceCreated { name: "Pizza".into(), kind: WorkspaceKind::Team, owner: user(0) };
        let said = Said { sequence: 1, at: now, actor: None, event: &created.into() };
        let mut state = State { workspace: Workspace::fold(None, team(), said), ..State::default() };
        let mut sequence = 1;
        for (step, (kind, by, on, dice)) in tries.into_iter().enumerate() {
            now += TimeDelta::seconds(31);
            let (by, command) = (actor(by), command(Try { kind, on, dice }, step, now));
            let before = state.workspace.clone().unwrap();
            // Ids are new in life: a step whose id is taken is skipped.
            let taken = match &command {
                WorkspaceCommand::Invite { invite, .. } => before.invites.contains_key(invite),
                WorkspaceCommand::IssueKey(NewKey { id: key, .. }) | WorkspaceCommand::RotateKey { key, .. } => before.keys.contains_key(key),
                _ => false,
            };
            if taken {
                continue;
            }
            let decided = decide(&state, &Command::Workspace { workspace: team(), by, command: command.clone() }, now);
            let Ok(Decision { facts, .. }) = decided else { continue };
            prop_assert!(facts.is_empty() || is_allowed(&before, by, &command, now), "{by} did {command:?} in {before:?}");
            for fact in facts {
                prop_assert_eq!(&fact.subject, &Subject::workspace(team()));
                prop_assert!(ends_with_its_maker(&before, by, &fact.event), "{by} did {command:?} in {before:?}");
                sequence += 1;
                let actor = by.to_string();
                let said = Said { sequence, at: now, actor: Some(&actor), event: &fact.event };
                state.workspace = Workspace::fold(state.workspace.take(), team(), said);
            }
            let after = state.workspace.as_ref().unwrap();
            check(after);
            let mut theirs = disowned(&command).into_iter().flat_map(|user| made_by(after, user));
            prop_assert!(!theirs.any(|key| after.keys[&key].works(now)), "{by} did {command:?} in {before:?}");
        }
    }
}
