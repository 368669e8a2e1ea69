//! All of Paige, as `paige up` runs it, on a broker and a Postgres of its own: one process, which says what it says into a file.

use std::net::SocketAddr;
use std::time::Duration;

use contract::{ProjectId, Stream};
use e2e::apart::{Apart, SERVICES, Service};
use e2e::bed;
use e2e::cpu::{Meter, SELF};
use e2e::erased::marks::{NUMBER, Place};
use e2e::erased::{Doors, Search, traces};
use e2e::process::Process;
use journal::{ConnectOptions, Error, Journal};
use sqlx::{ConnectOptions as _, PgConnection};
use standalone::keys::Keys;
use tokio::time::{Instant, sleep};

/// Its keys, and its objects in a folder of that name, are in here.
const DATA: &str = "data";
const OBJECTS: &str = "objects";
const STOP_MAX: Duration = Duration::from_secs(30);
/// So long it is watched whether anybody still works, who may use so many cores for the fact that it is there, and so long it is waited for.
const REST: Duration = Duration::from_secs(5);
const REST_CORES: f64 = 0.25;
const REST_WAIT_MAX: Duration = Duration::from_secs(600);

pub(crate) struct House {
    pub(crate) doors: Doors,
    pub(crate) address: SocketAddr,
    paige: Service,
    apart: Apart,
}

impl House {
    pub(crate) async fn start() -> Self {
        let apart = Apart::start().await;
        let data = apart.folder().join(DATA);
        let keys = Keys::load_or_create(&data).expect("keys are made");
        let data = data.display().to_string();
        let mut paige = apart.serving("paige", &["up"], &[("PAIGE_DATA", data.as_str())]);
        apart.ready(&mut paige).await;
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "bench")).await.expect("nats answers");
        let everybody = SERVICES.into_iter().chain(["simulator"]).map(|name| (name, paige.base.clone()));
        let doors = Doors::open(everybody, keys, journal).await;
        let address = paige.base.trim_start_matches("http://").parse().expect("an address");
        Self { doors, address, paige, apart }
    }

    /// Until what is written is written everywhere: services, broker and Postgres do next to nothing.
    pub(crate) async fn rest(&self) {
        let began = Instant::now();
        loop {
            let paige = self.paige.process.as_ref().map(Process::pid).expect("it runs");
            let meter = Meter::start([(SELF, paige), ("broker", self.apart.nats.pid()), ("Postgres", self.apart.postgres.pid())]);
            sleep(REST).await;
            if meter.cores().iter().map(|(_, cores)| cores).sum::<f64>() < REST_CORES {
                return;
            }
            assert!(began.elapsed() < REST_WAIT_MAX, "somebody never rests; {}", meter.line(None));
        }
    }

    /// The tables of a project.
    pub(crate) async fn tables(&self, project: ProjectId) -> PgConnection {
        bed::databases(&self.apart.postgres).options(project).connect().await.expect("the database answers")
    }

    /// Of the project that has [`NUMBER`], its raw webhooks and what was made of them: how many events, in a stream of how many MiB.
    pub(crate) async fn held(&self, project: ProjectId) -> Result<[(u64, u64); 2], Error> {
        let journal = &self.doors.journal;
        let held = async |stream: Stream, pattern: String| -> Result<(u64, u64), Error> {
            let (subjects, state) = (journal.subjects(stream, &pattern).await?, journal.state(stream).await?);
            Ok((subjects.values().sum(), state.bytes >> 20))
        };
        let webhooks = held(Stream::Webhook, format!("webhook.{NUMBER}.>")).await?;
        Ok([webhooks, held(Stream::Conversation, format!("conversation.{project}.>")).await?])
    }

    /// Everything that can be read.
    pub(crate) async fn read<'a>(&self, mut search: Search<'a>) -> Search<'a> {
        traces::log(&self.doors.journal, &mut search).await;
        traces::databases(&self.apart.postgres.admin_url(), &mut search).await;
        traces::files(Place::Objects, &self.apart.folder().join(DATA).join(OBJECTS), &mut search);
        traces::metrics(&self.doors.http, self.paige.name, &self.paige.base, &mut search).await;
        let said = self.apart.folder().join(format!("{}.log", self.paige.name));
        for said in [said, self.apart.nats.log_path(), self.apart.postgres.log_path()] {
            traces::file(Place::Said, &said, &mut search);
        }
        search
    }

    /// What is in the broker's files, whether it can be read by anybody else or not.
    pub(crate) fn on_disk(&self, mut search: Search<'_>) -> Vec<String> {
        let log = self.apart.nats.log_path();
        traces::files(Place::Log, log.parent().expect("a folder"), &mut search);
        search.found()
    }

    pub(crate) async fn stop(mut self) {
        let status = self.paige.process.as_mut().expect("it runs").stop(STOP_MAX).await;
        assert!(status.success(), "paige ended with {status}");
        self.apart.nats.stop().await;
        self.apart.postgres.stop().await;
    }
}
