//! Every version of every event that was ever published still folds: a stored event is readable for ever.

use std::path::PathBuf;

use bytes::Bytes;
use chrono::DateTime;
use contract::{Context, ConversationEvent, Event, EventId, EventType, ProjectId, Recorded, Subject};
use projections::{Rows, fold};
use ulid::Ulid;

const STREAM: &str = "conversation.";
const EXAMPLE: &str = ".example.json";

fn examples() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/events");
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the published examples") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Some(event_type) = name.strip_suffix(EXAMPLE).filter(|name| name.starts_with(STREAM)) {
            examples.push((event_type.to_owned(), std::fs::read(&path).expect("a readable example")));
        }
    }
    examples.sort();
    examples
}

fn recorded(sequence: u64, event_type: &str, data: &[u8]) -> Recorded {
    let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
    let contact = contract::ContactId::from_ulid(Ulid::from_parts(1, 2));
    let subject = if event_type.contains("unassigned") { Subject::unassigned(project) } else { Subject::conversation(project, contact) };
    Recorded {
        sequence,
        subject,
        id: EventId::from_ulid(Ulid::from_parts(2, sequence.into())),
        event_type: EventType::new(event_type),
        source: "/paige/recorder".to_owned(),
        time: DateTime::from_timestamp(1_794_992_403, 0).expect("a time"),
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json".to_owned(),
        data: Bytes::copy_from_slice(data),
    }
}

#[test]
fn every_published_example_folds_and_folds_once() {
    let examples = examples();
    assert!(examples.len() >= ConversationEvent::TYPES.len(), "only {} examples", examples.len());
    // First seen and opened come first, as they do in every log; the others follow in any order.
    let (first, rest): (Vec<_>, Vec<_>) =
        examples.into_iter().partition(|(name, _)| name.contains("first_seen") || name.contains("conversation_opened"));
    let events: Vec<Recorded> =
        first.iter().chain(&rest).zip(1..).map(|((event_type, data), sequence)| recorded(sequence, event_type, data)).collect();
    let mut rows = Rows::default();
    for round in 0..2 {
        for event in &events {
            let fact = ConversationEvent::decode(event).unwrap_or_else(|error| panic!("{}: {error}", event.event_type.as_str()));
            fold(&mut rows, event.subject.contact_id(), event, fact);
        }
        let counts = (rows.contacts.len(), rows.messages.len(), rows.conversations.len(), rows.unassigned.len());
        assert_eq!((counts.0, counts.2, counts.3), (1, 1, 1), "in round {round}");
        assert!(counts.1 >= 1, "no message in round {round}");
        let contact = rows.contacts.iter().next().expect("a contact").1;
        let last = events.iter().filter(|event| event.subject.contact_id().is_some()).map(|event| event.sequence).max();
        assert_eq!(Some(contact.version), last, "the contact did not see every event");
    }
}
