//! How fast a backlog leaves: messages of many contacts and projects, asked for while nobody sent, then sent. Each is two facts in the log
//! beside its call: that it is begun, before Meta is asked, and what Meta said.

use std::collections::HashSet;
use std::pin::pin;

use chassis::Clock;
use contract::{Context, ConversationEvent, Event, EventId, MessageId, NewEvent, Stream, Subject};
use e2e::cpu::{Meter, SELF};
use e2e::report::{self, Figure, Goal, Unit};
use futures::StreamExt;
use journal::{Expect, Filter};
use sender::Limits;
use tokio::time::Instant;

use super::bare::{Bare, requested};
use super::far_end::FarEnd;
use super::house::{House, PEOPLE_EACH, PROJECTS};
use super::latency::META_MS;

const MESSAGES: usize = 20_000;
/// Of what counts nothing.
const WARM_UP: usize = 2_000;

pub(super) async fn run(house: &House, far: &FarEnd) {
    let at_once = Limits::default().calls_max;
    far.phones_are_silent().await;
    let bare = Bare::new(&far.graph);
    bare.throughput(&house.numbers, "warm", WARM_UP, at_once).await;
    for hold_ms in [0, META_MS] {
        let (contacts, what) = (PROJECTS * PEOPLE_EACH, format!("Meta answers after {hold_ms} ms"));
        report::title(&format!("A backlog of {MESSAGES} messages to {contacts} contacts of {PROJECTS} projects; {what}"));
        far.answers_after(hold_ms).await;
        let raw = raw(house, &format!("raw {hold_ms}"), at_once).await;
        let limit = bare.throughput(&house.numbers, &format!("bare-{hold_ms}"), MESSAGES, at_once).await;
        let sent = backlog(house, far, &format!("backlog {hold_ms}")).await;
        let line = Figure::new("messages sent and accepted", sent, Unit::PerSecond);
        line.beside(format!("bare client, {at_once} calls at once"), limit).ratio(Goal::AtLeast(0.8)).print();
        Figure::new("the same, facts in the log", sent * 2.0, Unit::PerSecond).beside("raw appends, one fact each", raw).print();
    }
}

/// Messages a second, from the first that is begun to the last that is accepted.
async fn backlog(house: &House, far: &FarEnd, name: &str) -> f64 {
    store(house, name).await;
    let from = house.journal.state(Stream::Conversation).await.expect("the log answers").last + 1;
    let mut events = pin!(house.journal.tail(Stream::Conversation, from, Filter::all()));
    let (mut accepted, mut began) = (HashSet::<MessageId>::new(), None);
    let asked = Instant::now();
    let meter = Meter::start([(SELF, std::process::id()), ("broker", house.nats.pid()), ("the far end", far.process.pid())]);
    let sender = house.sender().await;
    while accepted.len() < MESSAGES {
        let event = events.next().await.expect("an event").expect("the log answers");
        let event = ConversationEvent::decode(&event).expect("ours");
        if let ConversationEvent::SendStarted(started) = event {
            began.get_or_insert_with(Instant::now);
            assert_eq!(started.attempt, 1, "each is sent at the first attempt");
        } else if let ConversationEvent::MessageAccepted(message) = event {
            assert!(accepted.insert(message.message), "each is accepted once");
        } else {
            panic!("nothing else is said: {event:?}");
        }
    }
    let took = began.expect("something was begun").elapsed();
    let reading = asked.elapsed() - took;
    report::note(format!(
        "{:.1} s, and {:.2} s until the first was begun; {}",
        took.as_secs_f64(),
        reading.as_secs_f64(),
        meter.line(None)
    ));
    sender.stop().await;
    MESSAGES as f64 / took.as_secs_f64()
}

/// What was asked for while nobody sent.
async fn store(house: &House, name: &str) {
    let appends = (0..PROJECTS * PEOPLE_EACH).map(|contact| async move {
        let (history, person) = (house.histories[contact % PROJECTS], contact / PROJECTS);
        let messages = (0..MESSAGES / (PROJECTS * PEOPLE_EACH)).map(|index| requested(history, person, index, name));
        let events = messages.map(|message| envelope(message.message.to_string(), message.into())).collect();
        let subject = Subject::conversation(history.project, history.contact(person));
        house.journal.append(&subject, Expect::Any, events).await.expect("it is stored");
    });
    futures::stream::iter(appends).buffer_unordered(64).for_each(|()| std::future::ready(())).await;
}

/// Facts a second when so many are on their way, each by itself, as the sender has them; to contacts that are nobody's.
async fn raw(house: &House, name: &str, at_once: usize) -> f64 {
    let history = house.histories[0];
    let appends = (0..MESSAGES).map(|index| {
        let message = requested(history, index % PEOPLE_EACH, index, name);
        let contact = contract::ContactId::derive(
            history.project,
            &contract::Identity { kind: contract::IdentityKind::Phone, value: format!("{name} {}", index % (PROJECTS * PEOPLE_EACH)) },
        );
        let started =
            contract::SendStarted { message: message.message, attempt: 1, phone_number_id: house.numbers[0].clone(), at: message.at };
        let event = envelope(format!("{name} {index}"), started.into());
        let subject = Subject::conversation(history.project, contact);
        async move { house.journal.append(&subject, Expect::Any, vec![event]).await.expect("it is stored") }
    });
    let start = Instant::now();
    futures::stream::iter(appends).buffer_unordered(at_once).for_each(|_| std::future::ready(())).await;
    MESSAGES as f64 / start.elapsed().as_secs_f64()
}

fn envelope(key: String, fact: ConversationEvent) -> NewEvent {
    fact.into_new(EventId::derive("bench.sending", &[&key]), "/paige/bench", Clock::System.now(), Context::default())
}
