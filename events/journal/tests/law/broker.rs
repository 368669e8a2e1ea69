//! The broker of a test: one of its own, or the one that `PAIGE_LAW_NATS_URL` names, emptied before each test. So the same contract is asked of
//! a cluster, of another version, of a service that somebody else runs:
//!
//! ```text
//! PAIGE_LAW_NATS_URL=nats://… PAIGE_LAW_REPLICAS=3 PAIGE_LAW_KILL='docker kill nats' PAIGE_LAW_START='docker start nats' cargo test -p journal --test law
//! ```
//!
//! One that holds streams of ours when it is named for the first time is refused, not emptied. What looks into the broker's files or gives it
//! other settings has a broker of its own in any case.

use std::fs::File;

use contract::Stream;
use embedded::Nats;

/// The stream by which a named broker is known as one whose events may all be deleted.
const MARK: &str = "law";

pub(crate) enum Broker {
    Own(Box<Nats>),
    Named {
        url: String,
        /// Tests that share it take turns, also in several processes.
        _turn: File,
    },
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let Ok(url) = std::env::var("PAIGE_LAW_NATS_URL") else { return Self::own().await };
        let turn = turn().await;
        let broker = Self::Named { url, _turn: turn };
        broker.empty().await;
        broker
    }

    /// Whatever is named.
    pub(crate) async fn own() -> Self {
        Self::Own(Box::new(Nats::scratch().await.expect("nats-server starts")))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Own(nats) => nats.url(),
            Self::Named { url, .. } => url.clone(),
        }
    }

    /// `host:port`, of the first server.
    pub(crate) fn address(&self) -> String {
        let url = self.url();
        let first = url.split(',').next().unwrap_or_default().trim();
        first.rsplit(['/', '@']).next().unwrap_or_default().to_owned()
    }

    /// Copies of each stream.
    pub(crate) fn replicas(&self) -> usize {
        match self {
            Self::Own(_) => 1,
            Self::Named { .. } => {
                std::env::var("PAIGE_LAW_REPLICAS").map_or(1, |text| text.parse().expect("PAIGE_LAW_REPLICAS is a number"))
            }
        }
    }

    /// Its files and settings.
    pub(crate) fn embedded(&self) -> &Nats {
        match self {
            Self::Own(nats) => nats,
            Self::Named { .. } => panic!("whoever needs this has to ask for a broker of its own"),
        }
    }

    /// What the journal does not do.
    pub(crate) async fn client(&self) -> async_nats::Client {
        let url = self.url();
        let servers: Vec<&str> = url.split(',').map(str::trim).collect();
        async_nats::connect(servers).await.expect("the broker answers")
    }

    pub(crate) async fn kill(&mut self) {
        match self {
            Self::Own(nats) => nats.kill().await,
            Self::Named { .. } => told("PAIGE_LAW_KILL").unwrap(),
        }
    }

    pub(crate) async fn restart(&mut self) -> Result<(), String> {
        match self {
            Self::Own(nats) => nats.restart().await.map_err(|error| error.to_string()),
            Self::Named { .. } => told("PAIGE_LAW_START"),
        }
    }

    async fn empty(&self) {
        let jetstream = async_nats::jetstream::new(self.client().await);
        let marked = jetstream.get_stream(MARK).await.is_ok();
        for stream in Stream::ALL {
            if jetstream.get_stream(stream.name()).await.is_ok() {
                assert!(marked, "{} has a stream {stream} and no stream {MARK}: its events are not these tests' to delete", self.url());
                jetstream.delete_stream(stream.name()).await.expect("a stream is deleted");
            }
        }
        if !marked {
            let mark = async_nats::jetstream::stream::Config { name: MARK.to_owned(), ..Default::default() };
            jetstream.create_stream(mark).await.expect("the mark is made");
        }
    }
}

async fn turn() -> File {
    let file = File::create(std::env::temp_dir().join("paige-law.lock")).expect("a file to lock");
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    locked.expect("no panic").expect("a lock")
}

/// Runs a command that the environment names.
fn told(variable: &str) -> Result<(), String> {
    let command =
        std::env::var(variable).map_err(|_| format!("this test kills the broker and starts it again: {variable} has to say how"))?;
    let status = std::process::Command::new("sh").args(["-c", &command]).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{command}: {status}")) }
}
