//! The simulated Paystack's bad days, with the whole house at the other end: its webhooks are doubled, late, lost or wrongly signed, and its calls time
//! out after they were carried out. Whatever happens, a payment is counted, and once; who does not pay is told in time.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use chrono::{DateTime, TimeDelta, Utc};
use contract::{BillingEvent, Event, ProjectId, Stream, Subject};
use e2e::Stage;
use e2e::person::Person;
use reqwest::Method;
use serde_json::{Value, json};

struct Till(Stage);

impl Till {
    async fn faults(&self, faults: Value) {
        self.0.call(Method::PUT, "/sim/paystack/faults", Some(faults)).await;
    }

    /// Asks for a page: its address, or why not.
    async fn page(&self, project: ProjectId) -> Result<String, (u16, Value)> {
        let payer = Some(json!({ "email": "ada@example.com" }));
        let (status, page) = self.0.request(Method::POST, &format!("/v1/projects/{project}/subscription/pay"), payer).await;
        if status != 201 {
            return Err((status, page["code"].clone()));
        }
        Ok(page["authorization_url"].as_str().unwrap().to_owned())
    }

    /// A project whose customer pays.
    async fn paid(&self, name: &str) -> ProjectId {
        let project = self.0.project(name).await;
        self.0.pay(&self.page(project).await.unwrap()).await;
        project
    }

    async fn subscription(&self, project: ProjectId) -> Value {
        self.0.call(Method::GET, &format!("/v1/projects/{project}/subscription"), None).await
    }

    async fn until_active(&self, project: ProjectId) {
        self.0.until("the payment is credited", async || self.subscription(project).await["state"] == "active").await;
    }

    fn later(&self, by: TimeDelta) {
        assert!(self.0.clock.advance(by));
    }

    /// Moves the clock as an operator does: whatever is due on the way happens.
    async fn move_to(&self, to: DateTime<Utc>) {
        self.0.move_clock(to).await;
    }

    /// The mails that say what is due, the youngest first.
    async fn reminders(&self) -> Vec<Value> {
        let mails = self.0.call(Method::GET, "/v1/dev/mails", None).await;
        mails["data"].as_array().unwrap().iter().filter(|mail| mail["text"].as_str().unwrap().contains("is not paid")).cloned().collect()
    }

    async fn said(&self, project: ProjectId) -> Vec<BillingEvent> {
        let events = self.0.journal.entity(&Subject::billing(project)).await.unwrap();
        events.iter().map(|event| BillingEvent::decode(event).unwrap()).collect()
    }

    /// What was credited: payments that succeeded, cycles that began, cycles that were made longer.
    async fn credited(&self, project: ProjectId) -> (usize, usize, usize) {
        let events = self.said(project).await;
        let count = |of: fn(&BillingEvent) -> bool| events.iter().filter(|event| of(event)).count();
        (
            count(|event| matches!(event, BillingEvent::PaymentSucceeded(_))),
            count(|event| matches!(event, BillingEvent::CycleStarted(_))),
            count(|event| matches!(event, BillingEvent::CycleExtended(_))),
        )
    }

    async fn deliveries(&self) -> Value {
        self.0.call(Method::GET, "/sim/paystack/deliveries", None).await
    }

    async fn until_delivered(&self) {
        self.0.until("no webhook waits", async || self.deliveries().await["undelivered"] == 0).await;
        let reports = Subject::webhook("paystack", "event").unwrap();
        let last = self.0.journal.last(&reports).await.unwrap().unwrap().sequence;
        self.0.until("the reports are handled", async || self.handled().await >= last).await;
        self.0.until("no report is held", async || self.0.journal.parked().await.unwrap().is_empty()).await;
    }

    /// The last webhook that billing has seen.
    async fn handled(&self) -> u64 {
        let position = self.0.journal.last(&Subject::position("billing", Stream::Webhook).unwrap()).await.unwrap();
        let seen = position.and_then(|hint| serde_json::from_slice::<Value>(&hint.data).unwrap()["sequence"].as_u64());
        seen.unwrap_or_default()
    }
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_paystacks_bad_days_every_payment_is_counted_once() {
    let till = Till(Stage::start().await);

    // Each webhook comes four times.
    till.faults(json!({ "duplicate": 3 })).await;
    let doubled = till.paid("Doubled").await;
    till.until_active(doubled).await;

    // An hour late; the cycle is from the payment all the same.
    till.faults(json!({ "delay_ms": 3_600_000 })).await;
    let before = till.0.clock.now();
    let late = till.paid("Late").await;
    let paid_by = till.0.clock.now();
    assert_eq!(till.subscription(late).await["state"], "trialing");
    till.later(TimeDelta::hours(1));
    till.until_active(late).await;
    let starts_at = instant(&till.subscription(late).await["cycle"]["starts_at"]);
    assert!(before - TimeDelta::seconds(1) <= starts_at && starts_at <= paid_by, "{before} {starts_at} {paid_by}");

    // A page whose answer is lost is asked for again.
    till.faults(json!({ "time_out_after_accepting": 1.0 })).await;
    let unanswered = till.0.project("Unanswered").await;
    for _ in 0..3 {
        assert_eq!(till.page(unanswered).await, Err((503, json!("payment_provider_unavailable"))));
    }
    till.faults(json!({})).await;
    till.0.pay(&till.page(unanswered).await.unwrap()).await;
    till.until_active(unanswered).await;

    // One is never sent, one is never signed rightly: the comparison of the next day finds both.
    till.faults(json!({ "lose": 1.0 })).await;
    let lost = till.paid("Lost").await;
    assert_eq!(till.deliveries().await["lost"], 1);
    till.faults(json!({ "wrong_signature": 1.0 })).await;
    let forged = till.paid("Forged").await;
    till.0.until("the forged webhook is refused", async || till.deliveries().await["data"][0]["last"] == "answered 401").await;
    for project in [lost, forged] {
        assert_eq!(till.subscription(project).await["state"], "trialing");
    }
    till.later(TimeDelta::hours(24));
    for project in [lost, forged] {
        till.until_active(project).await;
    }
    // Now it comes as it should, when all is done.
    till.faults(json!({})).await;
    till.later(TimeDelta::hours(1));
    till.until_delivered().await;

    let all = [doubled, late, unanswered, lost, forged];
    for project in all {
        assert_eq!(till.credited(project).await, (1, 1, 0), "{project}");
    }

    // Every card is charged again, and one call in three is answered with a time-out after it was carried out.
    till.faults(json!({ "time_out_after_accepting": 0.3, "duplicate": 2 })).await;
    till.later(TimeDelta::days(30));
    for project in all {
        till.0.until("the renewal is credited", async || till.credited(project).await == (2, 2, 0)).await;
    }
    till.faults(json!({})).await;
    till.until_delivered().await;
    for project in all {
        assert_eq!(till.credited(project).await, (2, 2, 0), "{project}");
        let told = till.subscription(project).await;
        assert_eq!(instant(&told["cycle"]["ends_at"]) - instant(&told["cycle"]["starts_at"]), TimeDelta::days(30));
    }
    till.0.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_declined_is_reminded_of_by_mail_until_the_project_is_suspended() {
    let till = Till(Stage::start().await);
    let ada = Person::sign_in(&till.0, "ada@example.com").await;
    let made = ada.ask(&till.0, Method::POST, "/v1/projects", Some(json!({ "name": "Broke" }))).await.ok();
    let project: ProjectId = made.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/v1/projects/{project}");
    let shown = async || till.0.call(Method::GET, &path, None).await;
    till.0.until("it is ready", async || shown().await["status"] == "ready").await;
    till.0.pay(&till.page(project).await.unwrap()).await;
    till.until_active(project).await;
    let cycle_end = instant(&till.subscription(project).await["cycle"]["ends_at"]);
    let grace_end = cycle_end + TimeDelta::days(7);

    till.faults(json!({ "insufficient_funds": true })).await;
    // Nothing that matters here is due before the end of the cycle.
    till.later(cycle_end - TimeDelta::hours(1) - till.0.clock.now());
    let until = grace_end.format("%-d %B %Y, %H:%M UTC").to_string();
    for (number, day) in [(1, 0), (2, 3), (3, 6)] {
        till.move_to(cycle_end + TimeDelta::days(day)).await;
        till.0.until(&format!("reminder {number} is mailed"), async || till.reminders().await.len() == number).await;
        let mails = till.reminders().await;
        assert_eq!(mails[0]["to"], "ada@example.com");
        let text = mails[0]["text"].as_str().unwrap();
        for part in ["\"Broke\"", &project.to_string(), "ZAR 570.00 is due", until.as_str(), &format!("This is reminder {number}.")] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (status, state) = (shown().await["status"].clone(), till.subscription(project).await["state"].clone());
        assert_eq!((status, state), (json!("ready"), json!("past_due")), "on day {day}");
    }
    let declined = till.said(project).await.iter().filter(|event| matches!(event, BillingEvent::PaymentFailed(_))).count();
    assert_eq!(declined, 1, "the card was charged once, in vain");

    till.move_to(grace_end).await;
    till.0.until("it is suspended", async || shown().await["status"] == "suspended").await;
    assert_eq!(instant(&shown().await["suspended_at"]), grace_end);
    assert_eq!(till.subscription(project).await["state"], "expired");
    assert_eq!((till.credited(project).await, till.reminders().await.len()), ((1, 1, 0), 3));
    till.0.finish(0).await;
}
