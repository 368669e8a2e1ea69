//! The rules as a table: given these events, when this is asked, then that happens.

use chrono::DateTime;
use contract::{NumberConnected, ProjectCreated, ProjectEvent, ProjectFailed, ProjectId, ProjectReady, Subject};

use super::{Command, Fact, Refusal, State, decide};
use crate::number::Number;
use crate::project::Project;

const HERE: &str = "prj_00000000000000000000000001";
const ELSEWHERE: &str = "prj_00000000000000000000000002";

fn project(text: &str) -> ProjectId {
    text.parse().unwrap()
}

fn number(id: &str) -> Number {
    Number { id: id.parse().unwrap(), waba: None, display: None }
}

fn created() -> ProjectEvent {
    ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: Some(5), workspace: contract::WorkspaceId::INSTALLATION }.into()
}

fn ready() -> ProjectEvent {
    ProjectReady {}.into()
}

fn failed() -> ProjectEvent {
    ProjectFailed { step: "tables".into(), reason: "r".into() }.into()
}

fn connected(id: &str) -> ProjectEvent {
    NumberConnected { phone_number_id: id.into(), waba_id: None, display_phone_number: None }.into()
}

fn create(name: &str, idle: Option<u32>) -> Command {
    Command::Create { name: name.parse().unwrap(), conversation_idle_seconds: idle }
}

/// `expected`: the last token of each fact's subject and the event's name, as text.
#[track_caller]
fn check(given: &[ProjectEvent], holder: Option<&str>, command: Command, expected: Result<&[&str], Refusal>) {
    let at = DateTime::from_timestamp(1, 0).unwrap();
    let id = project(HERE);
    let folded = (1..).zip(given).fold(None, |state, (sequence, event)| Project::fold(state, id, sequence, at, event));
    let state = State { project: folded, number_holder: holder.map(project) };
    let decided = decide(&state, id, &command);
    let told = decided.as_ref().map(|facts| facts.iter().map(tell).collect::<Vec<_>>());
    assert_eq!(told.map_err(|refusal| *refusal), expected.map(|texts| texts.iter().map(ToString::to_string).collect()));

    // Whatever was decided is so afterwards: asked again, nothing happens.
    let Ok(facts) = decided else { return };
    let project_facts = facts.iter().filter(|fact| fact.subject == Subject::project(id));
    let after = (100..).zip(project_facts).fold(state.project, |state, (s, fact)| Project::fold(state, id, s, at, &fact.event));
    let holder = if matches!(command, Command::ConnectNumber(_)) { Some(id) } else { state.number_holder };
    assert_eq!(decide(&State { project: after, number_holder: holder }, id, &command), Ok(Vec::new()), "asked again");
}

fn tell(fact: &Fact) -> String {
    use contract::Event;
    let event = fact.event.event_type().split('.').nth(1).unwrap();
    format!("{} {event}", fact.subject.as_str().rsplit('.').next().unwrap())
}

#[test]
fn a_project_is_created_once() {
    check(&[], None, create("Pizza", Some(5)), Ok(&[&format!("{HERE} project_created")]));
    check(&[created()], None, create(" Pizza ", Some(5)), Ok(&[]));
    check(&[created(), ready(), connected("1")], None, create("Pizza", Some(5)), Ok(&[]));
    check(&[created()], None, create("Pasta", Some(5)), Err(Refusal::OtherContent));
    check(&[created()], None, create("Pizza", None), Err(Refusal::OtherContent));
}

#[test]
fn nothing_happens_to_a_project_that_is_not_there() {
    for command in [Command::ConnectNumber(number("1")), Command::DisconnectNumber, Command::MarkReady] {
        check(&[], None, command, Err(Refusal::NoProject));
    }
}

#[test]
fn a_number_belongs_to_one_project() {
    let claim = [&*format!("{HERE} number_connected"), "1 number_claimed"];
    check(&[created()], None, Command::ConnectNumber(number("1")), Ok(&claim));
    check(&[created(), ready()], None, Command::ConnectNumber(number("1")), Ok(&claim));
    check(&[created(), ready()], Some(ELSEWHERE), Command::ConnectNumber(number("1")), Err(Refusal::NumberTaken));
    check(&[created(), connected("1")], Some(HERE), Command::ConnectNumber(number("1")), Ok(&[]));
    check(&[created(), failed()], None, Command::ConnectNumber(number("1")), Err(Refusal::ProjectFailed));
}

#[test]
fn another_number_takes_the_place_of_the_old_one() {
    let replace = [&*format!("{HERE} number_disconnected"), "1 number_released", &*format!("{HERE} number_connected"), "2 number_claimed"];
    check(&[created(), connected("1")], None, Command::ConnectNumber(number("2")), Ok(&replace));
    check(&[created(), connected("1")], Some(ELSEWHERE), Command::ConnectNumber(number("2")), Err(Refusal::NumberTaken));
}

#[test]
fn what_meta_says_about_a_number_can_change_without_a_new_claim() {
    let told = Number { waba: Some("9".parse().unwrap()), ..number("1") };
    check(&[created(), connected("1")], Some(HERE), Command::ConnectNumber(told), Ok(&[&format!("{HERE} number_connected")]));
}

#[test]
fn a_number_is_let_go_also_when_the_project_failed() {
    let release = [&*format!("{HERE} number_disconnected"), "1 number_released"];
    check(&[created(), connected("1")], None, Command::DisconnectNumber, Ok(&release));
    check(&[created(), connected("1"), failed()], None, Command::DisconnectNumber, Ok(&release));
    check(&[created()], None, Command::DisconnectNumber, Ok(&[]));
}

#[test]
fn a_project_becomes_ready_or_fails_once() {
    let fail = || Command::MarkFailed { step: "tables".into(), reason: "r".into() };
    check(&[created()], None, Command::MarkReady, Ok(&[&format!("{HERE} project_ready")]));
    check(&[created(), ready()], None, Command::MarkReady, Ok(&[]));
    check(&[created(), failed()], None, Command::MarkReady, Ok(&[&format!("{HERE} project_ready")]));
    check(&[created()], None, fail(), Ok(&[&format!("{HERE} project_failed")]));
    check(&[created(), failed()], None, fail(), Ok(&[]));
    check(&[created(), ready()], None, fail(), Ok(&[]));
}
