//! Who had a message sent: a person, a program or a bot, an agent. It is sent the same for all, and written down without being asked for.

use contract::{ContactId, ConversationEvent, Event, MessageId, Subject};
use e2e::Stage;
use projections::rebuild::{Options, Rebuild};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cast::Cast;

const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const PHONE: &str = "16505550142";

/// A key that the owner issues: what it is named in events, and its text.
async fn key(stage: &Stage, cast: &Cast, holder: &str) -> (String, String) {
    let path = format!("{}/v1/workspaces/{}/keys", stage.base, cast.workspace);
    let wanted = json!({ "name": "One", "scopes": ["conversations:read", "conversations:write"], "holder": holder });
    let issued: Value = stage.http.post(path).bearer_auth(&cast.owner.session).json(&wanted).send().await.unwrap().json().await.unwrap();
    let id = issued["id"].as_str().or(issued["key"]["id"].as_str()).unwrap_or_else(|| panic!("{issued}"));
    let name = if holder == "agent" { format!("agent:{id}") } else { id.to_owned() };
    (name, issued["secret"].as_str().unwrap().to_owned())
}

/// Somebody writes to the project's number.
async fn somebody(stage: &Stage, path: &str) -> ContactId {
    let message = json!({ "to": NUMBER, "type": "text", "text": "Hi!" });
    stage.sim(Method::POST, &format!("/phones/{PHONE}/messages"), Some(message)).await;
    let found = async || stage.call(Method::GET, &format!("{path}/contacts?phone=%2B{PHONE}"), None).await["data"][0].clone();
    stage.until("they are a contact who wrote", async || !found().await["last_inbound_at"].is_null()).await;
    found().await["id"].as_str().unwrap().parse().unwrap()
}

/// Who is named in the event that asked for a message.
async fn named(stage: &Stage, cast: &Cast, contact: ContactId, message: MessageId) -> Option<String> {
    let events = stage.journal.entity(&Subject::conversation(cast.project, contact)).await.unwrap();
    let asked = events.into_iter().find(|event| match ConversationEvent::decode(event).unwrap() {
        ConversationEvent::MessageRequested(requested) => requested.message == message,
        _another => false,
    });
    asked.unwrap().context.actor
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_message_sent_stands_in_its_event_its_row_and_the_answer() {
    let stage = Stage::start().await;
    let cast = Cast::gather(&stage).await;
    let path = format!("/v1/projects/{}", cast.project);
    stage.until("the project is ready", async || stage.call(Method::GET, &path, None).await["status"] == "ready").await;
    stage.sign_up(cast.project, NUMBER, WABA).await;
    let contact = somebody(&stage, &path).await;
    let platform = ("key_platform".to_owned(), stage.keys.api_key.expose().to_owned());
    let owner = (cast.owner.user.to_string(), cast.owner.session.clone());
    for (who, credentials) in [owner, key(&stage, &cast, "program").await, key(&stage, &cast, "agent").await, platform] {
        let text = format!("from {who}");
        let message = json!({ "type": "text", "text": { "body": text } });
        let request = stage.http.post(format!("{}{path}/contacts/{contact}/messages", stage.base)).bearer_auth(&credentials);
        let answer = request.header("idempotency-key", &who).json(&message).send().await.unwrap();
        assert_eq!(answer.status(), 202, "{who}");
        let id: MessageId = answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().parse().unwrap();
        let shown = async || {
            let request = stage.http.get(format!("{}{path}/messages/{id}", stage.base)).bearer_auth(&credentials);
            request.send().await.unwrap().json::<Value>().await.unwrap()
        };
        stage.until(&format!("{who} reads that it is delivered"), async || shown().await["status"]["status"] == "delivered").await;
        assert_eq!((&shown().await["sent_by"], &shown().await["text"]), (&json!(who), &json!(text)));
        let row = "SELECT sent_by FROM public.messages WHERE id = $1";
        let row: Option<String> = sqlx::query_scalar(row).bind(id.to_string()).fetch_one(&stage.tables(cast.project)).await.unwrap();
        assert_eq!((row.as_deref(), named(&stage, &cast, contact, id).await.as_deref()), (Some(&*who), Some(&*who)));
    }
    let nobody = "SELECT count(*) FROM public.messages WHERE direction = 'inbound' AND sent_by IS NULL";
    assert_eq!(stage.count(cast.project, nobody).await, 1, "what a person wrote was sent by nobody here");
    let rebuild = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default());
    let report = rebuild.verify(cast.project).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    stage.finish(0).await;
}
