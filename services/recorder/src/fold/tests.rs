//! Whose it is, what reached number 1, by what the log says of who had it.

use contract::{Context, EventId, EventType, NumberConnected, NumberDisconnected, NumberOffered, OperationStarted, ProjectErased, Subject};
use ulid::Ulid;

use super::*;

/// By project 1, 2, …
#[derive(Debug, Clone, Copy)]
enum Said {
    Offers(u128),
    Fails(u128),
    Retries(u128),
    Connects(u128),
    LetsGo(u128),
    Leaves(u128),
    IsErased(u128),
    /// What stays when it is erased, of a number that others had too.
    Claimed(u128),
    Released(u128),
}

use Said::{Claimed, Connects, Fails, IsErased, Leaves, LetsGo, Offers, Released, Retries};

fn project(n: u128) -> ProjectId {
    ProjectId::from_ulid(Ulid::from_parts(1, n))
}

fn second(n: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(n, 0).unwrap()
}

fn event(said: Said) -> (Subject, ProjectEvent) {
    let operation = |n: u128| OperationId::from_ulid(Ulid::from_parts(2, n));
    let (number, deadline) = ("1".to_owned(), second(0));
    let ours = |n: u128, event: ProjectEvent| (Subject::project(project(n)), event);
    let claim = |event: ProjectEvent| (Subject::number("1").unwrap(), event);
    match said {
        Offers(n) => {
            let (waba_id, sealed_token, sealed_pin) = ("2".to_owned(), "t".to_owned(), "p".to_owned());
            let operation = operation(n);
            let offered = NumberOffered { operation, phone_number_id: number, waba_id, coexistence: false, sealed_token, sealed_pin };
            ours(n, offered.into())
        }
        Fails(n) => {
            let (step, code, reason) = ("register".to_owned(), "c".to_owned(), "r".to_owned());
            ours(n, OperationFailed { operation: operation(n), step, code, reason }.into())
        }
        Retries(n) => ours(n, OperationRetried { operation: operation(n), deadline }.into()),
        Connects(n) => ours(n, NumberConnected { phone_number_id: number, waba_id: None, display_phone_number: None }.into()),
        LetsGo(n) => ours(n, NumberDisconnected { phone_number_id: number }.into()),
        Leaves(n) => {
            let (operation, kind) = (operation(100 + n), OperationKind::DeleteProject);
            ours(n, OperationStarted { operation, kind, deadline, overwrite: false }.into())
        }
        IsErased(n) => ours(n, ProjectErased { operation: operation(100 + n), left: None }.into()),
        Claimed(n) => claim(NumberClaimed { project: project(n) }.into()),
        Released(n) => claim(NumberReleased { project: project(n) }.into()),
    }
}

fn recorded(sequence: u64, at: i64, said: Said) -> Recorded {
    let (subject, event) = event(said);
    Recorded {
        sequence,
        subject,
        id: EventId::from_ulid(Ulid::from_parts(3, sequence.into())),
        event_type: EventType::new(event.event_type()),
        source: "/test".to_owned(),
        time: second(at),
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json".to_owned(),
        data: event.encode(),
    }
}

/// `log`: what was said in which second. `wanted`: whose it is, what reached the number in that second; 0: nobody's; none: it waits.
fn check(log: &[(i64, Said)], wanted: &[(i64, Option<u128>)]) {
    let mut fold = Fold::default();
    for ((at, said), sequence) in log.iter().zip(1..) {
        fold.apply(&recorded(sequence, *at, *said));
    }
    for (time, whose) in wanted {
        let wanted = match whose {
            None => Whose::Waits,
            Some(0) => Whose::Nobodys,
            Some(n) => Whose::Of(Project { id: project(*n), conversation_idle: None }),
        };
        assert_eq!(fold.whose("1", second(*time)), wanted, "at {time} of {log:?}");
    }
}

#[test]
fn what_reaches_a_number_that_nobody_ever_had_waits_for_the_first_who_does() {
    check(&[], &[(0, None)]);
    check(&[(10, Connects(1))], &[(9, Some(1)), (10, Some(1)), (11, Some(1))]);
    check(&[(10, Connects(1)), (20, LetsGo(1)), (30, Connects(2))], &[(9, Some(1))]);
}

#[test]
fn what_reaches_a_number_that_was_let_go_is_never_the_next_projects() {
    let mut log = vec![(10, Connects(1)), (20, LetsGo(1))];
    check(&log, &[(19, Some(1)), (20, None), (21, None)]);
    log.push((30, Connects(2)));
    check(&log, &[(19, Some(1)), (20, Some(0)), (29, Some(0)), (30, Some(2))]);
    // Also if the first one has it once more after that.
    log.extend([(40, LetsGo(2)), (50, Connects(1))]);
    check(&log, &[(25, Some(0)), (45, Some(0)), (50, Some(1))]);
}

#[test]
fn what_reaches_a_number_between_two_connections_to_one_project_is_that_projects() {
    let mut log = vec![(10, Connects(1)), (20, LetsGo(1)), (30, Connects(1))];
    check(&log, &[(20, Some(1)), (29, Some(1)), (30, Some(1))]);
    log.extend([(40, LetsGo(1)), (50, Connects(2))]);
    check(&log, &[(25, Some(1)), (45, Some(0))]);
}

#[test]
fn nothing_waits_for_a_project_that_is_being_deleted() {
    check(&[(10, Connects(1)), (20, Leaves(1)), (20, LetsGo(1))], &[(20, Some(0)), (21, Some(0))]);
    check(&[(10, Connects(2)), (20, LetsGo(2)), (20, Leaves(1))], &[(21, None)]);
}

#[test]
fn a_clock_that_was_ahead_gives_nothing_to_the_next_project() {
    check(&[(10, Connects(1)), (20, LetsGo(1)), (15, Connects(2))], &[(14, Some(1)), (19, Some(1)), (20, Some(2))]);
}

#[test]
fn what_came_before_a_number_was_connected_is_nobodys_when_a_project_was_erased_that_may_have_had_it() {
    let wanted = [(4, Some(0)), (29, Some(0)), (30, Some(1)), (31, Some(1))];
    check(&[(5, IsErased(9)), (30, Connects(1))], &wanted);
    // It may have let the number go long before its end.
    check(&[(30, Connects(1)), (40, IsErased(9))], &wanted);
    check(&[(5, IsErased(9))], &[(6, None)]);
}

#[test]
fn what_comes_while_a_number_is_being_connected_is_the_projects() {
    check(&[(5, IsErased(9)), (20, Offers(1))], &[(21, None)]);
    check(&[(5, IsErased(9)), (20, Offers(1)), (30, Connects(1))], &[(19, Some(0)), (20, Some(1)), (29, Some(1)), (30, Some(1))]);
    // Not what came while another was connecting it, or between two attempts: somebody may have had it then.
    check(&[(5, IsErased(9)), (20, Offers(2)), (30, Connects(1))], &[(25, Some(0))]);
    check(&[(5, IsErased(9)), (20, Offers(1)), (22, Fails(1)), (30, Connects(1))], &[(21, Some(0)), (25, Some(0))]);
    let retried = [(5, IsErased(9)), (20, Offers(1)), (22, Fails(1)), (26, Retries(1)), (30, Connects(1))];
    check(&retried, &[(25, Some(0)), (26, Some(1)), (29, Some(1))]);
}

#[test]
fn who_had_a_number_is_known_by_its_claims_when_a_projects_events_are_gone() {
    let gone = [(10, Claimed(1)), (20, Released(1)), (30, Connects(2)), (30, Claimed(2)), (40, IsErased(1))];
    check(&gone, &[(15, Some(1)), (20, Some(0)), (29, Some(0)), (30, Some(2))]);
    let before = [(10, Connects(2)), (10, Claimed(2)), (15, LetsGo(2)), (15, Released(2))];
    let between = [(20, Claimed(1)), (25, Released(1)), (28, IsErased(1)), (30, Connects(2)), (30, Claimed(2))];
    check(&[&before[..], &between].concat(), &[(12, Some(2)), (26, Some(0)), (29, Some(0)), (30, Some(2))]);
}

#[test]
fn a_claim_changes_nothing_about_what_its_project_says() {
    let said = [(10, Connects(1)), (10, Claimed(1)), (20, LetsGo(1)), (20, Released(1))];
    check(&said, &[(9, Some(1)), (19, Some(1)), (25, None)]);
    check(&[&said[..], &[(30, Connects(1)), (30, Claimed(1))]].concat(), &[(25, Some(1)), (30, Some(1))]);
}
