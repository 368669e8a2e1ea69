//! What people do, and the webhooks it makes, read by the platform's own readers.

use std::collections::HashSet;

use crate::ingress::{BUSINESS, PERSON, Stage, business, person};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use simulator::routes;
use tower::ServiceExt;
use whatsapp::payload::{Delivery, Interactive, Kind, SystemEvent};

struct Phone {
    stage: Stage,
    router: Router,
}

impl Phone {
    async fn new() -> Phone {
        let stage = Stage::new().await;
        let router = routes(stage.simulator.clone()).into();
        Phone { stage, router }
    }

    async fn request(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.router.clone().oneshot(request).await.expect("infallible");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("utf-8"))
    }

    async fn call(&self, method: Method, path: &str, body: Option<Json>) -> (StatusCode, Json) {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080").header("authorization", "Bearer x");
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let (status, text) = self.request(request.expect("a request")).await;
        (status, if text.is_empty() { Json::Null } else { serde_json::from_str(&text).expect(&text) })
    }

    async fn ok(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let (status, body) = self.call(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    async fn chat(&self) -> Vec<Json> {
        let chat = self.ok(Method::GET, &format!("/sim/api/phones/{PERSON}/chats/{BUSINESS}"), None).await;
        chat["data"].as_array().expect("a list").clone()
    }

    async fn send(&self, body: Json) -> (StatusCode, Json) {
        self.call(Method::POST, &format!("/sim/graph/v26.0/{BUSINESS}/messages"), Some(body)).await
    }
}

/// Every type once; the kind that the reader must see.
fn all() -> Vec<(Json, &'static str)> {
    vec![
        (json!({"type": "text", "body": "Grüße 😀 a/b"}), "text"),
        (json!({"type": "text", "text": "also so"}), "text"),
        (json!({"type": "image", "caption": "look"}), "image"),
        (json!({"type": "video"}), "video"),
        (json!({"type": "audio"}), "audio"),
        (json!({"type": "audio", "file": true}), "audio"),
        (json!({"type": "document", "filename": "März.pdf"}), "document"),
        (json!({"type": "sticker", "animated": true}), "sticker"),
        (json!({"type": "location", "latitude": -33.5, "longitude": 151.2}), "location"),
        (json!({"type": "contacts", "name": "Grace Lind", "phone": "16505550119"}), "contacts"),
        (json!({"type": "button_reply", "id": "yes", "title": "Yes"}), "button_reply"),
        (json!({"type": "list_reply", "id": "1", "title": "First", "description": "d"}), "list_reply"),
        (json!({"type": "nfm_reply", "answers": {"a": [1, "ü"]}, "flow_token": "t"}), "nfm_reply"),
        (json!({"type": "address", "values": {"city": "Mumbai"}, "saved": "home"}), "nfm_reply"),
        (json!({"type": "call_permission_reply"}), "call_permission_reply"),
        (json!({"type": "call_permission_reply", "reject": true}), "call_permission_reply"),
        (json!({"type": "button", "payload": "STOP", "text": "Stop"}), "button"),
        (json!({"type": "reaction", "message_id": "wamid.x", "emoji": "👍"}), "reaction"),
        (json!({"type": "reaction", "message_id": "wamid.x"}), "reaction"),
        (json!({"type": "edit", "message_id": "wamid.x", "body": "new"}), "edit"),
        (json!({"type": "revoke", "message_id": "wamid.x"}), "revoke"),
        (json!({"type": "order", "product": "SKU-1"}), "order"),
        (json!({"type": "unsupported", "what": "poll_creation"}), "unsupported"),
        (json!({"type": "other", "name": "poll_vote", "content": {"options": ["a"]}}), "poll_vote"),
    ]
}

#[tokio::test]
async fn every_type_arrives_as_what_it_is() {
    for (said, kind) in all() {
        let stage = Stage::new().await;
        let sent = stage.say(PERSON, said.clone());
        assert_eq!(stage.simulator.deliver_due().await, 1, "{said}");
        let body = stage.ingress.bodies().remove(0);
        assert!(body.is_ascii(), "{said}");
        let value = stage.ingress.values().remove(0);
        assert_eq!((value.leftovers.len(), value.others.len(), value.messages.len()), (0, 0, 1), "{said}");
        let message = &value.messages[0];
        assert_eq!(message.wamid.as_ref(), Some(&sent.wamid));
        assert_eq!((message.from.as_ref(), message.timestamp), (Some(&sent.from), Some(stage.now())));
        assert!(value.profile_for(message).unwrap().name.is_some() && message.from_user_id.is_some());
        assert_eq!(value.phone_number_id, Some(business()));
        let read = match &message.kind {
            Kind::Interactive(interactive) => interactive.name(),
            Kind::Malformed { .. } => "malformed",
            kind => kind.name(),
        };
        assert_eq!(read, kind, "{said}: {:?}", message.kind);
        assert_eq!(matches!(message.kind, Kind::Unknown { .. }), kind == "poll_vote");
    }
}

#[tokio::test]
async fn texts_keep_their_characters_and_answers_their_values() {
    let stage = Stage::new().await;
    stage.say(PERSON, json!({"type": "text", "body": "Grüße 😀 a/b \"q\" \\ \u{1}"}));
    stage.say(PERSON, json!({"type": "nfm_reply", "answers": {"a": [1, "ü/"]}, "flow_token": "t"}));
    stage.simulator.deliver_due().await;
    let mut kinds: Vec<Kind> = stage.ingress.values().into_iter().map(|mut value| value.messages.remove(0).kind).collect();
    kinds.sort_by_key(|kind| kind.name() == "interactive");
    assert_eq!(kinds[0].text(), Some("Grüße 😀 a/b \"q\" \\ \u{1}"));
    let Kind::Interactive(Interactive::NfmReply(reply)) = &kinds[1] else { panic!("{kinds:?}") };
    assert_eq!(reply.response, Some(json!({"a": [1, "ü/"], "flow_token": "t"})));
    assert_eq!(reply.flow_token(), Some("t"));
}

#[tokio::test]
async fn a_hidden_number_is_nowhere_in_the_body() {
    let phone = Phone::new().await;
    let change = json!({"name": "Tom", "username": "@tom", "hidden": true});
    let shown = phone.ok(Method::PUT, &format!("/sim/api/phones/{PERSON}"), Some(change)).await;
    phone.stage.say(PERSON, json!({"type": "text", "body": "Hi"}));
    phone.stage.simulator.deliver_due().await;
    let body = String::from_utf8(phone.stage.ingress.bodies().remove(0).to_vec()).unwrap();
    assert!(!body.contains(PERSON), "{body}");
    let value = phone.stage.ingress.values().remove(0);
    let profile = value.profile_for(&value.messages[0]).unwrap();
    assert_eq!(profile.user_id.as_ref().unwrap().as_str(), shown["user_id"].as_str().unwrap());
    assert_eq!((profile.username.as_ref().unwrap().as_str(), profile.name.as_deref()), ("tom", Some("Tom")));
}

#[tokio::test]
async fn ticks_follow_the_webhook() {
    let phone = Phone::new().await;
    let said = phone
        .ok(Method::POST, &format!("/sim/api/phones/{PERSON}/messages"), Some(json!({"to": BUSINESS, "type": "text", "body": "Hi"})))
        .await;
    assert_eq!(phone.chat().await[0]["tick"], "sent");
    phone.stage.ingress.answer(&[503]);
    phone.stage.simulator.deliver_due().await;
    assert_eq!(phone.chat().await[0]["tick"], "sent");
    phone.stage.after(TimeDelta::seconds(1)).await;
    assert_eq!(phone.chat().await[0]["tick"], "delivered");
    let (status, _) = phone.send(json!({"messaging_product": "whatsapp", "status": "read", "message_id": said["wamid"]})).await;
    assert_eq!((status, phone.chat().await[0]["tick"].as_str()), (StatusCode::OK, Some("read")));
}

#[tokio::test]
async fn reactions_edits_and_deletions_change_the_bubble() {
    let phone = Phone::new().await;
    let said = phone.stage.say(PERSON, json!({"type": "text", "body": "Hi"}));
    for (saying, pointer, expected) in [
        (json!({"type": "reaction", "message_id": said.wamid, "emoji": "👍"}), "/person_reaction", json!("👍")),
        (json!({"type": "reaction", "message_id": said.wamid}), "/person_reaction", Json::Null),
        (json!({"type": "edit", "message_id": said.wamid, "body": "Ho"}), "/text", json!("Ho")),
        (json!({"type": "revoke", "message_id": said.wamid}), "/revoked", json!(true)),
    ] {
        phone.stage.say(PERSON, saying.clone());
        let chat = phone.chat().await;
        assert_eq!((chat.len(), chat[0].pointer(pointer)), (1, Some(&expected)), "{saying}");
    }
}

#[tokio::test]
async fn the_business_answers_and_hears_what_becomes_of_it() {
    let phone = Phone::new().await;
    let said = phone.stage.say(PERSON, json!({"type": "text", "body": "Hi"}));
    phone.stage.simulator.deliver_due().await;
    phone.stage.ingress.clear();
    let (status, sent) = phone
        .send(json!({"messaging_product": "whatsapp", "to": format!("+{PERSON}"), "type": "interactive", "context": {"message_id": said.wamid}, "biz_opaque_callback_data": "job=1",
            "interactive": {"type": "button", "body": {"text": "Really?"}, "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]}}}))
        .await;
    assert_eq!((status, sent["contacts"][0]["wa_id"].as_str()), (StatusCode::OK, Some(PERSON)));
    let bubble = phone.chat().await.remove(1);
    assert_eq!(
        (bubble["text"].as_str(), bubble["tick"].as_str(), &bubble["reply_to"]),
        (Some("Really?"), Some("delivered"), &json!(said.wamid))
    );
    assert_eq!(bubble["choices"], json!([{"answer": "button_reply", "id": "y", "title": "Yes", "description": null}]));
    phone.ok(Method::POST, &format!("/sim/api/phones/{PERSON}/chats/{BUSINESS}/read"), None).await;
    phone.stage.simulator.deliver_due().await;
    let statuses: Vec<_> = phone.stage.ingress.values().into_iter().flat_map(|value| value.statuses).collect();
    let names: HashSet<_> = statuses.iter().map(|status| status.status.clone()).collect();
    assert_eq!(names, HashSet::from([Delivery::Sent, Delivery::Delivered, Delivery::Read]));
    assert!(statuses.iter().all(|status| status.biz_opaque_callback_data.as_deref() == Some("job=1") && status.wamid.as_str() == sent["messages"][0]["id"]));
}

#[tokio::test]
async fn a_business_is_refused_or_fails_as_with_meta() {
    let phone = Phone::new().await;
    let text = |to: &str| json!({"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "Hello"}});
    for (body, code) in [
        (json!({}), 100),
        (json!({"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text"}), 131_008),
        (json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text", "text": {"body": "x".repeat(4_097)}}), 100),
        (json!({"messaging_product": "whatsapp", "recipient": "US.1", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}), 100),
    ] {
        let (status, answer) = phone.send(body.clone()).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (StatusCode::BAD_REQUEST, Some(code)), "{body}");
    }
    phone.stage.say(PERSON, json!({"type": "text", "body": "Hi"}));
    phone.stage.after(TimeDelta::hours(25)).await;
    phone.stage.ingress.clear();
    for (to, code) in [(PERSON, 131_047), ("16505550000", 131_026)] {
        assert_eq!(phone.send(text(to)).await.0, StatusCode::OK);
        phone.stage.simulator.deliver_due().await;
        let value = phone.stage.ingress.values().remove(0);
        assert_eq!((&value.statuses[0].status, value.statuses[0].errors[0].code, value.contacts.len()), (&Delivery::Failed, Some(code), 0));
        phone.stage.ingress.clear();
    }
    let request = Request::post(format!("/sim/graph/v26.0/{BUSINESS}/messages"))
        .header("host", "localhost")
        .header("content-type", "application/json");
    let (status, _) = phone.request(request.body(Body::from(text(PERSON).to_string())).unwrap()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_number_and_another_user_id_are_announced() {
    let phone = Phone::new().await;
    let (status, problem) = phone.call(Method::POST, &format!("/sim/api/phones/{PERSON}/user-id"), None).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    phone.stage.say(PERSON, json!({"type": "text", "body": "Hi"}));
    phone.stage.simulator.deliver_due().await;
    let before = phone.ok(Method::GET, &format!("/sim/api/phones/{PERSON}"), None).await;
    for (path, body, event) in
        [("user-id", None, SystemEvent::UserChangedUserId), ("number", Some(json!({"to": "16505550199"})), SystemEvent::UserChangedNumber)]
    {
        phone.stage.ingress.clear();
        let after = phone.ok(Method::POST, &format!("/sim/api/phones/{PERSON}/{path}"), body).await;
        assert_ne!(after["user_id"], before["user_id"]);
        phone.stage.simulator.deliver_due().await;
        let values = phone.stage.ingress.values();
        let system = values.iter().find_map(|value| match value.messages.first().map(|message| &message.kind) {
            Some(Kind::System(system)) => Some(system.clone()),
            _ => None,
        });
        let system = system.expect("a system message");
        assert_eq!((system.event.clone(), system.user_id.as_ref().map(|id| id.as_str())), (event.clone(), after["user_id"].as_str()));
        assert_eq!(system.wa_id.is_some(), event == SystemEvent::UserChangedNumber);
        let update = values.iter().find_map(|value| value.user_id_updates.first()).expect("an update");
        assert_eq!(update.user_id_current.as_ref().unwrap().as_str(), after["user_id"].as_str().unwrap());
    }
    assert_eq!(phone.call(Method::GET, &format!("/sim/api/phones/{PERSON}"), None).await.0, StatusCode::NOT_FOUND);
    let moved = phone.ok(Method::GET, &format!("/sim/api/phones/16505550199/chats/{BUSINESS}"), None).await;
    assert_eq!(moved["data"][0]["text"], "Hi");
    phone.stage.say(PERSON, json!({"type": "text", "body": "somebody else now"}));
    let (status, _) = phone.call(Method::POST, &format!("/sim/api/phones/{PERSON}/number"), Some(json!({"to": "16505550199"}))).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_status_can_be_sent_for_any_message() {
    let phone = Phone::new().await;
    let status = json!({"phone_number_id": BUSINESS, "wa_id": PERSON, "wamid": "wamid.unknown", "status": "failed", "error_code": 131_053});
    phone.ok(Method::POST, "/sim/api/statuses", Some(status)).await;
    phone.stage.simulator.deliver_due().await;
    let value = phone.stage.ingress.values().remove(0);
    assert_eq!((value.statuses[0].wamid.as_str(), value.statuses[0].errors[0].code), ("wamid.unknown", Some(131_053)));
    assert_eq!(value.statuses[0].recipient_id, Some(person(PERSON)));
}

#[tokio::test]
async fn two_accounts_in_one_batch_have_an_entry_each() {
    let phone = Phone::new().await;
    phone.ok(Method::PUT, "/sim/api/numbers/55", Some(json!({"waba_id": "99", "display_phone_number": "+1 555 010 0999"}))).await;
    phone.ok(Method::PUT, "/sim/api/faults", Some(json!({"batch": 3}))).await;
    for to in [BUSINESS, "55", BUSINESS] {
        phone.ok(Method::POST, &format!("/sim/api/phones/{PERSON}/messages"), Some(json!({"to": to, "type": "text", "body": "Hi"}))).await;
    }
    assert_eq!(phone.stage.simulator.deliver_due().await, 1);
    let body = phone.stage.ingress.bodies().remove(0);
    let changes = whatsapp::split(&body).unwrap();
    let routed: Vec<_> =
        changes.iter().map(|change| (change.waba_id.as_deref().unwrap(), change.phone_number_id.as_deref().unwrap())).collect();
    assert_eq!(routed, [("104857392016384", BUSINESS), ("104857392016384", BUSINESS), ("99", "55")]);
}

#[tokio::test]
async fn what_makes_no_sense_is_a_problem_and_sends_nothing() {
    let phone = Phone::new().await;
    let path = format!("/sim/api/phones/{PERSON}/messages");
    for (body, status) in [
        (json!({"to": BUSINESS, "type": "text"}), 422),
        (json!({"to": BUSINESS, "type": "text", "body": " "}), 422),
        (json!({"to": BUSINESS, "type": "text", "body": "x".repeat(65_537)}), 422),
        (json!({"to": "nobody", "type": "text", "body": "x"}), 422),
        (json!({"to": BUSINESS, "type": "telegram", "body": "x"}), 422),
        (json!({"to": BUSINESS, "type": "location", "latitude": 91.0, "longitude": 0.0}), 422),
        (json!({"to": BUSINESS, "type": "nfm_reply", "answers": [1]}), 422),
        (json!({"to": BUSINESS, "type": "address", "values": [1]}), 422),
    ] {
        let (answered, problem) = phone.call(Method::POST, &path, Some(body.clone())).await;
        assert_eq!((answered.as_u16(), problem["status"].as_u64()), (status, Some(status.into())), "{body} {problem}");
    }
    for path in ["/sim/api/phones/1650x", "/sim/api/phones/999", "/sim/api/phones/999/chats/1"] {
        assert!(phone.call(Method::GET, path, None).await.0.is_client_error(), "{path}");
    }
    assert_eq!(phone.stage.simulator.undelivered(), 0);
}

#[tokio::test]
async fn the_page_is_whole_and_asks_nobody_else() {
    let phone = Phone::new().await;
    let scripts = ["page", "bubble", "flow", "meta", "preview"].map(|name| (format!("/sim/{name}.js"), "text/javascript"));
    let others = [("/sim", "text/html"), ("/sim/flows/1/preview", "text/html"), ("/sim/page.css", "text/css")];
    for (path, kind) in others.map(|(path, kind)| (path.to_owned(), kind)).into_iter().chain(scripts) {
        let request = Request::get(&path).header("host", "localhost:8080").body(Body::empty()).unwrap();
        let answer = phone.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind));
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        // Nor is there a way by which a name or a text could become a part of the page.
        for never in
            ["http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "eval("]
        {
            assert!(!text.contains(never), "{path} has {never}");
        }
        for id in text.split("$('").skip(1).filter_map(|rest| rest.split('\'').next()) {
            assert!(include_str!("../../src/page/page.html").contains(&format!("id=\"{id}\"")), "{id} is not on the page");
        }
    }
}

#[tokio::test]
async fn pages_and_machines_elsewhere_are_turned_away() {
    let phone = Phone::new().await;
    for (host, origin, allowed) in [
        (Some("localhost:8080"), None, true),
        (Some("127.0.0.1"), Some("http://localhost:8080"), true),
        (Some("paige.example"), None, false),
        (Some("127.0.0.1"), Some("https://evil.example"), false),
        (Some("127.0.0.1"), Some("null"), false),
        (None, None, false),
    ] {
        let mut request = Request::get("/sim/api/phones");
        for (name, value) in [("host", host), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let (status, _) = phone.request(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status == StatusCode::OK, allowed, "{host:?} {origin:?}");
    }
}
