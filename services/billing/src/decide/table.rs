//! The table of all transitions in `README.md`: made by the rules, compared with what is written there. `UPDATE_TABLE=1` writes it.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Event, OperationId, PaymentId};
use ulid::Ulid;

use super::{Command, Outcome, decide};
use crate::accounts::Known;
use crate::deadline;
use crate::subscription::State;
use crate::terms::Terms;

const BEGIN: &str = "<!-- transitions: made by the rules, see src/decide/table.rs -->\n";
const END: &str = "<!-- end of transitions -->\n";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn payment(n: u128) -> PaymentId {
    PaymentId::from_ulid(Ulid::from_parts(1, n))
}

/// An account in the making, asked one thing after another.
struct Story {
    known: Known,
    now: DateTime<Utc>,
    asked: u128,
}

impl Story {
    fn ask(&mut self, command: &Command) -> (Vec<String>, Option<&'static str>) {
        let decision = decide(&self.known.account, &self.known.uses, command, &Terms::default(), self.now);
        for event in &decision.events {
            let sequence = self.known.account.sequence + 1;
            self.known.apply(sequence, self.now, event);
        }
        let told = decision.events.iter().map(|event| event.event_type().split('.').nth(1).unwrap().to_owned()).collect();
        (told, decision.refused.map(super::Refusal::code))
    }

    fn pay(&mut self, card: bool) {
        self.asked += 1;
        let payment = payment(self.asked);
        self.ask(&Command::RequestPayment { payment });
        let outcome = self.paid(card);
        self.ask(&Command::Report { payment, outcome });
    }

    fn paid(&self, card: bool) -> Outcome {
        let sealed_authorisation = card.then(|| "v1.c2VhbGVk".to_owned());
        Outcome::Paid { paid_at: self.now, amount_minor: 57_000, currency: "ZAR".into(), sealed_authorisation }
    }

    fn until_due(&mut self) -> (Vec<String>, Option<&'static str>) {
        let (due, _) = deadline::next(&self.known.account, &Terms::default()).unwrap();
        self.now = due;
        self.ask(&Command::Wake { until: due })
    }
}

/// An account in this state, an hour after it got there; with a card to charge or not.
fn story(state: State, card: bool) -> Story {
    let mut story = Story { known: Known::default(), now: start(), asked: 0 };
    story.ask(&Command::StartTrial { created_at: start() });
    if state != State::Trialing {
        story.now += TimeDelta::days(1);
        story.pay(card);
    }
    match state {
        State::Trialing | State::Active => {}
        State::Pausing => drop(story.ask(&Command::Pause)),
        State::Cancelling => drop(story.ask(&Command::Cancel)),
        State::Paused => drop((story.ask(&Command::Pause), story.until_due())),
        State::Cancelled => drop((story.ask(&Command::Cancel), story.until_due())),
        State::PastDue | State::Expired => {
            story.until_due();
            // The renewal was refused; what follows is what is left to do.
            if let Some(payment) = story.known.account.charge() {
                story.ask(&Command::Report { payment, outcome: Outcome::Failed { reason: "Declined".into() } });
            }
            while state == State::Expired && story.state() != State::Expired {
                story.until_due();
            }
        }
    }
    story.now += TimeDelta::hours(1);
    assert_eq!(story.state(), state);
    story
}

impl Story {
    fn state(&self) -> State {
        self.known.account.subscription.as_ref().unwrap().state
    }
}

type Input = (&'static str, fn(&mut Story) -> (Vec<String>, Option<&'static str>));

/// Everything that a subscription can meet.
const INPUTS: [Input; 11] = [
    ("opens the page to pay", |story| story.ask(&Command::RequestPayment { payment: payment(90) })),
    ("payment succeeds", |story| {
        story.ask(&Command::RequestPayment { payment: payment(90) });
        let outcome = story.paid(true);
        story.ask(&Command::Report { payment: payment(90), outcome })
    }),
    ("payment succeeds again", |story| {
        story.ask(&Command::RequestPayment { payment: payment(90) });
        let outcome = story.paid(true);
        story.ask(&Command::Report { payment: payment(90), outcome: outcome.clone() });
        story.ask(&Command::Report { payment: payment(90), outcome })
    }),
    ("payment fails", |story| {
        story.ask(&Command::RequestPayment { payment: payment(90) });
        story.ask(&Command::Report { payment: payment(90), outcome: Outcome::Failed { reason: "Declined".into() } })
    }),
    ("payment of another sum", |story| {
        story.ask(&Command::RequestPayment { payment: payment(90) });
        let outcome = Outcome::Paid { paid_at: story.now, amount_minor: 1, currency: "ZAR".into(), sealed_authorisation: None };
        story.ask(&Command::Report { payment: payment(90), outcome })
    }),
    ("pause", |story| story.ask(&Command::Pause)),
    ("cancel", |story| story.ask(&Command::Cancel)),
    ("withdraw", |story| story.ask(&Command::Withdraw)),
    ("resume", |story| story.ask(&Command::Resume { payment: payment(91) })),
    (
        "time",
        |story| if deadline::next(&story.known.account, &Terms::default()).is_some() { story.until_due() } else { (Vec::new(), None) },
    ),
    ("project deleted", |story| story.ask(&Command::Close { operation: OperationId::from_ulid(Ulid::from_parts(9, 9)) })),
];

fn table() -> String {
    let mut text = String::from("| state | card | what happens | state then | events, or why not |\n| --- | --- | --- | --- | --- |\n");
    for state in State::ALL {
        for (input, meet) in INPUTS {
            let rows: Vec<(String, String)> = [true, false]
                .map(|card| {
                    let mut story = story(state, card);
                    let (events, refused) = meet(&mut story);
                    let told = match (refused, events.is_empty()) {
                        (Some(code), true) => format!("refused: `{code}`"),
                        (Some(code), false) => format!("{}; refused: `{code}`", events.join(", ")),
                        (None, true) => "nothing".to_owned(),
                        (None, false) => events.join(", "),
                    };
                    (story.state().as_str().to_owned(), told)
                })
                .to_vec();
            let cards: &[(&str, usize)] = if rows[0] == rows[1] { &[("", 0)] } else { &[("stored", 0), ("none", 1)] };
            for (card, row) in cards {
                let (then, told) = &rows[*row];
                writeln!(text, "| {} | {card} | {input} | {then} | {told} |", state.as_str()).unwrap();
            }
        }
    }
    text
}

#[test]
fn the_table_in_the_docs_is_what_the_rules_do() {
    let document = std::fs::read_to_string(README).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("README.md has a place for the table");
    let (written, after) = rest.split_once(END).expect("the table has an end");
    let made = format!("\n{}\n", table());
    if std::env::var_os("UPDATE_TABLE").is_some() {
        std::fs::write(README, format!("{before}{BEGIN}{made}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, made, "UPDATE_TABLE=1 cargo nextest run -p billing the_table writes it anew");
}
