//! What Meta says of itself.

use super::*;

#[test]
fn a_status_is_heard_once_and_never_goes_back_in_time() {
    let check = |given: &[FlowEvent], word: &str, heard_from, seconds, then: &[&str]| {
        let events = hear_status(&flow(given), word, heard_from, None, at(seconds));
        let told: Vec<_> = events.iter().map(|event| event.event_type().trim_start_matches("flow.flow_")).collect();
        assert_eq!(told, then, "{word} {heard_from:?} at {seconds} after {given:?}");
    };
    let (webhook, found) = (HeardFrom::Webhook, HeardFrom::Reconciliation);
    let published = FlowEvent::from(FlowStatusReported { status: PUBLISHED.into(), heard_from: webhook, warning: None, at: at(10) });
    check(&[], PUBLISHED, webhook, 0, &[]);
    check(&at_meta(&[]), DRAFT, webhook, 5, &[]);
    check(&at_meta(&[]), PUBLISHED, webhook, 5, &["published.v1", "status_reported.v1"]);
    check(&[created(), linked(), status(DRAFT)], PUBLISHED, webhook, 5, &["status_reported.v1"]);
    check(&at_meta(std::slice::from_ref(&published)), DRAFT, webhook, 9, &[]);
    check(&at_meta(std::slice::from_ref(&published)), THROTTLED, webhook, 10, &["status_reported.v1"]);
    check(&at_meta(std::slice::from_ref(&published)), DRAFT, found, 9, &["status_reported.v1"]);
    check(&at_meta(&[status(THROTTLED)]), PUBLISHED, webhook, 5, &["status_reported.v1"]);
    check(&at_meta(&[drift("x")]), PUBLISHED, webhook, 5, &["status_reported.v1"]);
    check(&at_meta(&[FlowDeleted { heard_from: found }.into()]), PUBLISHED, webhook, 5, &[]);
    assert_eq!(super::published(&flow(&at_meta(&[])), 1, at(1)).len(), 2);
    let known = at_meta(&[FlowPublished { revision: 1 }.into(), published]);
    assert_eq!(super::published(&flow(&known), 1, at(1)), [], "a webhook was faster");
}

#[test]
fn what_is_found_to_be_open_is_said_once_and_only_of_what_meta_has() {
    let two = [and_revised(at_meta(&[status(PUBLISHED)]), "two"), vec![uploaded(2)]].concat();
    let published = |event: &FlowEvent| matches!(event, FlowEvent::FlowPublished(FlowPublished { revision: 2 }));
    assert!(matches!(&open(&flow(&two), 2, PUBLISHED)[..], [event] if published(event)));
    assert_eq!(open(&flow(&two), 1, PUBLISHED), []);
    assert_eq!(open(&flow(&two), 2, DRAFT), []);
    assert_eq!(open(&flow(&[two, vec![FlowPublished { revision: 2 }.into()]].concat()), 2, PUBLISHED), []);
    assert_eq!(open(&flow(&at_meta(&[])), 1, PUBLISHED), [], "it is said when the status is");
}

#[test]
fn of_two_statuses_of_one_second_meta_is_asked_which_came_last() {
    let said = |status: &str| Report::Status { status: status.into(), first: false, warning: None };
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
    let first = Report::Status { status: DRAFT.into(), first: true, warning: None };
    let seen = |event: &FlowEvent| EventId::derive(event.event_type(), &["webhook"]);
    assert_eq!(report(&flow(&at_meta(&[status(PUBLISHED)])), &first, at(9), seen).events, [], "how it began, heard late");
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
