//! The rules, each as given / when / then: a workspace with an owner, an admin, a member, a key, and a pending invitation.

use chrono::TimeDelta;
use contract::{Event, KeyHolder, MemberInvited, WorkspaceCreated, WorkspaceKind};

use super::*;
use crate::said::Said;
use Refusal::*;

mod codes;
mod keys;

fn ulid<T>(n: u128, from: impl Fn(ulid::Ulid) -> T) -> T {
    from(ulid::Ulid::from_parts(1_794_992_403_000, n))
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_992_403 + seconds, 0).unwrap()
}

fn email(name: &str) -> Email {
    format!("{name}@example.com").parse().unwrap()
}

fn user(name: &str) -> UserId {
    email(name).user()
}

const TEAM: u128 = 1;
const PROJECT: u128 = 7;

fn team() -> WorkspaceId {
    ulid(TEAM, WorkspaceId::from_ulid)
}

fn project() -> ProjectId {
    ulid(PROJECT, ProjectId::from_ulid)
}

fn key(n: u128) -> KeyId {
    ulid(100 + n, KeyId::from_ulid)
}

fn invite_id(n: u128) -> InviteId {
    ulid(200 + n, InviteId::from_ulid)
}

/// Takes commands one after the other, as the service would.
struct House {
    state: State,
    sequence: u64,
    now: DateTime<Utc>,
}

impl House {
    fn new() -> Self {
        let created = WorkspaceCreated { name: "Pizza".into(), kind: WorkspaceKind::Team, owner: user("owner") };
        let mut house = Self { state: State { project_owner: Some(team()), ..State::default() }, sequence: 0, now: at(0) };
        house.take(&[on_workspace(team(), created)], "usr");
        for (name, role) in [("admin", Role::Admin), ("member", Role::Member)] {
            house.join(name, role);
        }
        house
    }

    fn take(&mut self, facts: &[Fact], actor: &str) {
        for fact in facts {
            self.sequence += 1;
            let said = Said { sequence: self.sequence, at: self.now, actor: Some(actor), event: &fact.event };
            if fact.subject.token(1) == Some("user") {
                let id = fact.subject.token(2).unwrap().parse().unwrap();
                self.state.person = Person::fold(self.state.person.take(), id, said);
            } else if fact.subject == Subject::workspace(team()) {
                self.state.workspace = Workspace::fold(self.state.workspace.take(), team(), said);
            }
        }
    }

    fn join(&mut self, name: &str, role: Role) {
        let invite = ulid(u128::from(self.sequence) + 1_000, InviteId::from_ulid);
        let invited = MemberInvited { invite, email: email(name).as_str().into(), role, expires_at: self.now };
        self.take(&[on_workspace(team(), invited)], "usr");
        self.now += TimeDelta::minutes(2);
        self.run(Actor::Person(user(name)), WorkspaceCommand::Accept { invite, user: user(name) }).unwrap();
    }

    /// What happens, in short.
    fn run(&mut self, by: Actor, command: WorkspaceCommand) -> Result<Vec<&'static str>, Refusal> {
        let decision = decide(&self.state, &Command::Workspace { workspace: team(), by, command }, self.now)?;
        self.take(&decision.facts, &by.to_string());
        Ok(short(&decision.facts))
    }

    fn person(&mut self, command: PersonCommand) -> Result<(Vec<&'static str>, Option<Refusal>), Refusal> {
        let decision = decide(&self.state, &Command::Person { user: user("new"), command }, self.now)?;
        self.take(&decision.facts, "usr");
        Ok((short(&decision.facts), decision.refusal))
    }

    fn workspace(&self) -> &Workspace {
        self.state.workspace.as_ref().unwrap()
    }
}

fn short(facts: &[Fact]) -> Vec<&'static str> {
    facts.iter().map(|fact| fact.event.event_type().split('.').nth(1).unwrap()).collect()
}

fn by(name: &str) -> Actor {
    Actor::Person(user(name))
}

fn new_key(n: u128, scopes: &[&str], project: Option<ProjectId>) -> WorkspaceCommand {
    WorkspaceCommand::IssueKey(NewKey {
        id: key(n),
        hash: format!("hash-{n}"),
        name: "Key".parse().unwrap(),
        holder: KeyHolder::Program,
        scopes: scopes.iter().map(ToString::to_string).collect(),
        project,
        expires_at: None,
    })
}

fn leave(name: &str) -> WorkspaceCommand {
    WorkspaceCommand::Leave { user: user(name), keep_keys: false }
}

fn invite(n: u128, name: &str, role: Role) -> WorkspaceCommand {
    WorkspaceCommand::Invite { invite: invite_id(n), email: email(name), role }
}

#[test]
fn who_may_do_what_to_whom() {
    let change = |name: &str, role| WorkspaceCommand::ChangeRole { user: user(name), role, revoke_keys: false };
    let remove = |name: &str| WorkspaceCommand::Remove { user: user(name), keep_keys: false };
    let transfer = |name: &str| WorkspaceCommand::TransferOwnership { to: user(name) };
    let rename = || WorkspaceCommand::Rename { name: "Pasta".parse().unwrap() };
    let delete = || WorkspaceCommand::Delete { confirm: "Pizza".into() };
    for (who, command, expected) in [
        (by("owner"), change("member", Role::Admin), Ok(vec!["member_role_changed"])),
        (by("owner"), change("admin", Role::Member), Ok(vec!["member_role_changed"])),
        (by("owner"), change("member", Role::Owner), Err(OwnerNeeded)),
        (by("owner"), change("owner", Role::Member), Err(OwnerStays)),
        (by("admin"), change("member", Role::Admin), Err(OwnerNeeded)),
        (by("admin"), change("member", Role::Member), Ok(vec![])),
        (by("admin"), change("admin", Role::Member), Ok(vec!["member_role_changed"])),
        (by("admin"), change("owner", Role::Admin), Err(OwnerStays)),
        (by("member"), change("member", Role::Admin), Err(ScopeMissing("members:write"))),
        (by("stranger"), change("member", Role::Admin), Err(NoWorkspace)),
        (Actor::Platform, change("member", Role::Admin), Ok(vec!["member_role_changed"])),
        (by("owner"), change("stranger", Role::Admin), Err(NoMember)),
        (by("owner"), remove("admin"), Ok(vec!["member_removed"])),
        (by("owner"), remove("owner"), Err(OwnerStays)),
        (by("admin"), remove("owner"), Err(OwnerStays)),
        (by("admin"), remove("member"), Ok(vec!["member_removed"])),
        (by("member"), remove("member"), Err(ScopeMissing("members:write"))),
        (by("owner"), transfer("member"), Ok(vec!["ownership_transferred"])),
        (by("owner"), transfer("owner"), Ok(vec![])),
        (by("owner"), transfer("stranger"), Err(NoMember)),
        (by("admin"), transfer("admin"), Err(ScopeMissing("workspace:own"))),
        (by("admin"), rename(), Ok(vec!["workspace_renamed"])),
        (by("member"), rename(), Err(ScopeMissing("members:write"))),
        (by("admin"), delete(), Err(ScopeMissing("workspace:own"))),
        (by("owner"), delete(), Ok(vec!["workspace_deleted"])),
        (by("owner"), WorkspaceCommand::Delete { confirm: "pizza".into() }, Err(NotConfirmed)),
        (by("owner"), leave("owner"), Err(OwnerStays)),
        (by("member"), leave("member"), Ok(vec!["member_removed"])),
        (by("stranger"), leave("stranger"), Err(NoWorkspace)),
        (by("admin"), invite(1, "new", Role::Admin), Err(OwnerNeeded)),
        (by("owner"), invite(1, "new", Role::Admin), Ok(vec!["member_invited"])),
        (by("admin"), invite(1, "new", Role::Member), Ok(vec!["member_invited"])),
        (by("admin"), invite(1, "member", Role::Member), Err(AlreadyMember)),
        (by("member"), invite(1, "new", Role::Member), Err(ScopeMissing("members:write"))),
    ] {
        assert_eq!(House::new().run(who, command.clone()), expected, "{who}: {command:?}");
    }
}

#[test]
fn an_owner_can_go_once_somebody_else_is_the_owner() {
    let mut house = House::new();
    house.run(by("owner"), WorkspaceCommand::TransferOwnership { to: user("member") }).unwrap();
    let roles: Vec<Role> = ["owner", "member"].map(|name| house.workspace().members[&user(name)].role).into();
    assert_eq!((roles, house.workspace().owner), (vec![Role::Admin, Role::Owner], Some(user("member"))));
    assert_eq!(house.run(by("owner"), WorkspaceCommand::TransferOwnership { to: user("owner") }), Err(ScopeMissing("workspace:own")));
    assert!(house.run(by("owner"), leave("owner")).is_ok());
    assert_eq!(house.run(by("owner"), WorkspaceCommand::Rename { name: "Mine".parse().unwrap() }), Err(NoWorkspace));
    let owners = house.workspace().members.values().filter(|member| member.role == Role::Owner).count();
    assert_eq!(owners, 1);
}

#[test]
fn a_workspace_that_owns_projects_or_is_personal_or_the_installations_stays() {
    let mut house = House::new();
    house.state.owns_projects = true;
    let delete = || WorkspaceCommand::Delete { confirm: "Pizza".into() };
    assert_eq!(house.run(by("owner"), delete()), Err(OwnsProjects));
    let mut own = House::new();
    own.state.workspace.as_mut().unwrap().kind = WorkspaceKind::Personal;
    assert_eq!(own.run(by("owner"), delete()), Err(Personal));
    assert_eq!(own.run(by("owner"), WorkspaceCommand::TransferOwnership { to: user("admin") }), Err(Personal));
    assert_eq!(own.run(by("owner"), invite(1, "new", Role::Member)), Err(Personal));
    let mut installation = House::new();
    installation.state.workspace = Workspace::initial(WorkspaceId::INSTALLATION);
    assert_eq!(installation.run(Actor::Platform, delete()), Err(Installation));
    assert_eq!(installation.run(by("owner"), delete()), Err(NoWorkspace));
    assert!(installation.run(Actor::Platform, new_key(1, &["projects:read"], None)).is_ok());
}

#[test]
fn a_second_invitation_renews_the_first_and_the_old_link_stops_working() {
    let mut house = House::new();
    house.run(by("owner"), invite(1, "new", Role::Member)).unwrap();
    let first = house.workspace().invites[&invite_id(1)].expires_at;
    assert_eq!(house.run(by("owner"), invite(2, "new", Role::Member)), Err(TooSoon { retry_after_s: 61 }));
    house.now += invites::RESEND_PAUSE;
    assert_eq!(house.run(by("owner"), invite(2, "new", Role::Member)), Ok(vec!["invite_renewed"]));
    assert_eq!(house.workspace().invites.len(), 1);
    let link = |expires_at| Command::AcceptLink {
        workspace: team(),
        invite: invite_id(1),
        user: user("new"),
        expires_at,
        name: None,
        session: NewSession { id: ulid(9, SessionId::from_ulid), hash: "h".into() },
    };
    assert_eq!(decide(&house.state, &link(first), house.now), Err(LinkExpired));
    let second = house.workspace().invites[&invite_id(1)].expires_at;
    let facts = decide(&house.state, &link(second), second - TimeDelta::microseconds(1)).unwrap().facts;
    assert_eq!(short(&facts), ["user_registered", "workspace_created", "session_started", "invite_accepted"]);
    assert_eq!(decide(&house.state, &link(second), second), Err(LinkExpired));
    // A code was asked for, which anybody can; then somebody was registered.
    house.person(PersonCommand::IssueCode { hash: "code".into() }).unwrap();
    assert!(decide(&house.state, &link(second), house.now).is_ok());
    let session = NewSession { id: ulid(8, SessionId::from_ulid), hash: "h".into() };
    let sign_in = PersonCommand::SignIn { email: email("new"), name: None, code_hash: "code".into(), session };
    house.person(sign_in).unwrap();
    assert_eq!(decide(&house.state, &link(second), house.now), Err(SignInFirst));
    // The invitation itself is still there for who signs in.
    house.now = second + TimeDelta::days(30);
    assert_eq!(house.run(by("other"), WorkspaceCommand::Accept { invite: invite_id(1), user: user("other") }), Err(NoInvite));
    assert!(house.run(by("new"), WorkspaceCommand::Accept { invite: invite_id(1), user: user("new") }).is_ok());
    assert_eq!(house.run(by("new"), WorkspaceCommand::Accept { invite: invite_id(1), user: user("new") }), Err(NoInvite));
    assert_eq!(decide(&house.state, &link(second), second), Err(InviteEnded));
}

#[test]
fn an_invitation_for_another_role_takes_the_place_of_the_first() {
    let mut house = House::new();
    house.run(by("owner"), invite(1, "new", Role::Admin)).unwrap();
    house.now += TimeDelta::hours(1);
    assert_eq!(house.run(by("admin"), invite(2, "new", Role::Member)), Err(OwnerNeeded), "an admin's invitation is the owner's");
    assert_eq!(house.run(by("admin"), WorkspaceCommand::CancelInvite { invite: invite_id(1) }), Err(OwnerNeeded));
    assert_eq!(house.run(by("owner"), invite(2, "new", Role::Member)), Ok(vec!["invite_cancelled", "member_invited"]));
    assert_eq!(house.workspace().invites.keys().copied().collect::<Vec<_>>(), [invite_id(2)]);
}

#[test]
fn who_is_invited_again_after_a_cancel_or_a_decline_is_not_mailed_sooner() {
    let ends = [
        (by("owner"), WorkspaceCommand::CancelInvite { invite: invite_id(1) }),
        (by("new"), WorkspaceCommand::Decline { invite: invite_id(1), user: user("new") }),
    ];
    for (who, end) in ends {
        let mut house = House::new();
        house.run(by("owner"), invite(1, "new", Role::Member)).unwrap();
        house.run(who, end).unwrap();
        assert_eq!(house.run(by("owner"), invite(2, "new", Role::Member)), Err(TooSoon { retry_after_s: 61 }));
        assert!(house.run(by("owner"), invite(2, "other", Role::Member)).is_ok());
        house.now += invites::RESEND_PAUSE;
        assert_eq!(house.run(by("owner"), invite(3, "new", Role::Member)), Ok(vec!["member_invited"]));
    }
}

#[test]
fn invitations_members_and_mails_are_bounded() {
    let mut house = House::new();
    for n in 0..invites::INVITES_MAX {
        house.run(by("owner"), invite(n as u128, &format!("p{n}"), Role::Member)).unwrap();
    }
    let full = LimitReached { what: "pending invitations", max: invites::INVITES_MAX };
    assert_eq!(house.run(by("owner"), invite(999, "one-more", Role::Member)), Err(full));
    house.now += TimeDelta::hours(1);
    // The two members of the house were invited as well.
    for n in 0..invites::INVITES_MAX - 2 {
        house.run(by("owner"), WorkspaceCommand::Resend { invite: invite_id(n as u128) }).unwrap();
    }
    let refused = house.run(by("owner"), WorkspaceCommand::Resend { invite: invite_id(99) });
    assert!(matches!(refused, Err(TooSoon { retry_after_s: 1_000.. })), "{refused:?}");
    house.now += TimeDelta::hours(24);
    assert!(house.run(by("owner"), WorkspaceCommand::Resend { invite: invite_id(99) }).is_ok());

    let mut house = House::new();
    while house.workspace().members.len() < invites::MEMBERS_MAX {
        house.join(&format!("m{}", house.sequence), Role::Member);
    }
    house.now += TimeDelta::hours(24);
    let full = LimitReached { what: "members", max: invites::MEMBERS_MAX };
    assert_eq!(house.run(by("owner"), invite(1, "new", Role::Member)), Err(full));
}

#[test]
fn a_member_is_permitted_what_the_one_who_permits_has_in_projects_of_the_workspace() {
    let permit = |scopes: &[&str]| WorkspaceCommand::Permit {
        user: user("member"),
        project: project(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
    };
    let mut house = House::new();
    assert_eq!(house.run(by("admin"), permit(&["projects:read"])), Ok(vec!["member_permissions_changed"]));
    assert_eq!(house.run(by("admin"), permit(&["projects:read"])), Ok(vec![]));
    house.run(by("owner"), new_key(1, &["members:write"], None)).unwrap();
    assert_eq!(house.run(Actor::Key(key(1)), permit(&["code:write"])), Err(ScopeNotHeld("code:write".into())));
    house.state.project_owner = Some(WorkspaceId::INSTALLATION);
    assert_eq!(house.run(by("owner"), permit(&["code:write"])), Err(NoProject));
    assert_eq!(house.run(by("owner"), permit(&[])), Ok(vec!["member_permissions_changed"]), "it can be taken back");
    house.run(by("owner"), WorkspaceCommand::Remove { user: user("member"), keep_keys: false }).unwrap();
    assert_eq!(house.run(by("owner"), permit(&[])), Err(NoMember));
}

#[test]
fn what_was_permitted_in_projects_that_are_gone_makes_room() {
    let numbered = |n: u128| ulid(1_000 + n, ProjectId::from_ulid);
    let permit = |n: u128| WorkspaceCommand::Permit { user: user("member"), project: numbered(n), scopes: vec!["projects:read".into()] };
    let mut house = House::new();
    for n in 0..members::PERMISSIONS_MAX as u128 {
        house.run(by("owner"), permit(n)).unwrap();
    }
    let full = LimitReached { what: "projects for one member", max: members::PERMISSIONS_MAX };
    assert_eq!(house.run(by("owner"), permit(999)), Err(full));
    house.state.strays = [3, 5].map(numbered).into();
    assert_eq!(house.run(by("owner"), permit(999)), Ok(vec!["member_permissions_changed"; 3]));
    let permitted = &house.workspace().members[&user("member")].permissions;
    assert_eq!(permitted.len(), members::PERMISSIONS_MAX - 1);
    assert_eq!([3, 5, 999].map(|n| permitted.contains_key(&numbered(n))), [false, false, true]);
}
