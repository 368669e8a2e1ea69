//! Billing suspends a project to the instant, whenever that is found out; what people write meanwhile is recorded and nothing is sent; a
//! payment restores it, and nothing is missing.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ContactId, ConversationEvent, Event, MessageId, ProjectEvent, ProjectId, Stream, Subject};
use e2e::{Stage, WAIT_MAX, bodies};
use reqwest::Method;
use serde_json::{Value, json};

const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const PHONE: &str = "16505550142";
const TRIAL: TimeDelta = TimeDelta::days(14);
const CYCLE: TimeDelta = TimeDelta::days(30);
const MS: TimeDelta = TimeDelta::milliseconds(1);
/// How long what is written to somebody may wait after they wrote.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// What became of a message.
#[derive(Debug)]
enum Fate {
    /// Meta has it.
    Gone,
    /// Its time was up.
    Expired,
}

struct Shop {
    stage: Stage,
    project: ProjectId,
    sent: u32,
}

impl Shop {
    async fn open() -> Self {
        Self::on(Stage::start().await).await
    }

    async fn on(stage: Stage) -> Self {
        let project = stage.signed_up("Corner shop", NUMBER, WABA).await;
        // Everybody can be written to at Meta, at any time: what is refused here is refused by us.
        stage.sim(Method::PUT, "/rules", Some(json!({ "everybody": true, "always_open": true }))).await;
        Self { stage, project, sent: 0 }
    }

    async fn get(&self, path: &str) -> Value {
        self.stage.call(Method::GET, &format!("/v1/projects/{}{path}", self.project), None).await
    }

    async fn status(&self) -> (String, Option<DateTime<Utc>>) {
        let shown = self.get("").await;
        (shown["status"].as_str().unwrap().to_owned(), serde_json::from_value(shown["suspended_at"].clone()).unwrap())
    }

    async fn until(&self, wanted: &str) {
        self.stage.until(&format!("the project is {wanted}"), async || self.status().await.0 == wanted).await;
    }

    /// Somebody writes, and it is recorded.
    async fn hear(&mut self) {
        self.sent += 1;
        let second = self.stage.clock.now().timestamp();
        let body = bodies::text(NUMBER, PHONE, &format!("wamid.{}", self.sent), second, &format!("message {}", self.sent));
        assert_eq!(self.stage.webhook(body).await, 200);
        self.stage.settle().await;
        let recorded = self.stage.count(self.project, "SELECT count(*) FROM public.messages").await;
        assert_eq!(recorded, i64::from(self.sent), "messages recorded");
    }

    /// The business answers; what the request is told.
    async fn answer(&self, text: &str) -> (u16, Value) {
        let contacts = self.get(&format!("/contacts?phone=%2B{PHONE}")).await;
        let contact = contacts["data"][0]["id"].as_str().unwrap().to_owned();
        let message = json!({ "type": "text", "text": { "body": text } });
        self.stage.send(&format!("/v1/projects/{}/contacts/{contact}/messages", self.project), text, message).await
    }

    /// What the phone got from the business.
    async fn heard(&self) -> u64 {
        self.stage.sim(Method::GET, "/received", None).await["count"].as_u64().unwrap()
    }

    /// The customer pays at the provider's page; answers when.
    async fn pay(&self, path: &str) {
        let payer = Some(json!({ "email": "ada@example.com" }));
        let page = self.stage.call(Method::POST, &format!("/v1/projects/{}/subscription/{path}", self.project), payer).await;
        let url = page["authorization_url"].as_str().unwrap_or_else(|| panic!("no page: {page}"));
        self.stage.pay(url).await;
    }

    async fn ask(&self, verb: &str) {
        self.stage.call(Method::POST, &format!("/v1/projects/{}/subscription/{verb}", self.project), None).await;
    }

    async fn until_state(&self, wanted: &str) {
        self.stage.until(&format!("the subscription is {wanted}"), async || self.get("/subscription").await["state"] == wanted).await;
    }

    async fn move_to(&self, to: DateTime<Utc>) {
        self.stage.move_clock(to).await;
    }

    /// Whether the suspension is in the log, and read by everybody here: they share what they know of projects, and Flows are listed when all is
    /// read that the log says of the project.
    async fn is_known_to_all(&self) -> bool {
        let own = self.stage.journal.entity(&Subject::project(self.project)).await.unwrap();
        let is_said = own.iter().any(|event| matches!(ProjectEvent::decode(event).unwrap(), ProjectEvent::ProjectSuspended(_)));
        if is_said {
            self.get("/flows").await;
        }
        is_said
    }

    /// The clock stands at the end, and the business goes on answering. Nobody waits for what follows, as `/v1/dev/clock` would: until billing's
    /// word has come over lifecycle to whoever takes messages, these are taken, and none is from then on. All that were taken, after `first`.
    async fn asked_until_refused(&self, end: DateTime<Utc>, first: MessageId) -> Vec<MessageId> {
        assert!(self.stage.clock.set(end));
        let (moved_at, mut taken) = (Instant::now(), vec![first]);
        loop {
            let is_known = self.is_known_to_all().await;
            let (status, answer) = self.answer(&format!("late-{}", taken.len())).await;
            if status == 409 {
                assert_eq!(answer["code"], "project_suspended", "{answer}");
                return taken;
            }
            assert_eq!(status, 202, "{answer}");
            assert!(!is_known, "taken by whoever knows of the suspension: {answer}");
            assert!(moved_at.elapsed() < WAIT_MAX, "no suspension after {:?}", moved_at.elapsed());
            taken.push(message_of(&answer));
        }
    }

    /// What was said in the conversation, with the sequences.
    async fn said(&self, contact: ContactId) -> Vec<(u64, ConversationEvent)> {
        let recorded = self.stage.journal.entity(&Subject::conversation(self.project, contact)).await.unwrap();
        recorded.iter().map(|event| (event.sequence, ConversationEvent::decode(event).unwrap())).collect()
    }

    /// What became of messages; nothing: they wait.
    async fn fates(&self, contact: ContactId, messages: &[MessageId]) -> Vec<Option<Fate>> {
        let said = self.said(contact).await;
        let fate = |message: &MessageId| {
            said.iter().find_map(|(_, event)| match event {
                ConversationEvent::MessageAccepted(accepted) if accepted.message == *message => Some(Fate::Gone),
                ConversationEvent::MessageFailed(failed) if failed.message == *message => {
                    assert_eq!(failed.code, "expired", "{failed:?}");
                    Some(Fate::Expired)
                }
                _ => None,
            })
        };
        messages.iter().map(fate).collect()
    }

    /// Whenever Meta was about to be asked.
    async fn starts(&self, contact: ContactId) -> Vec<u64> {
        let said = self.said(contact).await.into_iter();
        said.filter(|(_, event)| matches!(event, ConversationEvent::SendStarted(_))).map(|(sequence, _)| sequence).collect()
    }

    fn later(&self, by: TimeDelta) {
        assert!(self.stage.clock.advance(by));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_ends_unpaid_suspends_to_the_instant_and_a_payment_restores_everything() {
    let mut shop = Shop::open().await;
    shop.hear().await;
    assert_eq!(shop.answer("one").await.0, 202);
    shop.sent += 1; // a row of its own
    shop.stage.until("the phone has the answer", async || shop.heard().await == 1).await;
    let created: DateTime<Utc> = serde_json::from_value(shop.get("").await["created_at"].clone()).unwrap();
    assert_eq!(shop.status().await, ("ready".to_owned(), None));

    // Found out three days late, it still says when.
    shop.later(TRIAL + TimeDelta::days(3));
    shop.until("suspended").await;
    assert_eq!(shop.status().await.1, Some(created + TRIAL));
    shop.hear().await;
    shop.hear().await;
    let (status, refused) = shop.answer("two").await;
    assert_eq!((status, &refused["code"]), (409, &json!("project_suspended")), "{refused}");
    assert_eq!(shop.heard().await, 1, "silent");

    shop.pay("pay").await;
    shop.until("ready").await;
    assert_eq!(shop.status().await.1, None);
    shop.hear().await;
    assert_eq!(shop.answer("two").await.0, 202, "what was refused left nothing behind: its key is free");
    shop.stage.until("the phone has the second answer", async || shop.heard().await == 2).await;
    let number = shop.get("").await["number"]["phone_number_id"].clone();
    assert_eq!(number, NUMBER, "what was connected still is");
    shop.stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_millisecond_before_the_end_is_sent_and_from_the_end_on_refused() {
    let mut shop = Shop::on(Stage::with_standing_clock().await).await;
    let created: DateTime<Utc> = serde_json::from_value(shop.get("").await["created_at"].clone()).unwrap();
    let end = created + TRIAL;
    shop.move_to(end - MS).await;
    shop.hear().await;
    let (status, asked) = shop.answer("before").await;
    assert_eq!((status, shop.status().await), (202, ("ready".to_owned(), None)), "{asked}");
    let message = format!("/v1/projects/{}/messages/{}", shop.project, message_of(&asked));
    let is_taken = async || {
        let (_, shown) = shop.stage.request(Method::GET, &message, None).await;
        ["accepted", "sent", "delivered"].contains(&shown["status"]["status"].as_str().unwrap_or_default())
    };
    shop.stage.until("Meta has it", is_taken).await;

    let moved_at = Instant::now();
    let taken = shop.asked_until_refused(end, message_of(&asked)).await;
    println!("from the end of the trial to the refusal: {:?}, {} taken", moved_at.elapsed(), taken.len() - 1);
    shop.until("suspended").await;
    assert_eq!(shop.status().await.1, Some(end), "to the instant");
    shop.sent += u32::try_from(taken.len()).unwrap(); // a row of its own each
    shop.hear().await;
    let known_since = shop.stage.journal.state(Stream::Conversation).await.unwrap().last;
    shop.move_to(end + MS).await;
    let (status, refused) = shop.answer("after").await;
    assert_eq!((status, &refused["code"]), (409, &json!("project_suspended")), "{refused}");

    // The window in which they could be sent ends, and nothing restores the project before.
    shop.move_to(end + WINDOW).await;
    let contact: ContactId = asked["contact"].as_str().unwrap().parse().unwrap();
    let fates = async || shop.fates(contact, &taken).await;
    shop.stage.until("something became of all that was taken", async || fates().await.iter().all(Option::is_some)).await;
    let late = shop.starts(contact).await.into_iter().filter(|sequence| *sequence > known_since).count();
    assert_eq!(late, 0, "given to Meta when the suspension was known");
    let gone = fates().await.iter().filter(|fate| matches!(fate, Some(Fate::Gone))).count() as u64;
    shop.stage.until("the phone has what was given to Meta, and nothing else", async || shop.heard().await == gone).await;
    shop.stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_suspends_when_the_paid_cycle_ends_and_not_before() {
    let mut shop = Shop::open().await;
    shop.pay("pay").await;
    shop.until_state("active").await;
    let cycle = shop.get("/subscription").await["cycle"].clone();
    let end: DateTime<Utc> = serde_json::from_value(cycle["ends_at"].clone()).unwrap();
    shop.ask("pause").await;

    shop.later(CYCLE - TimeDelta::hours(1));
    shop.hear().await;
    assert_eq!(shop.status().await, ("ready".to_owned(), None));
    shop.later(TimeDelta::hours(2));
    shop.until("suspended").await;
    assert_eq!(shop.status().await.1, Some(end));
    shop.hear().await;
    shop.stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_paused_resumes_with_the_stored_card_and_whoever_cancelled_pays_at_the_page() {
    let mut shop = Shop::open().await;
    shop.pay("pay").await;
    shop.until_state("active").await;
    for (verb, ended) in [("pause", "paused"), ("cancel", "cancelled")] {
        shop.hear().await;
        shop.ask(verb).await;
        shop.later(CYCLE + TimeDelta::hours(1));
        shop.until("suspended").await;
        shop.until_state(ended).await;
        shop.hear().await;
        let (status, refused) = shop.answer(ended).await;
        assert_eq!((status, &refused["code"]), (409, &json!("project_suspended")), "{refused}");
        match verb {
            "pause" => shop.ask("resume").await,
            _ => shop.pay("pay").await,
        }
        shop.until_state("active").await;
        shop.until("ready").await;
    }
    let payments = shop.get("/payments").await["data"].clone();
    let told: Vec<(&str, &str)> =
        payments.as_array().unwrap().iter().map(|payment| (text(payment, "purpose"), text(payment, "status"))).collect();
    assert_eq!(told, [("subscribe", "succeeded"), ("resume", "succeeded"), ("subscribe", "succeeded")]);
    shop.stage.finish(0).await;
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn message_of(answer: &Value) -> MessageId {
    answer["id"].as_str().unwrap().parse().unwrap()
}
