//! Contacts that are made, and messages that are marked as read.

use axum::http::Method;
use chrono::TimeDelta;
use contract::{ContactId, ConversationEvent, MessageEchoed};
use futures::future::join_all;
use serde_json::{Value, json};
use testbed::{Answer, request};

use crate::fixture::{API_KEY, World, at, bsuid, contact, conversation, message_id, opened, phone, received, said, seen, text};
use crate::stage::time;

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_made_once_whatever_its_number_is_written_like() {
    let (world, project) = World::speaking().await;
    let path = format!("/v1/projects/{project}/contacts");
    let made = world.post(&path, json!({"phone": "+55 (11) 98765-4321", "name": " Ana "})).await;
    let id = ContactId::derive(project, &phone("551187654321"));
    assert_eq!(made.headers["location"], format!("{path}/{id}"));
    let body = made.done(201);
    assert_eq!((&body["id"], &body["phone"], &body["name"]), (&json!(id), &json!("+5511987654321"), &json!("Ana")));
    assert_eq!((&body["last_inbound_at"], &body["identities"][0]["value"]), (&Value::Null, &json!("551187654321")));
    for spelling in ["+5511987654321", "+551187654321"] {
        let found = world.post(&path, json!({"phone": spelling, "name": "Berta"})).await.done(200);
        assert_eq!((&found["id"], &found["name"]), (&json!(id), &json!("Ana")), "{spelling}");
    }
    let by_id = world.post(&path, json!({"user_id": "US.7"})).await.done(201);
    assert_eq!((&by_id["bsuid"], &by_id["phone"], &by_id["name"]), (&json!("US.7"), &Value::Null, &Value::Null));
    assert_eq!(world.post(&path, json!({"user_id": "US.7"})).await.done(200)["id"], by_id["id"]);
    assert_eq!(world.types(project, id).await, ["contact_first_seen"]);
    assert_eq!(world.found(&path).await["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_make_the_same_contact_at_once_make_one() {
    let (mut world, project) = World::speaking().await;
    let path = format!("/v1/projects/{project}/contacts");
    // Spellings take turns in two processes.
    let first = world.server.router.clone();
    world.restart_server().await;
    let answers = join_all((0..30).map(|n| {
        let spelling = if n % 2 == 0 { "+5215512345678" } else { "+525512345678" };
        let (world, first, path) = (&world, first.clone(), path.clone());
        async move {
            if n % 3 == 0 {
                return world.post(&path, json!({"phone": spelling})).await.body;
            }
            let request = request(API_KEY, Method::POST, &path, &[], Some(&json!({"phone": spelling})));
            Answer::to(first, request).await.body
        }
    }))
    .await;
    let id = json!(ContactId::derive(project, &phone("525512345678")));
    for answer in answers {
        assert_eq!(answer["id"], id, "{answer}");
    }
    assert_eq!(world.types(project, ContactId::derive(project, &phone("525512345678"))).await, ["contact_first_seen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_known_is_found_and_not_made() {
    let (world, project) = World::speaking().await;
    let path = format!("/v1/projects/{project}/contacts");
    // Only the log knows them yet.
    world.append(project, contact(1), vec![seen(vec![bsuid("US.1"), phone("16505550142")], Some("16505550142"), 0)]).await;
    assert_eq!(world.post(&path, json!({"phone": "+1 650 555 0142"})).await.done(200)["id"], json!(contact(1)));
    assert_eq!(world.post(&path, json!({"user_id": "US.1"})).await.done(200)["id"], json!(contact(1)));
    // Of another project it is another person.
    let other = world.project().await;
    let made = world.post(&format!("/v1/projects/{other}/contacts"), json!({"phone": "+16505550142"})).await.done(201);
    assert_ne!(made["id"], json!(contact(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_nobody_makes_nobody() {
    let (world, project) = World::speaking().await;
    let path = format!("/v1/projects/{project}/contacts");
    for (body, pointer) in [
        (json!({}), "/phone"),
        (json!({"phone": "16505550142"}), "/phone"),
        (json!({"phone": "+0150"}), "/phone"),
        (json!({"phone": "+1650a"}), "/phone"),
        (json!({"phone": ""}), "/phone"),
        (json!({"user_id": "US.ENT.1"}), "/user_id"),
        (json!({"user_id": "+16505550142"}), "/user_id"),
        (json!({"phone": "+16505550142", "user_id": "US.1"}), "/user_id"),
        (json!({"phone": "+16505550142", "name": " "}), "/name"),
        (json!({"phone": "+16505550142", "name": "a\u{0}b"}), "/name"),
        (json!({"phone": "+16505550142", "name": "n".repeat(257)}), "/name"),
        (json!({"phone": 1}), "/phone"),
        (json!({"phone": "+16505550142", "more": 1}), "/more"),
    ] {
        let problem = world.post(&path, body.clone()).await.problem(422, "invalid_body");
        assert_eq!(text(&problem, "/errors/0/pointer"), pointer, "{body}: {problem}");
    }
    assert!(world.found(&path).await["data"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_contact_wrote_is_marked_as_read() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    world.clock.set(at(30));
    for (key, body, typing) in [("a", json!({"typing": true}), true), ("b", json!({}), false)] {
        let answer = world.mark_read(project, 1, key, &body).await.done(202);
        assert_eq!((&answer["typing"], &answer["message"]), (&json!(typing), &json!(message_id(1))));
        let (event, fact) = world.log(project, who).await.pop().unwrap();
        let ConversationEvent::ReadRequested(asked) = fact else { panic!("{fact:?}") };
        assert_eq!((asked.message, &*asked.wamid, asked.typing, asked.at), (message_id(1), "wamid.1+/==", typing, at(30)));
        assert_eq!(event.context.actor.as_deref(), Some("key_platform"));
    }
    world.mark_read(project, 1, "c", &json!({"typing": "yes"})).await.problem(422, "invalid_body");
    world.mark_read(project, 7, "c", &json!({})).await.problem(404, "not_found");
    world.say(project, who, vec![MessageEchoed(said(2, 1, 2)).into()]).await;
    world.mark_read(project, 2, "c", &json!({})).await.problem(409, "not_inbound");
    let call = contract::Message { kind: "call".into(), text: None, ..said(4, 1, 3) };
    world.say(project, who, vec![contract::MessageReceived(call).into()]).await;
    world.mark_read(project, 4, "c", &json!({})).await.problem(409, "not_inbound");
    let group = contract::Message { group: Some("g".into()), ..said(3, 1, 3) };
    world.say(project, who, vec![contract::MessageReceived(group).into()]).await;
    world.mark_read(project, 3, "c", &json!({})).await.problem(409, "group_not_supported");
    world.clock.set(at(1) + TimeDelta::days(30));
    world.mark_read(project, 1, "c", &json!({})).await.done(202);
    world.clock.advance(TimeDelta::seconds(1));
    world.mark_read(project, 1, "d", &json!({})).await.problem(409, "message_too_old");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_marks_a_message_as_read_once_however_often_and_at_once() {
    let (mut world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    // More than is read at once stands between the message and whoever marks it.
    world.say(project, who, vec![received(2, 1, 2)]).await;
    world.append(project, who, (3..1_010).map(|n| received(n, 1, 2)).collect()).await;
    world.clock.set(at(30));
    let typing = json!({"typing": true});
    let path = format!("/v1/projects/{project}/messages/{}/read", message_id(1));
    // Two processes are asked in turn.
    let first = world.server.router.clone();
    world.restart_server().await;
    let answers = join_all((0..20).map(|n| {
        let router = if n % 2 == 0 { first.clone() } else { world.server.router.clone() };
        let request = request(API_KEY, Method::POST, &path, &[("idempotency-key", "once")], Some(&typing));
        async move { Answer::to(router, request).await.status }
    }))
    .await;
    assert_eq!(answers, [202; 20]);
    world.post(&path, typing.clone()).await.problem(400, "idempotency_key_required");
    world.ask(Method::POST, &path, &[("idempotency-key", "two words")], &typing).await.problem(400, "idempotency_key_invalid");
    // A third that knows nothing of them.
    world.restart_server().await;
    world.clock.set(at(31));
    let again = world.mark_read(project, 1, "once", &typing).await.done(202);
    assert_eq!((&again["typing"], time(&again["requested_at"])), (&json!(true), at(30)));
    world.mark_read(project, 1, "once", &json!({})).await.problem(422, "idempotency_key_reused");
    // What stands in the way of a new request does not stand in the way of an answer about an old one.
    world.clock.advance(TimeDelta::days(31));
    world.mark_read(project, 1, "once", &typing).await.done(202);
    world.mark_read(project, 1, "twice", &typing).await.problem(409, "message_too_old");
    let types = world.types(project, who).await;
    assert_eq!(types.iter().filter(|name| *name == "read_requested").count(), 1);
    // Of another message it is another key.
    world.clock.set(at(31));
    world.mark_read(project, 2, "once", &json!({})).await.done(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn submissions_are_listed_by_flow_and_by_contact() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let flow = world.flow(project, "booking", "812").await;
    let other = world.flow(project, "survey", "813").await;
    let submitted = |n: u64, flow: Option<contract::FlowId>| -> ConversationEvent {
        contract::FlowSubmitted {
            message: message_id(n),
            conversation: conversation(1),
            flow,
            revision: flow.map(|_| 3),
            request: flow.map(|_| message_id(50)),
            flow_token: Some("token".into()),
            response: contract::RawJson::parse(&format!(r#"{{"n":{n}}}"#)).unwrap(),
            at: at(n as i64),
        }
        .into()
    };
    let facts = (1..=5).map(|n| submitted(n, Some(flow))).chain([submitted(6, None), submitted(7, Some(other))]).collect();
    world.say(project, who, facts).await;
    world.say(project, contact(2), vec![seen(vec![bsuid("US.2")], None, 0), opened(2, None, 0)]).await;
    let numbers =
        |page: &Value| -> Vec<u64> { page["data"].as_array().unwrap().iter().map(|row| row["response"]["n"].as_u64().unwrap()).collect() };
    let (by_flow, by_contact) =
        (format!("/v1/projects/{project}/flows/{flow}/submissions"), format!("/v1/projects/{project}/contacts/{who}/submissions"));
    for (path, expected) in [(&by_flow, vec![5, 4, 3, 2, 1]), (&by_contact, vec![7, 6, 5, 4, 3, 2, 1])] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.found(&format!("{path}?limit=2{cursor}")).await;
            found.extend(numbers(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, expected, "{path}");
    }
    let first = &world.found(&by_flow).await["data"][0];
    assert_eq!((&first["flow"], &first["revision"], &first["request"]), (&json!(flow), &json!(3), &json!(message_id(50))));
    let foreign = &world.found(&by_contact).await["data"][1];
    assert_eq!((&foreign["flow"], &foreign["revision"]), (&Value::Null, &Value::Null));
    // Nothing, or nobody.
    let none = world.flow(project, "new", "814").await;
    assert!(numbers(&world.found(&format!("/v1/projects/{project}/flows/{none}/submissions")).await).is_empty());
    assert!(numbers(&world.found(&format!("/v1/projects/{project}/contacts/{}/submissions", contact(2))).await).is_empty());
    let stranger = contract::FlowId::of_name(project, "nobody");
    world.refused(&format!("/v1/projects/{project}/flows/{stranger}/submissions"), 404, "not_found").await;
    world.refused(&format!("/v1/projects/{project}/contacts/{}/submissions", contact(9)), 404, "not_found").await;
    let theirs = world.project().await;
    world.refused(&format!("/v1/projects/{theirs}/flows/{flow}/submissions"), 404, "not_found").await;
    let of_contacts = chassis::cursor::encode(&json!({"at": 1, "id": contact(1)})).unwrap();
    world.refused(&format!("{by_flow}?cursor={of_contacts}"), 400, "invalid_cursor").await;
    world.refused(&format!("{by_contact}?cursor=x"), 400, "invalid_cursor").await;
    let answer = world.ask(Method::POST, &by_flow, &[], &json!({})).await;
    assert_eq!(answer.status, 405);
}
