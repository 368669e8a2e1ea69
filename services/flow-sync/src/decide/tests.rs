//! The rules as tables: given what was said, when that is wished or heard, then this follows.

mod compare;
mod hear;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contract::{
    Context, DriftChoice, Event, EventId, FlowCreated, FlowDeleted, FlowDetails, FlowDriftFound, FlowDriftResolved, FlowEvent, FlowId,
    FlowLinked, FlowNameTaken, FlowPublished, FlowStatusReported, FlowSyncFailed, FlowUpdated, FlowUploaded, HeardFrom, ProjectId, RawJson,
    Recorded, Subject,
};
use serde_json::json;

use super::*;
use crate::document::Document;
use crate::flow::{Flow, Link};
use crate::flow_name::FlowName;

const SHA: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn id(n: u128) -> FlowId {
    FlowId::from_ulid(n.into())
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn flow(events: &[FlowEvent]) -> Flow {
    let mut flow = Flow::default();
    for (sequence, event) in (1..).zip(events) {
        let new = event.clone().into_new(EventId::from_ulid(u128::from(sequence).into()), "/t", at(0), Context::default());
        let mut headers = Vec::new();
        new.headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
        let subject = Subject::flow(ProjectId::from_ulid(1.into()), id(1));
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let recorded = Recorded::from_headers(sequence, subject, headers, new.data).unwrap();
        flow.apply(&recorded, event.clone());
    }
    flow
}

fn created() -> FlowEvent {
    FlowCreated { name: "booking".into(), categories: vec!["SURVEY".into()], endpoint_uri: None }.into()
}

fn document(title: &str) -> Document {
    let json = json!({"version": "6.0", "screens": [{"id": "WELCOME", "title": title, "terminal": true, "success": true, "data": {},
        "layout": {"type": "SingleColumnLayout", "children": [{"type": "TextHeading", "text": "Hello"},
            {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete", "payload": {}}}]}}]});
    Document::parse(Bytes::from(json.to_string())).unwrap()
}

fn wish(document: &Document) -> Revise<'_> {
    Revise { document, message: None, expected: None, new_version: false }
}

/// What was said when that document became a revision.
fn revised(before: &[FlowEvent], title: &str) -> FlowEvent {
    revise(&flow(before), &Revise { new_version: true, ..wish(&document(title)) }).unwrap().unwrap()
}

fn status(status: &str) -> FlowEvent {
    FlowStatusReported { status: status.into(), heard_from: HeardFrom::Request, warning: None, at: at(0) }.into()
}

fn linked() -> FlowEvent {
    FlowLinked { flow_id: "812".into(), waba_id: "104".into(), meta_sha256: Some("metas own".into()) }.into()
}

fn uploaded(revision: u32) -> FlowEvent {
    let validation_errors = RawJson::parse("[]").unwrap();
    FlowUploaded { revision, sha256: SHA.into(), meta_sha256: format!("meta {revision}"), validation_errors }.into()
}

fn drift(sha: &str) -> FlowEvent {
    FlowDriftFound { meta_sha256: sha.into(), revision: Some(1), details: None, name: None }.into()
}

/// Made, with one revision that Meta has.
fn at_meta(more: &[FlowEvent]) -> Vec<FlowEvent> {
    let mut events = vec![created()];
    events.push(revised(&events, "one"));
    events.extend([linked(), status(DRAFT), uploaded(1)]);
    events.extend(more.iter().cloned());
    events
}

fn and_revised(mut events: Vec<FlowEvent>, title: &str) -> Vec<FlowEvent> {
    events.push(revised(&events, title));
    events
}

#[test]
fn a_name_is_one_flows_until_it_ends() {
    let name: FlowName = "booking".parse().unwrap();
    let details = FlowDetails { categories: vec!["SURVEY".into()], endpoint_uri: None };
    let taken = FlowEvent::from(FlowNameTaken { flow: id(2) });
    let deleted = FlowEvent::from(FlowDeleted { heard_from: HeardFrom::Request });
    let other = |name: &str| FlowEvent::from(FlowCreated { name: name.into(), categories: vec!["OTHER".into()], endpoint_uri: None });
    let check = |given: &[FlowEvent], holder: Option<&[FlowEvent]>, then: Result<(), FlowId>| {
        let (state, holder) = (flow(given), holder.map(flow));
        let made = create(id(1), &state, holder.as_ref(), &name, &details, None);
        assert_eq!(made.map(|events| assert_eq!(events.len(), 1)), then.map_err(Refusal::NameTaken), "{given:?}");
        let claimed = rename_claim(id(1), &state, holder.as_ref(), &name, id(3));
        assert_eq!(claimed.map(drop), then.map_err(Refusal::NameTaken), "{given:?}");
    };
    check(&[], None, Ok(()));
    check(&[created()], None, Err(id(1)));
    check(&[created(), deleted.clone()], None, Ok(()));
    check(std::slice::from_ref(&taken), Some(&[other("booking")]), Err(id(2)));
    check(std::slice::from_ref(&taken), Some(&[other("renamed")]), Ok(()));
    check(std::slice::from_ref(&taken), Some(&[other("booking"), deleted.clone()]), Ok(()));
    // Its own former name is free for it, unless somebody began anew under it.
    assert!(rename_claim(id(1), &flow(std::slice::from_ref(&taken)), Some(&flow(&[other("x")])), &name, id(2)).is_ok());
    assert!(rename_claim(id(1), &flow(&[taken, created()]), None, &name, id(2)).is_err());
}

#[test]
fn a_name_that_is_given_again_goes_on_with_the_numbers() {
    let name: FlowName = "booking".parse().unwrap();
    let details = FlowDetails { categories: vec!["SURVEY".into()], endpoint_uri: None };
    let deleted = FlowEvent::from(FlowDeleted { heard_from: HeardFrom::Request });
    let mut events = and_revised(and_revised(vec![created()], "one"), "two");
    for highest in [2, 3, 4] {
        events.push(deleted.clone());
        let made = create(id(1), &flow(&events), None, &name, &details, Some(&wish(&document("one")))).unwrap();
        assert!(matches!(&made[..], [_, FlowEvent::FlowRevised(event)] if event.revision == highest + 1), "{made:?}");
        events.extend(made);
    }
    // One that nobody gave a document keeps them as well.
    events.extend([deleted.clone(), created(), deleted, created()]);
    assert_eq!(flow(&events).current(), None);
    let Ok(Some(FlowEvent::FlowRevised(event))) = revise(&flow(&events), &wish(&document("one"))) else { panic!("a revision") };
    assert_eq!(event.revision, 6);
}

#[test]
fn a_document_becomes_a_revision_over_the_one_that_was_meant_and_where_meta_may_lose_the_old_one() {
    let (one, two) = (document("one"), document("two"));
    let check = |given: &[FlowEvent], wish: Revise<'_>, then: Result<Option<u32>, Refusal>| {
        let revised = revise(&flow(given), &wish);
        let number = revised.map(|event| match event {
            Some(FlowEvent::FlowRevised(event)) => Some(event.revision),
            None => None,
            Some(other) => panic!("{other:?}"),
        });
        assert_eq!(number, then, "{:?} {} after {given:?}", wish.expected, wish.new_version);
    };
    let known = |expected| Revise { expected: Some(expected), ..wish(&two) };
    let knowing = || Revise { new_version: true, ..wish(&two) };
    check(&[], wish(&one), Err(Refusal::NotFound));
    check(&[created()], wish(&one), Ok(Some(1)));
    check(&[created()], known(0), Ok(Some(1)));
    check(&at_meta(&[]), wish(&one), Ok(None));
    check(&at_meta(&[]), known(1), Ok(Some(2)));
    check(&at_meta(&[]), known(0), Err(Refusal::OtherRevision { current: 1 }));
    check(&at_meta(&[drift("x")]), wish(&two), Ok(Some(2)));
    check(&at_meta(&[status(PUBLISHED)]), wish(&one), Ok(None));
    check(&at_meta(&[status(PUBLISHED)]), wish(&two), Err(Refusal::Published));
    check(&at_meta(&[status(PUBLISHED)]), knowing(), Ok(Some(2)));
    check(&at_meta(&[status(THROTTLED)]), knowing(), Err(Refusal::Restricted(THROTTLED.into())));
    check(&at_meta(&[status(BLOCKED)]), knowing(), Err(Refusal::Restricted(BLOCKED.into())));
    check(&at_meta(&[status(DEPRECATED)]), knowing(), Err(Refusal::Deprecated));
    check(&at_meta(&[status("PAUSED")]), wish(&two), Ok(Some(2)));
    // One that waits, because the Flow was published before it got there, is given again by whoever knows.
    let waiting = [and_revised(at_meta(&[]), "two"), vec![status(PUBLISHED)]].concat();
    check(&waiting, wish(&two), Ok(None));
    check(&waiting, knowing(), Ok(Some(3)));
    check(&and_revised(waiting, "two"), knowing(), Ok(None));
    check(&at_meta(&[status(PUBLISHED)]), Revise { new_version: true, ..wish(&one) }, Ok(None));
    check(&at_meta(&[FlowDeleted { heard_from: HeardFrom::Request }.into()]), wish(&two), Err(Refusal::Deleted));
}

#[test]
fn what_may_be_asked_of_meta_depends_on_how_it_stands() {
    let bad = Document::parse(Bytes::from_static(br#"{"version":"6.0","screens":[]}"#)).unwrap();
    let newer = Document::parse(Bytes::from_static(br#"{"version":"7.3","screens":[]}"#)).unwrap();
    let with = |document: &Document| vec![created(), revise(&flow(&[created()]), &wish(document)).unwrap().unwrap()];
    let published = at_meta(&[status(PUBLISHED), FlowPublished { revision: 1 }.into()]);
    let back = [published.clone(), vec![revised(&published, "two"), uploaded(2), status(DRAFT)]].concat();
    let deleted = at_meta(&[FlowDeleted { heard_from: HeardFrom::Request }.into()]);
    let restricted = |word: &str| Err(Refusal::Restricted(word.to_owned()));
    let kept = |word: &str| Err(Refusal::NotDraft(word.to_owned()));
    for (given, publish, deprecate, delete) in [
        (vec![], Err(Refusal::NotFound), Err(Refusal::NotFound), Err(Refusal::NotFound)),
        (vec![created()], Err(Refusal::NoJson), Err(Refusal::NotPublished), Ok(true)),
        (with(&bad), Err(Refusal::Invalid), Err(Refusal::NotPublished), Ok(true)),
        (with(&newer), Ok(true), Err(Refusal::NotPublished), Ok(true)),
        (at_meta(&[]), Ok(true), Err(Refusal::NotPublished), Ok(true)),
        (back, Ok(true), Err(Refusal::NotPublished), Ok(true)),
        (at_meta(&[drift("x")]), Err(Refusal::Drifted), Err(Refusal::NotPublished), Ok(true)),
        (published.clone(), Ok(false), Ok(true), kept(PUBLISHED)),
        (and_revised(published, "two"), Ok(true), Ok(true), kept(PUBLISHED)),
        (at_meta(&[status(THROTTLED)]), restricted(THROTTLED), Ok(true), kept(THROTTLED)),
        (at_meta(&[status(BLOCKED)]), restricted(BLOCKED), Ok(true), kept(BLOCKED)),
        (at_meta(&[status(DEPRECATED)]), Err(Refusal::Deprecated), Ok(false), kept(DEPRECATED)),
        (deleted, Err(Refusal::Deleted), Err(Refusal::Deleted), Ok(false)),
    ] {
        let state = flow(&given);
        assert_eq!((may_publish(&state), may_deprecate(&state), may_delete(&state)), (publish, deprecate, delete), "{given:?}");
    }
}
