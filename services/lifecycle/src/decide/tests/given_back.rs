//! What a signup had taken at Meta when it failed, and what Meta keeps of a number.

use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use chassis::Problem;
use contract::{LeftAtMeta, NumberDisconnected, OperationRetried, ProjectErased};

use super::signup::{connecting, offered, read, signed_up};
use super::*;
use crate::number::Number;

fn left() -> LeftAtMeta {
    LeftAtMeta { code: "c".into(), reason: "number 1 stays registered at Meta".into() }
}

/// `since`: what the project had said last when Meta was asked.
fn settle(n: u8, step: &str, left: Option<LeftAtMeta>, since: u64) -> Command {
    Command::GivenBack { operation: operation(n), step: step.into(), left, since }
}

fn settled(n: u8, step: &str, left: Option<LeftAtMeta>) -> ProjectEvent {
    OperationStepCompleted { operation: operation(n), step: step.into(), left }.into()
}

/// Subscribed and registered, and no further.
fn failed_signup() -> Vec<ProjectEvent> {
    and([ready(), connecting(1, "1")].concat(), [given_up(operation(1), "read_number")])
}

fn own_step(given: &[ProjectEvent]) -> Option<&'static str> {
    state(given, None).project.unwrap().operation.own_step()
}

#[test]
fn what_a_failed_signup_took_is_given_back_call_by_call_and_it_has_failed_all_the_same() {
    let given = failed_signup();
    assert_eq!(own_step(&given), Some("give_back"));
    check(&given, None, &settle(1, "deregister/1", None, 99), Ok(&["operation_step_completed"]));
    let given = and(given, [settled(1, "deregister/1", None)]);
    assert_eq!(own_step(&given), Some("give_back"));
    check(&given, None, &settle(1, "give_back", Some(left()), 99), Ok(&["operation_step_completed"]));
    let after = check_at(2, &given, None, &settle(1, "give_back", None, 99), Ok(&["operation_step_completed"])).unwrap();
    assert_eq!((after.operation.own_step(), after.operation.status()), (None, "failed"));
    assert_eq!(after.operation.failure().unwrap().step, "read_number");
    // Of another operation, or of none that has to give anything back.
    check(&given, None, &settle(2, "give_back", None, 99), Ok(&[]));
    assert_eq!(own_step(&[ready(), signed_up(1, "1")].concat()), None);
}

#[test]
fn tried_again_a_signup_begins_with_its_first_step_and_what_was_given_back_before_is_no_part_of_it() {
    let retried = OperationRetried { operation: operation(1), deadline: minute(99) };
    for before in [Vec::new(), vec![settled(1, "deregister/1", None)], vec![settled(1, "give_back", Some(left()))]] {
        let given = and([failed_signup(), before].concat(), [retried.clone().into()]);
        assert_eq!(own_step(&given), Some("subscribe_app"));
        let asked_before = given.len() as u64 - 1;
        for step in ["unsubscribe/9", "give_back"] {
            check(&given, None, &settle(1, step, None, asked_before), Ok(&[]));
        }
    }
}

#[test]
fn a_number_of_which_meta_tells_late_is_connected_until_it_is_given_back() {
    let facts = ["number_connected", "number.1: number_claimed", "number_described", "operation_step_completed", "operation_completed"];
    check_at(2, &failed_signup(), None, &read(1, "1"), Ok(&facts));
    for step in ["deregister/1", "give_back"] {
        check(&and(failed_signup(), [settled(1, step, None)]), None, &read(1, "1"), Ok(&[]));
    }
}

#[test]
fn an_offer_of_which_nothing_is_left_at_meta_can_be_tried_again_and_goes_with_the_next_operation() {
    let clean = and(failed_signup(), [settled(1, "give_back", None)]);
    let kept = and(failed_signup(), [settled(1, "give_back", Some(left()))]);
    let offer_after = |given: &[ProjectEvent]| state(given, None).project.unwrap().offer;
    let reset = started(operation(2), OperationKind::ResetProject);
    for (given, then) in [(&clean, None), (&kept, Some(offered(1, "1")))] {
        assert_eq!(offer_after(given), Some(offered(1, "1")));
        check_at(2, given, None, &Command::Retry, Ok(&["operation_retried"]));
        assert_eq!(offer_after(&and(given.clone(), [reset.clone()])), then);
    }
    let disconnect = Command::DisconnectNumber { operation: operation(2) };
    check(&clean, None, &disconnect, Ok(&[]));
    check(&kept, None, &disconnect, Ok(&["operation_started"]));
    let by_id = Command::ConnectNumber(Number { id: "2".parse().unwrap(), waba: None, display: None });
    check(&clean, None, &by_id, Ok(&["number_connected", "number.2: number_claimed"]));
    check(&kept, None, &by_id, Err(Refusal::NumberSignedUp));
}

#[test]
fn a_number_that_works_is_held_whatever_fails_after_it() {
    let end = |n: u8| vec![given_up(operation(n), "register"), settled(n, "give_back", None)];
    let replaced_in_vain = [ready(), signed_up(1, "1"), connecting(2, "2"), end(2)].concat();
    let give_back = Command::DisconnectNumber { operation: operation(3) };
    let after = check_at(2, &replaced_in_vain, None, &give_back, Ok(&["operation_started"])).unwrap();
    assert_eq!((after.number.is_some(), after.offer, after.superseded), (true, Some(offered(1, "1")), Vec::new()));
    let renewed_in_vain = [ready(), signed_up(1, "1"), connecting(2, "1"), end(2)].concat();
    let after = check_at(2, &renewed_in_vain, None, &give_back, Ok(&["operation_started"])).unwrap();
    assert_eq!((after.number.is_some(), after.offer, after.superseded), (true, Some(offered(2, "1")), Vec::new()));
}

#[test]
fn a_number_is_given_back_only_as_long_as_it_may_be_registered_for_the_project() {
    let connect = |n: u8| vec![started(operation(n), OperationKind::ConnectNumber), offered(n, "1").into()];
    let begun = [ready(), connect(1)].concat();
    let open = OperationFailed { operation: operation(1), step: "register".into(), code: "deadline_passed".into(), reason: "r".into() };
    let reset = started(operation(2), OperationKind::ResetProject);
    let disconnect = started(operation(2), OperationKind::DisconnectNumber);
    let gone = NumberDisconnected { phone_number_id: "1".into() }.into();
    let kept = [signed_up(1, "1"), vec![disconnect.clone(), gone, given_up(operation(2), "number")]].concat();
    let again = and(connect(3), [given_up(operation(3), "subscribe_app")]);
    for (given, registered) in [
        (and(begun.clone(), [given_up(operation(1), "register")]), false),
        (and(begun.clone(), [open.into()]), true),
        (and(failed_signup(), [disconnect]), true),
        (and(failed_signup(), [settled(1, "deregister/1", None)]), false),
        (and(failed_signup(), [settled(1, "give_back", None), reset]), false),
        // Meta kept it, and it was signed up again in vain.
        ([ready(), kept, again].concat(), true),
    ] {
        let project = state(&given, None).project.unwrap();
        assert_eq!(project.registered.contains("1"), registered, "{given:?}");
    }
}

#[test]
fn nothing_that_gives_nothing_back_comes_between_a_failure_and_giving_back() {
    let reset = Command::Reset { operation: operation(2) };
    let waits = Refusal::NumberBeingGivenBack { operation: operation(1), until: minute(11) };
    check(&failed_signup(), None, &reset, Err(waits));
    let told = Problem::from(waits).into_response();
    assert_eq!(told.headers()[LOCATION], format!("/v1/operations/{}", operation(1)).as_str());
    check_at(2, &and(failed_signup(), [settled(1, "give_back", None)]), None, &reset, Ok(&["operation_started"]));
}

#[test]
fn what_meta_keeps_of_a_deleted_project_holds_nothing_up_and_is_told_by_the_last_fact() {
    let going = and(ready(), [started(operation(9), OperationKind::DeleteProject)]);
    check(&going, None, &settle(9, "number", Some(left()), 99), Ok(&["operation_step_completed"]));
    for left in [None, Some(left())] {
        let steps = ["database", "code", "flow_space", "templates", "media", "billing", "log"].map(|step| done(operation(9), step));
        let given = and(and(going.clone(), [settled(9, "number", left.clone())]), steps);
        let facts = decide(&state(&given, None), id(HERE), &Command::StepDone { operation: operation(9), step: "key" }, minute(2)).unwrap();
        let end = ProjectErased { operation: operation(9), left: left.map(|left| left.code) };
        assert_eq!(facts.last().unwrap().event, ProjectEvent::from(end));
    }
}
