//! Events that cannot be read: whatever they are of is refused, and nothing else.

use super::*;

#[test]
fn where_an_event_cannot_be_read_nothing_is_decided() {
    const STALE: Result<(), Denied> = Err(Denied::Stale);
    let (owner, member) = (session(OWNER), session(MEMBER));
    let nothing = Visible::Some { workspaces: vec![], projects: vec![] };
    let mut log = world();
    log.push_of_the_future(Subject::workspace(workspace(1)), "workspace.member_removed.v99");
    for holder in [owner, member, session(STRANGER), Holder::Key(key(1))] {
        check(&log, holder, "workspace:read", Some(1), None, STALE);
        check(&log, holder, "conversations:read", None, Some(1), STALE);
    }
    check(&log, member, "conversations:read", None, None, STALE);
    check(&log, member, "self", None, None, YES);
    check(&log, session(STRANGER), "projects:write", Some(2), None, YES);
    check(&log, session(STRANGER), "projects:write", None, None, YES);
    let fold = log.fold();
    assert_eq!((fold.visible(owner, "projects:read"), fold.visible(member, "conversations:read")), (nothing.clone(), nothing));
    assert_eq!((fold.knows(Holder::Key(key(2))), fold.knows(owner)), (STALE, YES));
    assert_eq!(fold.unread().iter().collect::<Vec<_>>(), [&Subject::workspace(workspace(1))]);

    let mut log = world();
    log.push_of_the_future(Subject::user(user(MEMBER)), "workspace.session_ended.v99");
    check(&log, member, "self", None, None, STALE);
    check(&log, member, "conversations:read", None, Some(1), STALE);
    check(&log, owner, "conversations:read", None, Some(1), YES);
    assert_eq!((log.fold().knows(member), log.fold().knows(owner)), (STALE, YES));

    let mut log = world();
    log.push_of_the_future(Subject::project(project(1)), "project.project_painted.v1");
    check(&log, owner, "conversations:read", None, Some(1), YES);
    log.push_of_the_future(Subject::project(project(1)), "project.project_transferred.v99");
    check(&log, owner, "conversations:read", None, Some(1), STALE);
    check(&log, owner, "conversations:read", None, Some(2), YES);
    check(&log, member, "conversations:read", None, None, YES);
    assert_eq!(log.fold().visible(member, "conversations:read"), Visible::Some { workspaces: vec![], projects: vec![] });
}
