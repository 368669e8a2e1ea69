//! The rules as tables: given these events, when this is asked at that time, then that happens.

mod crossings;
mod given_back;
mod numbers;
mod operations;
mod projects;
mod signup;
mod transfers;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Event, NumberConnected, OperationCompleted, OperationFailed, OperationId, OperationKind, OperationStarted, OperationStepCompleted,
    ProjectCreated, ProjectEvent, ProjectFailed, ProjectId, ProjectReady, Subject, WorkspaceId,
};

use super::{Command, Fact, Refusal, State, decide};
use crate::operation::steps;
use crate::project::Project;
use crate::project::fold::At;

const HERE: &str = "prj_00000000000000000000000001";
const ELSEWHERE: &str = "prj_00000000000000000000000002";

fn id(text: &str) -> ProjectId {
    text.parse().unwrap()
}

fn operation(n: u8) -> OperationId {
    format!("op_0000000000000000000000000{n}").parse().unwrap()
}

fn workspace(n: u8) -> WorkspaceId {
    format!("wsp_0000000000000000000000000{n}").parse().unwrap()
}

/// Minutes after the beginning of the world.
fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(0, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn created() -> Vec<ProjectEvent> {
    let making = Project::making(id(HERE));
    vec![
        ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: Some(5), workspace: workspace(1) }.into(),
        started(making, OperationKind::CreateProject),
    ]
}

fn started(operation: OperationId, kind: OperationKind) -> ProjectEvent {
    OperationStarted { operation, kind, deadline: minute(1) + steps::time_max(kind), overwrite: false }.into()
}

fn done(operation: OperationId, step: &str) -> ProjectEvent {
    OperationStepCompleted { operation, step: step.into(), left: None }.into()
}

fn completed(operation: OperationId) -> ProjectEvent {
    OperationCompleted { operation }.into()
}

fn given_up(operation: OperationId, step: &str) -> ProjectEvent {
    OperationFailed { operation, step: step.into(), code: "c".into(), reason: "r".into() }.into()
}

fn ready() -> Vec<ProjectEvent> {
    [created(), vec![ProjectReady {}.into(), completed(Project::making(id(HERE)))]].concat()
}

fn failed() -> Vec<ProjectEvent> {
    let step = "code".to_owned();
    [created(), vec![ProjectFailed { step, reason: "r".into() }.into(), given_up(Project::making(id(HERE)), "code")]].concat()
}

fn connected(number: &str) -> ProjectEvent {
    NumberConnected { phone_number_id: number.into(), waba_id: None, display_phone_number: None }.into()
}

fn and(mut events: Vec<ProjectEvent>, more: impl IntoIterator<Item = ProjectEvent>) -> Vec<ProjectEvent> {
    events.extend(more);
    events
}

/// Everything happened in minute 1.
fn state(given: &[ProjectEvent], holder: Option<&str>) -> State {
    let mut state = State { number_holder: holder.map(id), events: given.len() as u64, ..State::default() };
    for (sequence, event) in (1..).zip(given) {
        state.erased = matches!(event, ProjectEvent::ProjectErased(_));
        state.project = Project::fold(state.project, id(HERE), At { event, sequence, time: minute(1) });
    }
    state
}

/// `then`: the last token of each fact's subject and the event's name, as text.
#[track_caller]
fn check_at(now: i64, given: &[ProjectEvent], holder: Option<&str>, command: &Command, then: Result<&[&str], Refusal>) -> Option<Project> {
    let before = state(given, holder);
    let decided = decide(&before, id(HERE), command, minute(now));
    let told = decided.as_ref().map(|facts| facts.iter().map(tell).collect::<Vec<_>>());
    assert_eq!(told.map_err(|refusal| *refusal), then.map(|texts| texts.iter().map(ToString::to_string).collect()), "{command:?}");
    let facts = decided.unwrap_or_default();
    let own = facts.iter().filter(|fact| fact.subject == Subject::project(id(HERE)));
    (100..).zip(own).fold(before.project, |state, (sequence, fact)| {
        Project::fold(state, id(HERE), At { event: &fact.event, sequence, time: minute(now) })
    })
}

/// As [`check_at`] in minute 2; whatever was decided is so afterwards: asked again, nothing happens.
#[track_caller]
fn check(given: &[ProjectEvent], holder: Option<&str>, command: &Command, then: Result<&[&str], Refusal>) {
    let project = check_at(2, given, holder, command, then);
    if then.is_ok() {
        let holder = if matches!(command, Command::ConnectNumber(_)) { Some(id(HERE)) } else { holder.map(id) };
        let after = State { erased: project.is_none(), project, number_holder: holder, ..State::default() };
        assert_eq!(decide(&after, id(HERE), command, minute(2)), Ok(Vec::new()), "asked again");
    }
}

fn tell(fact: &Fact) -> String {
    let event = fact.event.event_type().split('.').nth(1).unwrap();
    let about = fact.subject.as_str().strip_prefix("project.").unwrap();
    if about == HERE { event.to_owned() } else { format!("{about}: {event}") }
}
