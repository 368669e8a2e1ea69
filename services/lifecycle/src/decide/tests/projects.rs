//! Created once, changed, suspended and restored as billing says.

use contract::{Entitlement, ProjectErased, ProjectTransferred, ProjectUpdated, SendingPolicySet, UnknownOutcome};

use super::*;
use crate::project::settings::Changes;

fn create(name: &str, idle: Option<u32>, owner: u8) -> Command {
    let (name, workspace) = (name.parse().unwrap(), workspace(owner));
    Command::Create { name, conversation_idle_seconds: idle, workspace, wrapped_key: "v1.".into() }
}

fn update(name: Option<&str>, idle: Option<Option<u32>>) -> Command {
    Command::Update(Changes { name: name.map(|name| name.parse().unwrap()), conversation_idle_seconds: idle, unknown_outcome: None })
}

fn unknown_outcome(wanted: UnknownOutcome) -> Command {
    Command::Update(Changes { unknown_outcome: Some(wanted), ..Changes::default() })
}

fn entitle(entitlement: Entitlement, sequence: u64) -> Command {
    Command::Entitle { entitlement, at: minute(0), sequence }
}

#[test]
fn a_project_comes_with_the_operation_that_makes_it_and_with_its_key_and_comes_once() {
    let new = ["project_created", "operation_started", "key.prj_00000000000000000000000001: data_key_created"];
    check(&[], None, &create("Pizza", Some(5), 1), Ok(&new));
    check(&created(), None, &create(" Pizza ", Some(5), 1), Ok(&[]));
    check(&and(ready(), [connected("1")]), None, &create("Pizza", Some(5), 1), Ok(&[]));
    for other in [create("Pasta", Some(5), 1), create("Pizza", None, 1), create("Pizza", Some(5), 2)] {
        check(&created(), None, &other, Err(Refusal::OtherContent));
    }
}

#[test]
fn a_request_is_the_same_also_when_the_project_has_another_name_by_now() {
    let renamed = ProjectUpdated { name: "Pasta".into(), conversation_idle_seconds: None };
    check(&and(created(), [renamed.into()]), None, &create("Pizza", Some(5), 1), Ok(&[]));
}

#[test]
fn whoever_gave_a_project_away_is_not_told_what_has_become_of_it() {
    let given = ProjectTransferred { transfer: "trf_00000000000000000000000001".parse().unwrap(), from: workspace(1), to: workspace(2) };
    let given = and(ready(), [given.into()]);
    check(&given, None, &create("Pizza", Some(5), 1), Err(Refusal::GivenAway));
    for other in [create("Pasta", Some(5), 1), create("Pizza", Some(5), 2)] {
        check(&given, None, &other, Err(Refusal::OtherContent));
    }
}

#[test]
fn nothing_happens_to_a_project_that_is_not_there_and_late_news_of_one_that_is_gone_is_no_news() {
    let late = [
        Command::StepDone { operation: operation(1), step: "code" },
        Command::StepFailed { operation: operation(1), step: "code", code: "c", reason: "r".into(), since: 1 },
        entitle(Entitlement::Suspended, 1),
        Command::GiveUpDisplayName,
        Command::GivenBack { operation: operation(1), step: "number".into(), left: None, since: 1 },
        Command::Due { heard: None },
    ];
    let asked = [Command::DisconnectNumber { operation: operation(9) }, Command::Retry, Command::WithdrawTransfer, update(None, None)];
    let gone = [created(), vec![ProjectErased { operation: operation(9), left: None }.into()]].concat();
    for command in &late {
        check(&[], None, command, Err(Refusal::NoProject));
        check(&gone, None, command, Ok(&[]));
        check(&gone[2..], None, command, Ok(&[]));
    }
    for command in &asked {
        check(&[], None, command, Err(Refusal::NoProject));
        check(&gone, None, command, Err(Refusal::NoProject));
    }
    check(&gone[2..], None, &create("Pizza", Some(5), 1), Err(Refusal::Erased));
}

#[test]
fn what_is_absent_from_an_update_stays() {
    check(&created(), None, &update(Some("Pasta"), None), Ok(&["project_updated"]));
    check(&ready(), None, &update(None, Some(None)), Ok(&["project_updated"]));
    check(&ready(), None, &update(Some("Pizza"), Some(Some(5))), Ok(&[]));
    check(&ready(), None, &update(None, None), Ok(&[]));
    let project = check_at(2, &ready(), None, &update(None, Some(None)), Ok(&["project_updated"])).unwrap();
    assert_eq!((project.name.as_str(), project.conversation_idle_seconds), ("Pizza", None));
}

#[test]
fn billing_suspends_and_restores_and_what_it_said_before_is_history() {
    let suspended = check_at(2, &ready(), None, &entitle(Entitlement::Suspended, 7), Ok(&["project_suspended"])).unwrap();
    assert_eq!((suspended.suspended_at, suspended.status().as_str()), (Some(minute(0)), "suspended"));
    let decide = |project: &Project, command| {
        let state = State { project: Some(project.clone()), ..State::default() };
        decide(&state, id(HERE), &command, minute(3)).unwrap().iter().map(tell).collect::<Vec<_>>()
    };
    assert!(decide(&suspended, entitle(Entitlement::Suspended, 7)).is_empty(), "delivered again");
    assert!(decide(&suspended, entitle(Entitlement::Live, 5)).is_empty(), "an old word, delivered late");
    assert!(decide(&suspended, entitle(Entitlement::Suspended, 8)).is_empty(), "it is so already");
    assert_eq!(decide(&suspended, entitle(Entitlement::Live, 9)), ["project_restored"]);
    check(&ready(), None, &entitle(Entitlement::Live, 1), Ok(&[]));
}

#[test]
fn a_project_that_never_became_usable_is_not_shown_as_suspended() {
    for given in [created(), failed()] {
        let expected = state(&given, None).project.unwrap().status();
        let project = check_at(2, &given, None, &entitle(Entitlement::Suspended, 7), Ok(&["project_suspended"])).unwrap();
        assert_eq!(project.status(), expected);
    }
}

#[test]
fn the_policy_for_unknown_outcomes_is_said_when_it_changes() {
    let again = and(ready(), [SendingPolicySet { unknown_outcome: UnknownOutcome::SendAgain }.into()]);
    check(&ready(), None, &unknown_outcome(UnknownOutcome::GiveUp), Ok(&[]));
    check(&ready(), None, &unknown_outcome(UnknownOutcome::SendAgain), Ok(&["sending_policy_set"]));
    check(&again, None, &unknown_outcome(UnknownOutcome::SendAgain), Ok(&[]));
    let both = Command::Update(Changes {
        name: Some("Pasta".parse().unwrap()),
        unknown_outcome: Some(UnknownOutcome::GiveUp),
        ..Changes::default()
    });
    check(&again, None, &both, Ok(&["project_updated", "sending_policy_set"]));
}

/// A project about which so many events are in the log, all of them of minute 1.
fn busy(events: usize) -> Vec<ProjectEvent> {
    let mut given = ready();
    given.resize(events, ProjectUpdated { name: "Pizza".into(), conversation_idle_seconds: Some(5) }.into());
    given
}

#[test]
fn nobody_changes_a_project_so_often_that_it_cannot_be_read_any_more() {
    let rename = update(Some("Pasta"), None);
    check_at(2, &busy(999), None, &rename, Ok(&["project_updated"]));
    let offer =
        Command::RequestTransfer { transfer: "trf_00000000000000000000000001".parse().unwrap(), from: workspace(1), to: workspace(2) };
    for asked in [&rename, &Command::Reset { operation: operation(5) }, &offer] {
        check_at(2, &busy(1_000), None, asked, Err(Refusal::TooOften { retry_after_s: 59 * 60 }));
    }
    check_at(60, &busy(1_000), None, &rename, Err(Refusal::TooOften { retry_after_s: 60 }));
    check_at(61, &busy(1_000), None, &rename, Ok(&["project_updated"]));
    check_at(61, &busy(1_001), None, &rename, Err(Refusal::TooOften { retry_after_s: 60 * 60 }));
    check(&busy(5_000), None, &update(None, None), Ok(&[]));
}

#[test]
fn billing_and_the_end_of_a_project_are_never_held_up() {
    let delete = Command::Delete { operation: operation(5), confirm: "Pizza".into(), overwrite: false };
    let leaving = and(busy(5_000), [started(operation(5), OperationKind::DeleteProject), given_up(operation(5), "database")]);
    check_at(2, &busy(5_000), None, &delete, Ok(&["operation_started"]));
    check_at(2, &busy(5_000), None, &entitle(Entitlement::Suspended, 7), Ok(&["project_suspended"]));
    check_at(2, &leaving, None, &Command::Retry, Ok(&["operation_retried"]));
}
