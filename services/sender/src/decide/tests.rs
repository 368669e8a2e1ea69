//! What comes of each answer of Meta's, and of none.

use super::*;

const WAIT: TimeDelta = TimeDelta::seconds(100);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("an instant")
}

fn attempt(number: u32) -> Attempt {
    Attempt { number, unclear: 0, stale_file: false, doubtful: false, chance: 1.0, settle_wait: WAIT, pair_ready: None }
}

fn of(error: graph::Error, number: u32) -> Outcome {
    outcome(Err(error), attempt(number), now())
}

fn refusal(code: i64) -> graph::Error {
    graph::Error::Refused(Box::new(graph::MetaRefusal {
        status: 400,
        code,
        subcode: None,
        kind: None,
        message: "no".to_owned(),
        details: None,
        user_message: None,
        transient: false,
        fbtrace_id: None,
        request_id: None,
    }))
}

fn unreadable(status: u16) -> graph::Error {
    graph::Error::Unreadable { status, what: "it is not JSON" }
}

#[test]
fn what_is_not_proved_unsent_is_unknown_and_never_repeated_by_itself() {
    let silent = [graph::Error::Unanswered, refusal(1), refusal(131_000)];
    let of_somebody = [200, 302, 400, 401, 404, 408, 425, 429, 499, 500, 502].map(unreadable);
    for error in silent.into_iter().chain(of_somebody) {
        assert!(matches!(of(error.clone(), 1), Outcome::Unknown { settle_by, .. } if settle_by == now() + WAIT), "{error}");
    }
}

#[test]
fn what_never_left_is_tried_again_ever_later_and_what_cannot_be_asked_is_not() {
    for (number, seconds) in [(1, 1), (2, 2), (5, 16), (30, 300)] {
        let Outcome::Deferred { retry_at, .. } = of(graph::Error::NotSent, number) else { panic!("attempt {number}") };
        assert_eq!(retry_at, now() + TimeDelta::seconds(seconds), "attempt {number}");
    }
    let none = Attempt { chance: 0.0, ..attempt(3) };
    let Outcome::Deferred { retry_at, .. } = outcome(Err(graph::Error::NotSent), none, now()) else { panic!("deferred") };
    assert_eq!(retry_at, now() + TimeDelta::seconds(2), "half of it at least");
    assert!(matches!(of(graph::Error::Unaskable("x"), 1), Outcome::Failed { code: SendFailure::CannotBeSent, .. }));
}

#[test]
fn a_number_that_meta_works_on_waits_a_minute_and_a_pair_as_long_as_it_has_learnt() {
    let pair_ready = Some(now() + TimeDelta::seconds(16));
    for (code, number, pair_ready, seconds) in [
        (131_057, 1, None, 60),
        (131_057, 30, None, 300),
        (131_056, 1, pair_ready, 16),
        (131_056, 1, None, 1),
        (131_016, 1, pair_ready, 1),
        (130_429, 1, None, 1),
    ] {
        let outcome = outcome(Err(refusal(code)), Attempt { pair_ready, ..attempt(number) }, now());
        let Outcome::Deferred { meta_code, retry_at, .. } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!((meta_code, retry_at), (Some(code), now() + TimeDelta::seconds(seconds)), "{code} at attempt {number}");
    }
}

#[test]
fn a_file_that_meta_did_not_take_was_no_message_whoever_says_so() {
    assert!(matches!(refused(&unreadable(404), attempt(1), now()), Outcome::Failed { code: SendFailure::RefusedByMeta, .. }));
    for again in [unreadable(429), unreadable(408), unreadable(502), graph::Error::Unanswered, refusal(131_000)] {
        assert!(matches!(refused(&again, attempt(1), now()), Outcome::Deferred { .. }), "{again}");
    }
}

#[test]
fn answers_that_explain_nothing_are_counted_alone() {
    for (number, unclear, last) in [(1, 0, false), (9, 0, false), (2, 1, false), (9, 1, false), (3, 2, true), (9, 2, true)] {
        for code in [1, 131_000] {
            // What explained nothing before may have been about a file, and then nothing is in doubt.
            let tried = Attempt { unclear, ..attempt(number) };
            let of_message = outcome(Err(refusal(code)), tried, now());
            let fits = if last { matches!(of_message, Outcome::Abandoned { .. }) } else { matches!(of_message, Outcome::Unknown { .. }) };
            assert!(fits, "{code} at attempt {number} after {unclear} like it: {of_message:?}");
            let of_file = refused(&refusal(code), tried, now());
            assert_eq!(matches!(of_file, Outcome::Deferred { .. }), !last, "{code} of a file after {unclear} like it: {of_file:?}");
        }
    }
}

#[test]
fn a_message_whose_file_may_be_lost_is_tried_again_with_another() {
    for (code, blames) in [(100, true), (131_009, true), (131_053, true), (131_026, false), (131_047, false), (190, false)] {
        assert_eq!(may_be_a_file(&refusal(code)), blames, "{code}");
        for stale_file in [true, false] {
            let outcome = outcome(Err(refusal(code)), Attempt { stale_file, ..attempt(1) }, now());
            assert_eq!(matches!(outcome, Outcome::Deferred { .. }), stale_file, "{code}: {outcome:?}");
        }
    }
}

#[test]
fn chances_of_one_moment_are_spread() {
    let chances: Vec<f64> = (0..100).map(|n| chance(u128::MAX - n)).collect();
    for tenth in 0..10 {
        let within = chances.iter().filter(|chance| (**chance * 10.0) as usize == tenth).count();
        assert!((5..=15).contains(&within), "{within} of 100 in tenth {tenth}");
    }
}

#[test]
fn a_message_of_which_an_earlier_attempt_may_be_at_meta_does_not_fail() {
    let doubtful = Attempt { doubtful: true, ..attempt(2) };
    assert!(matches!(outcome(Err(graph::Error::Unaskable("x")), doubtful, now()), Outcome::Abandoned { .. }));
}

#[test]
fn the_project_decides_what_becomes_of_an_unknown_outcome_as_long_as_the_message_is_worth_it() {
    let (before, after) = (now() + TimeDelta::seconds(1), now());
    assert!(matches!(unsettled(UnknownOutcome::GiveUp, 1, now(), before), Outcome::Abandoned { .. }));
    assert!(matches!(unsettled(UnknownOutcome::SendAgain, 1, now(), before), Outcome::Deferred { retry_at, .. } if retry_at == now()));
    assert!(matches!(unsettled(UnknownOutcome::SendAgain, 1, now(), after), Outcome::Abandoned { .. }));
}

#[test]
fn what_may_have_been_sent_three_times_is_not_sent_again() {
    let later = now() + TimeDelta::days(1);
    for (unclear, last) in [(1, false), (2, false), (3, true), (4, true)] {
        let outcome = unsettled(UnknownOutcome::SendAgain, unclear, now(), later);
        assert_eq!(matches!(outcome, Outcome::Abandoned { .. }), last, "{unclear}: {outcome:?}");
    }
}
