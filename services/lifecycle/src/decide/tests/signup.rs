//! A number that a signup at Meta brings, what is known of it, and how it goes.

use contract::{
    DisplayNameDecided, DisplayNameRequested, NumberDescribed, NumberDisconnected, NumberOffered, OperationRetried, ProjectSuspended,
};

use super::*;
use crate::number::Number;
use crate::number::profile::ProfileChanges;

pub(super) fn offered(n: u8, number: &str) -> NumberOffered {
    NumberOffered {
        operation: operation(n),
        phone_number_id: number.into(),
        waba_id: "9".into(),
        coexistence: false,
        sealed_token: "v1.t".into(),
        sealed_pin: "v1.p".into(),
    }
}

fn offer(n: u8, number: &str) -> Command {
    Command::OfferNumber { number: number.parse().unwrap(), offer: offered(n, number), wrapped_key: None }
}

fn described(number: &str) -> NumberDescribed {
    NumberDescribed {
        phone_number_id: number.into(),
        verified_name: None,
        quality_rating: None,
        name_status: None,
        code_verification_status: None,
        messaging_limit: None,
        status: Some("CONNECTED".into()),
    }
}

pub(super) fn read(n: u8, number: &str) -> Command {
    let is = Number { id: number.parse().unwrap(), waba: Some("9".parse().unwrap()), display: None };
    Command::NumberRead { operation: operation(n), number: is, described: described(number) }
}

/// Up to the last step.
pub(super) fn connecting(n: u8, number: &str) -> Vec<ProjectEvent> {
    let steps = [done(operation(n), "subscribe_app"), done(operation(n), "register")];
    and(vec![started(operation(n), OperationKind::ConnectNumber), offered(n, number).into()], steps)
}

pub(super) fn signed_up(n: u8, number: &str) -> Vec<ProjectEvent> {
    let end = [connected(number), described(number).into(), done(operation(n), "read_number"), completed(operation(n))];
    and(connecting(n, number), end)
}

fn suspended() -> ProjectEvent {
    ProjectSuspended { at: minute(1), billing_sequence: 1 }.into()
}

const BEGUN: [&str; 2] = ["operation_started", "number_offered"];

#[test]
fn a_number_can_be_signed_up_whatever_billing_says_but_not_beside_other_work() {
    check(&ready(), None, &offer(1, "1"), Ok(&BEGUN));
    check(&and(ready(), [suspended()]), None, &offer(1, "1"), Ok(&BEGUN));
    check(&ready(), Some(ELSEWHERE), &offer(1, "1"), Err(Refusal::NumberTaken));
    check(&failed(), None, &offer(1, "1"), Err(Refusal::ProjectFailed));
    let making = Refusal::OperationRunning { operation: Project::making(id(HERE)), kind: OperationKind::CreateProject };
    check(&created(), None, &offer(1, "1"), Err(making));
    let running = Refusal::OperationRunning { operation: operation(1), kind: OperationKind::ConnectNumber };
    check(&and(ready(), connecting(1, "1")), None, &offer(2, "1"), Err(running));
}

#[test]
fn a_key_that_the_project_lacks_comes_with_what_is_sealed_under_it_or_not_at_all() {
    let offer = Command::OfferNumber { number: "1".parse().unwrap(), offer: offered(1, "1"), wrapped_key: Some("v1.k".into()) };
    let begun = [&BEGUN[..], &["key.prj_00000000000000000000000001: data_key_created"]].concat();
    check(&ready(), None, &offer, Ok(&begun));
    let going = and(ready(), [started(operation(9), OperationKind::DeleteProject)]);
    let deleting = Refusal::OperationRunning { operation: operation(9), kind: OperationKind::DeleteProject };
    check(&going, None, &offer, Err(deleting));
    check(&and(going, [given_up(operation(9), "log")]), None, &offer, Err(Refusal::ProjectDeleting(operation(9))));
    check(&[], None, &offer, Err(Refusal::NoProject));
}

#[test]
fn by_its_id_alone_no_number_takes_the_place_of_one_that_a_signup_brought() {
    let by_id = |id: &str| Command::ConnectNumber(Number { id: id.parse().unwrap(), waba: None, display: None });
    let never_connected = [ready(), connecting(1, "1"), vec![given_up(operation(1), "register")]].concat();
    check(&[ready(), signed_up(1, "1")].concat(), None, &by_id("2"), Err(Refusal::NumberSignedUp));
    check(&never_connected, None, &by_id("2"), Err(Refusal::NumberSignedUp));
    check(&never_connected, None, &by_id("1"), Ok(&["number_connected", "number.1: number_claimed"]));
}

#[test]
fn with_the_last_step_the_number_is_the_projects() {
    let steps = ["number_connected", "number.1: number_claimed", "number_described", "operation_step_completed", "operation_completed"];
    check_at(2, &and(ready(), connecting(1, "1")), None, &read(1, "1"), Ok(&steps));
    let again = ["number_connected", "number_described", "operation_step_completed", "operation_completed"];
    let renewed = [ready(), signed_up(1, "1"), connecting(2, "1")].concat();
    check_at(2, &renewed, Some(HERE), &read(2, "1"), Ok(&again));
    check_at(2, &and(ready(), connecting(1, "1")), Some(ELSEWHERE), &read(1, "1"), Ok(&["operation_failed"]));
    // Late, or of another operation.
    check_at(2, &[ready(), signed_up(1, "1")].concat(), Some(HERE), &read(1, "1"), Ok(&[]));
    check_at(2, &and(ready(), connecting(2, "1")), None, &read(1, "1"), Ok(&[]));
}

#[test]
fn another_number_replaces_the_old_one_only_when_it_is_connected_and_both_are_remembered_until_then() {
    let both = [ready(), signed_up(1, "1"), connecting(2, "2")].concat();
    let before = state(&both, None).project.unwrap();
    assert_eq!(before.number.as_ref().map(|number| number.id.as_str()), Some("1"));
    assert_eq!(before.superseded, [offered(1, "1")]);
    let facts = [
        "number_disconnected",
        "number.1: number_released",
        "number_connected",
        "number.2: number_claimed",
        "number_described",
        "operation_step_completed",
    ];
    let after = check_at(2, &both, None, &read(2, "2"), Ok(&facts)).unwrap();
    assert_eq!(after.number.as_ref().map(|number| number.id.as_str()), Some("2"), "it waits for nothing");
    assert_eq!((after.offer, after.superseded), (Some(offered(2, "2")), vec![offered(1, "1")]));
}

/// The second number is connected, and the first is to be given back.
fn replaced() -> Vec<ProjectEvent> {
    let read: [ProjectEvent; 3] =
        [NumberDisconnected { phone_number_id: "1".into() }.into(), connected("2"), done(operation(2), "read_number")];
    [ready(), signed_up(1, "1"), connecting(2, "2"), read.to_vec()].concat()
}

#[test]
fn what_cannot_be_given_back_of_the_old_number_fails_and_is_remembered_and_the_new_one_stays() {
    let step = Command::StepDone { operation: operation(2), step: "give_back" };
    assert_eq!(state(&replaced(), None).project.unwrap().operation.own_step(), Some("give_back"));
    let after = check_at(2, &replaced(), Some(HERE), &step, Ok(&["operation_step_completed", "operation_completed"])).unwrap();
    assert_eq!((after.offer, after.superseded), (Some(offered(2, "2")), Vec::new()));

    let refused = Command::StepFailed { operation: operation(2), step: "give_back", code: "c", reason: "r".into(), since: 99 };
    for (minute, command) in [(2, &refused), (11, &Command::Due { heard: None })] {
        let after = check_at(minute, &replaced(), Some(HERE), command, Ok(&["operation_failed"])).unwrap();
        assert_eq!(after.number.as_ref().map(|number| number.id.as_str()), Some("2"));
        assert_eq!((after.status(), after.superseded), (crate::project::Status::Ready, vec![offered(1, "1")]));
        assert_eq!(after.operation.failure().map(|failure| failure.step.as_str()), Some("give_back"));
    }
    let given_up = and(replaced(), [given_up(operation(2), "give_back")]);
    let after = check_at(2, &given_up, None, &Command::Retry, Ok(&["operation_retried"])).unwrap();
    assert_eq!(after.operation.own_step(), Some("give_back"));
}

#[test]
fn a_number_that_meta_never_takes_back_is_let_go_all_the_same_and_can_be_given_back_later() {
    let begun = and([ready(), signed_up(1, "1")].concat(), [started(operation(2), OperationKind::DisconnectNumber)]);
    let refused = Command::StepFailed { operation: operation(2), step: "number", code: "c", reason: "r".into(), since: 99 };
    let facts = ["number_disconnected", "number.1: number_released", "operation_failed"];
    let after = check_at(2, &begun, Some(HERE), &refused, Ok(&facts)).unwrap();
    assert_eq!((after.number, after.offer, after.superseded), (None, None, vec![offered(1, "1")]));

    let left = [begun, vec![NumberDisconnected { phone_number_id: "1".into() }.into(), given_up(operation(2), "number")]].concat();
    check_at(2, &left, None, &Command::Retry, Ok(&["operation_retried"]));
    check_at(2, &left, None, &Command::DisconnectNumber { operation: operation(3) }, Ok(&["operation_started"]));
    let again = and(left.clone(), [started(operation(3), OperationKind::DisconnectNumber)]);
    let step = Command::StepDone { operation: operation(3), step: "number" };
    let after = check_at(2, &again, None, &step, Ok(&["operation_step_completed", "operation_completed"])).unwrap();
    assert_eq!((after.offer, after.superseded), (None, Vec::new()));
    // Or signed up again.
    let after = check_at(2, &left, None, &offer(3, "1"), Ok(&BEGUN)).unwrap();
    assert_eq!((after.offer, after.superseded), (Some(offered(3, "1")), Vec::new()));

    // Only in trouble that passes does it stay: it is given up at the deadline, and is the project's as before.
    let begun = and([ready(), signed_up(1, "1")].concat(), [started(operation(2), OperationKind::DisconnectNumber)]);
    let after = check_at(11, &begun, Some(HERE), &Command::Due { heard: None }, Ok(&["operation_failed"])).unwrap();
    assert_eq!((after.number.is_some(), after.offer), (true, Some(offered(1, "1"))));
}

#[test]
fn a_number_connected_since_another_was_let_go_stays_when_that_is_tried_again() {
    let end: [ProjectEvent; 3] =
        [NumberDisconnected { phone_number_id: "1".into() }.into(), given_up(operation(2), "number"), connected("5")];
    let given = and([ready(), signed_up(1, "1")].concat(), [started(operation(2), OperationKind::DisconnectNumber)]);
    let given = and(given, end);
    let again = and(given.clone(), [OperationRetried { operation: operation(2), deadline: minute(99) }.into()]);
    let refused = Command::StepFailed { operation: operation(2), step: "number", code: "c", reason: "r".into(), since: 99 };
    let step = Command::StepDone { operation: operation(2), step: "number" };
    let facts: [(&Command, &[&str]); 2] =
        [(&refused, &["operation_failed"]), (&step, &["operation_step_completed", "operation_completed"])];
    for (command, facts) in facts {
        let after = check_at(2, &again, Some(HERE), command, Ok(facts)).unwrap();
        assert_eq!(after.number.as_ref().map(|number| number.id.as_str()), Some("5"));
    }

    // Whoever disconnects it means this one.
    let facts = ["number_disconnected", "number.5: number_released", "operation_started"];
    let after = check_at(2, &given, Some(HERE), &Command::DisconnectNumber { operation: operation(3) }, Ok(&facts)).unwrap();
    assert_eq!((after.number, after.superseded), (None, vec![offered(1, "1")]));
}

#[test]
fn what_a_signup_brought_is_given_back_before_it_is_let_go() {
    let give_back = Command::DisconnectNumber { operation: operation(2) };
    let given = [ready(), signed_up(1, "1")].concat();
    check_at(2, &given, None, &give_back, Ok(&["operation_started"]));
    let never_connected = [ready(), connecting(1, "1"), vec![given_up(operation(1), "register")]].concat();
    check_at(2, &never_connected, None, &give_back, Ok(&["operation_started"]));
    let running = and(given, [started(operation(2), OperationKind::DisconnectNumber)]);
    check_at(2, &running, None, &give_back, Ok(&[]));
    let step = Command::StepDone { operation: operation(2), step: "number" };
    let facts = ["operation_step_completed", "number_disconnected", "number.1: number_released", "operation_completed"];
    let after = check_at(2, &running, Some(HERE), &step, Ok(&facts)).unwrap();
    assert_eq!((after.number, after.offer), (None, None));
}

#[test]
fn one_display_name_is_in_review_at_a_time_and_meta_has_the_last_word() {
    let request = |name: &str| Command::RequestDisplayName { name: name.into() };
    let decide = |name: &str, approved| Command::DecideDisplayName(DisplayNameDecided { name: name.into(), approved, reason: None });
    check(&ready(), None, &request("Pizza"), Err(Refusal::NumberNotConnected));
    check(&and(ready(), [connected("1")]), None, &request("Pizza"), Err(Refusal::NumberNotConnected));
    let given = and([ready(), signed_up(1, "1")].concat(), [suspended()]);
    check(&given, None, &request("Pizza"), Ok(&["display_name_requested"]));
    let pending = and(given.clone(), [DisplayNameRequested { name: "Pizza".into() }.into()]);
    check(&pending, None, &request("Pasta"), Err(Refusal::NameInReview));
    check(&pending, None, &decide("Pizza", true), Ok(&["display_name_decided", "number_described"]));
    check(&pending, None, &decide("Pizza", false), Ok(&["display_name_decided"]));
    // One that was asked for before comes late: the other is still in review.
    check(&pending, None, &decide("Pasta", false), Ok(&[]));
    let late = check_at(2, &pending, None, &decide("Pasta", true), Ok(&["number_described"])).unwrap();
    assert_eq!(late.name_in_review().map(|is| is.name.as_str()), Some("Pizza"));
    assert_eq!(late.description.unwrap().verified_name.as_deref(), Some("Pasta"));
    check(&given, None, &decide("Elsewhere", true), Ok(&["display_name_decided", "number_described"]));
    check(&and(given, [NumberDisconnected { phone_number_id: "1".into() }.into()]), None, &decide("Pizza", true), Ok(&[]));
}

#[test]
fn a_name_about_which_meta_says_nothing_is_given_up_and_its_late_word_still_counts() {
    const DAYS: i64 = 14 * 24 * 60;
    let asked = || DisplayNameRequested { name: "Pizza".into() }.into();
    let pending = and([ready(), signed_up(1, "1")].concat(), [asked()]);
    let before = check_at(DAYS, &pending, None, &Command::GiveUpDisplayName, Ok(&[])).unwrap();
    assert_eq!(before.display_name.unwrap().status(), "pending");
    let after = check_at(1 + DAYS, &pending, None, &Command::GiveUpDisplayName, Ok(&["display_name_decided"])).unwrap();
    assert_eq!(after.display_name.unwrap().status(), "undecided");

    let silence = DisplayNameDecided { name: "Pizza".into(), approved: false, reason: Some("NOT_DECIDED".into()) };
    let given_up = and(pending.clone(), [silence.into()]);
    check_at(2 * DAYS, &given_up, None, &Command::GiveUpDisplayName, Ok(&[]));
    check(&given_up, None, &Command::RequestDisplayName { name: "Pasta".into() }, Ok(&["display_name_requested"]));
    for (approved, reason, facts, status) in [
        (true, None, &["display_name_decided", "number_described"][..], "approved"),
        (false, Some("NAME_FORMAT_UNACCEPTABLE".to_owned()), &["display_name_decided"][..], "rejected"),
    ] {
        let late = Command::DecideDisplayName(DisplayNameDecided { name: "Pizza".into(), approved, reason });
        check(&given_up, None, &late, Ok(facts));
        assert_eq!(check_at(2, &given_up, None, &late, Ok(facts)).unwrap().display_name.unwrap().status(), status);
    }

    // Of a number that is gone nobody waits for anything.
    let gone = and(pending.clone(), [NumberDisconnected { phone_number_id: "1".into() }.into()]);
    check_at(1 + DAYS, &gone, None, &Command::GiveUpDisplayName, Ok(&[]));
    let going = and(pending, [started(operation(2), OperationKind::DeleteProject)]);
    check_at(1 + DAYS, &going, None, &Command::GiveUpDisplayName, Ok(&[]));
}

#[test]
fn a_signup_that_failed_leaves_the_connected_number_its_profile_and_its_name() {
    let failed = [ready(), signed_up(1, "1"), connecting(2, "2"), vec![given_up(operation(2), "register")]].concat();
    for given in [&failed[..failed.len() - 1], &failed[..]] {
        let project = state(given, None).project.unwrap();
        assert_eq!(project.offer_of_number(), Some(&offered(1, "1")));
        check(given, None, &Command::RequestDisplayName { name: "Pizza".into() }, Ok(&["display_name_requested"]));
        let changes = ProfileChanges { about: Some("new".into()), ..ProfileChanges::default() };
        let command = Command::ChangeProfile { before: contract::BusinessProfileChanged::default(), changes };
        check(given, None, &command, Ok(&["business_profile_changed"]));
    }
    let by_id = and(ready(), [connected("1")]);
    assert_eq!(state(&by_id, None).project.unwrap().offer_of_number(), None);
}

#[test]
fn a_profile_is_merged_with_what_was_there() {
    let before = contract::BusinessProfileChanged { about: Some("old".into()), email: Some("a@b.example".into()), ..Default::default() };
    let changes = ProfileChanges { about: Some("new".into()), email: Some(String::new()), ..ProfileChanges::default() };
    let command = Command::ChangeProfile { before, changes };
    check(&ready(), None, &command, Err(Refusal::NumberNotConnected));
    let after = check_at(2, &[ready(), signed_up(1, "1")].concat(), None, &command, Ok(&["business_profile_changed"])).unwrap();
    let expected = contract::BusinessProfileChanged { about: Some("new".into()), ..Default::default() };
    assert_eq!(after.profile, Some(expected));

    // What was noted is history: meanwhile its owner changed it at Meta, which does not tell which photo it is.
    let noted = contract::BusinessProfileChanged { address: Some("old".into()), photo_handle: Some("4::p".into()), ..Default::default() };
    let given = and([ready(), signed_up(1, "1")].concat(), [noted.into()]);
    let after = check_at(2, &given, None, &command, Ok(&["business_profile_changed"])).unwrap();
    let expected = contract::BusinessProfileChanged { about: Some("new".into()), photo_handle: Some("4::p".into()), ..Default::default() };
    assert_eq!(after.profile, Some(expected));
}
