//! A project that can send, somebody who wrote, templates, Flows and files; and how the API is asked to speak.

use axum::body::Body;
use axum::http::Method;
use chrono::{DateTime, Utc};
use contract::{
    ContactId, ConversationEvent, Event, FlowCreated, FlowEvent, FlowId, FlowLinked, FlowPublished, FlowStatusReported, FlowUploaded,
    HeardFrom, MediaEvent, MediaId, MediaUploaded, MessageReceived, NumberConnected, NumberOffered, OperationId, ProjectId, RawJson,
    Recorded, Stream, Subject, TemplateEvent, TemplateFound, TemplateId,
};
use futures::StreamExt;
use journal::{Expect, Filter, Range};
use serde_json::{Value, json};
use testbed::Answer;

use crate::fixture::{API_KEY, World, at, bsuid, contact, envelope, message_id, next_ulid, opened, phone, said, seen};

pub(crate) const NUMBER: &str = "207358419203847";
pub(crate) const WABA: &str = "104857392016384";

impl World {
    /// A project with a number that can send, and tables that follow.
    pub(crate) async fn speaking() -> (Self, ProjectId) {
        let world = Self::start().await;
        world.let_tables_follow();
        let project = world.project().await;
        world.tell_project(project, vec![number_offered().into(), number_connected().into()]).await;
        (world, project)
    }

    /// The first contact, who wrote at second 1 in the first conversation.
    pub(crate) async fn somebody(&self, project: ProjectId) -> ContactId {
        let identities = vec![bsuid("US.1"), phone("16505550142")];
        self.say(project, contact(1), vec![seen(identities, Some("16505550142"), 0), opened(1, Some("ordering"), 0), received(1)]).await;
        contact(1)
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.server.ask(method, path, headers, Some(body)).await
    }

    /// With a body that may be no JSON.
    pub(crate) async fn ask_raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let request = testbed::request(API_KEY, method, path, headers, Some(&Value::Null)).map(|_| Body::from(body));
        Answer::to(self.server.router.clone(), request).await
    }

    /// Sends to a contact. The tables show it then; the answer alone may come before that.
    pub(crate) async fn send(&self, project: ProjectId, to: ContactId, key: &str, message: &Value) -> Answer {
        let path = format!("/v1/projects/{project}/contacts/{to}/messages");
        let answer = self.ask(Method::POST, &path, &[("idempotency-key", key)], message).await;
        self.catch_up(project).await;
        answer
    }

    /// Only checks whether it could be sent.
    pub(crate) async fn try_send(&self, project: ProjectId, to: ContactId, message: &Value) -> Answer {
        self.ask(Method::POST, &format!("/v1/projects/{project}/contacts/{to}/messages?dry_run=true"), &[], message).await
    }

    /// Shows the `n`th message as read.
    pub(crate) async fn mark_read(&self, project: ProjectId, n: u64, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/projects/{project}/messages/{}/read", message_id(n));
        self.ask(Method::POST, &path, &[("idempotency-key", key)], body).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &[], &body).await
    }

    /// Every event of a contact.
    pub(crate) async fn log(&self, project: ProjectId, of: ContactId) -> Vec<(Recorded, ConversationEvent)> {
        let filter = Filter::subjects([Subject::conversation(project, of).as_str()]);
        let events = self.journal.replay(Stream::Conversation, Range::ALL, filter);
        let decoded = events.map(|event| {
            let event = event.expect("an event");
            let fact = ConversationEvent::decode(&event).expect("a fact");
            (event, fact)
        });
        decoded.collect().await
    }

    /// The short types of every event of a contact.
    pub(crate) async fn types(&self, project: ProjectId, of: ContactId) -> Vec<String> {
        let log = self.log(project, of).await;
        log.iter().map(|(event, _)| event.event_type.as_str().split('.').nth(1).expect("a type").to_owned()).collect()
    }

    /// Meta has a template.
    pub(crate) async fn template(&self, project: ProjectId, status: &str, definition: &Value) -> TemplateId {
        let text = |name: &str| definition[name].as_str().expect("text").to_owned();
        let id = TemplateId::of_name(project, WABA, &text("name"), &text("language"));
        let found = TemplateFound {
            template_id: "987".into(),
            waba_id: WABA.into(),
            name: text("name"),
            language: text("language"),
            category: text("category"),
            status: status.into(),
            definition: RawJson::parse(&definition.to_string()).expect("json"),
        };
        self.tell_template(project, id, found.into()).await;
        id
    }

    pub(crate) async fn tell_template(&self, project: ProjectId, id: TemplateId, fact: TemplateEvent) {
        self.journal.append(&Subject::template(project, id), Expect::Any, vec![envelope(fact)]).await.expect("appended");
    }

    /// A Flow with a published first revision.
    pub(crate) async fn flow(&self, project: ProjectId, name: &str, meta_id: &str) -> FlowId {
        let id = FlowId::of_name(project, name);
        let created = FlowCreated { name: name.into(), categories: vec!["OTHER".into()], endpoint_uri: None };
        let linked = FlowLinked { flow_id: meta_id.into(), waba_id: WABA.into(), meta_sha256: None };
        let published = FlowPublished { revision: 1 }.into();
        self.tell_flow(project, id, vec![created.into(), linked.into(), uploaded(1), published, flow_status("PUBLISHED")]).await;
        id
    }

    pub(crate) async fn tell_flow(&self, project: ProjectId, id: FlowId, facts: Vec<FlowEvent>) {
        let events = facts.into_iter().map(envelope).collect();
        self.journal.append(&Subject::flow(project, id), Expect::Any, events).await.expect("appended");
    }

    pub(crate) async fn file(&self, project: ProjectId, kind: &str, mime_type: &str, size_bytes: u64) -> MediaId {
        let id = MediaId::from_ulid(next_ulid());
        let uploaded =
            MediaUploaded { kind: kind.into(), mime_type: mime_type.into(), size_bytes, sha256: "ab".into(), name: Some("a file".into()) };
        self.tell_media(project, id, uploaded.into()).await;
        id
    }

    pub(crate) async fn tell_media(&self, project: ProjectId, id: MediaId, fact: MediaEvent) {
        self.journal.append(&Subject::media(project, id), Expect::Any, vec![envelope(fact)]).await.expect("appended");
    }
}

pub(crate) fn number_offered() -> NumberOffered {
    NumberOffered {
        operation: OperationId::from_ulid(next_ulid()),
        phone_number_id: NUMBER.into(),
        waba_id: WABA.into(),
        coexistence: false,
        sealed_token: "sealed".into(),
        sealed_pin: "sealed".into(),
    }
}

pub(crate) fn number_connected() -> NumberConnected {
    NumberConnected { phone_number_id: NUMBER.into(), waba_id: Some(WABA.into()), display_phone_number: None }
}

pub(crate) fn uploaded(revision: u32) -> FlowEvent {
    let validation_errors = RawJson::parse("[]").expect("json");
    FlowUploaded { revision, sha256: "ab".into(), meta_sha256: "ab".into(), validation_errors }.into()
}

pub(crate) fn flow_status(status: &str) -> FlowEvent {
    FlowStatusReported { status: status.into(), heard_from: HeardFrom::Webhook, warning: None, at: at(0) }.into()
}

/// A message of the contact's at a second, the `n`th.
pub(crate) fn received(n: u64) -> ConversationEvent {
    MessageReceived(said(n, 1, n as i64)).into()
}

pub(crate) fn hello() -> Value {
    json!({"type": "text", "text": {"body": "hello"}})
}

/// The time in an answer.
pub(crate) fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no time"))
}

/// The published examples of a kind, by name.
pub(crate) fn examples(kind: &str) -> Vec<(String, Value)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta").join(kind);
    let files = std::fs::read_dir(&folder).expect("a folder of examples").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("json"))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}
