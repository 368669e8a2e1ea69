//! Given, when, then.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Context, Event, EventId, HeardFrom, ProjectId, Recorded, TemplateCategoryReported, TemplateDeleteRequested, TemplateDeleted,
    TemplateEditRequested, TemplateEdited, TemplateEvent, TemplateFound, TemplateId, TemplateQualityReported, TemplateRefused,
    TemplateRequested, TemplateStatusReported, TemplateSubmitted,
};
use serde_json::{Value, json};
use ulid::Ulid;
use whatsapp::graph::{CreatedTemplate, TemplateFacts};

use super::change::{Granted, create, delete, edit, unpause};
use super::compare::{is_edited, listed, raw, taken, vanished};
use super::hear::{Heard, hear};
use super::{Refusal, outcome};
use crate::report::{Notice, Report};
use crate::template::{Id, Template};

const WABA: &str = "102290129340398";

fn id() -> Id {
    let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
    Id { project, template: TemplateId::of_name(project, WABA, "sale", "en_US") }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn definition(text: &str) -> Value {
    json!({"name": "sale", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": text}]})
}

fn wish(text: &str) -> TemplateRequested {
    TemplateRequested {
        waba_id: WABA.into(),
        name: "sale".into(),
        language: "en_US".into(),
        category: "UTILITY".into(),
        definition: raw(&definition(text)),
    }
}

fn submitted(status: &str) -> TemplateEvent {
    let (status, category) = (status.into(), "UTILITY".into());
    TemplateSubmitted { template_id: "7".into(), waba_id: WABA.into(), status, category }.into()
}

fn reported(status: &str, heard_from: HeardFrom, seconds: i64) -> TemplateEvent {
    TemplateStatusReported { status: status.into(), reason: None, explanation: None, heard_from, at: at(seconds) }.into()
}

fn refused(step: &str) -> TemplateEvent {
    TemplateRefused { step: step.into(), code: "meta_refused".into(), meta_code: Some(100), reason: "no".into() }.into()
}

fn edited(text: &str) -> TemplateEvent {
    TemplateEdited { definition: raw(&definition(text)) }.into()
}

fn edit_requested() -> TemplateEvent {
    TemplateEditRequested { edit: raw(&json!({"components": [{"type": "BODY", "text": "B"}]})) }.into()
}

fn deleted(heard_from: HeardFrom) -> TemplateEvent {
    TemplateDeleted { heard_from }.into()
}

fn recorded(sequence: u64, seconds: i64, event: &TemplateEvent) -> Recorded {
    let new = event.clone().into_new(EventId::from_ulid(Ulid::from_parts(1, sequence.into())), "/test", at(seconds), Context::default());
    Recorded {
        sequence,
        subject: id().subject(),
        id: new.id,
        event_type: contract::EventType::new(new.event_type),
        source: "/test".into(),
        time: new.time,
        context: new.context,
        extensions: Vec::new(),
        content_type: new.content_type.into(),
        data: new.data,
    }
}

/// What events make of nothing, each said at its second.
fn given(events: &[(i64, TemplateEvent)]) -> Option<Template> {
    let mut template = None;
    for (index, (seconds, event)) in events.iter().enumerate() {
        let recorded = recorded(index as u64 + 1, *seconds, event);
        template = Template::evolve(template, id().template, &recorded, event.clone());
    }
    template
}

fn approved() -> Vec<(i64, TemplateEvent)> {
    vec![(0, wish("A").into()), (1, submitted("PENDING")), (11, reported("APPROVED", HeardFrom::Webhook, 10))]
}

fn and(events: Vec<(i64, TemplateEvent)>, more: impl IntoIterator<Item = (i64, TemplateEvent)>) -> Vec<(i64, TemplateEvent)> {
    events.into_iter().chain(more).collect()
}

fn facts(status: &str, text: &str) -> TemplateFacts {
    TemplateFacts {
        id: "7".into(),
        name: "sale".into(),
        language: "en_US".into(),
        status: Some(status.into()),
        category: Some("UTILITY".into()),
        parameter_format: Some("POSITIONAL".into()),
        components: json!([{"type": "BODY", "text": text, "example": {"body_text": [["x"]]}}]),
        rejected_reason: None,
        quality_score: Some("UNKNOWN".into()),
        previous_category: None,
    }
}

#[track_caller]
fn creates(events: &[(i64, TemplateEvent)], text: &str, seconds: i64, expected: Result<bool, Refusal>) {
    let granted = create(given(events).as_ref(), &wish(text), &[], at(seconds));
    assert_eq!(granted.map(|granted| matches!(granted, Granted::New(_))), expected);
}

#[test]
fn a_name_is_one_template_and_is_free_again_when_meta_says_so() {
    let exists = Err(Refusal::Exists(id().template));
    creates(&[], "A", 0, Ok(true));
    creates(&[(0, wish("A").into())], "A", 1, Ok(false));
    creates(&[(0, wish("A").into())], "B", 1, exists.clone());
    creates(&approved(), "A", 20, Ok(false));
    creates(&approved(), "B", 20, exists.clone());
    creates(&[(0, wish("A").into()), (1, refused("create"))], "A", 2, Ok(true));
    let month = 30 * 86_400;
    let gone = and(approved(), [(20, TemplateDeleteRequested {}.into()), (21, deleted(HeardFrom::Request))]);
    creates(&gone[..4], "A", 21, exists);
    creates(&gone, "A", 20 + month, Err(Refusal::NameBlocked { until: at(21 + month) }));
    creates(&gone, "A", 21 + month, Ok(true));
    // Also if Meta's word for a deletion that is under way was heard before its answer.
    let going = [(20, TemplateDeleteRequested {}.into()), (21, reported("PENDING_DELETION", HeardFrom::Webhook, 21))];
    let gone = and(and(approved(), going), [(22, deleted(HeardFrom::Request))]);
    creates(&gone, "A", 23, Err(Refusal::NameBlocked { until: at(22 + month) }));
    creates(&and(approved(), [(20, deleted(HeardFrom::Reconciliation))]), "A", 21, Ok(true));
    let rejected =
        [(0, wish("A").into()), (1, submitted("REJECTED")), (2, TemplateDeleteRequested {}.into()), (3, deleted(HeardFrom::Request))];
    creates(&rejected, "A", 4, Ok(true));
}

#[test]
fn an_account_makes_a_hundred_templates_in_an_hour() {
    let others: Vec<_> = (0..100).map(at).collect();
    assert_eq!(create(None, &wish("A"), &others, at(3_599)), Err(Refusal::TooManyCreations { at: at(3_600) }));
    assert!(create(None, &wish("A"), &others, at(3_600)).is_ok());
    assert!(create(None, &wish("A"), &others[1..], at(3_599)).is_ok());
}

#[track_caller]
fn edits(events: &[(i64, TemplateEvent)], change: Value, seconds: i64, expected: Result<(), Refusal>) {
    assert_eq!(edit(given(events).as_ref(), &change, None, at(seconds)).map(drop), expected);
}

#[test]
fn an_approved_template_is_edited_once_in_a_day_and_ten_times_in_a_month() {
    let change = || json!({"components": [{"type": "BODY", "text": "C"}]});
    let day = 86_400;
    let once = |seconds: i64| {
        [(seconds - 1, edit_requested()), (seconds, edited("B")), (seconds, reported("APPROVED", HeardFrom::Reconciliation, seconds))]
    };
    let one = and(approved(), once(100));
    edits(&approved(), change(), 100, Ok(()));
    edits(&one, change(), 100 + day - 1, Err(Refusal::EditTooSoon { at: at(100 + day) }));
    edits(&one, change(), 100 + day, Ok(()));
    edits(&one, change(), 100 + day + 1, Ok(()));
    let ten = (0..10).fold(approved(), |events, n| and(events, once(100 + n * day)));
    edits(&ten, change(), 100 + 30 * day - 1, Err(Refusal::TooManyEdits { at: at(100 + 30 * day) }));
    edits(&ten, change(), 100 + 30 * day, Ok(()));
    // What was rejected is edited as often as one likes.
    let rejected = [(0, wish("A").into()), (1, submitted("REJECTED")), (2, edit_requested()), (3, edited("B")), (3, submitted("REJECTED"))];
    edits(&rejected, change(), 4, Ok(()));
}

#[test]
fn what_cannot_be_edited_is_said_before_meta_is_asked() {
    let change = || json!({"components": []});
    edits(&[], change(), 0, Err(Refusal::NotFound));
    edits(&[(0, wish("A").into())], change(), 1, Err(Refusal::Busy { step: "create" }));
    edits(&[(0, wish("A").into()), (1, refused("create"))], change(), 2, Err(Refusal::NotAtMeta));
    edits(&and(approved(), [(20, deleted(HeardFrom::Webhook))]), change(), 21, Err(Refusal::NotFound));
    for (status, expected) in [("PAUSED", Ok(())), ("REJECTED", Ok(())), ("PENDING", Err(())), ("DISABLED", Err(())), ("NEW_WORD", Err(()))]
    {
        let events = [(0, wish("A").into()), (1, submitted(status))];
        edits(&events, change(), 2, expected.map_err(|()| Refusal::NotEditable { status: status.into() }));
    }
    edits(&approved(), json!({"category": "MARKETING"}), 20, Err(Refusal::CategoryFixed));
    edits(&approved(), json!({"category": "UTILITY"}), 20, Err(Refusal::NothingToChange));
    let template = given(&approved());
    let Ok(Granted::New(events)) = edit(template.as_ref(), &json!({"category": "UTILITY", "components": []}), Some(3), at(20)) else {
        panic!()
    };
    assert_eq!(events, [TemplateEditRequested { edit: raw(&json!({"components": []})) }.into()], "the category that stays is not sent");
    assert_eq!(edit(template.as_ref(), &change(), Some(2), at(20)), Err(Refusal::OtherVersion { current: 3 }));
    let busy = and(approved(), [(20, edit_requested())]);
    edits(&busy, change(), 21, Err(Refusal::Busy { step: "edit" }));
    let same = edit(given(&busy).as_ref(), &json!({"components": [{"type": "BODY", "text": "B"}]}), None, at(21));
    assert_eq!(same, Ok(Granted::Same));
}

#[test]
fn a_deletion_is_asked_of_meta_only_for_what_meta_has() {
    let of = |events: &[(i64, TemplateEvent)]| match delete(given(events).as_ref(), None) {
        Ok(Granted::New(events)) => Ok(events.len()),
        Ok(Granted::Same) => Ok(0),
        Err(refusal) => Err(refusal),
    };
    assert_eq!(of(&approved()), Ok(1));
    assert_eq!(of(&[(0, wish("A").into()), (1, refused("create"))]), Ok(2));
    assert_eq!(of(&and(approved(), [(20, TemplateDeleteRequested {}.into())])), Ok(0));
    assert_eq!(of(&[(0, wish("A").into())]), Err(Refusal::Busy { step: "create" }));
    assert_eq!(of(&[(0, wish("A").into()), (1, submitted("DISABLED"))]), Err(Refusal::Disabled));
    assert_eq!(of(&[]), Err(Refusal::NotFound));
    assert_eq!(unpause(given(&approved()).as_ref()), Err(Refusal::NotPaused { status: "APPROVED".into() }));
    assert_eq!(unpause(given(&[(0, wish("A").into()), (1, submitted("PAUSED"))]).as_ref()), Ok(()));
}

fn status(status: &str) -> Notice {
    let report = Report::Status { status: status.into(), reason: None, explanation: None };
    Notice { meta_id: Some("7".into()), name: Some("sale".into()), language: Some("en_US".into()), report }
}

#[track_caller]
fn hears(events: &[(i64, TemplateEvent)], notice: &Notice, seconds: i64, said: usize, ask: bool) {
    let heard = hear(given(events).as_ref(), notice, at(seconds));
    assert_eq!((heard.events.len(), heard.ask), (said, ask), "{heard:?}");
}

#[test]
fn an_older_webhook_never_overwrites_a_newer_one_and_a_doubt_is_asked_about() {
    hears(&approved(), &status("PAUSED"), 11, 1, false);
    hears(&approved(), &status("PENDING"), 9, 0, false);
    hears(&approved(), &status("PENDING"), 10, 0, true);
    hears(&approved(), &status("APPROVED"), 10, 0, false);
    hears(&approved(), &status("APPROVED"), 12, 1, false);
    // Our own clock said when Meta took it: it decides nothing against Meta's.
    hears(&approved()[..2], &status("APPROVED"), 2, 1, false);
    hears(&approved()[..2], &status("APPROVED"), 1, 0, true);
    hears(&approved()[..2], &status("REJECTED"), -100, 0, true);
    // Not known yet, or another of the same name, or gone.
    hears(&[], &status("APPROVED"), 1, 0, true);
    hears(&[], &status("DELETED"), 1, 0, false);
    hears(&approved()[..1], &status("APPROVED"), 5, 0, true);
    hears(&approved(), &Notice { meta_id: Some("8".into()), ..status("PAUSED") }, 20, 0, true);
    hears(&and(approved(), [(20, deleted(HeardFrom::Request))]), &status("PENDING_DELETION"), 30, 0, false);
    // Unknown words are kept; what is no status is asked about.
    hears(&approved(), &status("NEW_WORD"), 20, 1, false);
    hears(&approved(), &status("REINSTATED"), 20, 0, true);
    let gone = hear(given(&approved()).as_ref(), &status("DELETED"), at(20));
    assert_eq!(gone, Heard { events: vec![deleted(HeardFrom::Webhook)], ask: false });
}

#[test]
fn a_category_that_is_announced_is_not_in_force() {
    let report = |category: &str, effective_at: Option<i64>| Notice {
        report: Report::Category { category: category.into(), previous: Some("UTILITY".into()), effective_at: effective_at.map(at) },
        ..status("")
    };
    let heard = |events: &[(i64, TemplateEvent)], notice: &Notice, seconds: i64| hear(given(events).as_ref(), notice, at(seconds)).events;
    let announced = heard(&approved(), &report("MARKETING", Some(86_400)), 20);
    let events = and(approved(), announced.into_iter().map(|event| (20, event)));
    let template = given(&events).unwrap();
    assert_eq!(template.category, "UTILITY");
    assert_eq!(template.announced().map(|change| (change.category.as_str(), change.effective_at)), Some(("MARKETING", Some(at(86_400)))));
    let done = heard(&events, &report("MARKETING", None), 86_401);
    let template = given(&and(events.clone(), done.into_iter().map(|event| (86_402, event)))).unwrap();
    assert_eq!((template.category.as_str(), template.announced(), template.categories.len()), ("MARKETING", None, 2));
    assert_eq!(heard(&events, &report("AUTHENTICATION", None), 19), [], "an older one");
}

#[test]
fn what_meta_lists_is_compared_and_what_is_as_it_was_says_nothing() {
    let of = |events: &[(i64, TemplateEvent)], facts: &TemplateFacts| {
        listed(given(events).as_ref(), facts, WABA, HeardFrom::Reconciliation, at(50))
    };
    assert_eq!(of(&approved(), &facts("APPROVED", "A")), [], "examples and defaults are no difference");
    assert!(matches!(of(&[], &facts("APPROVED", "A"))[..], [TemplateEvent::TemplateFound(_)]));
    assert_eq!(of(&[], &facts("PENDING_DELETION", "A")), []);
    assert!(matches!(of(&approved(), &facts("PAUSED", "A"))[..], [TemplateEvent::TemplateStatusReported(_)]));
    assert!(matches!(of(&approved(), &facts("APPROVED", "B"))[..], [TemplateEvent::TemplateComponentsReported(_)]));
    let moved = TemplateFacts { category: Some("MARKETING".into()), quality_score: Some("RED".into()), ..facts("APPROVED", "A") };
    assert!(matches!(
        of(&approved(), &moved)[..],
        [
            TemplateEvent::TemplateCategoryReported(TemplateCategoryReported { effective_at: None, .. }),
            TemplateEvent::TemplateQualityReported(TemplateQualityReported { previous: None, .. })
        ]
    ));
    let anew = TemplateFacts { id: "8".into(), ..facts("APPROVED", "A") };
    assert!(matches!(of(&approved(), &anew)[..], [TemplateEvent::TemplateDeleted(_), TemplateEvent::TemplateFound(TemplateFound { .. })]));
    let gone = and(approved(), [(20, deleted(HeardFrom::Request))]);
    assert_eq!(of(&gone, &facts("APPROVED", "A")), [], "Meta lists for a while what was deleted");
    assert!(!of(&gone, &anew).is_empty());
    assert_eq!(of(&and(approved(), [(20, edit_requested())]), &facts("PENDING", "B")), [], "whoever asked hears it");
    assert_eq!(vanished(given(&approved()).as_ref()).len(), 1);
    assert_eq!(vanished(given(&approved()[..1]).as_ref()), [], "Meta never had it");
}

#[test]
fn an_outcome_is_said_once() {
    let created = CreatedTemplate { id: "7".into(), status: None, category: Some("MARKETING".into()) };
    let asked = given(&approved()[..1]).unwrap();
    let events = outcome::created(&asked, &created);
    let as_meta_says =
        TemplateSubmitted { template_id: "7".into(), waba_id: WABA.into(), status: "PENDING".into(), category: "MARKETING".into() };
    assert_eq!(events, [as_meta_says.into()]);
    assert_eq!(outcome::created(&given(&approved()).unwrap(), &created), []);
    assert_eq!(taken(&asked, &facts("APPROVED", "A"), HeardFrom::Reconciliation, at(9)), [submitted("APPROVED")]);
    assert_eq!(taken(&given(&approved()).unwrap(), &facts("APPROVED", "A"), HeardFrom::Reconciliation, at(9)), []);
    let editing = given(&and(approved(), [(20, edit_requested())])).unwrap();
    let heard = outcome::edited(&editing, None, at(21));
    assert_eq!(heard, [edited("B"), reported("PENDING", HeardFrom::Request, 21)]);
    assert_eq!(outcome::deleted(&editing), []);
    let change = json!({"components": [{"type": "BODY", "text": "B"}]});
    assert!(is_edited(&change, &facts("APPROVED", "B")) && is_edited(&change, &facts("PENDING", "A")));
    assert!(!is_edited(&change, &facts("APPROVED", "A")));
    assert!(!is_edited(&json!({"message_send_ttl_seconds": 60}), &facts("APPROVED", "A")), "nobody can see it");
}

#[test]
fn thirty_days_are_thirty_days() {
    assert_eq!(super::change::NAME_BLOCKED, TimeDelta::seconds(30 * 86_400));
}
