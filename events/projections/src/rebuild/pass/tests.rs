//! In however many passes a log is folded, also one in which contacts claim each other's messages: the rows are the same.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Address, ContactFirstSeen, ContactId, ContactProfile, ConversationId, ConversationOpened, EventType, Message, MessageAccepted,
    MessageId, MessageReceived, MessageRequested, MessageStatusReported, RawJson, SendStarted, Subject,
};
use proptest::prelude::*;
use ulid::Ulid;

use super::*;

const CONTACTS: u8 = 8;

/// Messages and wamids are nobody's by birth: whoever names one first has it.
#[derive(Debug, Clone, Copy)]
enum Happening {
    FirstSeen,
    Opened,
    Received { wamid: u8 },
    Requested { message: u8 },
    Started { message: u8 },
    Accepted { message: u8, wamid: u8 },
    Status { wamid: u8 },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let (message, wamid) = (0..3_u8, 0..4_u8);
    prop_oneof![
        2 => Just(FirstSeen),
        1 => Just(Opened),
        2 => wamid.clone().prop_map(|wamid| Received { wamid }),
        4 => message.clone().prop_map(|message| Requested { message }),
        1 => message.clone().prop_map(|message| Started { message }),
        6 => (message, wamid.clone()).prop_map(|(message, wamid)| Accepted { message, wamid }),
        1 => wamid.prop_map(|wamid| Status { wamid }),
    ]
}

fn project() -> ProjectId {
    ProjectId::from_ulid(Ulid::from_parts(1, 1))
}

/// Spread over all ids, so that halves are halves.
fn contact(number: u8) -> ContactId {
    ContactId::from_ulid(Ulid(u128::from(number) << 125 | 1))
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn raw() -> RawJson {
    RawJson::parse("{}").unwrap()
}

fn fact(of: u8, happening: Happening) -> ConversationEvent {
    let conversation = ConversationId::from_ulid(Ulid::from_parts(3, of.into()));
    let asked = |message: u8| MessageId::from_ulid(Ulid::from_parts(4, message.into()));
    let named = |wamid: u8| format!("wamid.{wamid}");
    match happening {
        Happening::FirstSeen => {
            let profile = ContactProfile { name: None, username: None, wa_id: None };
            ContactFirstSeen { identities: Vec::new(), profile, at: at() }.into()
        }
        Happening::Opened => ConversationOpened { conversation, group: None, state: None, inherited_from: None, at: at() }.into(),
        Happening::Received { wamid } => MessageReceived(Message {
            message: MessageId::from_ulid(Ulid::from_parts(5, wamid.into())),
            conversation,
            wamid: named(wamid),
            sent_at: at(),
            kind: "text".to_owned(),
            text: None,
            reply_to: None,
            target: None,
            group: None,
            raw: raw(),
        })
        .into(),
        Happening::Requested { message } => MessageRequested {
            message: asked(message),
            conversation,
            kind: "text".to_owned(),
            text: None,
            reply_to: None,
            target: None,
            to: Address::UserId("US.1".to_owned()),
            template: None,
            flow: None,
            files: Vec::new(),
            digest: "00".to_owned(),
            content: raw(),
            at: at(),
            expires_at: at() + TimeDelta::days(1),
        }
        .into(),
        Happening::Started { message } => {
            SendStarted { message: asked(message), attempt: 1, phone_number_id: "1065".to_owned(), at: at() }.into()
        }
        Happening::Accepted { message, wamid } => {
            MessageAccepted { message: asked(message), wamid: named(wamid), attempt: 1, held_as: None, settled_by_status: false, at: at() }
                .into()
        }
        Happening::Status { wamid } => MessageStatusReported {
            wamid: named(wamid),
            status: "sent".to_owned(),
            participant: None,
            at: at(),
            error_code: None,
            raw: raw(),
        }
        .into(),
    }
}

fn log(story: &[(u8, Happening)]) -> Vec<Recorded> {
    let recorded = story.iter().zip(1..).map(|((of, happening), sequence)| {
        let id = EventId::from_ulid(Ulid::from_parts(2, sequence.into()));
        let new = fact(*of, *happening).into_new(id, "/paige/test", at(), contract::Context::default());
        Recorded {
            sequence,
            subject: Subject::conversation(project(), contact(*of)),
            id,
            event_type: EventType::new(new.event_type),
            source: new.source.into(),
            time: at(),
            context: contract::Context::default(),
            extensions: Vec::new(),
            content_type: "application/json".to_owned(),
            data: new.data,
        }
    });
    recorded.collect()
}

/// Rows as texts, sorted.
fn dump<'r>(passes: impl IntoIterator<Item = &'r Rows>) -> Vec<String> {
    let mut lines = Vec::new();
    for rows in passes {
        lines.extend(rows.contacts.iter().map(|row| format!("{row:?}")));
        lines.extend(rows.conversations.iter().map(|row| format!("{row:?}")));
        lines.extend(rows.messages.iter().map(|row| format!("{row:?}")));
        lines.extend(rows.statuses.iter().map(|row| format!("{row:?}")));
    }
    lines.sort();
    lines
}

/// Halves where memory would have run out: after so many events of each pass.
fn in_passes(log: &[Recorded], halved_after: &[usize]) -> Vec<Folding> {
    let mut waiting = vec![Folding::new(project(), Scope::ALL, u64::MAX, HashSet::new())];
    let (mut done, mut halved_after) = (Vec::new(), halved_after.iter());
    while let Some(mut folding) = waiting.pop() {
        let halved = halved_after.next().map(|after| after % (log.len() + 1));
        for (count, event) in log.iter().enumerate() {
            if halved == Some(count) {
                folding.halve().unwrap();
            }
            folding.add(event).unwrap();
        }
        if halved == Some(log.len()) {
            folding.halve().unwrap();
        }
        let (rows, claims) = (std::mem::take(&mut folding.rows), folding.claims.take());
        done.push(Folding { rows, ..Folding::new(project(), folding.scope.clone(), u64::MAX, HashSet::new()) });
        waiting.extend(Folding { claims, ..folding }.next_part());
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn passes_make_the_rows_that_one_makes(
        story in prop::collection::vec((0..CONTACTS, happening()), 1..40),
        halved_after in prop::collection::vec(0..40_usize, 1..5),
    ) {
        let log = log(&story);
        let whole = in_passes(&log, &[]);
        let parts = in_passes(&log, &halved_after);
        prop_assert!(parts.len() > 1);
        prop_assert_eq!(dump(parts.iter().map(|part| &part.rows)), dump(whole.iter().map(|part| &part.rows)));
    }

    #[test]
    fn each_contact_alone_has_the_rows_that_it_has_among_all(story in prop::collection::vec((0..CONTACTS, happening()), 1..40)) {
        let log = log(&story);
        let whole = in_passes(&log, &[]);
        let mut alone: Vec<Folding> =
            (0..CONTACTS).map(|number| Folding::of_contact(project(), contact(number), u64::MAX, HashSet::new())).collect();
        for event in &log {
            for folding in &mut alone {
                folding.add(event).unwrap();
            }
        }
        prop_assert_eq!(dump(alone.iter().map(|one| &one.rows)), dump(whole.iter().map(|part| &part.rows)));
    }
}
