//! An offer: the first answer is the one that counts.

use contract::{ProjectTransferred, TransferEnded, TransferId, TransferOutcome, TransferRequested};

use super::*;

const WEEK: i64 = 7 * 24 * 60;

fn transfer(n: u8) -> TransferId {
    format!("trf_0000000000000000000000000{n}").parse().unwrap()
}

fn request(n: u8, from: u8, to: u8) -> Command {
    Command::RequestTransfer { transfer: transfer(n), from: workspace(from), to: workspace(to) }
}

fn offered() -> Vec<ProjectEvent> {
    and(ready(), [TransferRequested { transfer: transfer(1), to: workspace(2), expires_at: minute(1 + WEEK) }.into()])
}

fn ended(outcome: TransferOutcome) -> Vec<ProjectEvent> {
    and(offered(), [TransferEnded { transfer: transfer(1), outcome }.into()])
}

fn accepted() -> Vec<ProjectEvent> {
    and(offered(), [ProjectTransferred { transfer: transfer(1), from: workspace(1), to: workspace(2) }.into()])
}

const ACCEPT: fn() -> Command = || Command::AcceptTransfer { transfer: transfer(1) };
const DECLINE: fn() -> Command = || Command::DeclineTransfer { transfer: transfer(1) };

#[test]
fn a_project_is_offered_to_one_workspace_at_a_time() {
    check(&ready(), None, &request(1, 1, 2), Ok(&["transfer_requested"]));
    check(&created(), None, &request(1, 1, 2), Ok(&["transfer_requested"]));
    check(&offered(), None, &request(2, 1, 2), Ok(&[]));
    check(&offered(), None, &request(2, 1, 3), Err(Refusal::TransferPending));
    check(&ready(), None, &request(1, 1, 1), Err(Refusal::SameWorkspace));
    check(&ended(TransferOutcome::Declined), None, &request(2, 1, 2), Ok(&["transfer_requested"]));
    check_at(1 + WEEK, &offered(), None, &request(2, 1, 3), Ok(&["transfer_ended", "transfer_requested"]));
}

#[test]
fn who_does_not_own_it_any_more_offers_nothing() {
    check(&accepted(), None, &request(2, 1, 3), Err(Refusal::NoProject));
    check(&accepted(), None, &request(2, 2, 3), Ok(&["transfer_requested"]));
}

#[test]
fn acceptance_changes_the_owner_with_one_event() {
    let project = check_at(2, &offered(), None, &ACCEPT(), Ok(&["project_transferred"])).unwrap();
    assert_eq!((project.workspace, project.pending_transfer()), (workspace(2), None));
    check(&offered(), None, &ACCEPT(), Ok(&["project_transferred"]));
    check(&offered(), None, &Command::AcceptTransfer { transfer: transfer(2) }, Err(Refusal::NoTransfer));
    check(&ready(), None, &ACCEPT(), Err(Refusal::NoTransfer));
}

#[test]
fn an_offer_ends_once() {
    use TransferOutcome::{Declined, Expired, Withdrawn};
    check(&offered(), None, &DECLINE(), Ok(&["transfer_ended"]));
    check(&offered(), None, &Command::WithdrawTransfer, Ok(&["transfer_ended"]));
    for (given, command, then) in [
        (ended(Declined), ACCEPT(), Err(Refusal::TransferEnded(Declined))),
        (ended(Declined), DECLINE(), Ok(&[][..])),
        (ended(Declined), Command::WithdrawTransfer, Err(Refusal::TransferEnded(Declined))),
        (ended(Withdrawn), ACCEPT(), Err(Refusal::TransferEnded(Withdrawn))),
        (ended(Withdrawn), Command::WithdrawTransfer, Ok(&[])),
        (ended(Expired), DECLINE(), Err(Refusal::TransferEnded(Expired))),
        (accepted(), DECLINE(), Err(Refusal::TransferAccepted)),
        (accepted(), Command::WithdrawTransfer, Err(Refusal::TransferAccepted)),
        (ready(), Command::WithdrawTransfer, Err(Refusal::NoTransfer)),
    ] {
        check(&given, None, &command, then);
    }
}

#[test]
fn the_offer_stands_until_the_instant_at_which_it_ends() {
    check_at(WEEK, &offered(), None, &ACCEPT(), Ok(&["project_transferred"]));
    check_at(WEEK, &offered(), None, &Command::Due { heard: None }, Ok(&[]));
    // Whether or not somebody has said so by then.
    check_at(1 + WEEK, &offered(), None, &ACCEPT(), Err(Refusal::TransferEnded(TransferOutcome::Expired)));
    let project = check_at(1 + WEEK, &offered(), None, &Command::Due { heard: None }, Ok(&["transfer_ended"])).unwrap();
    assert_eq!(project.due_at(), None);
}

#[test]
fn a_workspace_that_is_gone_gives_back_what_it_accepted_and_nothing_else() {
    let gone = |n| Command::ReturnTransfer { transfer: transfer(9), gone: workspace(n) };
    let project = check_at(2, &accepted(), None, &gone(2), Ok(&["project_transferred"])).unwrap();
    assert_eq!(project.workspace, workspace(1));
    let back = ProjectTransferred { transfer: transfer(9), from: workspace(2), to: workspace(1) };
    let facts = decide(&state(&accepted(), None), id(HERE), &gone(2), minute(2)).unwrap();
    assert_eq!(facts, [crate::decide::on(id(HERE), back)], "not by the offer again");
    check(&accepted(), None, &gone(2), Ok(&["project_transferred"]));
    check(&accepted(), None, &gone(1), Ok(&[]));
    check(&offered(), None, &gone(2), Ok(&[]));
    check(&offered(), None, &gone(1), Ok(&[]));
    check(&ready(), None, &gone(1), Ok(&[]));
}
