//! What a sealed secret opens for, and what it stays closed for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use contract::ProjectId;
use sealing::{DataKey, Error, MasterKey};

fn master(byte: &str) -> MasterKey {
    byte.repeat(32).parse().unwrap()
}

fn project(last: char) -> ProjectId {
    format!("prj_0000000000000000000000000{last}").parse().unwrap()
}

#[test]
fn a_wrapped_key_opens_for_its_project_and_its_master_key_alone() {
    let key = DataKey::random();
    let wrapped = key.wrap(&master("0b"), project('1'));
    assert!(wrapped.starts_with("v1."));
    assert_eq!(DataKey::unwrap(&wrapped, &master("0b"), project('1')), Ok(key));
    assert_eq!(DataKey::unwrap(&wrapped, &master("0b"), project('2')), Err(Error::Closed));
    assert_eq!(DataKey::unwrap(&wrapped, &master("0c"), project('1')), Err(Error::Closed));
}

#[test]
fn a_sealed_secret_opens_for_its_context_and_its_project_alone() {
    let (key, other) = (DataKey::random(), DataKey::random());
    let sealed = key.seal("number_pin/1", b"123456");
    assert_eq!(key.open("number_pin/1", &sealed).unwrap().expose(), b"123456");
    assert_eq!(key.open("number_pin/1", &sealed).unwrap().into_secret().unwrap().expose(), "123456");
    assert_eq!(key.open("number_token/1", &sealed), Err(Error::Closed));
    assert_eq!(key.open("number_pin/2", &sealed), Err(Error::Closed));
    assert_eq!(other.open("number_pin/1", &sealed), Err(Error::Closed));
}

#[test]
fn a_wrapped_key_is_no_secret_and_a_secret_is_no_wrapped_key() {
    let (key, master) = (DataKey::random(), master("0b"));
    assert_eq!(key.open("data-key-wrap", &key.wrap(&master, project('1'))), Err(Error::Closed));
    assert_eq!(DataKey::unwrap(&key.seal("data-key-wrap", &[1; 32]), &master, project('1')), Err(Error::Closed));
}

#[test]
fn after_a_rotation_the_key_before_opens_and_the_new_one_wraps() {
    let (old, new) = (master("0b"), master("0c"));
    let key = DataKey::random();
    let before = key.wrap(&old, project('1'));
    let rotated = new.clone().with_previous(old.clone());
    assert_eq!(DataKey::unwrap(&before, &rotated, project('1')).as_ref(), Ok(&key));
    assert_eq!(DataKey::unwrap(&before, &rotated, project('2')), Err(Error::Closed));
    assert_eq!(DataKey::unwrap(&before, &new, project('1')), Err(Error::Closed));
    let after = key.wrap(&rotated, project('1'));
    assert_eq!(DataKey::unwrap(&after, &new, project('1')), Ok(key));
    assert_eq!(DataKey::unwrap(&after, &old, project('1')), Err(Error::Closed));
}

#[test]
fn nothing_here_is_ever_printed() {
    let key = DataKey::random();
    let opened = key.open("a", &key.seal("a", b"123456")).unwrap();
    assert_eq!(format!("{key:?} {opened:?} {:?}", master("0b")), "[redacted] [redacted] [redacted]");
    assert_eq!(key.open("a", &key.seal("a", &[0xff])).unwrap().into_secret().err(), Some(Error::Content));
}
