//! Codes and sessions: once, in time, not too often, not too many.

use super::*;

fn try_code(code: &str) -> PersonCommand {
    let session = NewSession { id: ulid(9, SessionId::from_ulid), hash: "h".into() };
    PersonCommand::SignIn { email: email("new"), name: None, code_hash: code.into(), session }
}

fn issue(code: &str) -> PersonCommand {
    PersonCommand::IssueCode { hash: code.into() }
}

#[test]
fn a_code_works_once_within_its_time() {
    let mut house = House::new();
    assert_eq!(house.person(try_code("a")), Err(WrongCode), "nobody was sent one");
    house.person(issue("a")).unwrap();
    let end = house.now + sign_in::CODE_LIFE;
    house.now = end;
    assert_eq!(house.person(try_code("a")), Err(WrongCode));
    house.now = end - TimeDelta::microseconds(1);
    let first = vec!["user_registered", "workspace_created", "session_started"];
    assert_eq!(house.person(try_code("a")), Ok((first, None)));
    assert_eq!(house.person(try_code("a")), Err(WrongCode), "it was used");
    house.person(issue("b")).unwrap();
    house.person(issue("c")).unwrap();
    assert_eq!(house.person(try_code("b")), Ok((vec!["session_started"], None)), "any that was sent");
    assert_eq!(house.person(try_code("c")), Err(WrongCode), "who is in needs no other");
}

#[test]
fn a_code_dies_with_its_fifth_wrong_try() {
    let mut house = House::new();
    house.person(issue("a")).unwrap();
    for _ in 0..sign_in::TRIES_MAX {
        assert_eq!(house.person(try_code("x")), Ok((vec!["sign_in_failed"], Some(WrongCode))));
    }
    assert_eq!(house.person(try_code("x")), Err(WrongCode), "nothing is counted where nothing can be guessed");
    assert_eq!(house.person(try_code("a")), Err(WrongCode));
}

#[test]
fn codes_are_few_in_an_hour_and_in_a_day() {
    let mut house = House::new();
    for hour in 0..4 {
        for _ in 0..sign_in::CODES_PER_HOUR_MAX {
            house.person(issue("a")).unwrap();
        }
        assert_eq!(house.person(issue("a")), Err(TooManyCodes), "hour {hour}");
        house.now += TimeDelta::hours(1);
    }
    assert_eq!(house.person(issue("a")), Err(TooManyCodes), "enough for today");
    house.now += TimeDelta::hours(20);
    assert!(house.person(issue("a")).is_ok());
}

#[test]
fn one_session_too_many_ends_the_oldest() {
    let mut house = House::new();
    for n in 0..=sign_in::SESSIONS_MAX {
        house.now += TimeDelta::hours(6);
        house.person(issue("a")).unwrap();
        let session = NewSession { id: ulid(500 + n as u128, SessionId::from_ulid), hash: "h".into() };
        let command = PersonCommand::SignIn { email: email("new"), name: None, code_hash: "a".into(), session };
        let ended = house.person(command).unwrap().0.contains(&"session_ended");
        assert_eq!(ended, n == sign_in::SESSIONS_MAX, "session {n}");
    }
    let sessions = &house.state.person.as_ref().unwrap().sessions;
    assert_eq!(sessions.len(), sign_in::SESSIONS_MAX);
    assert!(!sessions.contains_key(&ulid(500, SessionId::from_ulid)));
    let last = *sessions.keys().last().unwrap();
    assert_eq!(house.person(PersonCommand::SignOut { session: last }).unwrap().0, ["session_ended"]);
    assert_eq!(house.person(PersonCommand::SignOut { session: last }).unwrap().0, Vec::<&str>::new());
}
