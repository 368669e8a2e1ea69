//! The rules of sending, each as a table: given what is so, when this is asked for, then that is said.

use contract::{CalledAtMeta, ContactId, FlowId, ProjectId, TemplateId, UnknownOutcome, WorkspaceId};
use dialogue::Latest;
use projects::{Life, Number};
use serde_json::{Value, json};
use ulid::Ulid;

use super::*;

const APPROVED: &str = "APPROVED";

fn ulid(n: u128) -> Ulid {
    Ulid::from_parts(1, n)
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_992_403 + second, 0).unwrap()
}

fn project() -> Project {
    Project {
        id: ProjectId::from_ulid(ulid(1)),
        workspace: WorkspaceId::INSTALLATION,
        name: "Test".into(),
        life: Life::Ready,
        suspended: false,
        conversation_idle: Some(TimeDelta::days(2)),
        unknown_outcome: UnknownOutcome::default(),
        number: Some(Number {
            phone_number_id: "1".into(),
            waba_id: None,
            display: None,
            coexistence: false,
            sealed_token: Some("s".into()),
            since: None,
        }),
        sequence: 1,
    }
}

/// Wrote at second 0.
fn talk() -> Talk {
    let latest = Latest { id: ConversationId::from_ulid(ulid(5)), state: None, last_message_at: at(0), closed: false };
    Talk {
        contact: ContactId::from_ulid(ulid(2)),
        version: 7,
        merged_into: None,
        wa_id: Some("16505550142".into()),
        bsuid: Some("US.1".into()),
        marketing: None,
        last_inbound_at: Some(at(0)),
        latest: Some(latest),
        asked: None,
    }
}

fn flow_of(status: Option<&str>) -> Flow {
    Flow {
        id: FlowId::from_ulid(ulid(3)),
        name: "booking".into(),
        called: CalledAtMeta::default(),
        meta_id: status.map(|_| "812".into()),
        status: status.map(str::to_owned),
        published: Some(1),
    }
}

fn template_of(status: Option<&str>, category: &str) -> Template {
    Template {
        id: TemplateId::from_ulid(ulid(4)),
        name: "hello".into(),
        language: "en".into(),
        category: category.into(),
        waba_id: None,
        status: status.map(str::to_owned),
        reason: None,
        components: json!([{"type": "BODY", "text": "Hello"}]),
    }
}

/// Given, when: what differs from a text that may be sent.
struct Case {
    project: Project,
    talk: Talk,
    template: Option<Template>,
    flow: Option<Flow>,
    reacted_to_at: Option<DateTime<Utc>>,
    message: Value,
    second: i64,
}

fn case(message: Value) -> Case {
    Case { project: project(), talk: talk(), template: None, flow: None, reacted_to_at: None, message, second: 60 }
}

fn said(case: Case) -> Result<Decided, Refusal> {
    let wish = serde_json::from_value::<super::super::message::SendMessage>(case.message).unwrap().check().unwrap();
    let ground = Ground {
        project: Arc::new(case.project),
        talk: &case.talk,
        template: case.template.map(Arc::new),
        languages: vec!["de".into(), "de".into(), "af".into()],
        flow: case.flow.map(Arc::new),
        files: Vec::new(),
        reacted_to_at: case.reacted_to_at,
    };
    decide(&ground, &wish, MessageId::from_ulid(ulid(9)), None, at(case.second))
}

fn text() -> Value {
    json!({"type": "text", "text": {"body": "hi"}})
}

fn template_message() -> Value {
    json!({"type": "template", "template": {"name": "hello", "language": {"code": "en"}}})
}

fn flow_message(mode: &str) -> Value {
    json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Book"}, "action": {"name": "flow", "parameters": {
        "flow_message_version": "3", "flow_name": "booking", "flow_cta": "Book", "mode": mode}}}})
}

#[test]
fn the_window_closes_a_day_after_the_contact_wrote_last() {
    const DAY: i64 = 86_400;
    let closed = || Some(Refusal::WindowClosed(Some(at(DAY))));
    for (second, refused) in [(DAY - 1, None), (DAY, closed()), (DAY + 1, closed())] {
        assert_eq!(said(Case { second, ..case(text()) }).err(), refused, "{second}");
        let template = Some(template_of(Some(APPROVED), "UTILITY"));
        assert_eq!(said(Case { second, template, ..case(template_message()) }).err(), None, "a template at {second}");
    }
    let never = Talk { last_inbound_at: None, ..talk() };
    assert_eq!(said(Case { talk: never, ..case(text()) }).err(), Some(Refusal::WindowClosed(None)));
}

#[test]
fn what_was_written_to_another_number_opens_no_window() {
    // The contact wrote at second 0.
    for (since, open) in [(None, true), (Some(-1), true), (Some(0), true), (Some(1), false)] {
        let mut project = project();
        project.number.as_mut().unwrap().since = since.map(at);
        let refused = (!open).then_some(Refusal::WindowClosed(None));
        assert_eq!(said(Case { project, ..case(text()) }).err(), refused, "{since:?}");
    }
}

#[test]
fn what_the_window_permits_is_not_sent_after_it_has_closed() {
    const DAY: i64 = 86_400;
    for (second, seconds, template, expires) in [
        (0, 60, false, 60),
        (DAY - 30, 30, false, DAY),
        (DAY - 30, 31, false, DAY),
        (60, 3 * DAY, false, DAY),
        (60, 3 * DAY, true, 3 * DAY + 60),
        (5 * DAY, DAY, true, 6 * DAY),
    ] {
        let mut message = if template { template_message() } else { text() };
        message["expires_in_seconds"] = json!(seconds);
        let template = template.then(|| template_of(Some(APPROVED), "UTILITY"));
        let decided = said(Case { second, template, ..case(message) }).unwrap();
        assert_eq!(decided.requested.expires_at, at(expires), "{seconds} at {second}");
    }
}

#[test]
fn a_reaction_names_what_was_said_to_the_contact_or_by_it_in_the_last_30_days() {
    const DAYS_30: i64 = 30 * 86_400;
    let reaction = || json!({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}});
    for (said_at, taken) in [(Some(0), true), (Some(60 - DAYS_30), true), (Some(59 - DAYS_30), false), (None, false)] {
        let decided = said(Case { reacted_to_at: said_at.map(at), ..case(reaction()) });
        match decided {
            Ok(_) => assert!(taken, "{said_at:?}"),
            Err(Refusal::InvalidMessage(wrong)) => {
                assert!(!taken, "{said_at:?}: {wrong:?}");
                assert_eq!((wrong.len(), wrong[0].pointer.as_str()), (1, "/reaction/message_id"));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn it_is_addressed_to_the_number_where_one_is_known() {
    let to = |wa_id: Option<&str>, bsuid: Option<&str>| {
        let talk = Talk { wa_id: wa_id.map(str::to_owned), bsuid: bsuid.map(str::to_owned), ..talk() };
        said(Case { talk, ..case(text()) }).map(|decided| decided.requested.to)
    };
    assert_eq!(to(Some("1"), Some("US.1")), Ok(Address::WaId("1".into())));
    assert_eq!(to(None, Some("US.1")), Ok(Address::UserId("US.1".into())));
    assert_eq!(to(None, None), Err(Refusal::ContactUnreachable));
}

#[test]
fn a_flow_is_sent_as_it_stands_at_meta() {
    for (status, mode, sent) in [
        (Some("PUBLISHED"), "published", Some(1)),
        (Some("PUBLISHED"), "draft", None),
        (Some("THROTTLED"), "published", Some(1)),
        (Some("THROTTLED"), "draft", None),
        (Some("A_NEW_WORD"), "published", Some(1)),
        (Some("DRAFT"), "published", None),
        (Some("DRAFT"), "draft", None),
        (Some("DEPRECATED"), "published", None),
        (Some("DEPRECATED"), "draft", None),
        (Some("BLOCKED"), "published", None),
        (Some("BLOCKED"), "draft", None),
        (None, "published", None),
        (None, "draft", None),
    ] {
        let decided = said(Case { flow: Some(flow_of(status)), ..case(flow_message(mode)) });
        let revision = decided.as_ref().ok().and_then(|decided| decided.requested.flow.as_ref()).map(|flow| flow.revision);
        assert_eq!(revision, sent, "{status:?} as {mode}: {decided:?}");
        if sent.is_none() {
            assert!(matches!(decided, Err(Refusal::FlowNotSendable { .. })), "{decided:?}");
        }
    }
    assert_eq!(said(case(flow_message("published"))).err(), Some(Refusal::FlowNotFound));
    let of = |published| Some(Flow { published, ..flow_of(Some("PUBLISHED")) });
    let revision =
        |published| said(Case { flow: of(published), ..case(flow_message("published")) }).unwrap().requested.flow.unwrap().revision;
    assert_eq!((revision(None), revision(Some(0)), revision(Some(2))), (0, 0, 2));
}

#[test]
fn the_flow_behind_a_button_of_a_template_comes_back_with_our_token() {
    let with_button = || Template {
        components: json!([{"type": "BODY", "text": "Hello"}, {"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "See", "url": "https://example.com"}, {"type": "FLOW", "text": "Book", "flow_id": "812"}]}]),
        ..template_of(Some(APPROVED), "UTILITY")
    };
    let bare = template_message();
    let mut filled = template_message();
    filled["template"]["components"] = json!([{"type": "button", "sub_type": "flow", "index": "1", "parameters": [
        {"type": "action", "action": {"flow_token": "theirs", "flow_action_data": {"size": 42}}}]}]);
    for (message, data) in [(bare.clone(), Value::Null), (filled, json!({"size": 42}))] {
        let decided = said(Case { template: Some(with_button()), flow: Some(flow_of(Some("PUBLISHED"))), ..case(message) }).unwrap();
        let used = decided.requested.flow.clone().unwrap();
        assert_eq!((used.flow, used.revision, &*used.flow_id), (FlowId::from_ulid(ulid(3)), 1, "812"));
        let token = FlowToken { flow: used.flow, revision: used.revision, request: decided.requested.message }.to_string();
        let content: Value = serde_json::from_str(decided.requested.content.get()).unwrap();
        let components = content["template"]["components"].as_array().unwrap();
        assert_eq!((components.len(), &components[0]["index"], &components[0]["sub_type"]), (1, &json!("1"), &json!("flow")));
        let action = &components[0]["parameters"][0]["action"];
        assert_eq!((&action["flow_token"], &action["flow_action_data"]), (&json!(token), &data));
    }
    let deprecated = said(Case { template: Some(with_button()), flow: Some(flow_of(Some("DEPRECATED"))), ..case(bare.clone()) });
    assert!(matches!(deprecated, Err(Refusal::FlowNotSendable { .. })), "{deprecated:?}");
    let elsewhere = said(Case { template: Some(with_button()), ..case(bare) }).unwrap();
    assert_eq!(elsewhere.requested.flow, None);
    assert!(!elsewhere.requested.content.get().contains("flow_token"), "a Flow that was not made here is left alone");
}

#[test]
fn a_template_is_approved_filled_and_wanted() {
    let with = |status: Option<&str>, category: &str, talk: Talk| {
        said(Case { template: Some(template_of(status, category)), talk, ..case(template_message()) }).err()
    };
    let stopped = || Talk { marketing: Some("stop".into()), ..talk() };
    assert_eq!(with(Some("APPROVED"), "MARKETING", talk()), None);
    assert_eq!(with(Some("APPROVED"), "MARKETING", stopped()), Some(Refusal::OptedOut));
    assert_eq!(with(Some("APPROVED"), "UTILITY", stopped()), None);
    assert_eq!(with(Some("APPROVED"), "MARKETING", Talk { marketing: Some("resume".into()), ..talk() }), None);
    assert_eq!(with(Some("APPROVED"), "AUTHENTICATION", Talk { wa_id: None, ..talk() }), Some(Refusal::PhoneNeeded));
    for status in [None, Some("PENDING"), Some("REJECTED"), Some("approved")] {
        assert!(matches!(with(status, "UTILITY", talk()), Some(Refusal::TemplateNotApproved { .. })), "{status:?}");
    }
    let languages = vec!["af".to_owned(), "de".to_owned()];
    let missing = Refusal::TemplateNotFound { name: "hello".into(), language: "en".into(), languages };
    assert_eq!(said(case(template_message())).err(), Some(missing));
}

#[test]
fn who_may_not_send_is_told_so_first() {
    let refused = |change: fn(&mut Project)| {
        let mut project = project();
        change(&mut project);
        said(Case { project, second: 1_000_000, ..case(text()) }).err()
    };
    assert_eq!(refused(|project| project.suspended = true), Some(Refusal::ProjectSuspended));
    assert_eq!(refused(|project| project.number = None), Some(Refusal::NumberNotConnected));
    let claimed: fn(&mut Project) = |project| project.number.iter_mut().for_each(|number| number.sealed_token = None);
    assert_eq!(refused(claimed), Some(Refusal::NumberCannotSend));
}
