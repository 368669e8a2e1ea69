//! Every published sample, once, twice and fifty times in parallel, in any order, in both forms that Meta may send it in: one effect each,
//! and what nobody understands is kept. Then everything once more, long after the broker has forgotten it.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};

use contract::{ConversationEvent, Event, EventId, NewEvent, ProjectId, Recorded, Stream, Subject};
use e2e::dice::Dice;
use e2e::{Stage, bodies};
use futures::StreamExt;
use journal::{Expect, Filter, Range};
use projections::rebuild::{Options, Rebuild};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::Row;

/// In the samples.
const NUMBER: &str = "207358419203847";
const ACCOUNT: &str = "104857392016384";
const BUSINESS: &str = "15550100234";
/// Requests at the same time.
const AT_ONCE: usize = 50;
/// What the recorder follows; everything else stays where it is.
const FOLLOWED: [&str; 6] = ["messages", "smb_message_echoes", "history", "user_id_update", "user_preferences", "calls"];

/// One way of sending all samples, to a number of its own.
struct Round {
    number: String,
    account: String,
    copies: usize,
    seed: u64,
    escaped: bool,
}

impl Round {
    fn new(index: usize, copies: usize, seed: u64, escaped: bool) -> Self {
        Self { number: format!("30735841920{index:04}"), account: format!("30485739201{index:04}"), copies, seed, escaped }
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let own = |(_, body): (String, Vec<u8>)| {
            let text = String::from_utf8(body).unwrap().replace(NUMBER, &self.number).replace(ACCOUNT, &self.account);
            if self.escaped { bodies::escaped(&text).into_bytes() } else { text.into_bytes() }
        };
        bodies::samples().into_iter().map(own).collect()
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: BTreeMap<String, &'a RawValue>,
    field: String,
}

/// What the samples say, read from their bytes by nothing of ours.
#[derive(Default)]
struct Expected {
    /// Every change, byte for byte.
    changes: BTreeSet<String>,
    /// Wamid and the message's own bytes.
    messages: BTreeSet<(String, String)>,
    /// Wamid, status, and whose.
    statuses: BTreeSet<(String, String, String)>,
}

impl Expected {
    fn of(bodies: &[Vec<u8>]) -> Self {
        let mut expected = Self::default();
        for body in bodies {
            let body: Body = serde_json::from_slice(body).unwrap();
            for raw in body.entry.iter().flat_map(|entry| &entry.changes) {
                expected.changes.insert(raw.get().to_owned());
                let change: Change = serde_json::from_str(raw.get()).unwrap();
                if FOLLOWED.contains(&change.field.as_str()) {
                    expected.add(&change);
                }
            }
        }
        expected
    }

    fn add(&mut self, change: &Change<'_>) {
        let list = |name: &str| change.value.get(name).map_or(Vec::new(), |raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).unwrap());
        let mut said: Vec<String> =
            ["messages", "message_echoes", "calls"].into_iter().flat_map(list).map(|raw| raw.get().to_owned()).collect();
        for chunk in list("history") {
            let chunk: BTreeMap<String, &RawValue> = serde_json::from_str(chunk.get()).unwrap();
            for thread in chunk.get("threads").map_or(Vec::new(), |raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).unwrap()) {
                let thread: BTreeMap<String, &RawValue> = serde_json::from_str(thread.get()).unwrap();
                let messages: Vec<&RawValue> = serde_json::from_str(thread["messages"].get()).unwrap();
                said.extend(messages.into_iter().map(|raw| raw.get().to_owned()));
            }
        }
        for raw in said {
            let message: Value = serde_json::from_str(&raw).unwrap();
            // What became of an imported message of the business stands in the message itself.
            if message["from"] == BUSINESS
                && let Some(status) = message["history_context"]["status"].as_str()
            {
                self.statuses.insert((message["id"].as_str().unwrap().to_owned(), status.to_lowercase(), String::new()));
            }
            self.messages.insert((message["id"].as_str().unwrap().to_owned(), raw));
        }
        for raw in list("statuses") {
            let status: Value = serde_json::from_str(raw.get()).unwrap();
            let text = |name: &str| status[name].as_str().map(str::to_owned);
            let participant = text("recipient_participant_user_id").or_else(|| text("recipient_participant_id")).unwrap_or_default();
            self.statuses.insert((text("id").unwrap(), text("status").unwrap(), participant));
        }
    }
}

/// What is in a project's tables, as far as it cannot depend on the order in which things came.
#[derive(Debug, PartialEq)]
struct Effects {
    messages: BTreeSet<(String, String)>,
    statuses: BTreeSet<(String, String, String)>,
    unassigned: Vec<(String, Value)>,
    identities: BTreeSet<(String, String)>,
    preferences: BTreeSet<String>,
}

impl Effects {
    async fn of(stage: &Stage, project: ProjectId) -> Self {
        let pool = stage.tables(project);
        let rows = async |query: &'static str| sqlx::query(query).fetch_all(&pool).await.unwrap();
        let two = |row: sqlx::postgres::PgRow| (row.get::<String, _>(0), row.get::<String, _>(1));
        let messages = rows("SELECT wamid, content::text FROM public.messages").await;
        let statuses = rows("SELECT wamid, status, participant FROM paige.statuses").await;
        let unassigned = rows("SELECT key, content::text FROM paige.unassigned ORDER BY key, content::text").await;
        let json = |row| {
            let (key, content): (String, String) = two(row);
            (key, serde_json::from_str(&content).unwrap())
        };
        let preferences = rows("SELECT p.key, p.value->>'value' FROM public.contacts, json_each(preferences) p").await;
        let effects = Self {
            messages: messages.into_iter().map(two).collect(),
            statuses: statuses.into_iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
            unassigned: unassigned.into_iter().map(json).collect(),
            identities: rows("SELECT DISTINCT kind, value FROM paige.identities").await.into_iter().map(two).collect(),
            preferences: preferences.into_iter().map(|row| two(row).0).collect(),
        };
        let twice = "SELECT kind, value FROM paige.identities WHERE current GROUP BY kind, value HAVING count(*) > 1";
        assert_eq!(rows(twice).await.into_iter().map(two).collect::<Vec<_>>(), [], "an identity that two contacts have now");
        let orphans =
            "SELECT id, wamid FROM public.messages m WHERE NOT EXISTS (SELECT FROM public.conversations c WHERE c.id = m.conversation_id
            AND c.contact_id = m.contact_id) OR NOT EXISTS (SELECT FROM public.contacts c WHERE c.id = m.contact_id)";
        assert_eq!(rows(orphans).await.into_iter().map(two).collect::<Vec<_>>(), [], "messages of nobody");
        effects
    }
}

/// Every event of a stream, in order.
async fn events(stage: &Stage, stream: Stream) -> Vec<Recorded> {
    stage.journal.replay(stream, Range::ALL, Filter::all()).map(|event| event.unwrap()).collect().await
}

async fn post_all(stage: &Stage, round: &Round) {
    let mut all: Vec<Vec<u8>> = round.bodies().into_iter().flat_map(|body| vec![body; round.copies]).collect();
    Dice::new(round.seed).shuffle(&mut all);
    let mut answers = futures::stream::iter(all).map(|body| stage.webhook(body)).buffer_unordered(AT_ONCE);
    while let Some(status) = answers.next().await {
        assert_eq!(status, 200);
    }
}

async fn verified(stage: &Stage, project: ProjectId) {
    let report = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default()).verify(project).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.tables);
}

/// One event of each kind about each thing, and every change of a webhook once, byte for byte.
async fn said_once(stage: &Stage, rounds: &[(Round, ProjectId, Expected)]) {
    let webhooks = events(stage, Stream::Webhook).await;
    for (round, _, expected) in rounds {
        let of_round = |event: &&Recorded| [&round.number, &round.account].iter().any(|own| event.subject.token(1) == Some(own));
        let stored: Vec<&str> = webhooks.iter().filter(of_round).map(|event| std::str::from_utf8(&event.data).unwrap()).collect();
        let distinct: BTreeSet<&str> = stored.iter().copied().collect();
        let missing: Vec<&String> = expected.changes.iter().filter(|change| !distinct.contains(change.as_str())).collect();
        // Two samples are about other accounts, the same in every round that has the same form.
        let elsewhere = |change: &&&String| webhooks.iter().any(|event| event.data == change.as_bytes());
        assert_eq!(missing.iter().filter(|change| !elsewhere(change)).collect::<Vec<_>>(), Vec::<&&String>::new(), "changes not kept");
        assert_eq!(stored.len(), distinct.len(), "a change was kept twice");
    }
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for event in events(stage, Stream::Conversation).await {
        let project = event.subject.project_id().unwrap();
        let what = match ConversationEvent::decode(&event).unwrap() {
            ConversationEvent::MessageReceived(message) => message.0.wamid,
            ConversationEvent::MessageEchoed(message) => message.0.wamid,
            ConversationEvent::MessageImported(imported) => imported.message.wamid,
            ConversationEvent::MessageStatusReported(s) => format!("{} {} {:?}", s.wamid, s.status, s.participant),
            ConversationEvent::ContactFirstSeen(_) => event.subject.to_string(),
            _about_people => continue,
        };
        *said.entry(format!("{project} {what}")).or_default() += 1;
    }
    let twice: Vec<_> = said.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// What a redelivery after the broker's window is: the same change on the same subject, which the broker does not recognise.
async fn forgotten_by_the_broker(stage: &Stage, seed: u64) {
    let mut webhooks = events(stage, Stream::Webhook).await;
    Dice::new(seed).shuffle(&mut webhooks);
    for (index, event) in webhooks.into_iter().enumerate() {
        let Some(field) = event.subject.token(2).filter(|field| FOLLOWED.contains(field)) else { continue };
        let change: Value = serde_json::from_slice(&event.data).unwrap();
        // Items that name nobody have no other identity than the webhook's own.
        let unassigned = change["value"].get("errors").is_some() || change["value"].get("user_actions").is_some();
        if unassigned || change["value"]["history"][0].get("errors").is_some() {
            continue;
        }
        let subject = Subject::webhook(event.subject.token(1).unwrap(), field).unwrap();
        let again = NewEvent {
            id: EventId::derive("again", &[&event.id.to_string(), &index.to_string(), &seed.to_string()]),
            event_type: contract::CHANGE_RECEIVED,
            source: "/paige/e2e",
            time: event.time,
            context: event.context.clone(),
            extensions: Vec::new(),
            content_type: "application/json",
            data: event.data.clone(),
        };
        stage.journal.append(&subject, Expect::Any, vec![again]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_has_one_effect_however_often_and_in_whatever_order_it_comes() {
    let mut stage = Stage::start().await;
    let rounds = [(1, 1, false), (1, 2, false), (2, 3, false), (2, 4, true), (50, 5, false), (50, 6, true)];
    let mut done: Vec<(Round, ProjectId, Expected)> = Vec::new();
    for (index, (copies, seed, escaped)) in rounds.into_iter().enumerate() {
        let round = Round::new(index, copies, seed, escaped);
        let project = stage.connected(&format!("round {index}"), &round.number).await;
        post_all(&stage, &round).await;
        let expected = Expected::of(&round.bodies());
        assert!(expected.messages.len() > 40 && expected.statuses.len() > 20, "the samples are not read");
        done.push((round, project, expected));
    }
    stage.settle().await;
    said_once(&stage, &done).await;
    let mut all = Vec::new();
    for (round, project, expected) in &done {
        let effects = Effects::of(&stage, *project).await;
        let what = format!("{} copies, seed {}, escaped {}", round.copies, round.seed, round.escaped);
        assert_eq!(effects.messages, expected.messages, "{what}");
        assert_eq!(effects.statuses, expected.statuses, "{what}");
        assert!(!effects.unassigned.is_empty() && !effects.preferences.is_empty() && effects.identities.len() > 10, "{what}: {effects:?}");
        verified(&stage, *project).await;
        all.push(effects);
    }
    for (effects, (round, ..)) in all.iter().zip(&done) {
        let what = format!("{} copies, seed {}, escaped {}", round.copies, round.seed, round.escaped);
        assert_eq!(effects.unassigned, all[0].unassigned, "{what}");
        assert_eq!(effects.identities, all[0].identities, "{what}");
        assert_eq!(effects.preferences, all[0].preferences, "{what}");
    }

    // Long after: the broker has forgotten everything, the recorder was started anew.
    let said = stage.journal.state(Stream::Conversation).await.unwrap().last;
    forgotten_by_the_broker(&stage, 1).await;
    stage.settle().await;
    stage.restart().await;
    forgotten_by_the_broker(&stage, 2).await;
    stage.settle().await;
    let new = events(&stage, Stream::Conversation).await.into_iter().filter(|event| event.sequence > said);
    let new: Vec<String> = new.map(|event| format!("{} {:?}", event.subject, event.data)).collect();
    assert!(new.is_empty(), "a redelivery said {new:#?}");
    for ((_, project, _), before) in done.iter().zip(&all) {
        assert_eq!(Effects::of(&stage, *project).await, *before);
    }
    println!("{} webhook events, {said} conversation events", stage.journal.state(Stream::Webhook).await.unwrap().messages);
    stage.finish(0).await;
}
