//! Roles, grants, keys and time, as a table of who may do what after which events.

use chrono::TimeDelta;
use contract::{
    Context, Event, EventId, EventType, InviteAccepted, InviteId, KeyExpirySet, KeyId, KeyIssued, KeyRevoked, MemberPermissionsChanged,
    MemberRemoved, MemberRoleChanged, OperationId, OwnershipTransferred, ProjectCreated, ProjectErased, ProjectEvent, ProjectTransferred,
    Recorded, SessionEnded, SessionId, SessionStarted, Subject, TransferId, WorkspaceCreated, WorkspaceDeleted, WorkspaceEvent,
    WorkspaceKind,
};
use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::credential::Issued;

mod readme;
mod unread;

fn ulid(n: u64) -> Ulid {
    Ulid::from_parts(1_700_000_000_000, n.into())
}

const OWNER: u64 = 1;
const ADMIN: u64 = 2;
const MEMBER: u64 = 3;
const STRANGER: u64 = 4;

fn user(n: u64) -> UserId {
    UserId::from_ulid(ulid(n))
}

fn session(n: u64) -> Holder {
    Holder::Session(user(n), SessionId::from_ulid(ulid(n)))
}

fn project(n: u64) -> ProjectId {
    ProjectId::from_ulid(ulid(n))
}

fn workspace(n: u64) -> WorkspaceId {
    WorkspaceId::from_ulid(ulid(1_000 + n))
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn recorded<E: Event>(sequence: u64, subject: Subject, event: E) -> Recorded {
    let id = EventId::from_ulid(ulid(sequence));
    let new = event.into_new(id, "/test", start(), Context::default());
    let mut headers = Vec::new();
    new.headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
    Recorded::from_headers(sequence, subject, headers.iter().map(|(name, value)| (name.as_str(), value.as_str())), new.data).unwrap()
}

/// A log of both streams.
#[derive(Default)]
struct Log(Vec<Recorded>);

impl Log {
    fn workspace(&mut self, n: u64, event: WorkspaceEvent) -> &mut Self {
        self.push(Subject::workspace(workspace(n)), event)
    }

    fn project(&mut self, n: u64, event: ProjectEvent) -> &mut Self {
        self.push(Subject::project(project(n)), event)
    }

    fn push<E: Event>(&mut self, subject: Subject, event: E) -> &mut Self {
        self.0.push(recorded(self.next(&subject), subject, event));
        self
    }

    /// As a newer version of the software would write it.
    fn push_of_the_future(&mut self, subject: Subject, event_type: &str) {
        let sequence = self.next(&subject);
        let mut event = recorded(sequence, subject, WorkspaceEvent::WorkspaceDeleted(WorkspaceDeleted {}));
        event.event_type = EventType::new(event_type);
        self.0.push(event);
    }

    fn next(&self, subject: &Subject) -> u64 {
        self.0.iter().filter(|before| before.subject.stream() == subject.stream()).count() as u64 + 1
    }

    fn fold(&self) -> Fold {
        let mut fold = Fold::default();
        self.0.iter().for_each(|event| fold.apply(event));
        fold
    }
}

fn created(n: u64) -> ProjectEvent {
    ProjectEvent::ProjectCreated(ProjectCreated { name: "p".into(), conversation_idle_seconds: None, workspace: workspace(n) })
}

fn founded(owner: u64) -> WorkspaceEvent {
    WorkspaceEvent::WorkspaceCreated(WorkspaceCreated { name: "w".into(), kind: WorkspaceKind::Team, owner: user(owner) })
}

fn joined(n: u64, role: Role) -> WorkspaceEvent {
    WorkspaceEvent::InviteAccepted(InviteAccepted { invite: InviteId::from_ulid(ulid(n)), user: user(n), role })
}

fn granted(project_n: u64, scopes: &[&str]) -> WorkspaceEvent {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    WorkspaceEvent::MemberPermissionsChanged(MemberPermissionsChanged { user: user(MEMBER), project: project(project_n), scopes })
}

fn key(n: u64) -> KeyId {
    KeyId::from_ulid(ulid(n))
}

fn issued(n: u64, scopes: &[&str], only: Option<u64>, expires_at: Option<DateTime<Utc>>) -> WorkspaceEvent {
    WorkspaceEvent::KeyIssued(KeyIssued {
        key: key(n),
        name: "k".into(),
        holder: KeyHolder::Program,
        hash: Issued::key(key(n)).hash,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        project: only.map(project),
        expires_at,
        replaces: None,
    })
}

/// Workspace 1 has an owner, an admin, a member who was granted something in project 1, and projects 1 and 2; workspace 2 is the stranger's
/// and has project 3. Everybody is signed in. Key 1 may read conversations in workspace 1, key 2 in project 1 alone.
fn world() -> Log {
    let mut log = Log::default();
    log.workspace(1, founded(OWNER)).workspace(1, joined(ADMIN, Role::Admin)).workspace(1, joined(MEMBER, Role::Member));
    log.workspace(2, founded(STRANGER)).project(1, created(1)).project(2, created(1)).project(3, created(2));
    log.workspace(1, granted(1, &["conversations:read", "code:read", "members:write"]));
    for n in [OWNER, ADMIN, MEMBER, STRANGER] {
        let (session, hash) = (SessionId::from_ulid(ulid(n)), String::new());
        let started = SessionStarted { session, hash, expires_at: start() + TimeDelta::days(30) };
        log.push(Subject::user(user(n)), WorkspaceEvent::SessionStarted(started));
    }
    log.workspace(1, issued(1, &["conversations:read", "workspace:read", "keys:write", "self", "dev"], None, None));
    log.workspace(1, issued(2, &["conversations:read", "workspace:read", "projects:write"], Some(1), None));
    log
}

const YES: Result<(), Denied> = Ok(());
const HIDDEN: Result<(), Denied> = Err(Denied::Hidden);
const NO: Result<(), Denied> = Err(Denied::Insufficient);
const OUT: Result<(), Denied> = Err(Denied::Unauthenticated);

#[track_caller]
fn check(log: &Log, holder: Holder, scope: &str, place: Option<u64>, in_project: Option<u64>, wanted: Result<(), Denied>) {
    let (place, in_project) = (place.map(|n| workspace(n).to_string()), in_project.map(|n| project(n).to_string()));
    let need = Need { scope, workspace: place.as_deref(), project: in_project.as_deref() };
    assert_eq!(log.fold().allows(holder, need, start()), wanted, "{holder:?} {need:?}");
}

#[test]
fn a_role_allows_what_the_table_says() {
    let log = &world();
    for (scope, owner, admin, member) in [
        ("workspace:read", YES, YES, YES),
        ("members:write", YES, YES, NO),
        ("keys:write", YES, YES, NO),
        ("projects:write", YES, YES, NO),
        ("audit:read", YES, YES, NO),
        ("workspace:own", YES, NO, NO),
        ("dev", NO, NO, NO),
        ("self", YES, YES, YES),
    ] {
        check(log, session(OWNER), scope, Some(1), None, owner);
        check(log, session(ADMIN), scope, Some(1), None, admin);
        check(log, session(MEMBER), scope, Some(1), None, member);
        if scope != "dev" && scope != "self" {
            check(log, session(STRANGER), scope, Some(1), None, HIDDEN);
            check(log, session(OWNER), scope, Some(9), None, HIDDEN);
        }
    }
}

#[test]
fn a_member_may_in_a_project_what_was_granted_there() {
    let log = &world();
    check(log, session(MEMBER), "conversations:read", None, Some(1), YES);
    check(log, session(MEMBER), "conversations:write", None, Some(1), NO);
    // What was granted in a project never reaches the workspace.
    check(log, session(MEMBER), "members:write", None, Some(1), NO);
    check(log, session(MEMBER), "members:write", Some(1), Some(1), NO);
    check(log, session(MEMBER), "conversations:read", None, Some(2), HIDDEN);
    check(log, session(MEMBER), "conversations:read", None, Some(3), HIDDEN);
    check(log, session(MEMBER), "conversations:read", None, Some(9), HIDDEN);
    check(log, session(MEMBER), "conversations:read", Some(2), Some(1), HIDDEN);
    check(log, session(ADMIN), "projects:delete", None, Some(2), YES);
    check(log, session(ADMIN), "members:write", Some(1), Some(2), YES);
    check(log, session(ADMIN), "members:write", Some(1), Some(3), HIDDEN);
}

#[test]
fn without_a_place_it_is_enough_to_have_the_scope_somewhere() {
    let log = &world();
    check(log, session(OWNER), "projects:write", None, None, YES);
    check(log, session(MEMBER), "conversations:read", None, None, YES);
    check(log, session(MEMBER), "projects:write", None, None, NO);
    check(log, session(MEMBER), "members:write", None, None, NO);
    check(log, Holder::Key(key(1)), "conversations:read", None, None, YES);
    check(log, Holder::Key(key(1)), "projects:write", None, None, NO);
}

#[test]
fn a_key_may_what_it_lists_where_it_belongs() {
    let log = &world();
    let (wide, narrow) = (Holder::Key(key(1)), Holder::Key(key(2)));
    check(log, wide, "conversations:read", None, Some(1), YES);
    check(log, wide, "conversations:read", None, Some(2), YES);
    check(log, wide, "conversations:read", None, Some(3), HIDDEN);
    check(log, wide, "conversations:write", None, Some(1), NO);
    check(log, wide, "keys:write", Some(1), None, YES);
    check(log, wide, "keys:write", Some(2), None, HIDDEN);
    check(log, wide, "self", None, None, NO);
    check(log, wide, "dev", None, None, NO);
    check(log, narrow, "conversations:read", None, Some(1), YES);
    check(log, narrow, "conversations:read", None, Some(2), HIDDEN);
    check(log, narrow, "workspace:read", Some(1), None, NO);
    check(log, narrow, "projects:write", Some(1), None, NO);
    check(log, narrow, "projects:write", Some(1), Some(1), YES);
}

#[test]
fn names_that_are_no_ids_are_names_of_nothing() {
    let fold = world().fold();
    for name in ["", "prj_", "x", "prj_zz", "wsp_*", "é", &project(1).to_string().to_lowercase()] {
        for need in [
            Need { scope: "conversations:read", workspace: None, project: Some(name) },
            Need { scope: "workspace:read", workspace: Some(name), project: None },
        ] {
            assert_eq!(fold.allows(session(OWNER), need, start()), HIDDEN, "{need:?}");
        }
    }
}

#[test]
fn what_is_taken_away_is_gone_at_once() {
    let mut log = world();
    check(&log, session(MEMBER), "conversations:read", None, Some(1), YES);
    log.workspace(1, granted(1, &[]));
    check(&log, session(MEMBER), "conversations:read", None, Some(1), HIDDEN);
    log.workspace(1, WorkspaceEvent::MemberRemoved(MemberRemoved { user: user(ADMIN) }));
    check(&log, session(ADMIN), "workspace:read", Some(1), None, HIDDEN);
    check(&log, session(ADMIN), "projects:read", None, Some(1), HIDDEN);
    // Whoever comes back begins with nothing.
    log.workspace(1, granted(1, &["code:read"])).workspace(1, WorkspaceEvent::MemberRemoved(MemberRemoved { user: user(MEMBER) }));
    log.workspace(1, joined(MEMBER, Role::Member));
    check(&log, session(MEMBER), "code:read", None, Some(1), HIDDEN);
    log.workspace(1, WorkspaceEvent::KeyRevoked(KeyRevoked { key: key(1) }));
    check(&log, Holder::Key(key(1)), "conversations:read", None, Some(1), OUT);
    log.push(Subject::user(user(OWNER)), WorkspaceEvent::SessionEnded(SessionEnded { session: SessionId::from_ulid(ulid(OWNER)) }));
    check(&log, session(OWNER), "self", None, None, OUT);
    log.workspace(1, WorkspaceEvent::WorkspaceDeleted(WorkspaceDeleted {}));
    check(&log, Holder::Key(key(2)), "conversations:read", None, Some(1), OUT);
    check(&log, session(MEMBER), "workspace:read", Some(1), None, HIDDEN);
}

#[test]
fn no_workspace_speaks_about_the_keys_of_another() {
    let mut log = world();
    log.workspace(2, WorkspaceEvent::KeyRevoked(KeyRevoked { key: key(1) })).workspace(2, issued(1, &["workspace:own"], None, None));
    check(&log, Holder::Key(key(1)), "conversations:read", None, Some(1), YES);
    check(&log, Holder::Key(key(1)), "workspace:own", Some(2), None, HIDDEN);
}

#[test]
fn roles_and_owners_change() {
    let mut log = world();
    log.workspace(1, WorkspaceEvent::MemberRoleChanged(MemberRoleChanged { user: user(MEMBER), role: Role::Admin }));
    check(&log, session(MEMBER), "projects:delete", None, Some(2), YES);
    log.workspace(1, WorkspaceEvent::OwnershipTransferred(OwnershipTransferred { from: user(OWNER), to: user(ADMIN) }));
    check(&log, session(OWNER), "workspace:own", Some(1), None, NO);
    check(&log, session(ADMIN), "workspace:own", Some(1), None, YES);
    let transferred = ProjectTransferred { transfer: TransferId::from_ulid(ulid(1)), from: workspace(1), to: workspace(2) };
    log.project(1, ProjectEvent::ProjectTransferred(transferred));
    check(&log, session(OWNER), "projects:read", None, Some(1), HIDDEN);
    check(&log, Holder::Key(key(1)), "conversations:read", None, Some(1), HIDDEN);
    check(&log, Holder::Key(key(2)), "conversations:read", None, Some(1), HIDDEN);
    check(&log, session(STRANGER), "projects:delete", None, Some(1), YES);
    log.project(1, ProjectEvent::ProjectErased(ProjectErased { operation: OperationId::from_ulid(ulid(1)), left: None }));
    check(&log, session(STRANGER), "projects:read", None, Some(1), HIDDEN);
}

#[test]
fn an_end_is_the_first_instant_that_is_refused() {
    let end = start() + TimeDelta::hours(1);
    let mut log = world();
    log.workspace(1, issued(3, &["code:read"], None, Some(end)));
    let at = |log: &Log, now| log.fold().allows(Holder::Key(key(3)), Need { scope: "code:read", workspace: None, project: None }, now);
    let millisecond = TimeDelta::milliseconds(1);
    assert_eq!((at(&log, end - millisecond), at(&log, end), at(&log, end + millisecond)), (YES, OUT, OUT));
    log.workspace(1, WorkspaceEvent::KeyExpirySet(KeyExpirySet { key: key(3), expires_at: end - TimeDelta::minutes(5) }));
    assert_eq!(at(&log, end - millisecond), OUT);
    let signed_in = |now| log.fold().allows(session(OWNER), Need { scope: "self", workspace: None, project: None }, now);
    let over = start() + TimeDelta::days(30);
    assert_eq!((signed_in(over - millisecond), signed_in(over)), (YES, OUT));
}

#[test]
fn lists_show_what_is_seen_and_nothing_else() {
    let fold = world().fold();
    let some = |workspaces: &[u64], projects: &[u64]| Visible::Some {
        workspaces: workspaces.iter().map(|n| workspace(*n).to_string()).collect(),
        projects: projects.iter().map(|n| project(*n).to_string()).collect(),
    };
    let none = || some(&[], &[]);
    for (holder, of_conversations, of_projects) in [
        (session(OWNER), some(&[1], &[]), some(&[1], &[])),
        // They know of project 1, and may not see all of it.
        (session(MEMBER), some(&[], &[1]), none()),
        (session(STRANGER), some(&[2], &[]), some(&[2], &[])),
        (session(9), none(), none()),
        (Holder::Key(key(1)), some(&[1], &[]), none()),
        (Holder::Key(key(2)), some(&[], &[1]), none()),
        (Holder::Key(key(9)), none(), none()),
    ] {
        assert_eq!(fold.visible(holder, "conversations:read"), of_conversations, "{holder:?}");
        assert_eq!(fold.visible(holder, "projects:read"), of_projects, "{holder:?}");
    }
}

#[test]
fn credentials_are_known_by_their_secret() {
    let (good, other) = (Issued::key(key(5)), Issued::key(key(5)));
    let mut log = world();
    log.workspace(
        1,
        WorkspaceEvent::KeyIssued(KeyIssued {
            key: key(5),
            name: "k".into(),
            holder: KeyHolder::Agent,
            hash: good.hash.clone(),
            scopes: vec![],
            project: None,
            expires_at: None,
            replaces: None,
        }),
    );
    let verify = |log: &Log, text: &str| log.fold().verify(&Credential::parse(text).unwrap(), start());
    let actor = format!("agent:{}", key(5));
    assert_eq!(verify(&log, good.text.expose()), Verdict::Valid { actor, user: None, workspace: workspace(1) });
    assert_eq!(verify(&log, other.text.expose()), Verdict::Refused);
    assert_eq!(verify(&log, Issued::key(key(6)).text.expose()), Verdict::Unknown);
    assert_eq!(verify(&log, Issued::session(user(1), SessionId::from_ulid(ulid(77))).text.expose()), Verdict::Unknown);
    log.workspace(1, WorkspaceEvent::KeyRevoked(KeyRevoked { key: key(5) }));
    assert_eq!(verify(&log, good.text.expose()), Verdict::Refused);
}

proptest! {
    /// The two streams reach a process in any interleaving, and events more than once.
    #[test]
    fn any_interleaving_gives_the_same_answers(choices in proptest::collection::vec(any::<bool>(), 64), again in 0_usize..20) {
        let mut log = world();
        log.workspace(1, WorkspaceEvent::KeyRevoked(KeyRevoked { key: key(1) }));
        let expected = log.fold();
        let (mut ours, mut others): (Vec<_>, Vec<_>) = log.0.iter().partition(|event| event.subject.stream() == contract::Stream::Workspace);
        ours.reverse();
        others.reverse();
        let mut fold = Fold::default();
        let mut taken = Vec::new();
        for choice in choices {
            let next = if choice { ours.pop().or_else(|| others.pop()) } else { others.pop().or_else(|| ours.pop()) };
            let Some(next) = next else { break };
            fold.apply(next);
            taken.push(next);
            fold.apply(taken[again % taken.len()]);
        }
        for holder in [session(OWNER), session(MEMBER), session(STRANGER), Holder::Key(key(1)), Holder::Key(key(2))] {
            prop_assert_eq!(fold.visible(holder, "conversations:read"), expected.visible(holder, "conversations:read"));
            for n in 1..=3 {
                let name = project(n).to_string();
                let need = Need { scope: "conversations:read", workspace: None, project: Some(&name) };
                prop_assert_eq!(fold.allows(holder, need, start()), expected.allows(holder, need, start()));
            }
        }
    }
}
