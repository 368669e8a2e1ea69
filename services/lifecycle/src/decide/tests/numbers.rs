//! One number, one project.

use contract::OperationRetried;

use super::*;
use crate::number::Number;

fn number(id: &str) -> Number {
    Number { id: id.parse().unwrap(), waba: None, display: None }
}

fn connect(id: &str) -> Command {
    Command::ConnectNumber(number(id))
}

#[test]
fn a_number_belongs_to_one_project() {
    let claim = ["number_connected", "number.1: number_claimed"];
    check(&created(), None, &connect("1"), Ok(&claim));
    check(&ready(), None, &connect("1"), Ok(&claim));
    check(&ready(), Some(ELSEWHERE), &connect("1"), Err(Refusal::NumberTaken));
    check(&and(created(), [connected("1")]), Some(HERE), &connect("1"), Ok(&[]));
    check(&failed(), None, &connect("1"), Err(Refusal::ProjectFailed));
}

#[test]
fn another_number_takes_the_place_of_the_old_one() {
    let replace = ["number_disconnected", "number.1: number_released", "number_connected", "number.2: number_claimed"];
    check(&and(created(), [connected("1")]), None, &connect("2"), Ok(&replace));
    check(&and(created(), [connected("1")]), Some(ELSEWHERE), &connect("2"), Err(Refusal::NumberTaken));
}

#[test]
fn what_meta_says_about_a_number_can_change_without_a_new_claim() {
    let told = Number { waba: Some("9".parse().unwrap()), ..number("1") };
    check(&and(created(), [connected("1")]), Some(HERE), &Command::ConnectNumber(told), Ok(&["number_connected"]));
}

#[test]
fn a_number_is_let_go_also_when_the_project_failed() {
    let release = ["number_disconnected", "number.1: number_released"];
    check(&and(created(), [connected("1")]), None, &Command::DisconnectNumber { operation: operation(9) }, Ok(&release));
    check(&and(failed(), [connected("1")]), None, &Command::DisconnectNumber { operation: operation(9) }, Ok(&release));
    check(&created(), None, &Command::DisconnectNumber { operation: operation(9) }, Ok(&[]));
}

#[test]
fn while_meta_is_asked_the_number_is_nobody_elses_to_change() {
    let one = operation(1);
    let connecting = and(ready(), [started(one, OperationKind::ConnectNumber)]);
    let running = Refusal::OperationRunning { operation: one, kind: OperationKind::ConnectNumber };
    check(&connecting, None, &connect("1"), Err(running));
    check(&connecting, None, &Command::DisconnectNumber { operation: operation(9) }, Err(running));
    let again = and(connecting.clone(), [given_up(one, "register"), OperationRetried { operation: one, deadline: minute(9) }.into()]);
    check(&again, None, &connect("1"), Err(running));
    check(&and(connecting, [given_up(one, "register")]), None, &Command::DisconnectNumber { operation: operation(9) }, Ok(&[]));
}
