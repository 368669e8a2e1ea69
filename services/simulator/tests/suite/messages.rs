//! Messages of a business: what Meta refuses, what it accepts, and what becomes of it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::ingress::SECRET;
use crate::meta::Meta;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";

async fn open_chat() -> (Meta, String) {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    meta.writes(ANA, NUMBER).await;
    meta.webhooks("messages").await;
    (meta, token)
}

fn text(body: &str) -> Value {
    json!({"type": "text", "text": {"body": body}})
}

#[tokio::test]
async fn the_token_must_be_one_of_the_numbers_account_and_the_number_registered() {
    let meta = Meta::new().await;
    let (ours, theirs) = (meta.token(NUMBER, "201").await, meta.token("102", "202").await);
    for (token, code) in [("", 190), ("made up", 190), (theirs.as_str(), 10), (ours.as_str(), 133_010)] {
        assert_eq!(meta.send(NUMBER, token, ANA, text("Hi")).await, Err(code), "{token}");
    }
    meta.subscribe("201", &ours).await.expect("subscribed");
    meta.register(NUMBER, &ours, "123456").await.expect("registered");
    assert!(meta.send(NUMBER, &ours, ANA, text("Hi")).await.is_ok());
    let (status, answer) = meta.ask("POST", &format!("/sim/graph/v20.0/{NUMBER}/messages"), &ours, Some(text("Hi"))).await;
    assert_eq!((status.as_u16(), answer["error"]["code"].as_i64()), (400, Some(2635)));
}

#[tokio::test]
async fn what_cannot_be_a_message_is_refused_with_metas_codes() {
    let (meta, token) = open_chat().await;
    let button = |title: &str| json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": title}}]}}});
    for (message, code) in [
        (json!({"type": "text"}), 131_008),
        (text(&"x".repeat(4_097)), 100),
        (json!({"type": "text", "text": {"body": "x", "colour": "red"}}), 100),
        (json!({"type": "telegram", "telegram": {}}), 131_009),
        (button(""), 131_009),
        (json!({"type": "image", "image": {"id": "12345"}}), 131_009),
        (json!({"type": "reaction", "reaction": {"message_id": "wamid.unknown", "emoji": "👍"}}), 131_009),
        (json!({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x".repeat(513)}), 100),
        (json!({"type": "text", "text": {"body": "x"}, "recipient_type": "group"}), 100),
        (json!({"type": "template", "template": {"name": "unknown", "language": {"code": "en_US"}}}), 132_001),
        (
            json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "77", "flow_cta": "Go"}}}}),
            131_009,
        ),
    ] {
        assert_eq!(meta.send(NUMBER, &token, ANA, message.clone()).await, Err(code), "{message}");
    }
    let dialled = meta.sim("GET", "numbers", None).await["data"][0]["display_phone_number"].as_str().expect("a number").to_owned();
    assert_eq!(meta.send(NUMBER, &token, &dialled, text("Hi")).await, Err(131_021));
    assert_eq!(meta.sim("GET", "received", None).await["count"], 0);
}

#[tokio::test]
async fn statuses_come_when_the_rules_say_and_echo_the_data() {
    let (meta, token) = open_chat().await;
    meta.sim("PUT", "rules", Some(json!({"sent_ms": 1_000, "delivered_ms": 2_000, "read_ms": 3_000}))).await;
    let mut message = text("Hello");
    message["biz_opaque_callback_data"] = json!("job=7");
    let wamid = meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
    let tick = async || meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["data"][1]["tick"].clone();
    assert_eq!((meta.statuses().await.len(), tick().await), (0, json!("accepted")));
    for (after_ms, name) in [(1_000, "sent"), (2_000, "delivered"), (3_000, "read")] {
        meta.stage.clock.advance(TimeDelta::milliseconds(after_ms - 1));
        assert_eq!(meta.statuses().await.len(), 0, "before {name}");
        meta.stage.clock.advance(TimeDelta::milliseconds(1));
        let statuses = meta.statuses().await;
        assert_eq!(statuses.len(), 1, "{name}");
        assert_eq!((&statuses[0].0, statuses[0].1.as_str()), (&wamid, name));
        assert_eq!(statuses[0].2["biz_opaque_callback_data"], "job=7");
        assert_eq!(tick().await, json!(name));
    }
    let received = meta.sim("GET", "received?biz_opaque_callback_data=job%3D7", None).await;
    assert_eq!(received["data"][0]["wamid"], json!(wamid));
    assert_eq!((&received["data"][0]["to"], &received["data"][0]["body"]), (&json!(ANA), &text("Hello")));
    assert_eq!((received["data"].as_array().expect("a list").len(), &received["repeated"]), (1, &json!([])));
}

#[tokio::test]
async fn what_cannot_arrive_fails_later_or_is_refused_at_once() {
    let (meta, token) = open_chat().await;
    for (to, hours, code) in [("16505550000", 0, 131_026), (ANA, 25, 131_047)] {
        meta.stage.clock.advance(TimeDelta::hours(hours));
        meta.sim("PUT", "rules", Some(json!({}))).await;
        let wamid = meta.send(NUMBER, &token, to, text("Hi")).await.expect("accepted");
        let statuses = meta.statuses().await;
        assert_eq!(statuses.len(), 1, "{code}");
        assert_eq!((&statuses[0].0, statuses[0].1.as_str(), &statuses[0].2["errors"][0]["code"]), (&wamid, "failed", &json!(code)));
        meta.sim("PUT", "rules", Some(json!({"refuse_at_once": true}))).await;
        assert_eq!(meta.send(NUMBER, &token, to, text("Hi")).await, Err(code));
    }
    meta.sim("PUT", "rules", Some(json!({"everybody": true, "always_open": true}))).await;
    assert!(meta.send(NUMBER, &token, "16505550000", text("Hi")).await.is_ok());
    assert_eq!(meta.sim("GET", "received", None).await["count"], 1);
}

#[tokio::test]
async fn a_number_sends_so_many_in_a_second() {
    let (meta, token) = open_chat().await;
    meta.sim("PUT", "rules", Some(json!({"pair_burst": 0, "throughput": 5}))).await;
    for _ in 0..5 {
        assert!(meta.send(NUMBER, &token, ANA, text("Hi")).await.is_ok());
    }
    assert_eq!(meta.send(NUMBER, &token, ANA, text("Hi")).await, Err(130_429));
    meta.stage.clock.advance(TimeDelta::milliseconds(200));
    assert!(meta.send(NUMBER, &token, ANA, text("Hi")).await.is_ok());
    assert_eq!(meta.send(NUMBER, &token, ANA, text("Hi")).await, Err(130_429));
}

#[tokio::test]
async fn a_number_that_is_in_use_in_the_app_too_sends_twenty_in_a_second() {
    let meta = Meta::new().await;
    let popup = json!({"phone_number_id": NUMBER, "waba_id": "201", "event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"});
    let token = meta.exchange(&meta.sign_up(popup).await, SECRET).await.expect("a token");
    meta.writes(ANA, NUMBER).await;
    for (throughput, taken) in [(5, 5), (80, 20), (0, 40)] {
        meta.stage.clock.advance(TimeDelta::minutes(1));
        meta.sim("PUT", "rules", Some(json!({"pair_burst": 0, "throughput": throughput}))).await;
        for number in 0..taken {
            assert!(meta.send(NUMBER, &token, ANA, text("Hi")).await.is_ok(), "{number} of {taken} at {throughput}");
        }
        if throughput > 0 {
            assert_eq!(meta.send(NUMBER, &token, ANA, text("Hi")).await, Err(130_429), "after {taken} at {throughput}");
        }
    }
}

#[tokio::test]
async fn one_person_is_sent_a_burst_and_then_one_in_six_seconds() {
    let (meta, token) = open_chat().await;
    meta.writes("16505550143", NUMBER).await;
    for _ in 0..45 {
        assert!(meta.send(NUMBER, &token, ANA, text("Hi")).await.is_ok());
    }
    assert_eq!(meta.send(NUMBER, &token, ANA, text("Hi")).await, Err(131_056));
    assert!(meta.send(NUMBER, &token, "16505550143", text("Hi")).await.is_ok(), "another person is another pair");
    meta.stage.clock.advance(TimeDelta::seconds(6));
    assert!(meta.send(NUMBER, &token, ANA, text("Hi")).await.is_ok());
    assert_eq!(meta.send(NUMBER, &token, ANA, text("Hi")).await, Err(131_056));
}

#[tokio::test]
async fn a_reaction_yields_sent_alone_and_reaches_back_thirty_days() {
    let (meta, token) = open_chat().await;
    let wamid = meta.writes(ANA, NUMBER).await;
    let react = |emoji: &str| json!({"type": "reaction", "reaction": {"message_id": wamid, "emoji": emoji}});
    meta.webhooks("messages").await;
    assert!(meta.send(NUMBER, &token, ANA, react("👍")).await.is_ok());
    let names: Vec<String> = meta.statuses().await.into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["sent"]);
    let chat = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await;
    assert_eq!((chat["data"].as_array().expect("a list").len(), &chat["data"][1]["business_reaction"]), (2, &json!("👍")));
    meta.stage.clock.advance(TimeDelta::days(30) + TimeDelta::seconds(1));
    meta.writes(ANA, NUMBER).await;
    assert_eq!(meta.send(NUMBER, &token, ANA, react("")).await, Err(131_009));
}

#[tokio::test]
async fn reading_marks_what_came_before_and_typing_ends_with_the_answer() {
    let (meta, token) = open_chat().await;
    let second = meta.writes(ANA, NUMBER).await;
    meta.writes(ANA, NUMBER).await;
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": second, "typing_indicator": {"type": "text"}});
    let path = format!("/{NUMBER}/messages");
    assert_eq!(meta.graph("POST", &path, &token, Some(read)).await, Ok(json!({"success": true})));
    let chat = async || meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await;
    let shown = chat().await;
    let ticks: Vec<&Value> = shown["data"].as_array().expect("a list").iter().map(|bubble| &bubble["tick"]).collect();
    assert_eq!((ticks[0], ticks[1], ticks[2] == "read"), (&json!("read"), &json!("read"), false));
    assert_eq!(shown["typing"], true);
    meta.send(NUMBER, &token, ANA, text("Yes?")).await.expect("accepted");
    assert_eq!(chat().await["typing"], false);
}

#[tokio::test]
async fn what_a_person_wrote_is_marked_as_read_for_thirty_days_and_nothing_else_is() {
    let (meta, token) = open_chat().await;
    let other = meta.business("102", "202").await;
    let theirs = meta.writes(ANA, NUMBER).await;
    let ours = meta.send(NUMBER, &token, ANA, text("Yes?")).await.expect("accepted");
    let mark = async |number: &str, token: &str, wamid: &str| {
        let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
        meta.graph("POST", &format!("/{number}/messages"), token, Some(read)).await.err()
    };
    for (number, token, wamid, refused) in
        [(NUMBER, &token, &theirs, None), ("102", &other, &theirs, Some(100)), (NUMBER, &token, &ours, Some(100))]
    {
        assert_eq!(mark(number, token, wamid).await, refused, "{wamid} by {number}");
    }
    assert_eq!(mark(NUMBER, &token, "wamid.unknown").await, Some(100));
    meta.stage.clock.advance(TimeDelta::days(30));
    assert_eq!(mark(NUMBER, &token, &theirs).await, None);
    meta.stage.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(mark(NUMBER, &token, &theirs).await, Some(100));
}

#[tokio::test]
async fn a_user_id_will_do_and_a_hidden_number_stays_hidden() {
    let (meta, token) = open_chat().await;
    let person = meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({"hidden": true}))).await;
    let mut body = text("Hi");
    (body["messaging_product"], body["recipient"]) = (json!("whatsapp"), person["user_id"].clone());
    let answer = meta.graph("POST", &format!("/{NUMBER}/messages"), &token, Some(body)).await.expect("accepted");
    assert_eq!(answer["contacts"], json!([{"input": person["user_id"], "user_id": person["user_id"]}]));
    let statuses = meta.statuses().await;
    assert!(statuses.len() == 2 && statuses.iter().all(|(_, _, status)| status["recipient_id"].is_null()), "{statuses:?}");
}

#[tokio::test]
async fn thousands_of_deliveries_can_be_counted() {
    let (meta, token) = open_chat().await;
    meta.sim("PUT", "rules", Some(json!({"throughput": 0, "pair_burst": 0}))).await;
    for number in 0..2_500 {
        let mut message = text("Hi");
        message["biz_opaque_callback_data"] = json!(format!("job={}", number % 2_499));
        meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
    }
    let (mut after, mut counted) = (0, 0);
    loop {
        let page = meta.sim("GET", &format!("received?after={after}&limit=1000"), None).await;
        let entries = page["data"].as_array().expect("a list").clone();
        let Some(last) = entries.last() else { break };
        counted += entries.len();
        after = last["number"].as_u64().expect("a number");
        assert_eq!(page["repeated"], json!([{"biz_opaque_callback_data": "job=0", "times": 2}]));
    }
    assert_eq!(counted, 2_500);
}
