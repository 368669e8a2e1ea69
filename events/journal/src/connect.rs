//! Connecting: tries until a limit, then makes sure that the broker can be the log at all.
//!
//! One thing cannot be asked over the API without a system account: `sync_interval`. A single server must run with
//! `sync_interval: always`, or a power cut takes acknowledged events with it; see `deploy/nats`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{ConnectErrorKind, ServerAddr, ServerInfo};
use tokio::time::Instant;

use crate::append::Committers;
use crate::erase::PURGE_SEQUENCES;
use crate::link::Link;
use crate::{Error, Journal};

/// How long the first connection is tried.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(30);
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two attempts to come back.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_millis(500);
/// A dead connection that nobody closed is noticed after two of these.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// Atomic batches came with this version.
const VERSION_MIN: (u64, u64) = (2, 12);
/// Meta sends bodies of up to 3 MiB.
const PAYLOAD_BYTES_MIN: usize = 4 * 1024 * 1024;
/// Messages the client holds per subscription; readers ask for fewer than this at a time.
const SUBSCRIPTION_CAPACITY: usize = 65_536;

/// How to reach the broker.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `nats://host:port`, several separated by commas.
    pub url: String,
    /// The client's name, shown in the broker's monitoring: the service.
    pub name: String,
    /// Who connects; `None` on a development server.
    pub credentials: Option<Credentials>,
    /// Copies of each stream that `open` asks for: 1 on a single server, 3 on a cluster.
    pub replicas: usize,
    /// So many sequences of a stream [`Journal::erase`] goes through before it rests for the sake of others' appends.
    pub purge_sequences: NonZeroU64,
}

/// A user of the broker.
#[derive(Clone)]
pub enum Credentials {
    /// Name and password from the server's configuration.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A `.creds` file: JWT and seed.
    File(PathBuf),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password({user}, …)"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl ConnectOptions {
    /// A single server without credentials, of which 250,000 sequences are erased at once.
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        Self { url: url.into(), name: name.into(), credentials: None, replicas: 1, purge_sequences: PURGE_SEQUENCES }
    }

    /// With so many copies of each stream that [`Journal::open`] creates.
    #[must_use]
    pub fn with_replicas(self, replicas: u8) -> Self {
        Self { replicas: replicas.into(), ..self }
    }
}

impl Journal {
    /// Connects; tries for up to 30 s. When the connection is lost later, it is made again by itself, without a limit.
    ///
    /// # Errors
    /// `Unavailable` when nobody answers; `Unsuitable` when the server does not know the user, is too old, takes only smaller messages, or
    /// has no JetStream.
    pub async fn connect(options: ConnectOptions) -> Result<Self, Error> {
        let give_up = Instant::now() + CONNECT_TIME_MAX;
        let link = loop {
            match attempt(&options).await {
                Ok(link) => break link,
                Err(error) if Instant::now() + CONNECT_PAUSE >= give_up || !matches!(error, Error::Unavailable(_)) => return Err(error),
                Err(_) => tokio::time::sleep(CONNECT_PAUSE).await,
            }
        };
        let link = Arc::new(link);
        Ok(Self { committers: Arc::new(Committers::new(&link)), link, purge_sequences: options.purge_sequences })
    }

    /// Whether the log can be used now.
    ///
    /// # Errors
    /// The cause, for people.
    pub async fn healthy(&self) -> Result<(), String> {
        if !self.link.connected() {
            return Err(format!("not connected to nats at {}", self.link.url));
        }
        if let Some((stream, time)) = self.committers.trouble(self.link.losses()) {
            let seconds = time.as_secs();
            return Err(format!("stream {stream} takes nothing for {seconds} s: after a full disk nats has to start again, with room"));
        }
        let info = self.link.request::<serde_json::Value>("$JS.API.INFO", &serde_json::Value::Null).await;
        info.map(drop).map_err(|error| error.to_string())
    }
}

async fn attempt(options: &ConnectOptions) -> Result<Link, Error> {
    let url = told(&options.url);
    let unavailable = |cause: String| Error::Unavailable(format!("cannot connect to nats at {url}: {cause}"));
    let (sender, signals) = Link::signals();
    let settings = async_nats::ConnectOptions::new()
        .name(&options.name)
        .ping_interval(PING_INTERVAL)
        .subscription_capacity(SUBSCRIPTION_CAPACITY)
        .reconnect_delay_callback(|attempt| RECONNECT_PAUSE_MAX.min(Duration::from_millis(5 << attempt.min(8))))
        .event_callback(move |event| {
            Link::record(&sender, &event);
            std::future::ready(())
        });
    let settings = match &options.credentials {
        None => settings,
        Some(Credentials::Password { user, password }) => settings.user_and_password(user.clone(), password.clone()),
        Some(Credentials::File(path)) => settings.credentials_file(path).await.map_err(|error| unavailable(error.to_string()))?,
    };
    let addresses: Vec<&str> = options.url.split(',').map(str::trim).collect();
    let client = settings.connect(addresses).await.map_err(|error| match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => unsuitable(&url, error.to_string()),
        _ => unavailable(error.to_string()), // somebody else's enum: whatever else it is, it may pass
    })?;
    check(&client.server_info(), &url)?;
    let link = Link::new(client, signals, url.clone(), options.replicas);
    let info = link.request::<serde_json::Value>("$JS.API.INFO", &serde_json::Value::Null).await;
    match info {
        Err(Error::Refused { description, .. }) => Err(unsuitable(&url, description)),
        other => other.map(|_| link),
    }
}

/// The servers without who connects to them: whoever asks whether a process is ready is told where they are, and so is the log of the process.
fn told(url: &str) -> String {
    let told = |server: &str| match server.trim().parse::<ServerAddr>() {
        Ok(server) => format!("{}://{}:{}", server.scheme(), server.host(), server.port()),
        Err(_) => "what is no address".to_owned(),
    };
    url.split(',').map(told).collect::<Vec<_>>().join(",")
}

fn check(server: &ServerInfo, url: &str) -> Result<(), Error> {
    let mut parts = server.version.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u64, u64) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < VERSION_MIN {
        return Err(unsuitable(url, format!("version {} is older than {}.{}", server.version, VERSION_MIN.0, VERSION_MIN.1)));
    }
    if server.max_payload < PAYLOAD_BYTES_MIN {
        return Err(unsuitable(url, format!("max_payload is {}, needs {PAYLOAD_BYTES_MIN}", server.max_payload)));
    }
    if !server.jetstream {
        return Err(unsuitable(url, "JetStream is not enabled".to_owned()));
    }
    Ok(())
}

fn unsuitable(url: &str, cause: String) -> Error {
    Error::Unsuitable { url: url.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(version: &str, max_payload: usize, jetstream: bool) -> Result<(), Error> {
        check(&ServerInfo { version: version.into(), max_payload, jetstream, ..ServerInfo::default() }, "u")
    }

    #[test]
    fn who_connects_is_told_to_nobody() {
        for (url, wanted) in [
            ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
            ("nats://paige:hunter2@one", "nats://one:4222"),
            ("tls://hunter2@one:1, paige:hunter2@two:2", "tls://one:1,nats://two:2"),
            ("nats://paige:hunter2@hunter3@one", "nats://one:4222"),
            ("nats://paige:hunter2", "what is no address"),
        ] {
            assert_eq!(told(url), wanted, "{url}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_half_a_minute_the_server_that_is_not_there_is_named() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let began = Instant::now();
        let connected = Journal::connect(ConnectOptions::new(format!("nats://paige:hunter2@{closed}"), "test")).await;
        let Err(error) = connected else { panic!("somebody is there") };
        let said = error.to_string();
        assert!(said.starts_with(&format!("log unavailable: cannot connect to nats at nats://{closed}: ")), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        // The last attempt begins in time and may itself take a while.
        assert!((29..40).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    }

    #[test]
    fn a_server_that_cannot_keep_the_log_is_refused() {
        for version in ["2.12.0", "2.12.0-RC.3", "2.15.1", "3.0.0"] {
            assert!(server(version, 4 << 20, true).is_ok(), "{version}");
        }
        for (version, bytes, jetstream) in [
            ("2.11.99", 4 << 20, true),
            ("2.9.25", 4 << 20, true),
            ("1.99.0", 4 << 20, true),
            ("2.15.1", (4 << 20) - 1, true),
            ("2.15.1", 4 << 20, false),
            ("", 0, true),
        ] {
            assert!(matches!(server(version, bytes, jetstream), Err(Error::Unsuitable { .. })), "{version} {bytes} {jetstream}");
        }
    }
}
