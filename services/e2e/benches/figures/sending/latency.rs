//! How long one message takes, at a rate that nobody waits at: from the request at our API until Meta is asked, and until Meta has answered.
//! Beside it the same message, posted to the same Meta by a bare client. At 50 ms, taken for a quick answer of the real one, the whole has a goal;
//! at 0 ms the two appends before the call are most of it, and that is shown.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use chrono::{DateTime, Utc};
use contract::{ConversationEvent, Event, Stream};
use e2e::bed::API_KEY;
use e2e::report::{self, Figure, Goal, Unit};
use futures::StreamExt;
use hdrhistogram::Histogram;
use journal::{Filter, Range};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use super::bare::Bare;
use super::far_end::FarEnd;
use super::house::{House, PEOPLE_EACH, PROJECTS, UNLIMITED};

const PER_SECOND: u32 = 50;
const MESSAGES: usize = 1_000;
/// What comes first finds connections that are not made and pools that are empty.
const WARM_UP: usize = 100;
/// What Meta takes.
pub(super) const META_MS: u32 = 50;
/// At least this part of the bare client's pace, where it has to be reached.
const PART_MIN: f64 = 0.8;
/// The same of a time: it may be so much longer.
const LONGER_MAX: f64 = 1.0 / PART_MIN;
const ALL_MAX: Duration = Duration::from_secs(60);

/// A message that was posted: when, and when what was next to come came.
struct Posted {
    callback: String,
    at: DateTime<Utc>,
    /// Ours: when it was written down that it is asked for. The bare client's: when the answer was there.
    then: DateTime<Utc>,
}

#[derive(Clone)]
struct Spans {
    /// From the post until Meta is asked.
    to_meta: Histogram<u64>,
    /// From `message_requested`, decided, until the sender begins it: the first append, and reading it.
    requested_to_start: Histogram<u64>,
    /// From `message_requested` until Meta is asked.
    requested_to_meta: Histogram<u64>,
    /// From the post until Meta's answer is there.
    to_answer: Histogram<u64>,
}

pub(super) async fn run(house: &House, far: &FarEnd) {
    let (api, recorder, sender) = (house.api().await, house.recorder(), house.sender(UNLIMITED).await);
    far.phones_receive().await;
    for hold_ms in [0, META_MS] {
        report::title(&format!("One message at a time, {PER_SECOND} a second; Meta answers after {hold_ms} ms"));
        far.answers_after(hold_ms).await;
        let bare = bare(house, far, hold_ms).await;
        let ours = ours(house, far, &format!("http://{}", api.address), hold_ms).await;
        for percentile in [50.0, 99.0] {
            let limit = |histogram: &Histogram<u64>| report::ms(histogram, percentile);
            let part = |name: &str, histogram| Figure::percentile(name, histogram, percentile);
            let line = part("request to Meta", &ours.to_meta).beside("bare client", limit(&bare.to_meta));
            if percentile == 50.0 && hold_ms == 0 {
                line.ratio(Goal::AtMost(LONGER_MAX)).print()
            } else {
                line.print()
            }
            part("of it from message_requested", &ours.requested_to_meta).beside("bare client", limit(&bare.to_meta)).print();
            part("of that until the sender begins it", &ours.requested_to_start).print();
            part("request until Meta has answered", &ours.to_answer).beside("bare client", limit(&bare.to_answer)).print();
        }
        let share = report::ms(&bare.to_answer, 50.0) / report::ms(&ours.to_answer, 50.0);
        let line = Figure::new("of the whole, p50: bare client by ours", share, Unit::Times);
        if hold_ms == META_MS { line.goal(Goal::AtLeast(PART_MIN)).print() } else { line.print() }
    }
    far.answers_after(0).await;
    sender.stop().await;
    recorder.stop().await;
    api.stop().await;
}

async fn ours(house: &House, far: &FarEnd, api: &str, hold_ms: u32) -> Spans {
    let http = client();
    let from = house.journal.state(Stream::Conversation).await.expect("the log answers").last + 1;
    let posted = paced(|index| {
        let history = house.histories[index % PROJECTS];
        let contact = history.contact(index / PROJECTS % PEOPLE_EACH);
        let url = format!("{api}/v1/projects/{}/contacts/{contact}/messages", history.project);
        let request = http.post(url).bearer_auth(API_KEY).header("idempotency-key", format!("{hold_ms}-{index}"));
        let request = request.json(&json!({ "type": "text", "text": { "body": super::text(index) } }));
        async move {
            let at = Clock::System.now();
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 202, "{:?}", answer.text().await);
            let answer: Value = answer.json().await.expect("JSON");
            let text = |name: &str| answer[name].as_str().expect("a text").to_owned();
            Posted { callback: text("id"), at, then: text("requested_at").parse().expect("an instant") }
        }
    })
    .await;
    let arrived = arrived(far, &posted).await;
    let (started, accepted) = said(house, from, &posted).await;
    let mut spans = Spans::new();
    for one in measured(&posted) {
        spans.requested_to_start.saturating_record(micros(one.then, started[&one.callback]));
        spans.to_meta.saturating_record(micros(one.at, arrived[&one.callback]));
        spans.requested_to_meta.saturating_record(micros(one.then, arrived[&one.callback]));
        spans.to_answer.saturating_record(micros(one.at, accepted[&one.callback]));
    }
    spans
}

async fn bare(house: &House, far: &FarEnd, hold_ms: u32) -> Spans {
    let bare = Arc::new(Bare::new(&far.graph));
    let posted = paced(|index| {
        let (bare, callback) = (bare.clone(), format!("bare-{hold_ms}-{index}"));
        let request = bare.request(&house.numbers, index, &callback);
        async move {
            let at = Clock::System.now();
            Bare::answered(request).await;
            Posted { callback, at, then: Clock::System.now() }
        }
    })
    .await;
    let arrived = arrived(far, &posted).await;
    let mut spans = Spans::new();
    for one in measured(&posted) {
        spans.to_meta.saturating_record(micros(one.at, arrived[&one.callback]));
        spans.to_answer.saturating_record(micros(one.at, one.then));
    }
    spans
}

/// Posts at a steady pace, whatever the answers do.
async fn paced<F: Future<Output = Posted> + Send + 'static>(mut post: impl FnMut(usize) -> F) -> Vec<Posted> {
    let (mut pace, mut tasks) = (interval(Duration::from_secs(1) / PER_SECOND), JoinSet::new());
    for index in 0..WARM_UP + MESSAGES {
        pace.tick().await;
        let one = post(index);
        tasks.spawn(async move { (index, one.await) });
    }
    let mut posted = Vec::new();
    while let Some(one) = tasks.join_next().await {
        posted.push(one.expect("no panic"));
    }
    posted.sort_by_key(|(index, _)| *index);
    posted.into_iter().map(|(_, one)| one).collect()
}

fn measured(posted: &[Posted]) -> impl Iterator<Item = &Posted> {
    posted.iter().skip(WARM_UP)
}

/// When phones received what, as soon as they have everything.
async fn arrived(far: &FarEnd, posted: &[Posted]) -> HashMap<String, DateTime<Utc>> {
    let began = Instant::now();
    loop {
        let received = far.sim.received().await;
        let arrived: HashMap<String, DateTime<Utc>> = received.into_iter().filter_map(|one| Some((one.callback?, one.at))).collect();
        if posted.iter().all(|one| arrived.contains_key(&one.callback)) {
            return arrived;
        }
        assert!(began.elapsed() < ALL_MAX, "not everything is sent after {ALL_MAX:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// When what was begun, and when Meta's answer to it was there, as `message_accepted` says.
async fn said(house: &House, from: u64, posted: &[Posted]) -> (HashMap<String, DateTime<Utc>>, HashMap<String, DateTime<Utc>>) {
    let began = Instant::now();
    loop {
        let (mut started, mut accepted) = (HashMap::new(), HashMap::new());
        let mut events = pin!(house.journal.replay(Stream::Conversation, Range::from(from), Filter::all()));
        while let Some(event) = events.next().await {
            let event = ConversationEvent::decode(&event.expect("an event")).expect("ours");
            if let ConversationEvent::SendStarted(message) = event {
                started.insert(message.message.to_string(), message.at);
            } else if let ConversationEvent::MessageAccepted(message) = event {
                accepted.insert(message.message.to_string(), message.at);
            }
        }
        if posted.iter().all(|one| accepted.contains_key(&one.callback)) {
            return (started, accepted);
        }
        assert!(began.elapsed() < ALL_MAX, "not everything is accepted after {ALL_MAX:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn micros(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    (to - from).num_microseconds().and_then(|micros| u64::try_from(micros).ok()).unwrap_or(0)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().build().expect("a client")
}

impl Spans {
    fn new() -> Self {
        let new = report::histogram;
        Self { to_meta: new(), requested_to_start: new(), requested_to_meta: new(), to_answer: new() }
    }
}
