//! Templates: created, reviewed, used, paused, changed, deleted.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::meta::Meta;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const WABA: &str = "201";

pub(crate) fn draft(name: &str, category: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": category, "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["17"]}},
        {"type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way.", "example": {"body_text": [["Ana", "17"]]}},
        {"type": "FOOTER", "text": "Thank you"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Where is it?"},
            {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}", "example": ["https://shop.example/t/17"]},
        ]},
    ]})
}

pub(crate) async fn create(meta: &Meta, token: &str, draft: Value) -> Result<String, i64> {
    let answer = meta.graph("POST", &format!("/{WABA}/message_templates"), token, Some(draft)).await?;
    Ok(answer["id"].as_str().expect("an id").to_owned())
}

pub(crate) async fn decide(meta: &Meta, id: &str, decision: Value) {
    meta.sim("POST", &format!("templates/{id}/decision"), Some(decision)).await;
}

fn used(name: &str, body: &[&str]) -> Value {
    let text = |text: &&str| json!({"type": "text", "text": text});
    json!({"type": "template", "template": {"name": name, "language": {"code": "en_US"}, "components": [
        {"type": "header", "parameters": [{"type": "text", "text": "17"}]},
        {"type": "body", "parameters": body.iter().map(text).collect::<Vec<_>>()},
        {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "WHERE"}]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "17"}]},
    ]}})
}

#[tokio::test]
async fn a_template_is_sendable_once_it_is_approved_and_is_shown_filled_in() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({}))).await;
    let id = create(&meta, &token, draft("on_its_way", "UTILITY")).await.expect("created");
    let message = || used("on_its_way", &["Ana", "17"]);
    assert_eq!(meta.send(NUMBER, &token, ANA, message()).await, Err(132_001), "pending");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    assert_eq!(meta.send(NUMBER, &token, ANA, used("on_its_way", &["Ana"])).await, Err(132_000));
    assert_eq!(meta.send(NUMBER, &token, ANA, used("on_its_way", &["A".repeat(1_000).as_str(), "17"])).await, Err(132_005));
    let wamid = meta.send(NUMBER, &token, ANA, message()).await.expect("no window is needed");
    let bubble = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["data"][0].clone();
    assert_eq!((&bubble["header"], &bubble["footer"]), (&json!("Order 17"), &json!("Thank you")));
    assert_eq!(bubble["text"], "Hello Ana, your order 17 is on its way.");
    assert_eq!((&bubble["choices"][0]["id"], &bubble["choices"][1]["id"]), (&json!("WHERE"), &json!("https://shop.example/t/17")));
    meta.webhooks("messages").await;
    meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/taps"), Some(json!({"wamid": wamid, "title": "Where is it?"}))).await;
    let reply = meta.webhooks("messages").await.remove(0)["messages"][0].clone();
    assert_eq!((&reply["button"], &reply["context"]["id"]), (&json!({"payload": "WHERE", "text": "Where is it?"}), &json!(wamid)));
    for (verdict, code) in [("pause", 132_015), ("disable", 132_016)] {
        decide(&meta, &id, json!({"verdict": verdict})).await;
        assert_eq!(meta.send(NUMBER, &token, ANA, message()).await, Err(code));
    }
}

#[tokio::test]
async fn a_code_is_shown_in_metas_words_and_copied() {
    const LOGIN_CODE: &str = include_str!("../../../../schemas/meta/templates/login_code.json");
    const MESSAGE: &str = include_str!("../../../../schemas/meta/outbound/template-authentication.json");
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({}))).await;
    let id = create(&meta, &token, serde_json::from_str(LOGIN_CODE).expect("JSON")).await.expect("created");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    let wamid = meta.send(NUMBER, &token, ANA, serde_json::from_str(MESSAGE).expect("JSON")).await.expect("accepted");
    let bubble = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["data"][0].clone();
    assert_eq!(bubble["text"], "482913 is your verification code. For your security, do not share this code.");
    assert_eq!(bubble["footer"], "This code expires in 10 minutes.");
    let copied = meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/taps"), Some(json!({"wamid": wamid, "title": "Copy code"}))).await;
    assert_eq!(copied, json!({"did": "opened", "what": "copy_code", "value": "482913"}));
}

#[tokio::test]
async fn what_a_template_offers_beside_replies_can_be_tapped() {
    const OFFERS: [(&str, &str, &[&str]); 4] = [
        (
            include_str!("../../../../schemas/meta/templates/call_us.json"),
            include_str!("../../../../schemas/meta/outbound/template-voice-call.json"),
            &["call", "contacts"],
        ),
        (
            include_str!("../../../../schemas/meta/templates/new_plants.json"),
            include_str!("../../../../schemas/meta/outbound/template-catalog.json"),
            &["order"],
        ),
        (
            include_str!("../../../../schemas/meta/templates/picked_for_you.json"),
            include_str!("../../../../schemas/meta/outbound/template-products.json"),
            &["order"],
        ),
        (
            include_str!("../../../../schemas/meta/templates/back_in_stock.json"),
            include_str!("../../../../schemas/meta/outbound/template-header-product.json"),
            &["order"],
        ),
    ];
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({}))).await;
    for (draft, message, answers) in OFFERS {
        let id = create(&meta, &token, serde_json::from_str(draft).expect("JSON")).await.expect("created");
        decide(&meta, &id, json!({"verdict": "approve"})).await;
        let wamid = meta.send(NUMBER, &token, ANA, serde_json::from_str(message).expect("JSON")).await.expect("accepted");
        let chat = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await;
        let bubble = chat["data"].as_array().expect("a list").iter().find(|bubble| bubble["wamid"] == wamid.as_str()).expect("it is shown");
        let choices = bubble["choices"].as_array().expect("a list");
        assert_eq!(choices.iter().map(|choice| choice["answer"].as_str().expect("text")).collect::<Vec<_>>(), answers, "{bubble}");
        for (index, choice) in choices.iter().enumerate() {
            assert!(choice["title"] != "" && (choice["answer"] != "order" || choice["id"] == "aloe-12"), "{bubble}");
            let on = json!({"wamid": wamid, "choice": index});
            let tapped = meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/taps"), Some(on)).await;
            assert_eq!(tapped["did"], "answered", "{bubble}");
        }
    }
}

#[tokio::test]
async fn a_product_on_a_card_is_ordered_from_its_catalogue() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({}))).await;
    let card = json!({"components": [
        {"type": "HEADER", "format": "PRODUCT"},
        {"type": "BUTTONS", "buttons": [{"type": "SPM", "text": "View"}]},
    ]});
    let draft = json!({"name": "plants", "language": "en_US", "category": "MARKETING", "components": [
        {"type": "BODY", "text": "New plants are here."},
        {"type": "CAROUSEL", "cards": [card, card]},
    ]});
    let id = create(&meta, &token, draft).await.expect("created");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    let given = |index: usize, product: &str| {
        let product = json!({"product_retailer_id": product, "catalog_id": "367025965434465"});
        json!({"card_index": index, "components": [{"type": "header", "parameters": [{"type": "product", "product": product}]}]})
    };
    let message = json!({"type": "template", "template": {"name": "plants", "language": {"code": "en_US"}, "components": [
        {"type": "carousel", "cards": [given(0, "aloe-12"), given(1, "fern-18")]},
    ]}});
    let wamid = meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
    let on = json!({"wamid": wamid, "id": "fern-18"});
    meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/taps"), Some(on)).await;
    let heard = meta.webhooks("messages").await;
    let order = heard.iter().find_map(|value| value["messages"].get(0)).expect("an order")["order"].clone();
    assert_eq!((&order["catalog_id"], &order["product_items"][0]["product_retailer_id"]), (&json!("367025965434465"), &json!("fern-18")));
}

#[tokio::test]
async fn marketing_fails_for_who_has_stopped_it() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("sale", "MARKETING")).await.expect("created");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/marketing"), Some(json!({"stop": true}))).await;
    meta.webhooks("messages").await;
    meta.send(NUMBER, &token, ANA, used("sale", &["Ana", "17"])).await.expect("accepted");
    assert_eq!(meta.statuses().await[0].2["errors"][0]["code"], 131_050);
    meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/marketing"), Some(json!({"stop": false}))).await;
    meta.send(NUMBER, &token, ANA, used("sale", &["Ana", "17"])).await.expect("accepted");
    let statuses = meta.statuses().await;
    assert!(statuses.len() == 2 && statuses[0].2["pricing"]["category"] == "marketing", "{statuses:?}");
}

#[tokio::test]
async fn an_account_writes_to_so_many_people_of_its_own_accord_in_a_day() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("order", "UTILITY")).await.expect("created");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    let rules = |limit: u32| json!({"everybody": true, "throughput": 0, "pair_burst": 0, "messaging_limit": limit});
    let send = async |to: &str| {
        meta.send(NUMBER, &token, to, used("order", &["Ana", "17"])).await.expect("accepted");
        let statuses = meta.statuses().await;
        statuses.iter().find(|(_, name, _)| name == "failed").map(|(_, _, status)| status["errors"][0]["code"].clone())
    };
    meta.sim("PUT", "rules", Some(rules(250))).await;
    meta.writes(ANA, NUMBER).await;
    meta.webhooks("messages").await;
    for person in 0..250 {
        assert_eq!(send(&format!("16505551{person:03}")).await, None, "{person}");
    }
    let (first, more) = ("16505551000", "16505551250");
    assert_eq!(send(more).await, Some(json!(131_064)));
    assert_eq!(send(first).await, None, "they count already");
    assert_eq!(send(ANA).await, None, "she has written");
    let mut at_once = rules(250);
    at_once["refuse_at_once"] = json!(true);
    meta.sim("PUT", "rules", Some(at_once)).await;
    assert_eq!(meta.send(NUMBER, &token, more, used("order", &["Ana", "17"])).await, Err(131_064));
    for (limit, tier) in [(2_000, "TIER_2K"), (0, "TIER_UNLIMITED"), (250, "TIER_250")] {
        meta.sim("PUT", "rules", Some(rules(limit))).await;
        let path = format!("/{NUMBER}?fields=whatsapp_business_manager_messaging_limit");
        let shown = meta.graph("GET", &path, &token, None).await.expect("facts");
        assert_eq!(shown["whatsapp_business_manager_messaging_limit"], tier);
    }
    meta.stage.clock.advance(TimeDelta::hours(24));
    assert_eq!(send(more).await, None, "a day later nobody counts");
    let (status, _) = meta.ask("PUT", "/sim/api/rules", "", Some(json!({"messaging_limit": 300}))).await;
    assert!(status.is_client_error(), "Meta has no such limit: {status}");
}

#[tokio::test]
async fn what_meta_decides_is_a_webhook_with_a_number_as_its_id() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("one", "UTILITY")).await.expect("created");
    let other = create(&meta, &token, draft("two", "UTILITY")).await.expect("created");
    decide(&meta, &id, json!({"verdict": "reject", "reason": "INVALID_FORMAT"})).await;
    decide(&meta, &other, json!({"verdict": "approve"})).await;
    let mut languages = Vec::new();
    for value in meta.webhooks("message_template_status_update").await {
        languages.push(value["message_template_language"].as_str().expect("a language").to_owned());
        assert!(value["message_template_id"].is_u64(), "{value}");
        let rejected = value["event"] == "REJECTED";
        assert_eq!(value["reason"], if rejected { "INVALID_FORMAT" } else { "NONE" });
        assert_eq!(value["rejection_info"].is_object(), rejected);
    }
    languages.sort();
    assert_eq!(languages, ["en-US", "en_US"]);
    decide(&meta, &other, json!({"verdict": "quality", "quality": "RED"})).await;
    decide(&meta, &other, json!({"verdict": "category_notice", "category": "MARKETING"})).await;
    decide(&meta, &other, json!({"verdict": "category", "category": "MARKETING"})).await;
    meta.stage.simulator.deliver_due().await;
    let bodies: Vec<Value> = meta.stage.ingress.bodies().iter().map(|body| serde_json::from_slice(body).expect("json")).collect();
    assert!(bodies.iter().all(|body| body["entry"][0]["time"].is_i64()), "{bodies:?}");
    let categories = meta.webhooks("template_category_update").await;
    assert_eq!(categories.iter().filter(|value| value["correct_category"] == "MARKETING" && value["new_category"] == "UTILITY").count(), 1);
    assert_eq!(
        categories.iter().filter(|value| value["previous_category"] == "UTILITY" && value["new_category"] == "MARKETING").count(),
        1
    );
    let shown = meta.graph("GET", &format!("/{other}?fields=quality_score,previous_category,status"), &token, None).await.expect("facts");
    assert_eq!(
        (&shown["quality_score"]["score"], &shown["previous_category"], &shown["id"]),
        (&json!("RED"), &json!("UTILITY"), &json!(other))
    );
}

#[tokio::test]
async fn a_review_takes_as_long_as_the_rules_say() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.sim("PUT", "rules", Some(json!({"review_ms": 60_000}))).await;
    create(&meta, &token, draft("one", "UTILITY")).await.expect("created");
    meta.stage.clock.advance(TimeDelta::milliseconds(59_999));
    assert_eq!(meta.webhooks("message_template_status_update").await.len(), 0);
    meta.stage.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(meta.webhooks("message_template_status_update").await[0]["event"], "APPROVED");
    meta.sim("PUT", "rules", Some(json!({"review_ms": 0, "review_rejects": "SCAM"}))).await;
    let bad = create(&meta, &token, draft("two", "UTILITY")).await.expect("created");
    assert_eq!(meta.webhooks("message_template_status_update").await[0]["reason"], "SCAM");
    let shown = meta.graph("GET", &format!("/{bad}?fields=status,rejected_reason"), &token, None).await;
    assert_eq!(shown, Ok(json!({"id": bad, "status": "REJECTED", "rejected_reason": "SCAM"})));
}

#[tokio::test]
async fn a_name_is_once_in_a_language_and_blocked_after_it_was_deleted() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("one", "UTILITY")).await.expect("created");
    assert_eq!(create(&meta, &token, draft("one", "UTILITY")).await, Err(100));
    let mut german = draft("one", "UTILITY");
    german["language"] = json!("de");
    let german = create(&meta, &token, german).await.expect("another language");
    let delete = async |query: &str| meta.graph("DELETE", &format!("/{WABA}/message_templates?{query}"), &token, None).await;
    assert_eq!(delete("").await, Err(100));
    assert_eq!(delete("name=unknown").await, Err(100));
    assert!(delete(&format!("name=one&hsm_id={german}")).await.is_ok());
    assert!(
        create(&meta, &token, {
            let mut again = draft("one", "UTILITY");
            again["language"] = json!("de");
            again
        })
        .await
        .is_ok(),
        "it was pending"
    );
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    assert!(delete("name=one").await.is_ok());
    assert_eq!(create(&meta, &token, draft("one", "UTILITY")).await, Err(100));
    meta.stage.clock.advance(TimeDelta::days(30));
    let again = create(&meta, &token, draft("one", "UTILITY")).await.expect("the name is free again");
    decide(&meta, &again, json!({"verdict": "approve"})).await;
    decide(&meta, &again, json!({"verdict": "disable"})).await;
    assert_eq!(delete("name=one").await, Err(100), "a disabled one stays");
}

#[tokio::test]
async fn an_approved_template_is_changed_once_a_day_and_reviewed_again() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("one", "UTILITY")).await.expect("created");
    let edit = async |body: Value| meta.graph("POST", &format!("/{id}"), &token, Some(body)).await;
    let components = || json!({"components": [{"type": "BODY", "text": "Another text."}]});
    assert_eq!(edit(components()).await, Err(100), "pending");
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    assert_eq!(edit(json!({"category": "MARKETING"})).await, Err(100));
    assert_eq!(edit(components()).await, Ok(json!({"success": true})));
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    assert_eq!(edit(components()).await, Err(100), "within a day");
    meta.stage.clock.advance(TimeDelta::hours(24));
    assert!(edit(components()).await.is_ok());
    decide(&meta, &id, json!({"verdict": "reject", "reason": "PROMOTIONAL"})).await;
    for _ in 0..3 {
        assert!(edit(components()).await.is_ok(), "a rejected one as often as one likes");
        decide(&meta, &id, json!({"verdict": "reject", "reason": "PROMOTIONAL"})).await;
    }
    let theirs = meta.business("102", "202").await;
    assert_eq!(meta.graph("POST", &format!("/{id}"), &theirs, Some(components())).await, Err(200));
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    for index in 0..5 {
        create(&meta, &token, draft(&format!("t_{index}"), "UTILITY")).await.expect("created");
    }
    let list = async |query: &str| meta.graph("GET", &format!("/{WABA}/message_templates?{query}"), &token, None).await;
    let (mut names, mut query) = (Vec::new(), "limit=2&fields=name".to_owned());
    loop {
        let page = list(&query).await.expect("a page");
        names.extend(page["data"].as_array().expect("a list").iter().map(|template| template["name"].as_str().expect("a name").to_owned()));
        let Some(next) = page["paging"]["next"].as_str() else { break };
        query = next.split_once('?').expect("a query").1.to_owned() + "&fields=name";
    }
    assert_eq!(names, ["t_0", "t_1", "t_2", "t_3", "t_4"]);
    assert_eq!(list("after=nonsense").await, Err(131_059));
    assert_eq!(list("limit=0").await, Err(100));
    assert_eq!(list("status=APPROVED").await, Ok(json!({"data": []})));
    assert_eq!(list("name=t_3&fields=name").await.expect("a page")["data"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn only_a_pause_for_the_rate_is_ended_by_the_business() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, draft("one", "UTILITY")).await.expect("created");
    let unpause = async || meta.graph("POST", &format!("/{id}/unpause"), &token, None).await;
    decide(&meta, &id, json!({"verdict": "approve"})).await;
    assert_eq!(unpause().await, Err(100));
    decide(&meta, &id, json!({"verdict": "pause"})).await;
    assert_eq!(unpause().await, Err(100));
    decide(&meta, &id, json!({"verdict": "resume"})).await;
    decide(&meta, &id, json!({"verdict": "pause_for_rate"})).await;
    assert_eq!(unpause().await, Ok(json!({"success": true})));
}

#[tokio::test]
async fn what_cannot_be_a_template_is_refused() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let with = |change: fn(&mut Value)| {
        let mut draft = draft("one", "UTILITY");
        change(&mut draft);
        draft
    };
    for wrong in [
        with(|draft| draft["name"] = json!("With Spaces")),
        with(|draft| draft["category"] = json!("NEWS")),
        with(|draft| draft["components"][1]["text"] = json!("{{1}} at the start")),
        with(|draft| draft["components"][1]["text"] = json!("x".repeat(1_025))),
        with(|draft| draft["components"][1]["example"] = Value::Null),
        with(|draft| draft["components"][2]["text"] = json!("x".repeat(61))),
        with(|draft| draft["components"][0] = json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::made-up"]}})),
        with(|draft| draft["components"][3]["buttons"] = json!([{"type": "FLOW", "text": "Go", "flow_id": "77"}])),
        json!({"name": "one", "language": "en_US", "category": "UTILITY", "library_template_name": "delivery_update_1"}),
    ] {
        assert_eq!(create(&meta, &token, wrong.clone()).await, Err(100), "{wrong}");
    }
}
