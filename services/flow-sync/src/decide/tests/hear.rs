//! What Meta says of itself.

use super::*;

/// In short.
fn told(events: &[FlowEvent]) -> Vec<String> {
    let short = |event: &FlowEvent| match event {
        FlowEvent::FlowPublished(published) => format!("published {}", published.revision),
        FlowEvent::FlowStatusReported(reported) => reported.status.clone(),
        other => panic!("{other:?}"),
    };
    events.iter().map(short).collect()
}

fn opened(revision: u32) -> FlowEvent {
    FlowPublished { revision }.into()
}

#[test]
fn a_status_is_heard_once_and_never_goes_back_in_time() {
    let check = |given: &[FlowEvent], word: &str, heard_from, seconds, then: &[&str]| {
        let events = hear_status(&flow(given), word, heard_from, None, at(seconds));
        assert_eq!(told(&events), then, "{word} {heard_from:?} at {seconds} after {given:?}");
    };
    let (webhook, found) = (HeardFrom::Webhook, HeardFrom::Reconciliation);
    let published = FlowEvent::from(FlowStatusReported { status: PUBLISHED.into(), heard_from: webhook, warning: None, at: at(10) });
    check(&[], PUBLISHED, webhook, 0, &[]);
    check(&at_meta(&[]), DRAFT, webhook, 5, &[]);
    check(&at_meta(&[]), PUBLISHED, webhook, 5, &[PUBLISHED]);
    check(&at_meta(std::slice::from_ref(&published)), DRAFT, webhook, 9, &[]);
    check(&at_meta(std::slice::from_ref(&published)), THROTTLED, webhook, 10, &[THROTTLED]);
    check(&at_meta(std::slice::from_ref(&published)), DRAFT, found, 9, &[DRAFT]);
    check(&at_meta(&[status(THROTTLED)]), PUBLISHED, webhook, 5, &[PUBLISHED]);
    check(&at_meta(&[FlowDeleted { heard_from: found }.into()]), PUBLISHED, webhook, 5, &[]);
    assert_eq!(told(&super::published(&flow(&at_meta(&[])), 1, at(1))), ["published 1", PUBLISHED]);
    let known = at_meta(&[opened(1), published.clone()]);
    assert_eq!(super::published(&flow(&known), 1, at(1)), [], "a comparison was faster");
    assert_eq!(told(&super::published(&flow(&at_meta(&[opened(0), published])), 1, at(1))), ["published 1"], "a webhook was faster");
}

#[test]
fn people_can_open_what_meta_has_where_a_comparison_finds_it_published_whoever_did_it() {
    let check = |given: &[FlowEvent], word: &str, there, then: &[&str]| {
        let events = found(&flow(given), word, there, HeardFrom::Reconciliation, at(9));
        assert_eq!(told(&events), then, "{word} with {there} after {given:?}");
    };
    let published = at_meta(&[opened(1), status(PUBLISHED)]);
    let by_somebody = at_meta(&[opened(0), status(PUBLISHED)]);
    check(&at_meta(&[]), PUBLISHED, 1, &["published 1", PUBLISHED]);
    check(&at_meta(&[]), PUBLISHED, 0, &["published 0", PUBLISHED]);
    check(&at_meta(&[]), DRAFT, 0, &[]);
    check(&[created(), linked()], PUBLISHED, 0, &["published 0", PUBLISHED]);
    check(&published, PUBLISHED, 1, &[]);
    check(&published, PUBLISHED, 0, &["published 0"]);
    check(&published, BLOCKED, 0, &["published 0", BLOCKED]);
    check(&published, THROTTLED, 1, &[THROTTLED]);
    // Changed, and not published yet: people have what they had.
    check(&published, DRAFT, 0, &[DRAFT]);
    check(&published, "A_NEW_WORD", 0, &["A_NEW_WORD"]);
    check(&by_somebody, PUBLISHED, 0, &[]);
    check(&by_somebody, PUBLISHED, 1, &["published 1"]);
    check(&at_meta(&[FlowDeleted { heard_from: HeardFrom::Webhook }.into()]), PUBLISHED, 1, &[]);
}

#[test]
fn what_a_webhook_says_was_published_is_unknown_until_somebody_has_looked() {
    let seen = |event: &FlowEvent| EventId::derive(event.event_type(), &["webhook"]);
    let check = |given: &[FlowEvent], (before, now): (&str, &str), seconds, then: &[&str], ask| {
        let said = Report::Status { status: now.into(), before: Some(before.into()), warning: None };
        let heard = report(&flow(given), &said, at(seconds), seen);
        let then: Vec<String> = then.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!((told(&heard.events), heard.ask), (then, ask), "{said:?} after {given:?}");
    };
    let (anew, freed) = ((DRAFT, PUBLISHED), (THROTTLED, PUBLISHED));
    check(&at_meta(&[]), anew, 5, &["published 0", PUBLISHED], true);
    check(&at_meta(&[drift("x")]), anew, 5, &["published 0", PUBLISHED], true);
    // Its webhook is older than the answer to whoever published it here, and another one's may be, too, by Meta's clock.
    let published = at_meta(&[opened(1), status(PUBLISHED)]);
    check(&published, anew, 0, &[], true);
    check(&published, anew, -1, &[], true);
    // The draft in between was not heard of.
    check(&published, anew, 5, &["published 0", PUBLISHED], true);
    check(&at_meta(&[opened(0), status(PUBLISHED)]), anew, 5, &[PUBLISHED], true);
    check(&at_meta(&[opened(1), status(DRAFT)]), (PUBLISHED, THROTTLED), 5, &["published 0", THROTTLED], true);
    check(&published, (PUBLISHED, THROTTLED), 5, &[THROTTLED], false);
    check(&at_meta(&[opened(1), status(THROTTLED)]), freed, 5, &[PUBLISHED], false);
    check(&published, freed, 5, &[], false);
    check(&published, (PUBLISHED, DRAFT), 5, &[DRAFT], false);
    check(&at_meta(&[FlowDeleted { heard_from: HeardFrom::Webhook }.into()]), anew, 5, &[], false);
    // Where nobody got to look, it waits for that.
    let is_pending = |more: &[FlowEvent]| flow(&at_meta(more)).is_pending();
    let by_somebody = [opened(0), status(PUBLISHED)];
    assert!(is_pending(&by_somebody) && !is_pending(&[by_somebody.as_slice(), &[drift("x")]].concat()));
    assert!(!is_pending(&[opened(1), status(PUBLISHED)]) && !is_pending(&[opened(0), status(DRAFT)]));
    // What somebody chose to overwrite waits as well.
    let chosen = [drift("x"), FlowDriftResolved { meta_sha256: "x".into(), choice: DriftChoice::KeepOurs }.into()];
    assert!(is_pending(&chosen) && !is_pending(&[chosen.as_slice(), &[uploaded(1)]].concat()));
}

#[test]
fn of_two_statuses_of_one_second_meta_is_asked_which_came_last() {
    let said = |status: &str| Report::Status { status: status.into(), before: Some(PUBLISHED.into()), warning: None };
    let seen = |event: &FlowEvent| EventId::derive(event.event_type(), &["webhook"]);
    let known = FlowStatusReported { status: PUBLISHED.into(), heard_from: HeardFrom::Webhook, warning: None, at: at(10) };
    let state = flow(&at_meta(&[known.into()]));
    let heard = |status: &str, seconds| {
        let heard = report(&state, &said(status), at(seconds), seen);
        (heard.events.len(), heard.ask)
    };
    assert_eq!((heard(THROTTLED, 9), heard(THROTTLED, 10), heard(THROTTLED, 11)), ((0, false), (0, true), (1, false)));
    assert_eq!(heard(PUBLISHED, 10), (0, false));
}

#[test]
fn a_report_that_comes_again_and_a_failure_that_goes_on_are_no_news() {
    let first = Report::Status { status: DRAFT.into(), before: None, warning: None };
    let seen = |event: &FlowEvent| EventId::derive(event.event_type(), &["webhook"]);
    let begun = |seconds| report(&flow(&at_meta(&[status(PUBLISHED)])), &first, at(seconds), seen);
    assert_eq!((begun(-1).events, begun(-1).ask), (vec![], false), "how it began, heard late");
    assert_eq!((begun(9).events, begun(9).ask), (vec![], true), "or how it stands, which Meta says");
    assert!(!report(&flow(&at_meta(&[])), &first, at(9), seen).ask, "as it is known");
    let raw = RawJson::parse("{}").unwrap();
    let health = Report::Health { event: "ENDPOINT_LATENCY".into(), alert_state: None, raw };
    let mut state = flow(&at_meta(&[]));
    let events = report(&state, &health, at(9), seen).events;
    assert_eq!(events.len(), 1);
    state.reports.push(seen(&events[0]));
    assert_eq!(report(&state, &health, at(9), seen).events, []);
    let failure = FlowSyncFailed {
        step: "publish".into(),
        code: "publish_refused".into(),
        meta_code: Some(139_002),
        reason: "no number".into(),
        revision: Some(1),
    };
    let given = at_meta(&[]);
    assert_eq!(failed(&flow(&given), failure.clone()).len(), 1);
    let after = at_meta(&[failure.clone().into()]);
    assert_eq!(failed(&flow(&after), FlowSyncFailed { reason: "with another trace".into(), ..failure.clone() }), []);
    assert_eq!(failed(&flow(&after), FlowSyncFailed { revision: Some(2), ..failure }).len(), 1);
    let link = Link { flow_id: "812".into(), waba_id: "104".into() };
    assert_eq!((linked_again(&given, &link), linked_again(&[created()], &link)), (0, 1));
    let elsewhere = Link { waba_id: "105".into(), ..link };
    assert_eq!(linked_again(&given, &elsewhere), 1, "another account, another Flow");
}

fn linked_again(given: &[FlowEvent], link: &Link) -> usize {
    crate::decide::linked(&flow(given), link, "metas own").len()
}

#[test]
fn a_document_read_back_is_the_fold_that_was_written() {
    let state = flow(&and_revised(at_meta(&[status(PUBLISHED), drift("x")]), "two"));
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<Flow>(&text).unwrap(), state);
}
