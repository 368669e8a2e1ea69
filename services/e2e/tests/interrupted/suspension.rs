//! Suspended when what was paid ends, one after the other, and restored when they are paid for. Billing and lifecycle, who say so, die around both,
//! and in turn those who hear of it: those who take messages, send them, record them, and change what is at Meta.

use std::time::Instant;

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{Address, ContactId, ConversationEvent, ConversationId, Event, MessageId, MessageRequested, ProjectId, RawJson, Subject};
use journal::Journal;
use reqwest::Method;
use serde_json::{Value, json};

use crate::asking::{Asking, Request};
use crate::kill::{Deaths, Kill, Kills, ROUNDS};
use crate::number;
use crate::world::{self, PAUSE, WAIT_MAX, World};

/// Who says that a project is suspended, or restored.
const TELLERS: [&str; 2] = ["billing", "lifecycle"];
/// Who hears it. So many die each time, by turns.
const HEARERS: [&str; 6] = ["conversations", "sender", "templates", "flow-sync", "recorder", "bots"];
const TURNS: usize = 3;
/// What is refused while a project is suspended, beside messages.
const CHANGES: [(&str, &str); 2] = [("templates", "templates/sync"), ("flow-sync", "flows/sync")];

/// How long the paid cycle of each goes on, once it is its turn: it begins when nobody is dead, and ends when whoever is to be dead is.
const CYCLE: TimeDelta = TimeDelta::seconds(2);

/// A project with a number, and somebody who wrote to it.
pub(crate) struct Shop {
    pub(crate) project: ProjectId,
    number: String,
    phone: String,
    contact: ContactId,
    conversation: ConversationId,
}

/// A project for each round, which gets its number, and is written to.
pub(crate) async fn opened(world: &World) -> Vec<Shop> {
    world.sim.allow_everything().await;
    let mut projects: Vec<ProjectId> = Vec::new();
    for n in 0..ROUNDS {
        let body = json!({ "name": format!("Shop {n}") });
        let created = world.asking().post("lifecycle", "/v1/projects", &format!("shop-{n}"), Some(&body)).await;
        projects.push(created["project"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap());
    }
    for (n, project) in projects.iter().enumerate() {
        world.until_status(*project, "ready").await;
        let (number, waba) = number(ROUNDS + n);
        let signup = world.sim.signup(&number, &waba).await;
        world.asking().post("lifecycle", &format!("/v1/projects/{project}/number/signup"), "", Some(&signup)).await;
    }
    let mut shops = Vec::new();
    for (n, project) in projects.iter().enumerate() {
        let (number, _) = number(ROUNDS + n);
        world.until_project(*project, "connected", |shown| shown["number"]["phone_number_id"] == *number).await;
        let phone = format!("1650555014{n}");
        world.sim.writes(&phone, &number, "Hi!").await;
        let contact = writer(world, *project, &phone).await;
        let conversation = said(world, *project, contact).await.into_iter().find_map(|event| match event {
            ConversationEvent::ConversationOpened(opened) => Some(opened.conversation),
            _ => None,
        });
        shops.push(Shop { project: *project, number, phone, contact, conversation: conversation.unwrap() });
    }
    shops
}

/// Their cycles end. Gives of each what was asked for in the moment in which it was not known everywhere, and waits.
pub(crate) async fn suspended(world: &mut World, deaths: &mut Deaths, shops: &[Shop]) -> Vec<MessageId> {
    let journal = world.journal.clone();
    let mut waiting = Vec::new();
    for (shop, kills) in shops.iter().zip(drawn(deaths, 0)) {
        let end = world.with_a_cycle_that_ends(shop.project, CYCLE).await;
        // Killed while it ends is killed so long after its end.
        let left = (end - Clock::System.now()).to_std().unwrap_or_default();
        let kills = kills.into_iter().map(|(name, kill)| match kill {
            Kill::While(after) => (name, Kill::While(left + after)),
            other => (name, other),
        });
        let kills: Vec<_> = kills.collect();
        let ends = async |_: &Asking| tokio::time::sleep(left).await;
        let suspended = async |(): &(), service: &str| {
            let word = if service == "billing" { "entitlement_changed" } else { "project_suspended" };
            is_told(&journal, shop.project, service, word, 1).await
        };
        world.around(&kills, ends, suspended).await;
        let shown = world.until_project(shop.project, "suspended", |shown| shown["status"] == "suspended").await;
        assert_eq!(shown["suspended_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), end, "to the instant");
        shop.refuses(world).await;
        waiting.push(shop.was_asked(world).await);
        world.sim.writes(&shop.phone, &shop.number, "Are you there?").await;
        shop.until_heard(world, 2).await;
    }
    waiting
}

/// Each is paid for. What waited goes, unless the sender died while it gave it to Meta: then it may have gone, and nobody sends it again.
pub(crate) async fn restored(world: &mut World, deaths: &mut Deaths, shops: &[Shop], waiting: &[MessageId]) {
    let journal = world.journal.clone();
    for ((shop, waits), kills) in shops.iter().zip(waiting).zip(drawn(deaths, 1)) {
        assert_eq!(world.sim.times_received().await.get(&waits.to_string()), None, "silent, whoever died");
        let payer = json!({ "email": "ada@example.com" });
        let path = format!("/v1/projects/{}/subscription/pay", shop.project);
        let page = world.asking().post("billing", &path, "", Some(&payer)).await;
        let url = page["authorization_url"].as_str().unwrap_or_else(|| panic!("{page}")).to_owned();
        let pay = async |asking: &Asking| asking.pay(&url).await;
        let restored = async |(): &(), service: &str| match service {
            "billing" => is_told(&journal, shop.project, service, "entitlement_changed", 2).await,
            _ => is_told(&journal, shop.project, service, "project_restored", 1).await,
        };
        world.around(&kills, pay, restored).await;
        world.until_status(shop.project, "ready").await;
        let told = world::told(&journal, &Subject::project(shop.project)).await;
        assert_eq!(told[told.len() - 2..], ["project_suspended", "project_restored"], "{kills:?}");
        let told = world::told(&journal, &Subject::billing(shop.project)).await;
        for (word, times) in [("entitlement_changed", 2), ("payment_succeeded", 1), ("cycle_started", 2), ("subscription_cancelled", 1)] {
            assert_eq!(told.iter().filter(|told| *told == word).count(), times, "{kills:?}: {told:?}");
        }
        shop.answers(world, *waits).await;
    }
    let times = world.sim.times_received().await;
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

/// Who dies in each round, and how: the tellers, and the hearers whose turn it is.
fn drawn(deaths: &mut Deaths, first: usize) -> Vec<Kills> {
    let has_turn = |round: usize, name: &str| {
        HEARERS.iter().position(|hearer| *hearer == name).is_none_or(|place| place % TURNS == (first + round) % TURNS)
    };
    let all = [&TELLERS[..], &HEARERS[..]].concat();
    let rounds = deaths.draw(&all).into_iter().enumerate();
    rounds.map(|(round, kills)| kills.into_iter().filter(|(name, _)| has_turn(round, name)).collect()).collect()
}

/// Whether billing has said this word so often, or, for everybody else, lifecycle.
async fn is_told(journal: &Journal, project: ProjectId, service: &str, word: &str, times: usize) -> bool {
    let subject = if service == "billing" { Subject::billing(project) } else { Subject::project(project) };
    world::told(journal, &subject).await.iter().filter(|told| *told == word).count() >= times
}

/// Who has this phone, once they are recorded.
async fn writer(world: &World, project: ProjectId, phone: &str) -> ContactId {
    let people = format!("/v1/projects/{project}/contacts?phone=%2B{phone}");
    let began = Instant::now();
    loop {
        let found = world.asking().get("conversations", &people).await;
        if let Some(contact) = found["data"][0]["id"].as_str() {
            return contact.parse().unwrap();
        }
        assert!(began.elapsed() < WAIT_MAX, "{phone} is not recorded");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn said(world: &World, project: ProjectId, contact: ContactId) -> Vec<ConversationEvent> {
    let recorded = world.journal.entity(&Subject::conversation(project, contact)).await.unwrap();
    recorded.iter().map(|event| ConversationEvent::decode(event).unwrap()).collect()
}

impl Shop {
    /// Nothing is taken, and nothing is changed at Meta. What whoever takes messages has not heard yet comes within a moment.
    async fn refuses(&self, world: &World) {
        let began = Instant::now();
        for n in 0.. {
            let (status, answer) = self.ask(world, &format!("refused-{n}")).await;
            if status != 202 {
                assert_eq!((status, &answer["code"]), (409, &json!("project_suspended")), "{answer}");
                break;
            }
            assert!(began.elapsed() < WAIT_MAX, "still taken: {answer}");
        }
        for (service, change) in CHANGES {
            let path = format!("/v1/projects/{}/{change}", self.project);
            let (status, answer) =
                world.asking().settled(Request { service, method: &Method::POST, path: &path, key: "", body: None }).await;
            assert_eq!((status, &answer["code"]), (409, &json!("project_suspended")), "{service}: {answer}");
        }
    }

    /// The business asks for a message: status and answer.
    async fn ask(&self, world: &World, key: &str) -> (u16, Value) {
        let path = format!("/v1/projects/{}/contacts/{}/messages", self.project, self.contact);
        let message = json!({ "type": "text", "text": { "body": "Hello" } });
        world.asking().settled(Request { service: "conversations", method: &Method::POST, path: &path, key, body: Some(&message) }).await
    }

    /// A message as conversations would have put it into the log if it had not heard of the suspension. The sender has: it is asked first
    /// whether it is where the log is.
    async fn was_asked(&self, world: &mut World) -> MessageId {
        world.ready("sender").await;
        let (message, at) = (MessageId::from_ulid(world.ids.ulid()), Clock::System.now());
        let requested = MessageRequested {
            message,
            conversation: self.conversation,
            kind: "text".to_owned(),
            text: Some("Late".to_owned()),
            reply_to: None,
            target: None,
            to: Address::WaId(self.phone.clone()),
            template: None,
            flow: None,
            files: Vec::new(),
            digest: "0".repeat(64),
            content: RawJson::parse(r#"{"type":"text","text":{"body":"Late"}}"#).unwrap(),
            at,
            expires_at: at + TimeDelta::hours(1),
        };
        world.say(&Subject::conversation(self.project, self.contact), ConversationEvent::from(requested), at).await;
        message
    }

    /// Until so many messages of the contact are recorded.
    async fn until_heard(&self, world: &World, times: usize) {
        let began = Instant::now();
        let is_heard = |event: &ConversationEvent| matches!(event, ConversationEvent::MessageReceived(_));
        while said(world, self.project, self.contact).await.iter().filter(|event| is_heard(event)).count() < times {
            assert!(began.elapsed() < WAIT_MAX, "not recorded while the project is suspended");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What waited comes to its end, and what is asked for now is sent.
    async fn answers(&self, world: &World, waited: MessageId) {
        for (service, change) in CHANGES {
            world.asking().post(service, &format!("/v1/projects/{}/{change}", self.project), "", None).await;
        }
        let (status, asked) = self.ask(world, "restored").await;
        assert_eq!(status, 202, "{asked}");
        let asked = asked["id"].as_str().unwrap().parse().unwrap();
        let has_gone = self.has_gone(world, waited).await;
        assert!(self.has_gone(world, asked).await, "nobody died while it was sent");
        let arrives = if has_gone { vec![waited, asked] } else { vec![asked] };
        let began = Instant::now();
        loop {
            let times = world.sim.times_received().await;
            if arrives.iter().all(|message| times.contains_key(&message.to_string())) {
                return;
            }
            assert!(began.elapsed() < WAIT_MAX, "{arrives:?} are not all on the phone: {times:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How a message ended: whether Meta has it, or nobody knows.
    async fn has_gone(&self, world: &World, message: MessageId) -> bool {
        let began = Instant::now();
        loop {
            let end = said(world, self.project, self.contact).await.into_iter().find_map(|event| match event {
                ConversationEvent::MessageAccepted(accepted) if accepted.message == message => Some(true),
                ConversationEvent::MessageAbandoned(abandoned) if abandoned.message == message => Some(false),
                _ => None,
            });
            if let Some(has_gone) = end {
                return has_gone;
            }
            assert!(began.elapsed() < WAIT_MAX, "nothing became of {message}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
