//! Everything is killed while people write. What Meta got a 200 for must be in the tables, once and in order; nothing else may be there.
//!
//! Each service is a process of its own. Signed webhooks come at a steady rate and again until they are acknowledged, as Meta sends them;
//! meanwhile processes, nats-server and Postgres included, get SIGKILL in turn and are started again. Then everything must settle, and
//! tables, log and what was acknowledged are held against each other. The same seed kills in the same order; what the kills hit is chance.

mod check;
mod killer;
mod meta;
mod projects;
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
use crate::dice::Dice;
use meta::{Ledger, Meta, Person};

pub use tally::Tally;

/// Projects with a number.
const PROJECTS: usize = 3;
/// People who write to each.
const PEOPLE_PER_PROJECT: usize = 8;
/// How long it may take, after the last kill, until every webhook is acknowledged.
const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(60);

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
    let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service(name)).collect();
    for service in &mut services {
        apart.ready(service).await;
    }
    let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "chaos")).await.expect("nats answers");
    journal.open(&Stream::ALL).await.expect("streams open");
    let builder = projects::Builder::new(&apart, &services);
    let mut ledgers = Vec::new();
    for number in (0..PROJECTS).map(|index| format!("20735841920384{index}")) {
        ledgers.push(Arc::new(Ledger::new(builder.connected(&number).await, number)));
    }

    let (calm, killed) = (CancellationToken::new(), CancellationToken::new());
    let meta = Arc::new(Meta::new(&services[0].base, &apart));
    let mut people = JoinSet::new();
    let pause = Duration::from_secs(1) * (PROJECTS * PEOPLE_PER_PROJECT) as u32 / options.rate.max(1);
    for (project, ledger) in ledgers.iter().enumerate() {
        for index in 0..PEOPLE_PER_PROJECT {
            let phone = format!("1650555{project:02}{index:02}");
            people.spawn(Person::new(phone, meta.clone(), ledger.clone(), dice.split()).write(pause, calm.clone()));
        }
    }
    let building = tokio::spawn(builder.keep_building(dice.split(), calm.clone()));
    let mut tally = Tally::new(options.seed);
    let give_up = Instant::now() + options.length;
    killer::kill_in_turn(&mut apart, &mut services, &mut dice, give_up, &mut tally).await;
    killed.cancel();
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
    check::everything(&apart, &services, &journal, &databases, &ledgers, &built, &mut tally).await;
    if !tally.violations().is_empty() {
        tally.logs(&services);
    }
    tally
}
