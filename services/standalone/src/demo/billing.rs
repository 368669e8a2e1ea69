//! `paige demo billing`: a subscription from its trial to a card without money, with a clock that is moved. What billing says, and what
//! lifecycle makes of it, is printed as it reaches the log; the times are the house's own.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use contract::{ProjectId, Recorded, Stream, Subject, written_sum};
use futures::StreamExt;
use journal::Filter;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::stage::Stage;
use crate::Failure;
use crate::banner::line;

const PAYER: &str = "ada@example.com";
/// When the owner of an unpaid project is reminded, in days after the cycle's end, unless the installation says otherwise.
const REMINDER_DAYS: [i64; 3] = [0, 3, 6];

/// Shows it.
pub(super) async fn show(stage: &Stage) -> Result<(), Failure> {
    line("\n1. A project. Its trial begins with it: 14 times 24 hours.");
    let created = stage.caller.post("/v1/projects", json!({ "name": "Demo" })).await?;
    let project: ProjectId = created["project"]["id"].as_str().unwrap_or_default().parse()?;
    let walk = Walk { stage, project, printed: Arc::default() };
    tokio::select! {
        walked = walk.walk() => walked,
        failed = walk.print() => failed,
    }
}

/// One project's way through billing.
struct Walk<'a> {
    stage: &'a Stage,
    project: ProjectId,
    /// Held while a line is written, so that a heading does not come into the middle of events.
    printed: Arc<Mutex<()>>,
}

impl Walk<'_> {
    async fn walk(&self) -> Result<(), Failure> {
        self.until("trialing", "ready").await?;

        self.heading("2. The trial ends, and nobody has paid: the bot falls silent, what people write is still recorded.").await;
        self.clock_to("/trial/ends_at").await?;
        self.until("expired", "suspended").await?;

        self.heading("3. Somebody pays at the provider's page: a cycle of 30 times 24 hours begins with the payment.").await;
        self.pay().await?;
        self.until("active", "ready").await?;

        self.heading("4. A pause is asked for. Nothing changes until the end of what is paid.").await;
        self.subscription("pause").await?;
        self.until("pausing", "ready").await?;
        self.clock_to("/cycle/ends_at").await?;
        self.until("paused", "suspended").await?;

        self.heading("5. It is resumed: the card of the last payment is charged, and a new cycle begins.").await;
        self.subscription("resume").await?;
        self.until("active", "ready").await?;

        self.heading("6. The cycle ends and is renewed by itself.").await;
        let cycle = self.shown("/cycle/ends_at").await?;
        self.clock_to("/cycle/ends_at").await?;
        self.stage.caller.until("the next cycle runs", async || Ok(self.shown("/cycle/ends_at").await? != cycle)).await?;

        self.heading("7. The card has no money when the next cycle ends: seven days of grace, three reminders, then silence.").await;
        self.stage.caller.put("/sim/paystack/faults", json!({ "insufficient_funds": true })).await?;
        self.clock_to("/cycle/ends_at").await?;
        self.until("past_due", "ready").await?;
        self.reminders().await?;
        self.clock_to("/grace/ends_at").await?;
        self.until("expired", "suspended").await?;

        self.heading("8. With money again it is paid, and everything is exactly as it was.").await;
        self.stage.caller.put("/sim/paystack/faults", json!({})).await?;
        self.pay().await?;
        self.until("active", "ready").await?;
        self.payments().await
    }

    /// Prints every event of billing and every suspension as they come. They are read from different streams at the same time, but none is
    /// printed before the event that caused it. It ends only with an error.
    async fn print(&self) -> Result<(), Failure> {
        let tail = |stream: Stream, subject: Subject| self.stage.journal.tail(stream, 1, Filter::subjects([subject.as_str()]));
        let billing = tail(Stream::Billing, Subject::billing(self.project));
        let project = tail(Stream::Project, Subject::project(self.project));
        let mut events = std::pin::pin!(futures::stream::select(billing, project));
        let (mut heard, mut early) = (HashSet::new(), Vec::new());
        while let Some(event) = events.next().await {
            let event = event?;
            let waits = event.stream() == Stream::Project && event.context.causation.is_some_and(|cause| !heard.contains(&cause));
            if waits && told(&event).is_some() {
                early.push(event);
                continue;
            }
            heard.insert(event.id);
            let followed: Vec<Recorded> = early.extract_if(.., |later| later.context.causation == Some(event.id)).collect();
            let _turn = self.printed.lock().await;
            [event].iter().chain(&followed).filter_map(told).for_each(|text| line(&text));
        }
        Ok(())
    }

    async fn heading(&self, text: &str) {
        let _turn = self.printed.lock().await;
        line(&format!("\n{text}"));
    }

    async fn shown(&self, pointer: &str) -> Result<Value, Failure> {
        let subscription = self.stage.caller.get(&format!("/v1/projects/{}/subscription", self.project)).await?;
        Ok(subscription.pointer(pointer).cloned().unwrap_or_default())
    }

    /// Day by day through the time of grace, as far as there are reminders.
    async fn reminders(&self) -> Result<(), Failure> {
        let since: DateTime<Utc> = self.shown("/grace/starts_at").await?.as_str().unwrap_or_default().parse()?;
        for (number, day) in (1..).zip(REMINDER_DAYS) {
            self.clock_at(json!(since + TimeDelta::days(day))).await?;
            let reminded = async || Ok(self.shown("/grace/reminders").await? == number);
            self.stage.caller.until(&format!("reminder {number} is due"), reminded).await?;
        }
        Ok(())
    }

    /// Moves the clock to an instant that the subscription names.
    async fn clock_to(&self, pointer: &str) -> Result<(), Failure> {
        let to = self.shown(pointer).await?;
        self.clock_at(to).await
    }

    /// Moves the clock to an instant; if it is beyond that, it stays where it is.
    async fn clock_at(&self, to: Value) -> Result<(), Failure> {
        let wanted: DateTime<Utc> = to.as_str().unwrap_or_default().parse()?;
        let now: DateTime<Utc> = self.stage.caller.get("/v1/dev/clock").await?["now"].as_str().unwrap_or_default().parse()?;
        if now >= wanted {
            return Ok(());
        }
        {
            let _turn = self.printed.lock().await;
            line(&format!("   {:<24}  the clock is moved here", short(&to)));
        }
        // What is due on the way has happened when this is answered.
        self.stage.caller.post("/v1/dev/clock", json!({ "to": to })).await?;
        Ok(())
    }

    async fn subscription(&self, verb: &str) -> Result<Value, Failure> {
        self.stage.caller.post(&format!("/v1/projects/{}/subscription/{verb}", self.project), json!({})).await
    }

    /// Pays at the provider's page, as a person would.
    async fn pay(&self) -> Result<(), Failure> {
        let path = format!("/v1/projects/{}/subscription/pay", self.project);
        let page = self.stage.caller.post(&path, json!({ "email": PAYER })).await?;
        let url = page["authorization_url"].as_str().ok_or("no page to pay at")?;
        self.stage.caller.post(&format!("{url}/payment"), json!({ "card": "good" })).await?;
        Ok(())
    }

    /// Until the subscription is in this state and the project in that one.
    async fn until(&self, state: &str, status: &str) -> Result<(), Failure> {
        let path = format!("/v1/projects/{}", self.project);
        let reached = async || {
            // Until its trial has begun, a project has no subscription.
            let project = self.stage.caller.get(&path).await?;
            Ok(project["status"] == status && self.shown("/state").await? == state)
        };
        self.stage.caller.until(&format!("the subscription is {state} and the project {status}"), reached).await
    }

    async fn payments(&self) -> Result<(), Failure> {
        let payments = self.stage.caller.get(&format!("/v1/projects/{}/payments", self.project)).await?;
        self.heading("What was paid:").await;
        let _turn = self.printed.lock().await;
        for payment in payments["data"].as_array().into_iter().flatten() {
            let text = |name: &str| payment[name].as_str().unwrap_or("-");
            let amount = money(payment["currency"].as_str(), payment["amount_minor"].as_u64());
            line(&format!("   {:<24}  {:<10} {amount}  {}", short(&payment["requested_at"]), text("purpose"), text("status")));
        }
        line("\nThat was everything. `paige up` starts the same: POST /v1/dev/clock moves its clock.");
        Ok(())
    }
}

/// An event in one line; none for what is not about money.
fn told(event: &Recorded) -> Option<String> {
    let (stream, name) = event.event_type.as_str().split_once('.')?;
    let of_billing = stream == Stream::Billing.name();
    if !of_billing && !name.starts_with("project_suspended") && !name.starts_with("project_restored") {
        return None;
    }
    let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
    let instants = ["starts_at", "ends_at", "at", "since", "grace_ends_at", "paid_at"];
    let mut words: Vec<String> = Vec::new();
    for (field, value) in data.as_object().into_iter().flatten() {
        match value {
            Value::String(_) if field == "payment" || field == "currency" || field == "sealed_authorisation" => {}
            Value::String(_) if instants.contains(&field.as_str()) => words.push(format!("{field} {}", short(value))),
            Value::String(text) => words.push(format!("{field} {text}")),
            Value::Number(number) if field == "amount_minor" => {
                words.push(money(data["currency"].as_str(), number.as_u64()));
            }
            Value::Number(number) if *number != 0.into() && field != "billing_sequence" => words.push(format!("{field} {number}")),
            Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    let at = event.time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let name = format!("{stream}.{}", name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(".v"));
    Some(format!("   {at:<24}  {name:<32} {}", words.join(", ")).trim_end().to_owned())
}

/// An instant without its fractions.
fn short(instant: &Value) -> String {
    let text = instant.as_str().unwrap_or_default();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text.to_owned(),
    }
}

/// A sum as people write it.
fn money(currency: Option<&str>, minor: Option<u64>) -> String {
    written_sum(minor.unwrap_or_default(), currency.unwrap_or_default())
}
