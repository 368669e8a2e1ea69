//! Everything is killed while people write and are written to. What Meta got a 200 for must be in the tables, once and in order; what was
//! asked for under a key must be on its phone once, or have ended with a reason; nothing else may be anywhere.
//!
//! Each service is a process of its own. Signed webhooks come at a steady rate and again until they are acknowledged, as Meta sends them;
//! meanwhile processes, nats-server and Postgres included, get SIGKILL in turn and are started again. Then everything must settle, and
//! tables, log and what was acknowledged are held against each other; `replay verify` must find nothing, as an operator runs it. The same seed kills in the same order; what the kills hit is chance.

mod check;
mod killer;
mod meta;
mod projects;
mod speaking;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use contract::Stream;
use journal::{ConnectOptions, Journal};
use projections::ProjectDatabases;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::apart::{Apart, SERVICES, Service};
use crate::asking::Asking;
use crate::dice::Dice;
use crate::sent::Sent;
use crate::sim::Sim;
use meta::{Ledger, Meta, Person};
use speaking::Speaker;

pub use tally::Tally;

/// Projects with a number.
const PROJECTS: usize = 3;
/// People who write to each.
const PEOPLE_PER_PROJECT: usize = 8;
/// Of so many webhooks, one message is asked for.
const WEBHOOKS_PER_MESSAGE: u32 = 5;
/// How long Meta has to answer a message, less than some answers are held; how much longer than its call an unanswered one waits for a
/// status, in seconds; a number's rate, so that what Meta says of its limits slows the run only a little.
const SENDER: [(&str, &str); 3] =
    [("PAIGE_SENDER_CALL_SECONDS", "2"), ("PAIGE_SENDER_SETTLE_SECONDS", "2"), ("PAIGE_SENDER_NUMBER_RATE", "1000")];
/// How long it may take, after the last kill, until every webhook is acknowledged.
const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(180);

/// How much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Of all that is random.
    pub seed: u64,
    /// How long processes are killed.
    pub length: Duration,
    /// Webhooks a second, all people together.
    pub rate: u32,
}

/// Runs it, and says what happened.
///
/// # Panics
/// The servers do not start at all, or a process cannot be run.
pub async fn run(options: Options) -> Tally {
    let mut dice = Dice::new(options.seed);
    let mut apart = Apart::start().await;
    let with = |name: &str| if name == "sender" { &SENDER[..] } else { &[] };
    let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service_with(name, with(name))).collect();
    let mut phones = apart.meta(&services[0]);
    for service in services.iter_mut().chain([&mut phones]) {
        apart.ready(service).await;
    }
    let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "chaos")).await.expect("nats answers");
    journal.open(&Stream::ALL).await.expect("streams open");
    let (sim, builder) = (Sim::new(&phones.base), projects::Builder::new(&apart, &services));
    sim.allow_everything().await;
    let mut ledgers = Vec::new();
    for (number, waba) in (0..PROJECTS).map(|index| (format!("20735841920384{index}"), format!("10485739201638{index}"))) {
        ledgers.push(Arc::new(Ledger::new(builder.signed_up(&sim, &number, &waba).await, number)));
    }
    sim.one_in_ten_unanswered_and_one_refused(options.seed).await;

    let calm = CancellationToken::new();
    let meta = Arc::new(Meta::new(&services[0].base, &apart));
    let conversations = services.iter().find(|service| service.name == "conversations").expect("conversations runs");
    let asking = Arc::new(Asking::new(&apart, conversations));
    let mut people = everybody(&options, &meta, &asking, &ledgers, &mut dice, &calm);
    let building = tokio::spawn(builder.keep_building(dice.split(), calm.clone()));
    let mut tally = Tally::new(options.seed, killer::victims());
    let give_up = Instant::now() + options.length;
    killer::kill_in_turn(&mut apart, &mut services, &mut dice, give_up, &mut tally).await;
    tally.look_for_spared(options.length);
    calm.cancel();
    for service in &mut services {
        apart.ready(service).await;
    }
    let acknowledged = async {
        while let Some(ended) = people.join_next().await {
            ended.expect("no panic of a person");
        }
        building.await.expect("no panic of the builder")
    };
    let Ok(built) = timeout(ACKNOWLEDGE_MAX, acknowledged).await else {
        tally.violation(format!("not everything was acknowledged within {ACKNOWLEDGE_MAX:?} of the last kill: {}", meta.last_trouble()));
        return tally;
    };
    meta.tell(&mut tally);
    let databases = ProjectDatabases::new(apart.database_url.parse().expect("a URL"));
    let sent = Sent { sim: &sim, databases: &databases, asked: &asking.asked() };
    speaking::check(&asking, &sent, &mut tally).await;
    check::everything(&apart, &services, &journal, &databases, &ledgers, &built, &mut tally).await;
    if !tally.violations().is_empty() {
        tally.logs(&services);
    }
    tally
}

/// Who writes, and who writes to them.
fn everybody(
    options: &Options,
    meta: &Arc<Meta>,
    asking: &Arc<Asking>,
    ledgers: &[Arc<Ledger>],
    dice: &mut Dice,
    calm: &CancellationToken,
) -> JoinSet<()> {
    let mut people = JoinSet::new();
    let pause = Duration::from_secs(1) * (PROJECTS * PEOPLE_PER_PROJECT) as u32 / options.rate.max(1);
    for (project, ledger) in ledgers.iter().enumerate() {
        for index in 0..PEOPLE_PER_PROJECT {
            let phone = format!("1650555{project:02}{index:02}");
            people.spawn(Person::new(phone.clone(), meta.clone(), ledger.clone(), dice.split()).write(pause, calm.clone()));
            let speaker = Speaker { project: ledger.project, phone, asking: asking.clone(), dice: dice.split() };
            people.spawn(speaker.speak(pause * WEBHOOKS_PER_MESSAGE, calm.clone()));
        }
    }
    people
}
