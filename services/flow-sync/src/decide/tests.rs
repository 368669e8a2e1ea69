//! The rules as tables: given what was said, when that is wished or heard, then this follows.

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

#[test]
fn three_texts_are_compared_and_a_change_at_meta_is_never_overwritten_unasked() {
    let theirs = |sha: Option<&str>, revision| Theirs { sha256: sha.map(str::to_owned), revision, details: None, name: None };
    let other = |found: Option<&str>| FlowLinked { flow_id: "813".into(), waba_id: "105".into(), meta_sha256: found.map(str::to_owned) };
    let elsewhere = || FlowEvent::from(other(Some("metas own")));
    let (away, back) = (at_meta(&[elsewhere()]), at_meta(&[elsewhere(), linked()]));
    let found = |sha: &str, revision| Plan::Drift(FlowDriftFound { meta_sha256: sha.into(), revision, details: None, name: None });
    let chosen = |sha: &str, choice| FlowEvent::from(FlowDriftResolved { meta_sha256: sha.into(), choice });
    let fresh = vec![created(), revised(&[created()], "one"), linked()];
    let two = and_revised(at_meta(&[]), "two");
    let three = and_revised(two.clone(), "three");
    let over = and_revised(at_meta(&[status(PUBLISHED)]), "two");
    let kept = at_meta(&[drift("x"), chosen("x", DriftChoice::KeepOurs)]);
    for (given, status, meta, then) in [
        (vec![created(), linked()], DRAFT, theirs(None, None), Plan::Nothing),
        (at_meta(&[other(None).into()]), DRAFT, theirs(Some("nobody looked"), None), found("nobody looked", None)),
        (fresh.clone(), DRAFT, theirs(None, None), Plan::Upload(1)),
        (fresh.clone(), DRAFT, theirs(Some("metas own"), None), Plan::Upload(1)),
        (fresh.clone(), DRAFT, theirs(Some("x"), Some(1)), Plan::Record(1)),
        (fresh.clone(), DRAFT, theirs(Some("theirs"), None), found("theirs", None)),
        (fresh.clone(), PUBLISHED, theirs(Some("theirs"), None), found("theirs", None)),
        ([fresh.clone(), vec![drift("x"), chosen("x", DriftChoice::KeepOurs)]].concat(), DRAFT, theirs(Some("x"), None), Plan::Upload(1)),
        (fresh, PUBLISHED, theirs(Some("metas own"), None), Plan::Hold),
        (away, DRAFT, theirs(Some("metas own"), None), Plan::Upload(1)),
        (back.clone(), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Nothing),
        (back, DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (at_meta(&[]), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Nothing),
        (at_meta(&[]), DRAFT, theirs(Some("the same, otherwise"), Some(1)), Plan::Nothing),
        (at_meta(&[]), DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("x"), None), Plan::Nothing),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("y"), None), found("y", Some(1))),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Record(1)),
        (two.clone(), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Upload(2)),
        (two.clone(), DRAFT, theirs(Some("x"), Some(2)), Plan::Record(2)),
        (two.clone(), PUBLISHED, theirs(Some("meta 1"), Some(1)), Plan::Hold),
        (two.clone(), THROTTLED, theirs(Some("meta 1"), Some(1)), Plan::Hold),
        (two, DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (three, DRAFT, theirs(Some("an upload that nobody heard of"), Some(2)), Plan::Upload(3)),
        (over, PUBLISHED, theirs(Some("meta 1"), Some(1)), Plan::Upload(2)),
        (kept.clone(), DRAFT, theirs(Some("x"), None), Plan::Upload(1)),
        (kept.clone(), PUBLISHED, theirs(Some("x"), None), Plan::Upload(1)),
        (kept, DRAFT, theirs(Some("y"), None), found("y", Some(1))),
    ] {
        assert_eq!(plan(&flow(&given), status, &meta), then, "{meta:?} with {status} after {given:?}");
    }
    let details = FlowDetails { categories: vec!["OTHER".into()], endpoint_uri: None };
    let meta = Theirs { details: Some(details.clone()), ..theirs(Some("meta 1"), Some(1)) };
    let expected = FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details: Some(details.clone()), name: None };
    assert_eq!(plan(&flow(&at_meta(&[])), DRAFT, &meta), Plan::Drift(expected.clone()));
    let noted = at_meta(&[expected.into()]);
    assert_eq!(plan(&flow(&noted), DRAFT, &meta), Plan::Nothing);
}

#[test]
fn a_name_that_was_changed_at_meta_is_theirs_until_somebody_chose() {
    let meta = |name: &str| Theirs { sha256: Some("meta 1".into()), revision: Some(1), details: None, name: Some(name.into()) };
    let found = |name: &str| FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details: None, name: Some(name.into()) };
    let resolved = |choice| FlowEvent::from(FlowDriftResolved { meta_sha256: "meta 1".into(), choice });
    let check = |given: &[FlowEvent], theirs: &Theirs, then| assert_eq!(plan(&flow(given), DRAFT, theirs), then, "after {given:?}");
    let drifted = at_meta(&[found("by hand").into()]);
    check(&at_meta(&[]), &meta("by hand"), Plan::Drift(found("by hand")));
    check(&drifted, &meta("by hand"), Plan::Nothing);
    check(&drifted, &meta("by foot"), Plan::Drift(found("by foot")));
    check(&drifted, &Theirs { name: None, ..meta("") }, Plan::Record(1));
    assert!(flow(&drifted).drift.is_some_and(|drift| !drift.content));
    // To keep ours is about the name that was found, and about no later one.
    let kept = [drifted.clone(), vec![resolved(DriftChoice::KeepOurs)]].concat();
    assert_eq!(details_drift(&flow(&kept), None, Some("by hand")), None);
    assert_eq!(details_drift(&flow(&kept), None, Some("by foot")), Some(found("by foot")));
    let given = [kept.clone(), agreed(&flow(&kept))].concat();
    check(&given, &meta("by hand"), Plan::Drift(found("by hand")));
    assert_eq!(agreed(&flow(&given)), []);
    // Theirs is what it is called at Meta from then on, until it gets another name here.
    let taken = flow(&[drifted.clone(), vec![resolved(DriftChoice::TakeTheirs)]].concat());
    assert_eq!((taken.name.as_str(), taken.name_at_meta(id(1)).as_str()), ("booking", "by hand"));
    let details = taken.details();
    let update_to = |name: &str| update(id(1), &flow(&drifted), &name.parse::<FlowName>().unwrap(), &details);
    assert_eq!(update_to("table"), Err(Refusal::Drifted));
    let renamed = FlowUpdated { name: "table".into(), categories: details.categories.clone(), endpoint_uri: None };
    let events = [drifted.clone(), vec![resolved(DriftChoice::TakeTheirs), renamed.into()]].concat();
    assert_eq!(flow(&events).name_at_meta(id(1)), format!("table {}", id(1)));
    // A request that was cut off is ended by the same request.
    let cut_off = flow(&at_meta(&[found(&format!("table {}", id(1))).into()]));
    assert!(update(id(1), &cut_off, &"table".parse().unwrap(), &details).unwrap().is_some());
    // Of a Flow without a JSON nothing is uploaded that could say that all agrees again.
    let bare = vec![created(), linked(), FlowDriftFound { meta_sha256: String::new(), revision: None, ..found("by hand") }.into()];
    check(&bare, &Theirs::default(), Plan::Agree);
    let cut_off = [bare.clone(), vec![resolved(DriftChoice::KeepOurs)]].concat();
    check(&cut_off, &Theirs::default(), Plan::Agree);
    assert_eq!(flow(&[bare.clone(), agreed(&flow(&bare))].concat()).drift, None);
}

#[test]
fn details_that_were_changed_at_meta_are_not_overwritten_by_a_change_of_them() {
    let name: FlowName = "booking".parse().unwrap();
    let details = |category: &str| FlowDetails { categories: vec![category.into()], endpoint_uri: None };
    let found = details_drift(&flow(&at_meta(&[])), Some(&details("OTHER")), None).unwrap();
    assert_eq!((found.meta_sha256.as_str(), found.revision, found.details.clone()), ("meta 1", Some(1), Some(details("OTHER"))));
    assert_eq!(details_drift(&flow(&at_meta(&[])), Some(&details("SURVEY")), None), None);
    assert_eq!(
        details_drift(&flow(&at_meta(&[drift("x")])), Some(&details("OTHER")), None).unwrap().meta_sha256,
        "x",
        "the content stays as it was found"
    );
    let drifted = at_meta(&[found.clone().into()]);
    assert_eq!(update(id(1), &flow(&drifted), &name, &details("SIGN_UP")), Err(Refusal::Drifted));
    assert!(update(id(1), &flow(&drifted), &name, &details("OTHER")).unwrap().is_some(), "what Meta has is no loss");
    assert_eq!(update(id(1), &flow(&drifted), &name, &details("SURVEY")), Ok(None));
    let chosen = FlowDriftResolved { meta_sha256: found.meta_sha256, choice: DriftChoice::KeepOurs };
    assert_eq!(details_drift(&flow(&[drifted, vec![chosen.into()]].concat()), Some(&details("OTHER")), None), None);
    // Of a Flow without a JSON the content says nothing.
    let bare = vec![created(), linked()];
    let found = details_drift(&flow(&bare), Some(&details("OTHER")), None).unwrap();
    assert!(flow(&[bare, vec![found.into()]].concat()).drift.is_some_and(|drift| !drift.content));
}

#[test]
fn a_choice_is_about_what_was_seen_and_keeps_people_in_mind() {
    let taken = document("theirs");
    let ask = |choice, seen: Option<&'static str>, new_version| Choice { choice, seen, new_version, theirs: Some(&taken) };
    let (ours, theirs) = (DriftChoice::KeepOurs, DriftChoice::TakeTheirs);
    let check = |given: &[FlowEvent], wish: Choice<'_>, then: Result<&[&str], Refusal>| {
        let chosen = choose(&flow(given), &wish);
        let told = chosen.map(|events| events.iter().map(|event| event.event_type().trim_start_matches("flow.flow_").to_owned()).collect());
        assert_eq!(told, then.map(|then| then.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()), "after {given:?}");
    };
    let resolved = "drift_resolved.v1";
    check(&at_meta(&[]), ask(ours, None, false), Err(Refusal::NoDrift));
    check(&at_meta(&[drift("x")]), ask(ours, Some("x"), false), Ok(&[resolved]));
    check(&at_meta(&[drift("x")]), ask(ours, Some("y"), false), Err(Refusal::OtherDrift("x".into())));
    check(&at_meta(&[drift("x")]), ask(theirs, Some("x"), false), Ok(&[resolved, "revised.v1"]));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(ours, None, false), Err(Refusal::Published));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(ours, None, true), Ok(&[resolved]));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(theirs, None, false), Ok(&[resolved, "revised.v1"]));
    check(&at_meta(&[drift("x"), status(BLOCKED)]), ask(ours, None, true), Err(Refusal::Restricted(BLOCKED.into())));
    let details = Some(FlowDetails { categories: vec!["OTHER".into()], endpoint_uri: None });
    let only_details = FlowEvent::from(FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details, name: None });
    check(&at_meta(&[status(DEPRECATED), only_details.clone()]), ask(ours, None, false), Err(Refusal::Deprecated));
    let details = Some(FlowDetails { categories: vec!["SURVEY".into()], endpoint_uri: Some("https://bot.example.com".into()) });
    let endpoint = FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details, name: None };
    check(&at_meta(&[endpoint.into()]), ask(ours, None, false), Err(Refusal::EndpointStays));
    check(&at_meta(&[status(PUBLISHED), only_details.clone()]), ask(ours, None, false), Ok(&[resolved]));
    check(&at_meta(&[only_details]), ask(theirs, None, false), Ok(&[resolved, "updated.v1"]));
}

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
    super::linked(&flow(given), link, "metas own").len()
}

#[test]
fn a_document_read_back_is_the_fold_that_was_written() {
    let state = flow(&and_revised(at_meta(&[status(PUBLISHED), drift("x")]), "two"));
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<Flow>(&text).unwrap(), state);
}
