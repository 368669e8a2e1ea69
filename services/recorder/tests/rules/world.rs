//! A project in memory: decisions go into a view, as in the recorder, and into rows, as in the projector.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactId, ContactProfile, Context, ConversationEvent, ConversationId, Event, EventId, EventType, Identity, IdentityKind, ProjectId,
    RawJson, Recorded, Subject,
};
use projections::lookup::{KnownContact, KnownLink, LatestConversation};
use projections::{Rows, fold};
use recorder::contact::Contact;
use recorder::decide::{Project, decide};
use recorder::items::{How, Item, Replaced, Said, What, Who};
use recorder::view::View;
use ulid::Ulid;

pub(crate) const HOUR: i64 = 3_600;

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

/// `US.1` is a user id, `US.ENT.1` one of the parent portfolio, digits are a number.
pub(crate) fn identity(text: &str) -> Identity {
    let kind = match text {
        _ if text.contains(".ENT.") => IdentityKind::ParentBsuid,
        _ if text.contains('.') => IdentityKind::Bsuid,
        _ => IdentityKind::Phone,
    };
    Identity { kind, value: text.to_owned() }
}

/// Ids, strongest first, and `name=…`.
pub(crate) fn who(words: &str) -> Who {
    let mut who = Who::default();
    for word in words.split_whitespace() {
        match word.strip_prefix("name=") {
            Some(name) => who.profile.name = Some(name.to_owned()),
            None => who.identities.push(identity(word)),
        }
    }
    who.identities.sort();
    who.profile.wa_id = who.identities.iter().find(|identity| identity.kind == IdentityKind::Phone).map(|phone| phone.value.clone());
    who
}

fn raw() -> RawJson {
    RawJson::parse("{}").unwrap()
}

pub(crate) fn said(person: &str, wamid: &str, second: i64) -> Item {
    let said = Said {
        how: How::Received,
        wamid: wamid.to_owned(),
        stamp_ms: u64::try_from(at(second).timestamp_millis()).unwrap(),
        kind: "text".to_owned(),
        text: Some("hello".to_owned()),
        reply_to: None,
        target: None,
        group: None,
        replaced: Vec::new(),
        submitted: None,
        raw: raw(),
    };
    Item { at: at(second), who: who(person), what: What::Said(said) }
}

/// A message with something different.
pub(crate) fn with(mut item: Item, change: impl FnOnce(&mut Said)) -> Item {
    if let What::Said(said) = &mut item.what {
        change(said);
    }
    item
}

pub(crate) fn about(person: &str, wamid: &str, second: i64, kind: &str, target: &str) -> Item {
    with(said(person, wamid, second), |said| (said.kind, said.target) = (kind.to_owned(), Some(target.to_owned())))
}

pub(crate) fn status(person: &str, wamid: &str, second: i64, status: &str) -> Item {
    let (wamid, status) = (wamid.to_owned(), status.to_owned());
    let what = What::Status { wamid, status, participant: None, error_code: None, asked: None, raw: raw() };
    Item { at: at(second), who: who(person), what }
}

/// A message that Meta did not deliver, and its code for that.
pub(crate) fn failed(person: &str, wamid: &str, second: i64, code: i64) -> Item {
    let mut item = status(person, wamid, second, "failed");
    if let What::Status { error_code, .. } = &mut item.what {
        *error_code = Some(code);
    }
    item
}

pub(crate) fn preference(person: &str, second: i64, value: &str) -> Item {
    Item { at: at(second), who: who(person), what: What::Preference { category: "marketing_messages".to_owned(), value: value.to_owned() } }
}

/// `US.1>US.2 1>2`
pub(crate) fn replaced(pairs: &str) -> Vec<Replaced> {
    let pair = |pair: &str| {
        let (previous, current) = pair.split_once('>').unwrap();
        let current = identity(current);
        let wa_id = (current.kind == IdentityKind::Phone).then(|| current.value.clone());
        Replaced { previous: identity(previous), current, wa_id }
    };
    pairs.split_whitespace().map(pair).collect()
}

pub(crate) fn announced(person: &str, second: i64, pairs: &str) -> Item {
    Item { at: at(second), who: who(person), what: What::Changed(replaced(pairs)) }
}

/// The system message that says the same.
pub(crate) fn told(person: &str, wamid: &str, second: i64, pairs: &str) -> Item {
    with(said(person, wamid, second), |said| (said.kind, said.replaced) = ("system".to_owned(), replaced(pairs)))
}

pub(crate) struct World {
    pub(crate) project: Project,
    pub(crate) view: View,
    pub(crate) rows: Rows,
    pub(crate) log: Vec<(ContactId, ConversationEvent)>,
    contacts: Vec<ContactId>,
    conversations: Vec<ConversationId>,
}

impl World {
    pub(crate) fn new(idle_seconds: Option<i64>) -> Self {
        let project = Project { id: ProjectId::from_ulid(Ulid::from_parts(1, 1)), conversation_idle: idle_seconds.map(TimeDelta::seconds) };
        let (view, rows) = (View::default(), Rows::default());
        Self { project, view, rows, log: Vec::new(), contacts: Vec::new(), conversations: Vec::new() }
    }

    /// Decides, and tells the log. The answer is in words, a contact is `a`, `b`, `c` in the order in which they showed up.
    pub(crate) fn hear(&mut self, item: &Item) -> Vec<String> {
        let decided = decide(self.project, &mut self.view, item);
        decided.into_iter().map(|(contact, fact)| self.tell(contact, fact)).collect()
    }

    /// Somebody else says something, which the recorder's view hears of too.
    pub(crate) fn say(&mut self, contact: ContactId, fact: impl Into<ConversationEvent>) {
        let fact = fact.into();
        self.view.apply(contact, &fact);
        self.tell(contact, fact);
    }

    fn tell(&mut self, contact: ContactId, fact: ConversationEvent) -> String {
        let words = format!("{} {}", self.letter(contact), self.describe(&fact));
        self.log.push((contact, fact.clone()));
        let sequence = self.log.len() as u64;
        self.view.stored([(contact, sequence)].into_iter(), sequence);
        let event = self.recorded(contact, &fact, sequence);
        fold(&mut self.rows, Some(contact), &event, fact);
        words
    }

    fn recorded(&self, contact: ContactId, fact: &ConversationEvent, sequence: u64) -> Recorded {
        Recorded {
            sequence,
            subject: Subject::conversation(self.project.id, contact),
            id: EventId::from_ulid(Ulid::from_parts(2, sequence.into())),
            event_type: EventType::new(fact.event_type()),
            source: "/test".to_owned(),
            time: at(0),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json".to_owned(),
            data: Bytes::new(),
        }
    }

    pub(crate) fn letter(&mut self, contact: ContactId) -> char {
        let index = self.contacts.iter().position(|known| *known == contact).unwrap_or_else(|| {
            self.contacts.push(contact);
            self.contacts.len() - 1
        });
        char::from(b'a' + u8::try_from(index).unwrap())
    }

    pub(crate) fn id(&self, letter: char) -> ContactId {
        self.contacts[usize::from(letter as u8 - b'a')]
    }

    fn number(&mut self, conversation: ConversationId) -> usize {
        let known = self.conversations.iter().position(|known| *known == conversation);
        1 + known.unwrap_or_else(|| {
            self.conversations.push(conversation);
            self.conversations.len() - 1
        })
    }

    fn describe(&mut self, fact: &ConversationEvent) -> String {
        let message = |world: &mut Self, verb: &str, message: &contract::Message| {
            format!("{verb} {} in {}", message.wamid, world.number(message.conversation))
        };
        match fact {
            ConversationEvent::ContactFirstSeen(seen) => format!("seen as {}{}", ids(&seen.identities), shown(&seen.profile)),
            ConversationEvent::ContactIdentityLinked(linked) => format!("links {}", linked.identity.value),
            ConversationEvent::ContactIdentityReplaced(replaced) => {
                format!("has {} after {}", replaced.current.value, replaced.previous.value)
            }
            ConversationEvent::ContactIdentityUnlinked(unlinked) => format!("loses {}", unlinked.identity.value),
            ConversationEvent::ContactProfileChanged(changed) => format!("shows{}", shown(&changed.profile)),
            ConversationEvent::ContactPreferenceChanged(changed) => format!("prefers {}", changed.value),
            ConversationEvent::ContactMerged(merged) => format!("is {}", self.letter(merged.into)),
            ConversationEvent::ContactAbsorbed(absorbed) => {
                format!("absorbs {} with {}", self.letter(absorbed.from), ids(&absorbed.identities))
            }
            ConversationEvent::ConversationOpened(opened) => {
                let mut words = format!("opens {}", self.number(opened.conversation));
                words.extend(opened.group.iter().map(|group| format!(" in group {group}")));
                words.extend(opened.state.iter().map(|state| format!(" as {state}")));
                let from = opened.inherited_from.map(|from| self.number(from));
                words.extend(from.map(|from| format!(" from {from}")));
                words
            }
            ConversationEvent::ConversationClosed(closed) => {
                let second = (closed.at - at(0)).num_seconds();
                format!("closes {} at {second}", self.number(closed.conversation))
            }
            ConversationEvent::ConversationStateChanged(changed) => format!("state {}", changed.to),
            ConversationEvent::MessageReceived(received) => message(self, "says", &received.0),
            ConversationEvent::MessageEchoed(echoed) => message(self, "is told", &echoed.0),
            ConversationEvent::MessageImported(imported) => message(self, imported.direction.as_str(), &imported.message),
            ConversationEvent::MessageStatusReported(reported) => format!("{} {}", reported.wamid, reported.status),
            ConversationEvent::UnassignedItemReceived(item) => format!("unassigned {}", item.key),
            ConversationEvent::ConversationReopened(reopened) => format!("reopens {}", self.number(reopened.conversation)),
            ConversationEvent::FlowSubmitted(submitted) => {
                let revision = submitted.revision.map(|revision| format!(" of revision {revision}")).unwrap_or_default();
                format!("fills in {}{revision}", submitted.response.get())
            }
            ConversationEvent::MessageRequested(requested) => format!("is to be told {}", requested.message),
            ConversationEvent::MessageAccepted(accepted) => format!("is told {}", accepted.wamid),
            ConversationEvent::SendStarted(_)
            | ConversationEvent::SendDeferred(_)
            | ConversationEvent::SendOutcomeUnknown(_)
            | ConversationEvent::MessageFailed(_)
            | ConversationEvent::MessageAbandoned(_)
            | ConversationEvent::ReadRequested(_)
            | ConversationEvent::ReadSettled(_) => fact.event_type().to_owned(),
        }
    }

    /// The contact as the tables would show it to a decision, see `projections::lookup`.
    pub(crate) fn row(&self, id: ContactId) -> Contact {
        let contact = self.rows.contacts.get(&id).unwrap().clone();
        let links = self.rows.identities.iter().filter(|((.., holder), link)| *holder == id && link.is_some());
        let identities = links
            .filter_map(|((kind, value, _), link)| {
                let link = link.as_ref()?;
                Some((Identity { kind: *kind, value: value.clone() }, KnownLink { current: link.current, since: link.linked_at }))
            })
            .collect();
        let mut latest: HashMap<Option<String>, &projections::rows::Conversation> = HashMap::new();
        for (_, row) in self.rows.conversations.iter().filter(|(_, row)| row.contact_id == id) {
            let key = |row: &projections::rows::Conversation| (row.closed_at.is_none(), row.version);
            let slot = latest.entry(row.group_id.clone()).or_insert(row);
            if key(row) > key(slot) {
                *slot = row;
            }
        }
        let conversations = latest
            .into_values()
            .map(|row| LatestConversation {
                id: row.id,
                group: row.group_id.clone(),
                state: row.state.clone(),
                last_message_at: [row.last_message_at, row.reopened_at].into_iter().flatten().fold(row.opened_at, DateTime::max),
                closed: row.closed_at.is_some(),
            })
            .collect();
        Contact::from(KnownContact { contact, identities, conversations })
    }

    /// What a recorder that has just started knows.
    pub(crate) fn view_of_rows(&self) -> View {
        let mut view = View::default();
        for (id, _) in self.rows.contacts.iter() {
            view.load(*id, self.row(*id));
        }
        let mut links: Vec<_> = self.rows.identities.iter().filter_map(|(key, link)| Some((key, link.as_ref()?))).collect();
        links.sort_by_key(|(_, link)| (!link.current, std::cmp::Reverse(link.sequence)));
        for ((kind, value, contact), _) in links {
            view.load_identity(Identity { kind: *kind, value: value.clone() }, *contact);
        }
        let messages = self.rows.messages.iter().map(|(wamid, row)| (wamid.to_string(), row.contact_id)).collect();
        let statuses =
            self.rows.statuses.iter().map(|((wamid, status, participant, _), _)| (wamid.to_string(), status.clone(), participant.clone()));
        view.load_recorded(messages, statuses.collect(), HashSet::new());
        view
    }
}

fn ids(identities: &[Identity]) -> String {
    identities.iter().map(|identity| identity.value.as_str()).collect::<Vec<_>>().join(" ")
}

fn shown(profile: &ContactProfile) -> String {
    let ContactProfile { name, username: _, wa_id } = profile;
    name.iter().map(|name| format!(" name={name}")).chain(wa_id.iter().map(|number| format!(" +{number}"))).collect()
}

/// Given what was heard, when this is heard, then the log is told exactly that; and a second delivery tells it nothing.
pub(crate) fn check(given: &[Item], when: Item, then: &[&str]) -> World {
    check_with(World::new(Some(24 * HOUR)), given, when, then)
}

pub(crate) fn check_with(mut world: World, given: &[Item], when: Item, then: &[&str]) -> World {
    for item in given {
        world.hear(item);
    }
    assert_eq!(world.hear(&when), then, "given {given:#?}");
    for item in given.iter().chain([&when]) {
        assert_eq!(world.hear(item), [""; 0], "a second delivery of {item:?}");
    }
    let mut fresh = world.view_of_rows();
    for item in given.iter().chain([&when]) {
        assert_eq!(decide(world.project, &mut fresh, item), [], "a second delivery to a recorder that starts: {item:?}");
    }
    world
}
