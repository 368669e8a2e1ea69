//! Keys: nobody gives what they do not have; rotation, revocation, limits.

use chrono::TimeDelta;

use super::*;
use crate::decide::keys;

#[test]
fn nobody_gives_a_key_what_they_do_not_have() {
    let mut house = House::new();
    assert!(house.run(by("admin"), new_key(1, &["keys:write", "projects:read"], None)).is_ok());
    let maker = Actor::Key(key(1));
    assert_eq!(house.run(maker, new_key(2, &["projects:read", "projects:write"], None)), Err(ScopeNotHeld("projects:write".into())));
    assert!(house.run(maker, new_key(2, &["projects:read"], Some(project()))).is_ok());
    assert!(house.run(by("admin"), new_key(3, &["keys:write", "projects:read"], Some(project()))).is_ok());
    let narrow = Actor::Agent(key(3));
    assert_eq!(house.run(narrow, new_key(4, &["projects:read"], None)), Err(ScopeNotHeld("other projects".into())));
    assert_eq!(house.run(by("member"), new_key(4, &["projects:read"], None)), Err(ScopeMissing("keys:write")));
    assert_eq!(house.run(Actor::Key(key(2)), new_key(4, &["projects:read"], None)), Err(ScopeMissing("keys:write")));
    // A key that was revoked a moment ago decides nothing.
    house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(1) }).unwrap();
    assert_eq!(house.run(maker, new_key(4, &["projects:read"], None)), Err(CallerEnded));
    assert_eq!(house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(1) }), Ok(vec![]));
    house.state.project_owner = None;
    assert_eq!(house.run(by("owner"), new_key(5, &["projects:read"], Some(project()))), Err(NoProject));
}

#[test]
fn a_rotated_key_works_until_the_overlap_is_over_and_not_longer_than_it_would_have() {
    let mut house = House::new();
    house.run(by("owner"), new_key(1, &["projects:read"], None)).unwrap();
    let rotate = |old, new, overlap_seconds| WorkspaceCommand::RotateKey {
        old: key(old),
        key: key(new),
        hash: "h".into(),
        overlap_seconds,
        expires_at: None,
    };
    assert_eq!(house.run(by("owner"), rotate(1, 2, 60)), Ok(vec!["key_issued", "key_expiry_set"]));
    let (old, new) = (&house.workspace().keys[&key(1)], &house.workspace().keys[&key(2)]);
    assert_eq!((new.replaces, old.replaced_by, new.expires_at), (Some(key(1)), Some(key(2)), None));
    let end = house.now + TimeDelta::seconds(60);
    assert!(old.works(end - TimeDelta::microseconds(1)) && !old.works(end) && new.works(end));
    assert_eq!(house.run(by("owner"), rotate(1, 3, 60)), Err(KeyReplaced));
    assert_eq!(house.run(by("owner"), rotate(9, 3, 60)), Err(NoKey));
    house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(2) }).unwrap();
    assert_eq!(house.run(by("owner"), rotate(2, 3, 60)), Err(KeyEnded));
    // Whoever lacks its scopes would get them by rotating.
    house.run(by("owner"), new_key(4, &["keys:write"], None)).unwrap();
    house.run(by("owner"), new_key(5, &["code:write"], None)).unwrap();
    assert_eq!(house.run(Actor::Key(key(4)), rotate(5, 6, 0)), Err(ScopeNotHeld("code:write".into())));
}

#[test]
fn keys_are_bounded_and_those_that_ended_are_forgotten_in_time() {
    let mut house = House::new();
    for n in 0..keys::KEYS_MAX {
        house.run(by("owner"), new_key(n as u128, &["projects:read"], None)).unwrap();
    }
    assert!(matches!(house.run(by("owner"), new_key(999, &["projects:read"], None)), Err(LimitReached { .. })));
    for n in 0..300 {
        house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(n) }).unwrap();
        house.run(by("owner"), new_key(n + 100, &["projects:read"], None)).unwrap();
    }
    let ended = house.workspace().keys.values().filter(|key| !key.works(house.now)).count();
    assert_eq!((ended, house.workspace().keys.len()), (crate::workspace::KEYS_ENDED_KEPT, 200));
}

fn rotate(old: u128, new: u128, expires_at: Option<DateTime<Utc>>) -> WorkspaceCommand {
    WorkspaceCommand::RotateKey { old: key(old), key: key(new), hash: "h".into(), overlap_seconds: 60, expires_at }
}

fn lasting(n: u128, scopes: &[&str], expires_at: Option<DateTime<Utc>>) -> WorkspaceCommand {
    match new_key(n, scopes, None) {
        WorkspaceCommand::IssueKey(key) => WorkspaceCommand::IssueKey(NewKey { expires_at, ..key }),
        other => other,
    }
}

#[test]
fn no_key_outlives_the_one_that_makes_it() {
    let mut house = House::new();
    let end = house.now + TimeDelta::hours(1);
    let later = end + TimeDelta::microseconds(1);
    house.run(by("owner"), lasting(1, &["keys:write", "projects:read"], Some(end))).unwrap();
    house.run(by("owner"), new_key(2, &["projects:read"], None)).unwrap();
    let maker = Actor::Key(key(1));
    for too_long in [lasting(3, &["projects:read"], Some(later)), rotate(1, 3, Some(later)), rotate(2, 3, Some(later))] {
        assert_eq!(house.run(maker, too_long.clone()), Err(ExpiryNotHeld(end)), "{too_long:?}");
    }
    house.run(maker, lasting(3, &["projects:read"], None)).unwrap();
    house.run(maker, lasting(4, &["projects:read"], Some(end))).unwrap();
    house.run(maker, lasting(5, &["projects:read"], Some(end - TimeDelta::minutes(1)))).unwrap();
    house.run(maker, rotate(2, 6, None)).unwrap();
    house.run(maker, rotate(5, 7, None)).unwrap();
    let ends = [3, 4, 6, 7].map(|n| house.workspace().keys[&key(n)].expires_at);
    assert_eq!(ends, [Some(end), Some(end), Some(end), Some(end - TimeDelta::minutes(1))]);
    assert!(house.run(by("owner"), rotate(4, 8, Some(later))).is_ok(), "a person has no end");
    assert!(house.run(maker, rotate(1, 9, None)).is_ok());
    assert_eq!(house.workspace().keys[&key(9)].expires_at, Some(end));
}

#[test]
fn who_goes_takes_along_what_was_made_with_their_keys() {
    let maker = |house: &mut House| {
        house.run(by("admin"), new_key(1, &["keys:write", "projects:read"], None)).unwrap();
        house.run(Actor::Key(key(1)), new_key(2, &["keys:write", "projects:read"], None)).unwrap();
        house.run(Actor::Agent(key(2)), new_key(3, &["projects:read"], None)).unwrap();
        house.run(by("owner"), rotate(3, 4, None)).unwrap();
        house.run(by("owner"), new_key(5, &["projects:read"], None)).unwrap();
        house.run(Actor::Key(key(1)), rotate(1, 6, None)).unwrap();
        // Until the keys in between have ended and are forgotten.
        house.now += TimeDelta::minutes(1);
        for n in 100..100 + crate::workspace::KEYS_ENDED_KEPT as u128 {
            house.run(by("owner"), new_key(n, &["projects:read"], None)).unwrap();
            house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(n) }).unwrap();
        }
        house.run(by("owner"), new_key(300, &["projects:read"], None)).unwrap();
        assert!(!house.workspace().keys.contains_key(&key(1)));
    };
    let (admin, role) = (user("admin"), Role::Member);
    for (by, command, first) in [
        (by("owner"), WorkspaceCommand::Remove { user: admin, keep_keys: false }, "member_removed"),
        (by("owner"), WorkspaceCommand::ChangeRole { user: admin, role, revoke_keys: true }, "member_role_changed"),
        (by("admin"), WorkspaceCommand::Leave { user: admin, keep_keys: false }, "member_removed"),
    ] {
        let mut house = House::new();
        maker(&mut house);
        assert_eq!(house.run(by, command), Ok(vec![first, "key_revoked", "key_revoked", "key_revoked"]));
        let working = house.workspace().keys.iter().filter(|(_, key)| key.works(house.now)).map(|(id, _)| *id);
        assert_eq!(working.collect::<Vec<_>>(), [key(5), key(300)]);
    }
    // Whoever forgot it can make up for it.
    let mut house = House::new();
    maker(&mut house);
    let demote = |revoke_keys| WorkspaceCommand::ChangeRole { user: admin, role, revoke_keys };
    assert_eq!(house.run(by("owner"), demote(false)), Ok(vec!["member_role_changed"]));
    assert_eq!(house.run(by("owner"), demote(true)), Ok(vec!["key_revoked"; 3]));
    assert_eq!(house.run(by("owner"), demote(true)), Ok(vec![]));
}

#[test]
fn who_goes_takes_their_keys_along_unless_they_are_kept() {
    for keep_keys in [false, true] {
        let mut house = House::new();
        house.run(by("admin"), new_key(1, &["projects:read"], None)).unwrap();
        house.run(by("owner"), new_key(2, &["projects:read"], None)).unwrap();
        let remove = WorkspaceCommand::Remove { user: user("admin"), keep_keys };
        let expected = if keep_keys { vec!["member_removed"] } else { vec!["member_removed", "key_revoked"] };
        assert_eq!(house.run(by("owner"), remove), Ok(expected));
        assert_eq!(house.workspace().keys[&key(1)].works(house.now), keep_keys);
        assert!(house.workspace().keys[&key(2)].works(house.now));
    }
}

#[test]
fn keys_for_a_project_end_when_the_workspace_does_not_own_it_any_more() {
    let mut house = House::new();
    house.run(by("owner"), new_key(1, &["projects:read"], Some(project()))).unwrap();
    house.run(by("owner"), new_key(2, &["projects:read"], None)).unwrap();
    house.run(by("owner"), new_key(3, &["projects:read"], Some(project()))).unwrap();
    house.run(by("owner"), WorkspaceCommand::RevokeKey { key: key(3) }).unwrap();
    let left = || WorkspaceCommand::RevokeKeysOf { project: project() };
    assert_eq!(house.run(Actor::Platform, left()), Ok(vec![]), "it owns the project");
    house.state.project_owner = None;
    assert_eq!(house.run(Actor::Platform, left()), Ok(vec!["key_revoked"]));
    assert!(!house.workspace().keys[&key(1)].works(house.now) && house.workspace().keys[&key(2)].works(house.now));
    assert_eq!(house.run(Actor::Platform, left()), Ok(vec![]));
}
