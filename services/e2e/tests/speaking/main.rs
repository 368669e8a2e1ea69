//! A talk in both directions over the whole: somebody writes, is answered, taps, fills in a Flow, gets a template days later; each step is
//! seen on the phone, in the API and in the tables.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod examples;
mod grounded;
mod pace;
mod talk;
mod unknown;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use talk::{NUMBER, PHONE, Talk};

const FLOW: &str = include_str!("../../../../schemas/meta/flows/valid-minimal.json");

#[tokio::test]
async fn somebody_writes_is_answered_once_and_every_tick_arrives() {
    let talk = Talk::begun().await;
    let answer = json!({ "type": "text", "text": { "body": "Yes, at eight." } });
    let path = talk.to_contact();
    let requests = (0..8).map(|_| talk.stage.send(&path, "the-answer", answer.clone()));
    let answers = futures::future::join_all(requests).await;
    let ids: std::collections::BTreeSet<String> = answers
        .iter()
        .map(|(status, answer)| {
            assert_eq!(*status, 202, "{answer}");
            answer["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 1, "one key, one message");
    let id = ids.first().unwrap();
    talk.until_status(id, "delivered").await;
    talk.until_ledger(id, &["accepted", "delivered", "requested", "sending", "sent"]).await;
    let received = talk.stage.sim(Method::GET, &format!("/received?biz_opaque_callback_data={id}"), None).await;
    assert_eq!(received["data"].as_array().unwrap().len(), 1, "{received}");

    talk.stage.sim(Method::POST, &format!("/phones/{PHONE}/chats/{NUMBER}/read"), None).await;
    talk.until_status(id, "read").await;
    let (status, other) = talk.stage.send(&path, "the-answer", json!({ "type": "text", "text": { "body": "No." } })).await;
    assert_eq!((status, &other["code"]), (422, &json!("idempotency_key_reused")));
    talk.finish().await;
}

#[tokio::test]
async fn a_tapped_button_a_read_mark_and_a_state_come_back() {
    let talk = Talk::begun().await;
    let buttons = json!([{ "type": "reply", "reply": { "id": "eight", "title": "At eight" } }, { "type": "reply", "reply": { "id": "nine", "title": "At nine" } }]);
    let question = json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "When?" }, "action": { "buttons": buttons } } });
    let (_, bubble) = talk.send(question).await;
    talk.on_phone("taps", json!({ "wamid": bubble["wamid"], "id": "nine" })).await;
    talk.stage
        .until("the tap is recorded", async || {
            let query = "SELECT count(*) FROM public.messages WHERE direction = 'inbound' AND text = 'At nine'";
            talk.stage.count(talk.project, query).await == 1
        })
        .await;

    let messages = talk.get(&format!("/contacts/{}/messages", talk.contact)).await;
    let heard = messages["data"].as_array().unwrap().iter().find(|message| message["text"] == "At nine").unwrap().clone();
    talk.mark_read(&heard["id"], json!({ "typing": true })).await;
    talk.stage
        .until("the phone shows that it was read", async || {
            talk.chat().await.iter().any(|bubble| bubble["wamid"] == heard["wamid"] && bubble["tick"] == "read")
        })
        .await;

    let conversation = heard["conversation"].as_str().unwrap_or_else(|| panic!("{heard}")).to_owned();
    let path = format!("{}/v1/projects/{}/conversations/{conversation}", talk.stage.base, talk.project);
    let change = |etag: &'static str| {
        let request = talk.stage.http.patch(&path).bearer_auth(talk.stage.keys.api_key.expose()).header("if-match", etag);
        request.json(&json!({ "state": "booked", "why": "they tapped" })).send()
    };
    assert_eq!(change("\"0\"").await.unwrap().status(), 200);
    assert_eq!(change("\"0\"").await.unwrap().status(), 412, "somebody was faster");
    assert_eq!(talk.get(&format!("/conversations/{conversation}")).await["state"], "booked");
    talk.finish().await;
}

#[tokio::test]
async fn a_flow_is_made_published_sent_filled_in_and_its_submission_names_its_revision() {
    let talk = Talk::begun().await;
    let document: Value = serde_json::from_str(FLOW).unwrap();
    let created = talk.post("/flows", json!({ "name": "lead", "categories": ["LEAD_GENERATION"], "flow_json": document })).await;
    let flow = created["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let offer = json!({ "type": "interactive", "interactive": { "type": "flow", "body": { "text": "Tell us" },
        "action": { "name": "flow", "parameters": { "flow_message_version": "3", "flow_id": flow, "flow_cta": "Begin" } } } });
    let (status, refused) = talk.try_send(offer.clone()).await;
    assert_eq!((status, &refused["code"]), (409, &json!("flow_not_sendable")), "{refused}");

    talk.stage.until("Meta has the draft", async || talk.get(&format!("/flows/{flow}")).await["status"] == "DRAFT").await;
    talk.post(&format!("/flows/{flow}/publish"), json!({})).await;
    let (request, bubble) = talk.send(offer).await;
    let chat = json!({ "wamid": bubble["wamid"] });
    let opened = talk.on_phone("flow", chat).await;
    assert_eq!(opened["outcome"], "screen", "{opened}");
    let answers = json!({ "first_name": "Ana" });
    talk.on_phone("flow/submission", json!({ "wamid": bubble["wamid"], "answers": answers })).await;
    let submissions = async || talk.get(&format!("/flows/{flow}/submissions")).await["data"].as_array().unwrap().clone();
    talk.stage.until("the submission is there", async || submissions().await.len() == 1).await;
    let submission = submissions().await.remove(0);
    assert_eq!((&submission["flow"], &submission["revision"]), (&json!(flow), &json!(1)), "{submission}");
    assert_eq!(submission["request"], json!(request), "{submission}");
    assert_eq!(submission["response"]["first_name"], "Ana", "{submission}");
    talk.finish().await;
}

#[tokio::test]
async fn who_is_inside_of_a_flow_ends_it_also_after_it_was_changed_and_deprecated_here() {
    let talk = Talk::begun().await;
    let mut document: Value = serde_json::from_str(FLOW).unwrap();
    let created = talk.post("/flows", json!({ "name": "lead", "categories": ["LEAD_GENERATION"], "flow_json": document })).await;
    let flow = created["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    talk.post(&format!("/flows/{flow}/publish"), json!({})).await;
    let offer = json!({ "type": "interactive", "interactive": { "type": "flow", "body": { "text": "Tell us" },
        "action": { "name": "flow", "parameters": { "flow_message_version": "3", "flow_id": flow, "flow_cta": "Begin" } } } });
    let (request, bubble) = talk.send(offer.clone()).await;
    let opened = talk.on_phone("flow", json!({ "wamid": bubble["wamid"] })).await;
    assert_eq!(opened["outcome"], "screen", "{opened}");

    document["screens"][0]["title"] = json!("Another");
    let path = format!("/v1/projects/{}/flows/{flow}/json", talk.project);
    let change = json!({ "flow_json": document, "new_version": true });
    talk.stage.call(Method::PUT, &path, Some(change)).await;
    talk.post(&format!("/flows/{flow}/publish"), json!({})).await;
    let deprecated = talk.post(&format!("/flows/{flow}/deprecate"), json!({})).await;
    assert_eq!((&deprecated["status"], &deprecated["published_revision"]), (&json!("DEPRECATED"), &json!(2)), "{deprecated}");
    let checked = format!("{}?dry_run=true", talk.to_contact());
    let is_refused = async || talk.stage.send(&checked, "another", offer.clone()).await.1["code"] == "flow_not_sendable";
    talk.stage.until("nobody new comes into it", is_refused).await;

    let footer = &opened["screen"]["footer"]["path"];
    let form = json!({ "first_name": "Ana" });
    let step = json!({ "wamid": bubble["wamid"], "state": opened["state"], "step": { "component": footer, "form": form } });
    let ended = talk.on_phone("flow/step", step).await;
    assert_eq!(ended["outcome"], "submitted", "{ended}");
    let submissions = async || talk.get(&format!("/flows/{flow}/submissions")).await["data"].as_array().unwrap().clone();
    talk.stage.until("the submission is there", async || submissions().await.len() == 1).await;
    let submission = submissions().await.remove(0);
    assert_eq!((&submission["flow"], &submission["revision"]), (&json!(flow), &json!(1)), "the one that was sent: {submission}");
    assert_eq!((&submission["request"], &submission["response"]["first_name"]), (&json!(request), &json!("Ana")), "{submission}");
    talk.finish().await;
}

#[tokio::test]
async fn after_a_day_only_a_template_goes_once_it_is_approved_and_anything_again_once_they_call() {
    let talk = Talk::begun().await;
    let body = json!({ "type": "BODY", "text": "Your order {{1}} is on its way.", "example": { "body_text": [["1042"]] } });
    let draft = json!({ "name": "order_shipped", "language": "en_US", "category": "UTILITY", "components": [body] });
    let created = talk.post("/templates", draft).await;
    let template = created["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let parameters = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "77" }] }]);
    let shipped =
        json!({ "type": "template", "template": { "name": "order_shipped", "language": { "code": "en_US" }, "components": parameters } });
    let (status, refused) = talk.try_send(shipped.clone()).await;
    assert_eq!((status, &refused["code"]), (409, &json!("template_not_approved")), "{refused}");

    let meta = talk.stage.sim(Method::GET, "/templates", None).await["data"][0]["id"].as_str().unwrap().to_owned();
    talk.stage.sim(Method::POST, &format!("/templates/{meta}/decision"), Some(json!({ "verdict": "approve" }))).await;
    let shown = async || talk.get(&format!("/templates/{template}")).await;
    talk.stage.until("Meta's approval is heard of", async || shown().await["status"] == "APPROVED").await;
    talk.stage.clock.advance(TimeDelta::hours(25));
    let (status, closed) = talk.try_send(json!({ "type": "text", "text": { "body": "Still there?" } })).await;
    assert_eq!((status, &closed["code"], &closed["allowed"]), (409, &json!("window_closed"), &json!(["template"])), "{closed}");
    let (_, bubble) = talk.send(shipped).await;
    assert_eq!(bubble["text"], "Your order 77 is on its way.", "{bubble}");

    let text = json!({ "type": "text", "text": { "body": "You called?" } });
    let (status, closed) = talk.try_send(text.clone()).await;
    assert_eq!((status, &closed["code"]), (409, &json!("window_closed")), "a template opens nothing: {closed}");
    let called = talk.on_phone("calls", json!({})).await;
    let query = "SELECT count(*) FROM public.messages WHERE direction = 'inbound' AND type = 'call'";
    talk.stage.until("the call is recorded", async || talk.stage.count(talk.project, query).await == 1).await;
    // Meta keeps a window of its own, and lets fail what comes after it.
    let (id, bubble) = talk.send(text).await;
    assert_eq!(bubble["text"], "You called?", "{bubble}");
    talk.until_ledger(&id, &["accepted", "delivered", "requested", "sending", "sent"]).await;
    let messages = talk.get(&format!("/contacts/{}/messages", talk.contact)).await;
    let call = messages["data"].as_array().unwrap().iter().find(|message| message["type"] == "call");
    assert_eq!(call.map(|call| &call["wamid"]), Some(&called["wamid"]), "{messages}");

    // That it is over is kept, and changes nothing.
    talk.stage.clock.advance(TimeDelta::seconds(30));
    let over = "SELECT count(*) FROM paige.unassigned WHERE key = 'calls'";
    talk.stage.until("it is over", async || talk.stage.count(talk.project, over).await == 1).await;
    assert_eq!(talk.stage.count(talk.project, query).await, 1);
    talk.finish().await;
}

#[tokio::test]
async fn a_picture_goes_both_ways_byte_for_byte() {
    let talk = Talk::begun().await;
    let picture: Vec<u8> = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 4_000], &[0xff, 0xd9]].concat();
    let request = talk.stage.http.post(format!("{}/v1/projects/{}/media?name=menu.jpg", talk.stage.base, talk.project));
    let request = request.bearer_auth(talk.stage.keys.api_key.expose()).header("content-type", "image/jpeg").body(picture.clone());
    let kept: Value = request.send().await.unwrap().json().await.unwrap();
    let (_, bubble) = talk.send(json!({ "type": "image", "image": { "id": kept["id"], "caption": "The menu" } })).await;
    assert_eq!(bubble["text"], "The menu", "{bubble}");

    let url = format!("{}/sim/api/phones/{PHONE}/chats/{NUMBER}/media", talk.stage.base);
    let chosen: Value =
        talk.stage.http.post(url).header("content-type", "image/jpeg").body(picture.clone()).send().await.unwrap().json().await.unwrap();
    let message = json!({ "to": NUMBER, "type": "image", "media": chosen["id"], "caption": "My receipt" });
    talk.stage.sim(Method::POST, &format!("/phones/{PHONE}/messages"), Some(message)).await;
    let found = async || {
        let messages = talk.get(&format!("/contacts/{}/messages", talk.contact)).await;
        messages["data"].as_array().unwrap().iter().find(|message| message["text"] == "My receipt").cloned()
    };
    talk.stage.until("the receipt is recorded", async || found().await.is_some()).await;
    let id = found().await.unwrap()["id"].as_str().unwrap().to_owned();
    let files = async || talk.get(&format!("/messages/{id}/media")).await["data"].clone();
    talk.stage.until("its file is stored", async || files().await[0]["status"] == "stored").await;
    let media = files().await[0]["id"].as_str().unwrap().to_owned();
    let content = format!("{}/v1/projects/{}/media/{media}/content", talk.stage.base, talk.project);
    let content = talk.stage.http.get(content).bearer_auth(talk.stage.keys.api_key.expose()).send().await.unwrap();
    assert_eq!(content.bytes().await.unwrap(), picture);
    talk.finish().await;
}

#[tokio::test]
async fn a_flow_that_somebody_edits_and_publishes_at_meta_is_shown_with_its_differences_and_sent_as_no_revision_of_ours() {
    let talk = Talk::begun().await;
    let ours: Value = serde_json::from_str(FLOW).unwrap();
    let created = talk.post("/flows", json!({ "name": "lead", "categories": ["LEAD_GENERATION"], "flow_json": ours })).await;
    let flow = created["id"].as_str().unwrap().to_owned();
    talk.post(&format!("/flows/{flow}/publish"), json!({})).await;
    let mut theirs = ours.clone();
    theirs["screens"][0]["title"] = json!("Hello there");
    let meta = talk.get(&format!("/flows/{flow}")).await["at_meta"]["flow_id"].as_str().unwrap().to_owned();
    assert_eq!(talk.fill_in(&flow).await, (json!("Hello"), json!(1)), "ours");

    // For now Meta does not say what it has, only that it was published. Its webhooks tell whole seconds.
    let unseen = json!([{ "call": "flows", "code": 4, "times": 1000 }]);
    talk.stage.sim(Method::PUT, "/graph/faults", Some(unseen)).await;
    talk.stage.clock.advance(TimeDelta::seconds(2));
    talk.stage.sim(Method::PUT, &format!("/flows/{meta}/assets"), Some(theirs.clone())).await;
    talk.stage.clock.advance(TimeDelta::seconds(2));
    talk.stage.sim(Method::POST, &format!("/flows/{meta}/status"), Some(json!({ "status": "PUBLISHED" }))).await;
    let published = async || talk.get(&format!("/flows/{flow}")).await["published_revision"].clone();
    talk.stage.until("its publication is heard of", async || published().await == 0).await;
    assert_eq!(talk.fill_in(&flow).await, (json!("Hello there"), json!(0)), "before anybody has looked");
    assert_eq!(talk.get(&format!("/flows/{flow}")).await["at_meta"]["state"], "in_sync");
    talk.stage.sim(Method::PUT, "/graph/faults", Some(json!([]))).await;

    let mut found = Vec::new();
    for _ in 0..2 {
        talk.post("/flows/sync", json!({})).await;
        let shown = talk.get(&format!("/flows/{flow}")).await;
        assert_eq!(shown["at_meta"]["state"], "drifted", "{shown}");
        assert!(shown["drift"].to_string().contains("/screens/0/title"), "{}", shown["drift"]);
        found.push(shown["drift"]["meta_sha256"].clone());
        assert_eq!(talk.get(&format!("/flows/{flow}/json")).await, ours, "nor here");
    }
    assert!(found[0].is_string() && found[0] == found[1], "what Meta has is not overwritten: {found:?}");
    assert_eq!(talk.fill_in(&flow).await, (json!("Hello there"), json!(0)), "found");
    talk.post(&format!("/flows/{flow}/drift"), json!({ "choice": "take_theirs" })).await;
    let shown = talk.get(&format!("/flows/{flow}")).await;
    assert_eq!((&shown["at_meta"]["state"], &shown["revision"]), (&json!("in_sync"), &json!(2)), "{shown}");
    assert_eq!(talk.get(&format!("/flows/{flow}/json")).await, theirs);
    assert_eq!(talk.fill_in(&flow).await, (json!("Hello there"), json!(2)), "taken over");

    // The name in Meta's pages is another matter than ours, and waits in the same way.
    talk.stage.sim(Method::PUT, &format!("/flows/{meta}/name"), Some(json!({ "name": "Leads of summer" }))).await;
    talk.post("/flows/sync", json!({})).await;
    let shown = talk.get(&format!("/flows/{flow}")).await;
    let names = json!({ "ours": format!("lead {flow}"), "theirs": "Leads of summer" });
    assert_eq!((&shown["at_meta"]["state"], &shown["drift"]["name"]), (&json!("drifted"), &names), "{shown}");
    talk.post(&format!("/flows/{flow}/drift"), json!({ "choice": "keep_ours" })).await;
    let held = talk.stage.sim(Method::GET, "/flows", None).await;
    assert_eq!(held["data"][0]["name"], names["ours"], "{held}");
    talk.finish().await;
}
