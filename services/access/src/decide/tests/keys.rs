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
    // Who lacks its scopes would get them by rotating.
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

#[test]
fn who_goes_takes_their_keys_along_if_asked_to() {
    let mut house = House::new();
    house.run(by("admin"), new_key(1, &["projects:read"], None)).unwrap();
    house.run(by("owner"), new_key(2, &["projects:read"], None)).unwrap();
    let remove = WorkspaceCommand::Remove { user: user("admin"), revoke_keys: true };
    assert_eq!(house.run(by("owner"), remove), Ok(vec!["member_removed", "key_revoked"]));
    assert!(!house.workspace().keys[&key(1)].works(house.now) && house.workspace().keys[&key(2)].works(house.now));
}
