//! What is refused before anything is stored: by which code, and with word of what can be done instead.

use axum::http::Method;
use contract::{
    ContactAbsorbed, ContactIdentityUnlinked, ContactMerged, ContactPreferenceChanged, Context, Event, EventId, HeardFrom, MessageReceived,
    NumberConnected, NumberDisconnected, NumberOffered, ProjectEvent, ProjectId, ProjectRestored, ProjectSuspended, Subject,
    TemplateStatusReported, UnlinkReason,
};
use journal::Expect;
use serde_json::{Value, json};
use testbed::Answer;

use crate::fixture::{World, at, bsuid, contact, conversation, message_id, next_ulid, opened, phone, said, seen, unready, wamid};
use crate::stage::{NUMBER, examples, hello, number_connected, number_offered, received, time};

const DAY: i64 = 86_400;

fn definition(name: &str) -> Value {
    examples("templates").into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no example {name}")).1
}

fn template(name: &str, language: &str) -> Value {
    json!({"type": "template", "template": {"name": name, "language": {"code": language}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_open_for_24_hours_and_no_second_longer() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    world.template(project, "APPROVED", &definition("hello_world")).await;
    let window = async |path: &str| world.found(&format!("/v1/projects/{project}/{path}")).await["window"].clone();
    for (second, open) in [(DAY, true), (DAY + 1, false), (DAY + 2, false)] {
        world.clock.set(at(second));
        for path in [format!("contacts/{who}"), format!("conversations/{}", conversation(1))] {
            let shown = window(&path).await;
            assert_eq!((&shown["open"], time(&shown["closes_at"])), (&json!(open), at(DAY + 1)), "{path}");
        }
        let answer = world.try_send(project, who, &hello()).await;
        if open {
            answer.done(200);
        } else {
            let problem = answer.problem(409, "window_closed");
            assert_eq!((time(&problem["window_closed_at"]), &problem["allowed"]), (at(DAY + 1), &json!(["template"])));
            assert!(problem["detail"].as_str().unwrap().contains("template"));
        }
        world.try_send(project, who, &template("hello_world", "en_US")).await.done(200);
    }
    // They write again, and the tables show it a moment later.
    world.append(project, who, vec![MessageReceived(said(2, 1, DAY + 2)).into()]).await;
    world.try_send(project, who, &hello()).await.done(200);
    // What is written in a group opens no window.
    let group = contract::Message { group: Some("g".into()), ..said(3, 2, 3 * DAY) };
    let opened = contract::ConversationOpened {
        conversation: conversation(2),
        group: Some("g".into()),
        state: None,
        inherited_from: None,
        at: at(3 * DAY),
    };
    world.say(project, who, vec![opened.into(), MessageReceived(group).into()]).await;
    world.clock.set(at(3 * DAY + 10));
    world.try_send(project, who, &hello()).await.problem(409, "window_closed");
    let shown = window(&format!("contacts/{who}")).await;
    assert_eq!((&shown["open"], time(&shown["closes_at"])), (&json!(false), at(2 * DAY + 2)));
    assert_eq!(window(&format!("conversations/{}", conversation(2))).await, Value::Null, "a group has none");
    let found = world.found(&format!("/v1/projects/{project}/contacts?phone=16505550142")).await;
    assert_eq!(found["data"][0]["window"], shown, "also where they are looked up");
    let in_group = format!("/v1/projects/{project}/conversations/{}/messages?dry_run=true", conversation(2));
    world.post(&in_group, hello()).await.problem(409, "group_not_supported");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_of_the_number_that_is_connected() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let tell = async |second: i64, fact: ProjectEvent| {
        let event = fact.into_new(EventId::from_ulid(next_ulid()), "/test", at(second), Context::default());
        world.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.expect("appended");
        world.projects_know(project).await;
    };
    world.try_send(project, who, &hello()).await.done(200);
    tell(10, NumberDisconnected { phone_number_id: NUMBER.into() }.into()).await;
    tell(11, number_offered().into()).await;
    tell(12, number_connected().into()).await;
    world.try_send(project, who, &hello()).await.done(200);
    let other = "207358419203848";
    tell(20, NumberOffered { phone_number_id: other.into(), ..number_offered() }.into()).await;
    tell(21, NumberConnected { phone_number_id: other.into(), ..number_connected() }.into()).await;
    let problem = world.try_send(project, who, &hello()).await.problem(409, "window_closed");
    assert_eq!(problem["window_closed_at"], Value::Null);
    let shown = world.found(&format!("/v1/projects/{project}/contacts/{who}")).await;
    assert_eq!(shown["window"], json!({"open": false, "closes_at": null}));
    world.append(project, who, vec![MessageReceived(said(2, 1, 30)).into()]).await;
    world.clock.set(at(31));
    world.try_send(project, who, &hello()).await.done(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_wrote_is_sent_templates_alone() {
    let (world, project) = World::speaking().await;
    world.template(project, "APPROVED", &definition("hello_world")).await;
    world.say(project, contact(1), vec![seen(vec![phone("16505550142")], Some("16505550142"), 0)]).await;
    let problem = world.try_send(project, contact(1), &hello()).await.problem(409, "window_closed");
    assert_eq!(problem["window_closed_at"], Value::Null);
    let sent = world.send(project, contact(1), "k", &template("hello_world", "en_US")).await.done(202);
    assert_eq!(world.types(project, contact(1)).await, ["contact_first_seen", "conversation_opened", "message_requested"]);
    assert_eq!(sent["type"], json!("template"));
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_sent_once_they_are_approved_and_filled() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let problem = world.try_send(project, who, &template("hello_world", "en_US")).await.problem(409, "template_not_found");
    assert_eq!(problem["languages"], json!([]));
    let id = world.template(project, "PENDING", &definition("hello_world")).await;
    let problem = world.try_send(project, who, &template("hello_world", "de")).await.problem(409, "template_not_found");
    assert_eq!(problem["languages"], json!(["en_US"]));
    let told = |status: &str, reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        TemplateStatusReported { status: status.into(), reason, explanation: None, heard_from: HeardFrom::Webhook, at: at(0) }.into()
    };
    for (status, reason) in [("PENDING", None), ("REJECTED", Some("INVALID_FORMAT")), ("PAUSED", None), ("DISABLED", Some("ABUSE"))] {
        world.tell_template(project, id, told(status, reason)).await;
        let problem = world.try_send(project, who, &template("hello_world", "en_US")).await.problem(409, "template_not_approved");
        assert_eq!((&problem["template_status"], &problem["template_reason"]), (&json!(status), &json!(reason)));
    }
    // What was approved a moment ago is not refused.
    world.tell_template(project, id, told("APPROVED", None)).await;
    world.try_send(project, who, &template("hello_world", "en-US")).await.done(200);
    // Of another project, it is none of ours.
    let other = world.project().await;
    world.tell_project(other, vec![number_offered().into(), number_connected().into()]).await;
    let theirs = world.somebody(other).await;
    world.try_send(other, theirs, &template("hello_world", "en_US")).await.problem(409, "template_not_found");
    // Variables that nobody fills.
    world.template(project, "APPROVED", &definition("order_update")).await;
    let problem = world.try_send(project, who, &template("order_update", "en_US")).await.problem(422, "invalid_message");
    assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/template"), "{problem}");
    world.tell_template(project, id, contract::TemplateDeleted { heard_from: HeardFrom::Request }.into()).await;
    world.try_send(project, who, &template("hello_world", "en_US")).await.problem(409, "template_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stopped_advertising_is_sent_none() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let (marketing, utility) = (
        json!({"name": "sale", "language": "en_US", "category": "MARKETING", "components": [{"type": "BODY", "text": "Sale"}]}),
        json!({"name": "sent", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "Sent"}]}),
    );
    world.template(project, "APPROVED", &marketing).await;
    world.template(project, "APPROVED", &utility).await;
    world.try_send(project, who, &template("sale", "en_US")).await.done(200);
    let prefers = |value: &str| ContactPreferenceChanged { category: "marketing_messages".into(), value: value.into(), at: at(2) }.into();
    world.append(project, who, vec![prefers("stop")]).await;
    world.catch_up(project).await;
    world.try_send(project, who, &template("sale", "en_US")).await.problem(409, "opted_out");
    world.try_send(project, who, &template("sent", "en_US")).await.done(200);
    world.append(project, who, vec![prefers("resume")]).await;
    world.try_send(project, who, &template("sale", "en_US")).await.done(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_sends_when_it_may_and_can() {
    let world = World::start().await;
    world.let_tables_follow();
    let project = world.project().await;
    let who = world.somebody(project).await;
    let check = async |code: Option<&str>| {
        let answer: Answer = world.try_send(project, who, &hello()).await;
        let read = world.mark_read(project, 1, &next_ulid().to_string(), &json!({})).await;
        match code {
            Some(code) => _ = (answer.problem(409, code), read.problem(409, code)),
            None => _ = (answer.done(200), read.done(202)),
        }
    };
    check(Some("number_not_connected")).await;
    world.tell_project(project, vec![number_connected().into()]).await;
    check(Some("number_cannot_send")).await;
    world.tell_project(project, vec![number_offered().into()]).await;
    check(None).await;
    world.tell_project(project, vec![ProjectSuspended { at: at(0), billing_sequence: 1 }.into()]).await;
    world.projects_know(project).await;
    check(Some("project_suspended")).await;
    world.tell_project(project, vec![ProjectRestored { at: at(0), billing_sequence: 2 }.into()]).await;
    check(None).await;
    let number = crate::stage::NUMBER.to_owned();
    world.tell_project(project, vec![NumberDisconnected { phone_number_id: number }.into()]).await;
    world.projects_know(project).await;
    check(Some("number_not_connected")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_is_not_written_to() {
    let (world, project) = World::speaking().await;
    let lost = ContactIdentityUnlinked { identity: phone("16505550142"), reason: UnlinkReason::Reassigned, at: at(2) };
    let shown = contract::ContactProfileChanged { profile: contract::ContactProfile::default(), at: at(2) };
    let facts = vec![seen(vec![phone("16505550142")], Some("16505550142"), 0), opened(1, None, 0), received(1), lost.into(), shown.into()];
    world.say(project, contact(1), facts).await;
    world.try_send(project, contact(1), &hello()).await.problem(409, "contact_unreachable");
    world.say(project, contact(2), vec![seen(vec![bsuid("US.2")], None, 0)]).await;
    world.template(project, "APPROVED", &definition("login_code")).await;
    let (_, code) = examples("outbound").into_iter().find(|(name, _)| name == "template-authentication").expect("an example");
    world.try_send(project, contact(2), &code).await.problem(409, "phone_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_go_to_what_the_contact_said_or_was_told() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let facts = vec![seen(vec![bsuid("US.2")], None, 0), opened(2, None, 0), MessageReceived(said(2, 2, 1)).into()];
    world.say(project, contact(2), facts).await;
    let waiting = world.send(project, who, "k", &hello()).await.done(202)["id"].clone();
    let to = |wamid: &str| json!({"type": "reaction", "reaction": {"message_id": wamid, "emoji": "👍"}});
    let (theirs, others) = (to(&wamid(1)), to(&wamid(2)));
    world.try_send(project, who, &theirs).await.done(200);
    for wrong in [&others, &to("wamid.of-nobody"), &to(waiting.as_str().unwrap())] {
        let problem = world.try_send(project, who, wrong).await.problem(422, "invalid_message");
        assert_eq!(problem["errors"][0]["pointer"], json!("/reaction/message_id"));
    }
    // The other turns out to be the same person.
    world.say(project, contact(2), vec![ContactMerged { into: who, at: at(2) }.into()]).await;
    world.say(project, who, vec![ContactAbsorbed { from: contact(2), identities: vec![bsuid("US.2")], at: at(2) }.into()]).await;
    world.try_send(project, who, &others).await.done(200);
    // A month later.
    world.append(project, who, vec![MessageReceived(said(3, 1, 31 * DAY)).into()]).await;
    world.clock.set(at(31 * DAY));
    world.try_send(project, who, &to(&wamid(3))).await.done(200);
    let problem = world.try_send(project, who, &theirs).await.problem(422, "invalid_message");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("30 days"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_project_lead_nowhere() {
    let (world, theirs) = World::speaking().await;
    world.somebody(theirs).await;
    let ours = world.project().await;
    world.tell_project(ours, vec![number_offered().into(), number_connected().into()]).await;
    let key = [("idempotency-key", "k"), ("if-match", "*")];
    let (con, cnv, msg) = (contact(1), conversation(1), message_id(1));
    for (method, path, body, done) in [
        (Method::POST, format!("contacts/{con}/messages"), hello(), 202),
        (Method::POST, format!("conversations/{cnv}/messages"), hello(), 202),
        (Method::POST, format!("messages/{msg}/read"), json!({"typing": true}), 202),
        (Method::PATCH, format!("conversations/{cnv}"), json!({"state": "paid"}), 200),
    ] {
        let at = |project: ProjectId| format!("/v1/projects/{project}/{path}");
        world.ask(method.clone(), &at(ours), &key, &body).await.problem(404, "not_found");
        // Nothing else that is wrong is told first.
        world.ask(method.clone(), &at(ours), &[], &json!({})).await.problem(404, "not_found");
        world.ask(method.clone(), &at(unready()), &key, &body).await.problem(404, "project_not_found");
        let headers = [("idempotency-key", path.as_str()), ("if-match", "*")];
        world.ask(method, &at(theirs), &headers, &body).await.done(done);
    }
    assert_eq!(world.types(ours, con).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_message_are_refused_by_pointer() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let long = "x".repeat(4_097);
    for (body, pointer) in [
        (json!({}), "/type"),
        (json!({"type": "fax"}), "/type"),
        (json!({"type": "text"}), "/text"),
        (json!({"type": "text", "text": {"body": long}}), "/text/body"),
        (json!({"type": "text", "text": {"body": "hi"}, "to": "+1"}), "/to"),
        (json!({"type": "text", "text": {"body": "hi"}, "biz_opaque_callback_data": "x"}), "/biz_opaque_callback_data"),
        (json!({"type": "text", "text": {"body": "hi"}, "expires_in_seconds": 1}), "/expires_in_seconds"),
        (json!({"type": "text", "text": {"body": "hi"}, "expires_in_seconds": "soon"}), "/expires_in_seconds"),
    ] {
        let problem = world.send(project, who, "k", &body).await.problem(422, "invalid_message");
        let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert!(pointers.contains(&pointer), "{pointer} in {problem}");
    }
    let path = format!("/v1/projects/{project}/contacts/{who}/messages");
    let key = [("idempotency-key", "k")];
    let described =
        world.found("/openapi.json").await["paths"]["/v1/projects/{project}/contacts/{contact}/messages"]["post"]["responses"].clone();
    let refused = |answer: Answer, status: u16, code: &str| {
        answer.problem(status, code);
        let text = described[status.to_string()]["description"].as_str().unwrap_or_default();
        assert!(text.contains(&format!("`{code}`")), "{status} {code} is not described: {text}");
    };
    for (body, status, code) in [
        (b"".to_vec(), 400, "malformed_json"),
        (b"{".to_vec(), 400, "malformed_json"),
        (b"[]".to_vec(), 422, "invalid_body"),
        (b"null".to_vec(), 422, "invalid_body"),
        (b"\xff\xfe".to_vec(), 400, "malformed_json"),
        (br#"{"type":"#.repeat(5_000), 400, "malformed_json"),
        (br#"{"type":"text","text":{"body":"hi","body":1e999}}"#.to_vec(), 400, "malformed_json"),
        (format!(r#"{{"type":"text","text":{{"body":"{}"}}}}"#, "x".repeat(512 * 1024)).into_bytes(), 413, "body_too_large"),
    ] {
        refused(world.ask_raw(Method::POST, &path, &key, body).await, status, code);
    }
    refused(world.ask(Method::POST, &path, &[], &hello()).await, 400, "idempotency_key_required");
    for bad in ["two words", "", &"k".repeat(256)] {
        refused(world.ask(Method::POST, &path, &[("idempotency-key", bad)], &hello()).await, 400, "idempotency_key_invalid");
    }
    refused(world.ask(Method::POST, &format!("{path}?dry_run=perhaps"), &key, &hello()).await, 400, "invalid_query");
    assert_eq!(world.types(project, who).await.len(), 3, "nothing was stored");
}
