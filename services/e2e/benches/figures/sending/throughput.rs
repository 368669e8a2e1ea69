//! How fast a backlog leaves: messages of many contacts and projects, asked for while nobody sent, then sent. Each is two facts in the log
//! beside its call: that it is begun, before Meta is asked, and what Meta said.

use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactId, Context, ConversationEvent, Event, EventId, Identity, IdentityKind, MessageAccepted, MessageId, NewEvent, SendStarted,
    Stream, Subject,
};
use e2e::cpu::{Meter, SELF};
use e2e::history::History;
use e2e::report::{self, Figure, Goal, Unit};
use futures::StreamExt;
use journal::{Expect, Filter, Range};
use sender::Limits;
use tokio::time::sleep;

use super::bare::{Bare, per_second, requested};
use super::far_end::FarEnd;
use super::house::{House, PEOPLE_EACH, PROJECTS, UNLIMITED};
use super::latency::META_MS;

const MESSAGES: usize = 20_000;
/// Of what counts nothing.
const WARM_UP: usize = 2_000;
const ALL_MAX: TimeDelta = TimeDelta::minutes(5);
const POLL: Duration = Duration::from_millis(20);

pub(super) async fn run(house: &House, far: &FarEnd) {
    let at_once = Limits::default().calls_max;
    far.phones_are_silent(0).await;
    let bare = Bare::new(&far.graph);
    bare.throughput(&house.numbers, "warm", WARM_UP, at_once).await;
    for hold_ms in [0, META_MS] {
        let (contacts, what) = (PROJECTS * PEOPLE_EACH, format!("Meta answers after {hold_ms} ms"));
        report::title(&format!("A backlog of {MESSAGES} messages to {contacts} contacts of {PROJECTS} projects; {what}"));
        far.answers_after(hold_ms).await;
        let raw = raw(house, &format!("raw {hold_ms}"), at_once).await;
        let limit = bare.throughput(&house.numbers, &format!("bare-{hold_ms}"), MESSAGES, at_once).await;
        let written = written(house, &bare, &format!("written {hold_ms}"), at_once).await;
        let sent = backlog(house, far, UNLIMITED, &format!("backlog {hold_ms}")).await;
        let line = Figure::new("messages sent and accepted", sent, Unit::PerSecond);
        line.beside(format!("bare client, {at_once} calls at once"), limit).ratio(Goal::AtLeast(0.8)).print();
        let line = Figure::new("the same", sent, Unit::PerSecond);
        line.beside("bare client between two appends each", written).print();
        Figure::new("the same, facts in the log", sent * 2.0, Unit::PerSecond).beside("raw appends, one fact each", raw).print();
    }
    let rate = Limits::default().number_rate;
    report::title(&format!("The same backlog where Meta takes {rate} a second of each number, and answers after {META_MS} ms"));
    far.phones_are_silent(rate).await;
    far.answers_after(META_MS).await;
    let limit = bare.paced(&house.numbers, "bare-paced", MESSAGES, rate).await;
    let sent = backlog(house, far, rate, "paced").await;
    let line = Figure::new("messages sent and accepted", sent, Unit::PerSecond);
    line.beside(format!("bare client, {rate} a second of each number"), limit).ratio(Goal::AtLeast(0.8)).print();
}

/// Messages a second, from the first that is begun to the last that is accepted. Nobody reads along meanwhile.
async fn backlog(house: &House, far: &FarEnd, number_rate: u32, name: &str) -> f64 {
    store(house, name).await;
    let last = async || house.journal.state(Stream::Conversation).await.expect("the log answers").last;
    let from = last().await + 1;
    let asked = Clock::System.now();
    let meter = Meter::start([(SELF, std::process::id()), ("broker", house.nats.pid()), ("the far end", far.process.pid())]);
    let sender = house.sender(number_rate).await;
    while last().await < from - 1 + 2 * MESSAGES as u64 {
        assert!(Clock::System.now() - asked < ALL_MAX, "not everything is accepted after {ALL_MAX}");
        sleep(POLL).await;
    }
    let (ended, cpu) = (Clock::System.now(), meter.line(None));
    sender.stop().await;
    let began = begun(house, from).await;
    let took = (ended - began).as_seconds_f64();
    report::note(format!("{took:.1} s, and {:.2} s until the first was begun; {cpu}", (began - asked).as_seconds_f64()));
    MESSAGES as f64 / took
}

/// When the first was begun, if each was begun once and then accepted.
async fn begun(house: &House, from: u64) -> DateTime<Utc> {
    let mut events = pin!(house.journal.replay(Stream::Conversation, Range::from(from), Filter::all()));
    let (mut started, mut accepted, mut began) = (HashSet::<MessageId>::new(), 0, None::<DateTime<Utc>>);
    while let Some(event) = events.next().await {
        match ConversationEvent::decode(&event.expect("the log answers")).expect("ours") {
            ConversationEvent::SendStarted(message) => {
                assert!(started.insert(message.message), "each is sent at the first attempt");
                began = Some(began.map_or(message.at, |began| began.min(message.at)));
            }
            ConversationEvent::MessageAccepted(message) => {
                assert!(started.remove(&message.message), "each is accepted once, after it was begun");
                accepted += 1;
            }
            event => panic!("nothing else is said: {event:?}"),
        }
    }
    assert_eq!((accepted, started.len()), (MESSAGES, 0));
    began.expect("something was begun")
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

/// Messages a second when so many are on their way, each posted by the bare client between two facts in the log, which is the least that
/// never doubles one: nothing else is done for it.
async fn written(house: &House, bare: &Bare, name: &str, at_once: usize) -> f64 {
    let history = house.histories[0];
    let sends = (0..MESSAGES).map(|index| {
        let request = bare.request(&house.numbers, index, &format!("{name}-{index}"));
        let message = requested(history, index % PEOPLE_EACH, index, name).message;
        let at = Clock::System.now();
        let started = SendStarted { message, attempt: 1, phone_number_id: house.numbers[0].clone(), at };
        let accepted =
            MessageAccepted { message, attempt: 1, wamid: format!("wamid.{name}.{index}"), held_as: None, settled_by_status: false, at };
        let subject = nobody(history, name, index);
        let [before, after] =
            [ConversationEvent::from(started), accepted.into()].map(|fact| envelope(format!("{name} {index} {}", fact.event_type()), fact));
        async move {
            house.journal.append(&subject, Expect::Any, vec![before]).await.expect("it is stored");
            Bare::answered(request).await;
            house.journal.append(&subject, Expect::Any, vec![after]).await.expect("it is stored");
        }
    });
    per_second(sends, at_once).await
}

/// The subject of a contact that is nobody's, one of as many as the backlog has.
fn nobody(history: History, name: &str, index: usize) -> Subject {
    let value = format!("{name} {}", index % (PROJECTS * PEOPLE_EACH));
    let contact = ContactId::derive(history.project, &Identity { kind: IdentityKind::Phone, value });
    Subject::conversation(history.project, contact)
}

/// Facts a second when so many are on their way, each by itself, as the sender has them; to contacts that are nobody's.
async fn raw(house: &House, name: &str, at_once: usize) -> f64 {
    let history = house.histories[0];
    let appends = (0..MESSAGES).map(|index| {
        let message = requested(history, index % PEOPLE_EACH, index, name);
        let started = SendStarted { message: message.message, attempt: 1, phone_number_id: house.numbers[0].clone(), at: message.at };
        let event = envelope(format!("{name} {index}"), started.into());
        let subject = nobody(history, name, index);
        async move {
            house.journal.append(&subject, Expect::Any, vec![event]).await.expect("it is stored");
        }
    });
    per_second(appends, at_once).await
}

fn envelope(key: String, fact: ConversationEvent) -> NewEvent {
    fact.into_new(EventId::derive("bench.sending", &[&key]), "/paige/bench", Clock::System.now(), Context::default())
}
