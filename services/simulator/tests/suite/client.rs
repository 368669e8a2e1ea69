//! The platform's own client of the Graph API against the simulated one: what one asks, the other understands.

use serde_json::json;
use whatsapp::graph::{Error, Graph, Settings, Token};
use whatsapp::{PhoneNumberId, WabaId, Wamid};

use crate::command_line::served;
use crate::flows::flow_json;
use crate::ingress::SECRET;
use crate::meta::{APP, Meta};

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const WABA: &str = "201";

struct Business {
    meta: Meta,
    graph: Graph,
    token: Token,
    number: PhoneNumberId,
    waba: WabaId,
}

async fn business() -> Business {
    let meta = Meta::new().await;
    let token = Token::new(meta.business(NUMBER, WABA).await);
    let url = format!("{}/sim/graph/v26.0", served(&meta.stage).await);
    let graph = Graph::new(Settings { url, app_id: APP.to_owned(), app_secret: Token::new(SECRET.to_owned()) }).expect("a client");
    let (number, waba) = (PhoneNumberId::parse(NUMBER).expect("digits"), WabaId::parse(WABA).expect("digits"));
    Business { meta, graph, token, number, waba }
}

#[tokio::test]
async fn messages_and_what_is_refused() {
    let Business { meta, graph, token, number, .. } = business().await;
    let said = meta.writes(ANA, NUMBER).await;
    let body = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": format!("+{ANA}"), "type": "text",
        "text": {"body": "Hello"}, "biz_opaque_callback_data": "job=1"});
    let sent = graph.send_message(&token, &number, &body, || true).await.expect("sent");
    assert_eq!(sent.wa_id.as_deref(), Some(ANA));
    assert_eq!(meta.sim("GET", "received", None).await["data"][0]["wamid"], json!(sent.wamid));
    graph.mark_read(&token, &number, &Wamid::parse(&said).expect("an id"), true).await.expect("read");
    let faults = json!([{"call": "send_message", "lose_answer": true}, {"call": "send_message", "code": 130_429}, {"call": "send_message", "http_status": 502}]);
    meta.sim("PUT", "graph/faults", Some(faults)).await;
    let lost = graph.send_message(&token, &number, &body, || true).await.expect_err("no answer");
    assert!(!lost.proves_unsent() && meta.sim("GET", "received", None).await["count"] == 2, "{lost:?}");
    let refused = graph.send_message(&token, &number, &body, || true).await.expect_err("refused");
    assert!(refused.code() == Some(130_429) && refused.proves_unsent(), "{refused:?}");
    let proxy = graph.send_message(&token, &number, &body, || true).await.expect_err("no answer of Meta's");
    assert_eq!(proxy.code(), None, "{proxy:?}");
    assert_eq!(meta.sim("GET", "received", None).await["count"], 2);
}

#[tokio::test]
async fn files_there_and_back() {
    let Business { meta, graph, token, number, .. } = business().await;
    let id = graph.upload_media(&token, &number, "a b.pdf", "application/pdf", b"%PDF-\r\n\0".to_vec()).await.expect("an id");
    let facts = graph.media(&token, &id, &number).await.expect("facts");
    assert_eq!((facts.mime_type.as_deref(), facts.file_size), (Some("application/pdf"), Some(8)));
    assert_eq!(graph.download(&token, &facts.url, 8).await.expect("bytes"), b"%PDF-\r\n\0");
    assert!(matches!(graph.download(&token, &facts.url, 7).await, Err(Error::TooLarge { bytes_max: 7 })));
    meta.stage.clock.advance(chrono::TimeDelta::minutes(6));
    assert!(matches!(graph.download(&token, &facts.url, 8).await, Err(Error::Expired)));
    graph.delete_media(&token, &id, &number).await.expect("deleted");
    assert!(graph.media(&token, &id, &number).await.is_err());
}

#[tokio::test]
async fn a_flows_whole_life() {
    let Business { graph, token, waba, .. } = business().await;
    let categories = ["SURVEY".to_owned()];
    let made = graph.create_flow(&token, &waba, "Survey", &categories, None).await.expect("created");
    assert_eq!(graph.flow_json(&token, &made.id).await.expect("none"), b"");
    let errors = graph.upload_flow_json(&token, &made.id, b"{}".to_vec()).await.expect("kept");
    assert!(!errors.is_empty());
    assert_eq!(graph.publish_flow(&token, &made.id).await.expect_err("errors").code(), Some(139_002));
    let json = flow_json("First").into_bytes();
    assert_eq!(graph.upload_flow_json(&token, &made.id, json.clone()).await.expect("kept"), Vec::<serde_json::Value>::new());
    assert_eq!(graph.flow_json(&token, &made.id).await.expect("bytes"), json);
    graph.update_flow(&token, &made.id, Some("Survey 2"), None, None).await.expect("renamed");
    graph.publish_flow(&token, &made.id).await.expect("published");
    let flow = graph.flow(&token, &made.id).await.expect("facts");
    assert_eq!(
        (flow.name.as_deref(), flow.status.as_deref(), flow.json_version.as_deref()),
        (Some("Survey 2"), Some("PUBLISHED"), Some("6.0"))
    );
    assert!(flow.updated_at.is_some() && flow.preview_url.is_some() && flow.health_status.is_some(), "{flow:?}");
    let (first, second) = (graph.flow_preview(&token, &made.id, false).await, graph.flow_preview(&token, &made.id, true).await);
    assert_ne!(first.expect("a link").url, second.expect("a link").url);
    for number in 0..120 {
        graph.create_flow(&token, &waba, &format!("Copy {number}"), &categories, Some(&made.id)).await.expect("cloned");
    }
    assert_eq!(graph.flows(&token, &waba).await.expect("all").len(), 121);
    graph.deprecate_flow(&token, &made.id).await.expect("deprecated");
    assert_eq!(graph.delete_flow(&token, &made.id).await.expect_err("no draft").code(), Some(139_004));
}

#[tokio::test]
async fn a_templates_whole_life() {
    let Business { meta, graph, token, waba, .. } = business().await;
    let draft =
        json!({"name": "hello", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hello there."}]});
    let made = graph.create_template(&token, &waba, &draft).await.expect("created");
    assert_eq!((made.status.as_deref(), made.category.as_deref()), (Some("PENDING"), Some("UTILITY")));
    meta.sim("POST", &format!("templates/{}/decision", made.id), Some(json!({"verdict": "approve"}))).await;
    let listed = graph.templates(&token, &waba).await.expect("all");
    assert_eq!((listed.len(), listed[0].status.as_deref(), listed[0].language.as_str()), (1, Some("APPROVED"), "en_US"));
    let components = json!({"components": [{"type": "BODY", "text": "Hello again."}]});
    graph.edit_template(&token, &made.id, &components).await.expect("changed");
    let shown = graph.template(&token, &made.id).await.expect("facts");
    assert_eq!((shown.status.as_deref(), &shown.components), (Some("PENDING"), &components["components"]));
    meta.sim("POST", &format!("templates/{}/decision", made.id), Some(json!({"verdict": "approve"}))).await;
    meta.sim("POST", &format!("templates/{}/decision", made.id), Some(json!({"verdict": "pause_for_rate"}))).await;
    graph.unpause_template(&token, &made.id).await.expect("unpaused");
    graph.delete_template(&token, &waba, "hello", Some(&made.id)).await.expect("deleted");
    assert_eq!(graph.templates(&token, &waba).await.expect("all").len(), 0);
}
