//! One at a time, step by step, given up in time, tried again; and the one that ends everything.

use contract::{OperationRetried, TransferRequested};

use super::*;
use crate::operation::heard::Heard;
use crate::project::Status;

const CREATE_STEPS: [&str; 4] = ["database", "code", "flow_space", "trial"];
const DELETE_STEPS: [&str; 9] = ["number", "database", "code", "flow_space", "templates", "media", "billing", "log", "key"];

fn making() -> OperationId {
    Project::making(id(HERE))
}

fn step(operation: OperationId, step: &'static str) -> Command {
    Command::StepDone { operation, step }
}

/// `since`: the sequence of the event after which it was tried.
fn fail(operation: OperationId, step: &'static str, since: u64) -> Command {
    Command::StepFailed { operation, step, code: "c", reason: "r".into(), since }
}

fn reset(n: u8) -> Command {
    Command::Reset { operation: operation(n) }
}

fn delete(n: u8, confirm: &str) -> Command {
    Command::Delete { operation: operation(n), confirm: confirm.into(), overwrite: false }
}

fn deleting() -> Vec<ProjectEvent> {
    and(ready(), [started(operation(9), OperationKind::DeleteProject)])
}

#[test]
fn a_project_is_ready_when_the_last_of_its_steps_is_done_whichever_that_is() {
    for last in CREATE_STEPS {
        let others = CREATE_STEPS.into_iter().filter(|step| *step != last);
        let given = and(created(), others.clone().map(|step| done(making(), step)));
        check(&given[..given.len() - 1], None, &step(making(), last), Ok(&["operation_step_completed"]));
        let then = ["operation_step_completed", "project_ready", "operation_completed"];
        check(&given, None, &step(making(), last), Ok(&then));
        let project = check_at(2, &given, None, &step(making(), last), Ok(&then)).unwrap();
        assert_eq!((project.status(), project.due_at()), (Status::Ready, None));
        for repeated in others {
            check(&given, None, &step(making(), repeated), Ok(&[]));
        }
    }
}

#[test]
fn a_step_of_another_operation_is_nothing() {
    check(&created(), None, &step(operation(5), "code"), Ok(&[]));
    check(&created(), None, &step(making(), "log"), Ok(&[]));
    check(&ready(), None, &step(making(), "code"), Ok(&[]));
    check(&deleting(), None, &step(making(), "database"), Ok(&[]));
}

#[test]
fn making_is_given_up_when_a_step_fails_or_when_time_is_up() {
    let gives_up = ["project_failed", "operation_failed"];
    let project = check_at(2, &created(), None, &fail(making(), "database", 2), Ok(&gives_up)).unwrap();
    assert_eq!((project.status(), project.due_at()), (Status::Failed, None));
    check(&created(), None, &fail(making(), "database", 2), Ok(&gives_up));
    check(&failed(), None, &fail(making(), "database", 2), Ok(&[]));
    check(&ready(), None, &fail(making(), "database", 2), Ok(&[]));

    check_at(15, &created(), None, &Command::Due { heard: None }, Ok(&[]));
    let project = check_at(16, &and(created(), [done(making(), "database")]), None, &Command::Due { heard: None }, Ok(&gives_up)).unwrap();
    let failure = project.operation.failure().unwrap();
    assert_eq!(
        (failure.step.as_str(), failure.code.as_str(), failure.reason.as_str()),
        ("code", "deadline_passed", "was not done within 15 minutes")
    );
    check_at(999, &ready(), None, &Command::Due { heard: None }, Ok(&[]));
}

#[test]
fn what_was_done_too_late_counts_all_the_same() {
    let given = and(failed(), ["database", "flow_space"].map(|step| done(making(), step)));
    check(&given, None, &step(making(), "code"), Ok(&["operation_step_completed"]));
    let given = and(given, [done(making(), "code")]);
    let then = ["operation_step_completed", "project_ready", "operation_completed"];
    let project = check_at(999, &given, None, &step(making(), "trial"), Ok(&then)).unwrap();
    assert_eq!(project.status(), Status::Ready);
}

#[test]
fn what_failed_is_tried_again_with_as_much_time_as_at_first() {
    let project = check_at(50, &failed(), None, &Command::Retry, Ok(&["operation_retried"])).unwrap();
    assert_eq!((project.status(), project.due_at()), (Status::Provisioning, Some(minute(65))));
    let running = Refusal::OperationRunning { operation: making(), kind: OperationKind::CreateProject };
    check(&created(), None, &Command::Retry, Err(running));
    check(&ready(), None, &Command::Retry, Err(Refusal::NothingFailed));

    // Why it failed before is no reason for this try, whatever the clocks of those say who report it.
    let again = and(failed(), [OperationRetried { operation: making(), deadline: minute(99) }.into()]);
    let retried = again.len() as u64;
    let (nothing, gives_up): (&[&str], &[&str]) = (&[], &["project_failed", "operation_failed"]);
    for (since, then) in [(0, nothing), (1, nothing), (retried - 1, nothing), (retried, gives_up)] {
        check(&again, None, &fail(making(), "code", since), Ok(then));
    }
}

#[test]
fn one_operation_at_a_time() {
    let running = |operation, kind| Err(Refusal::OperationRunning { operation, kind });
    let create = running(making(), OperationKind::CreateProject);
    check(&created(), None, &reset(1), create);
    check(&created(), None, &delete(1, "Pizza"), create);
    let resetting = and(ready(), [started(operation(1), OperationKind::ResetProject)]);
    for command in [reset(2), delete(2, "Pizza"), delete(2, "no name"), Command::Retry] {
        check(&resetting, None, &command, running(operation(1), OperationKind::ResetProject));
    }
    // What has ended, or was given up, makes way.
    for end in [completed(operation(1)), given_up(operation(1), "code")] {
        check_at(2, &and(resetting.clone(), [end]), None, &reset(2), Ok(&["operation_started"]));
    }
}

#[test]
fn a_reset_needs_a_project_that_can_be_used() {
    check_at(2, &ready(), None, &reset(1), Ok(&["operation_started"]));
    check(&failed(), None, &reset(1), Err(Refusal::ProjectFailed));
    let resetting = and(ready(), [started(operation(1), OperationKind::ResetProject)]);
    check(&resetting, None, &step(operation(1), "code"), Ok(&["operation_step_completed", "operation_completed"]));
    let project = check_at(6, &resetting, None, &Command::Due { heard: None }, Ok(&["operation_failed"])).unwrap();
    assert_eq!(project.status(), Status::Ready, "a reset that failed leaves the project as it was");
}

#[test]
fn a_deletion_needs_the_name_and_stops_recording_at_once() {
    let project = check_at(2, &ready(), None, &delete(1, "Pizza"), Ok(&["operation_started"])).unwrap();
    assert_eq!(project.status(), Status::Deleting);
    check_at(2, &failed(), None, &delete(1, "Pizza"), Ok(&["operation_started"]));
    for other in ["", "pizza", "Pizza ", "PIZZA"] {
        check(&ready(), None, &delete(1, other), Err(Refusal::NotConfirmed));
    }
    let transfer = "trf_00000000000000000000000001".parse().unwrap();
    let offer = TransferRequested { transfer, to: workspace(2), expires_at: minute(99) };
    let given = and(ready(), [connected("1"), offer.into()]);
    let then = ["operation_started", "transfer_ended", "number_disconnected", "number.1: number_released"];
    check_at(2, &given, None, &delete(1, "Pizza"), Ok(&then));
}

#[test]
fn a_project_that_is_going_takes_part_in_nothing_else() {
    let (kind, going) = (OperationKind::DeleteProject, operation(9));
    let running = Err(Refusal::OperationRunning { operation: going, kind });
    let leaving = Err(Refusal::ProjectDeleting(going));
    let gave_up = and(deleting(), [given_up(going, "database")]);
    for (given, starts) in [(deleting(), running), (gave_up.clone(), leaving)] {
        check(&given, None, &reset(1), starts);
        check(&given, None, &delete(1, "Pizza"), starts);
        let to =
            Command::RequestTransfer { transfer: "trf_00000000000000000000000001".parse().unwrap(), from: workspace(1), to: workspace(2) };
        for command in
            [Command::DisconnectNumber { operation: operation(9) }, Command::Update(crate::project::settings::Changes::default()), to]
        {
            check(&given, None, &command, leaving);
        }
    }
    assert_eq!(state(&gave_up, None).project.unwrap().status(), Status::Failed);
    check_at(2, &gave_up, None, &Command::Retry, Ok(&["operation_retried"]));
}

#[test]
fn steps_of_lifecycle_itself_wait_for_what_comes_before_them() {
    let own = |done_steps: &[&str]| {
        let given = and(deleting(), done_steps.iter().map(|step| done(operation(9), step)));
        state(&given, None).project.unwrap().operation.own_step()
    };
    assert_eq!(own(&[]), Some("number"));
    assert_eq!(own(&["database"]), Some("number"));
    assert_eq!(own(&["number"]), None);
    assert_eq!(own(&["number", "database", "code", "flow_space"]), None);
    assert_eq!(own(&["number", "billing", "media", "templates", "flow_space", "code", "database"]), Some("log"));
    assert_eq!(own(&DELETE_STEPS[..8]), Some("key"));
}

#[test]
fn after_the_last_step_of_a_deletion_nothing_is_left() {
    let given = and(deleting(), DELETE_STEPS[..8].iter().map(|step| done(operation(9), step)));
    let gone = check_at(2, &given, None, &step(operation(9), "key"), Ok(&["operation_step_completed", "project_erased"]));
    assert_eq!(gone, None);
}

#[test]
fn a_project_of_the_time_before_operations_is_read_as_one_that_was_made() {
    let old = |last: ProjectEvent| {
        let given = [created()[0].clone(), last];
        let project = state(&given, None).project.unwrap();
        (project.status(), project.operation.status())
    };
    assert_eq!(old(ProjectReady {}.into()), (Status::Ready, "succeeded"));
    assert_eq!(old(ProjectFailed { step: "tables".into(), reason: "r".into() }.into()), (Status::Failed, "failed"));
}

#[test]
fn what_a_step_was_told_last_is_part_of_why_it_was_given_up() {
    let told = |operation, step| Heard { operation, step, words: "(#2) Service temporarily unavailable".into() };
    let connecting = and(ready(), [started(operation(1), OperationKind::ConnectNumber), done(operation(1), "subscribe_app")]);
    let plain = "was not done within 10 minutes";
    let with_words = format!("{plain}; the last attempt ended with: (#2) Service temporarily unavailable");
    for (heard, reason) in [
        (None, plain),
        (Some(told(operation(1), "register")), with_words.as_str()),
        (Some(told(operation(2), "register")), plain),
        (Some(told(operation(1), "subscribe_app")), plain),
    ] {
        let project = check_at(11, &connecting, None, &Command::Due { heard }, Ok(&["operation_failed"])).unwrap();
        let failure = project.operation.failure().unwrap();
        assert_eq!((failure.step.as_str(), failure.code.as_str(), failure.reason.as_str()), ("register", "deadline_passed", reason));
    }
}
