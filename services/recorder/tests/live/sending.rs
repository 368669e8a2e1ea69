//! Others write to the same contacts: who asks for messages to be sent, and who sends them.

use chassis::Clock;
use contract::{
    Address, ContactId, Context, ConversationEvent, ConversationId, Event, EventId, MessageAccepted, MessageId, MessageRequested,
    ProjectId, RawJson, SendStarted, Subject,
};
use journal::Expect;
use serde_json::json;
use sqlx::Row;

use crate::world::{World, wamid};

fn asked(n: u64) -> MessageId {
    MessageId::from_ulid(ulid::Ulid::from_parts(9, n.into()))
}

fn request(n: u64, conversation: ConversationId) -> ConversationEvent {
    let at = Clock::System.now();
    MessageRequested {
        message: asked(n),
        conversation,
        kind: "text".into(),
        text: Some("hello yourself".into()),
        reply_to: None,
        target: None,
        to: Address::WaId("16505550001".into()),
        template: None,
        flow: None,
        files: Vec::new(),
        digest: "00".into(),
        content: RawJson::parse("{}").unwrap(),
        at,
        expires_at: at,
    }
    .into()
}

fn accept(n: u64) -> ConversationEvent {
    let (message, wamid, at) = (asked(n), format!("wamid.out.{n}"), Clock::System.now());
    MessageAccepted { message, wamid, attempt: 1, held_as: None, settled_by_status: false, at }.into()
}

impl World {
    async fn append(&self, project: ProjectId, contact: ContactId, fact: ConversationEvent) {
        let id = EventId::derive_from_bytes(fact.event_type(), &[&contact.to_string()], &fact.encode());
        let event = fact.into_new(id, "/paige/sender", Clock::System.now(), Context::default());
        self.journal.append(&Subject::conversation(project, contact), Expect::Any, vec![event]).await.unwrap();
    }

    /// The contact that wrote first, and its conversation.
    async fn first(&self, project: ProjectId) -> (ContactId, ConversationId) {
        let first = async || {
            self.log(project).await.into_iter().find_map(|(event, fact)| match fact {
                ConversationEvent::ConversationOpened(opened) => Some((event.subject.contact_id()?, opened.conversation)),
                _another => None,
            })
        };
        testbed::found("somebody is known", first, Option::is_some).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_gets_along_with_somebody_who_writes_to_the_same_contact_all_the_time() {
    const MESSAGES: u32 = 60;
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    let (contact, conversation) = world.first(project).await;
    for n in 1..MESSAGES {
        world.message("1", 1, n).await;
        world.append(project, contact, request(n.into(), conversation)).await;
        let (message, at) = (asked(n.into()), Clock::System.now());
        world.append(project, contact, SendStarted { message, attempt: 1, phone_number_id: "1".into(), at }.into()).await;
        world.append(project, contact, accept(n.into())).await;
        let sent =
            json!({ "id": format!("wamid.out.{n}"), "status": "sent", "timestamp": "1790000100", "biz_opaque_callback_data": message });
        world.webhook("1", "messages", json!({ "statuses": [sent] })).await;
    }
    running.caught_up().await;
    assert_eq!(world.counts(project).await, (1, 1, i64::from(2 * MESSAGES - 1)));
    assert_eq!(world.said(project).await.into_values().collect::<Vec<_>>(), [(0..MESSAGES).map(|n| wamid(1, n)).collect::<Vec<_>>()]);
    let log = world.log(project).await;
    assert_eq!(log.len(), 3 + 5 * (MESSAGES as usize - 1), "nothing twice, nothing lost");
    let versions: Vec<u64> = log.iter().map(|(event, _)| event.sequence).collect();
    let query = "SELECT contact.version, conversation.message_count, (SELECT count(*) FROM public.messages WHERE status = 'sent')
                   FROM public.contacts AS contact, public.conversations AS conversation";
    let row = sqlx::query(query).fetch_one(&mut world.connection(project).await).await.unwrap();
    let counts: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(counts, (i64::try_from(*versions.last().unwrap()).unwrap(), i64::from(2 * MESSAGES - 1), i64::from(MESSAGES - 1)));
    testbed::end(&world.journal, running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_names_nobody_finds_the_message_that_was_sent_a_moment_ago() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    let (contact, conversation) = world.first(project).await;
    for n in 1..20 {
        world.append(project, contact, request(n, conversation)).await;
        // Half of them without their acceptance, which was lost, or with one under another id: it was sent twice.
        if n % 2 == 0 {
            world.append(project, contact, accept(n)).await;
        } else if n % 5 == 0 {
            let (message, wamid, at) = (asked(n), format!("wamid.another.{n}"), Clock::System.now());
            let accepted = MessageAccepted { message, wamid, attempt: 1, held_as: None, settled_by_status: false, at };
            world.append(project, contact, accepted.into()).await;
        }
        let named = if n % 3 == 0 { json!("16505559999") } else { json!(null) };
        let sent = json!({ "id": format!("wamid.out.{n}"), "status": "sent", "timestamp": "1790000100", "recipient_id": named,
                           "biz_opaque_callback_data": asked(n) });
        world.webhook("1", "messages", json!({ "statuses": [sent] })).await;
    }
    running.caught_up().await;
    running.stop().await;
    let statuses =
        world.log(project).await.into_iter().filter(|(event, fact)| {
            matches!(fact, ConversationEvent::MessageStatusReported(_)) && event.subject.contact_id() == Some(contact)
        });
    assert_eq!(statuses.count(), 19, "one of them went to somebody else, or to nobody");
    assert_eq!(world.counts(project).await.0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_delivered_again_is_submitted_once() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let sample = include_str!("../../../../schemas/meta/webhooks/messages-interactive-nfm-reply-flow.json");
    let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    let value = sample["entry"][0]["changes"][0]["value"].clone();
    for _ in 0..3 {
        world.webhook("1", "messages", value.clone()).await;
    }
    for version in 1..3 {
        let running = world.start_version(version).await;
        running.caught_up().await;
        running.stop().await;
    }
    let types: Vec<&str> = world.log(project).await.iter().map(|(_, fact)| fact.event_type()).collect();
    let said = ["contact_first_seen", "conversation_opened", "message_received", "flow_submitted"];
    assert_eq!(types, said.map(|name| format!("conversation.{name}.v1")));
    let query = "SELECT flow_id, flow_token, response->>'slot', submission.message_id = message.id
                   FROM paige.submissions AS submission, public.messages AS message";
    let submitted: Vec<(Option<String>, String, String, bool)> =
        sqlx::query_as(query).fetch_all(&mut world.connection(project).await).await.unwrap();
    assert_eq!(submitted, [(None, "appt:v3:48213:9f1c2d".to_owned(), "10_30".to_owned(), true)]);
}
