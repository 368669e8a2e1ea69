//! The services apart: each as a process of its own, from its own binary, meeting in one NATS and one Postgres.

use std::path::Path;
use std::time::{Duration, Instant};

use embedded::{Nats, Postgres};
use serde_json::Value;
use standalone::keys::Keys;

use crate::binaries::binary;
use crate::process::{Process, Program};

/// The services, in the order in which they are started.
pub const SERVICES: [&str; 12] = [
    "ingress",
    "access",
    "lifecycle",
    "databases",
    "billing",
    "bots",
    "flow-sync",
    "recorder",
    "conversations",
    "sender",
    "media",
    "templates",
];
/// The app at Meta.
const APP_ID: &str = "104857600000001";
/// How long a service may take until it is ready.
const READY_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Both servers and the keys that all services share.
pub struct Apart {
    /// The log.
    pub nats: Nats,
    /// The databases.
    pub postgres: Postgres,
    /// The platform database.
    pub database_url: String,
    /// The keys of all.
    pub keys: Keys,
    /// For requests.
    pub http: reqwest::Client,
    /// Where Meta is, once it is started: every service is told so from the beginning.
    meta_port: u16,
    logs: tempfile::TempDir,
}

/// One service: how it is started, and the process that runs now, if one does.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// `http://127.0.0.1:…`, the same after every start.
    pub base: String,
    program: Program,
    /// What runs.
    pub process: Option<Process>,
}

impl Apart {
    /// Starts both servers.
    ///
    /// # Panics
    /// They do not start.
    pub async fn start() -> Self {
        let (nats, postgres) = tokio::join!(Nats::scratch(), Postgres::scratch());
        let (nats, postgres) = (nats.expect("nats starts"), postgres.expect("postgres starts"));
        let database_url = postgres.create_database("paige").await.expect("a platform database");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().expect("a client");
        let logs = tempfile::tempdir().expect("a folder for logs");
        Self { nats, postgres, database_url, keys: Keys::random(), http, meta_port: free_port(), logs }
    }

    /// A service, started; not yet ready.
    ///
    /// # Panics
    /// It cannot be run.
    pub fn service(&self, name: &'static str) -> Service {
        self.service_with(name, &[])
    }

    /// The same with further variables.
    ///
    /// # Panics
    /// It cannot be run.
    pub fn service_with(&self, name: &'static str, variables: &[(&str, &str)]) -> Service {
        self.serving(name, &[], variables)
    }

    /// A program that serves when it is told to by `args`.
    ///
    /// # Panics
    /// It cannot be run.
    pub fn serving(&self, name: &'static str, args: &[&str], variables: &[(&str, &str)]) -> Service {
        self.serving_on(free_port(), name, args, variables)
    }

    /// The simulated Meta, and beside it the payment provider, whom every service asks and who tell `ingress`.
    ///
    /// # Panics
    /// It cannot be run.
    pub fn meta(&self, ingress: &Service) -> Service {
        let (changes, payments) = (format!("{}/webhooks/meta", ingress.base), format!("{}/webhooks/paystack", ingress.base));
        let targets = [("PAIGE_SIMULATOR_TARGET", &*changes), ("PAIGE_SIMULATOR_PAYSTACK_TARGET", &*payments)];
        self.serving_on(self.meta_port, "simulator", &["serve"], &targets)
    }

    fn serving_on(&self, port: u16, name: &'static str, args: &[&str], variables: &[(&str, &str)]) -> Service {
        let mut env = self.variables(port);
        env.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let log = self.folder().join(format!("{name}.log"));
        let program = Program {
            name: name.to_owned(),
            path: binary(name),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env,
            log,
            user: None,
        };
        let process = Some(program.start());
        Service { name, base: format!("http://127.0.0.1:{port}"), program, process }
    }

    /// A folder that goes away with this, for what programs say.
    pub fn folder(&self) -> &Path {
        self.logs.path()
    }

    /// All that a service may ask for; each takes what it knows.
    pub fn variables(&self, port: u16) -> Vec<(String, String)> {
        [
            ("PAIGE_LISTEN", format!("127.0.0.1:{port}")),
            ("PAIGE_API_KEY", self.keys.api_key.expose().to_owned()),
            ("PAIGE_NATS_URL", self.nats.url()),
            ("PAIGE_DATABASE_URL", self.database_url.clone()),
            ("PAIGE_MASTER_KEY", self.keys.master_key.expose().to_owned()),
            ("PAIGE_META_APP_SECRET", self.keys.meta_app_secret.expose().to_owned()),
            ("PAIGE_META_VERIFY_TOKEN", self.keys.meta_verify_token.expose().to_owned()),
            ("PAIGE_META_APP_ID", APP_ID.to_owned()),
            ("PAIGE_META_GRAPH_URL", format!("http://127.0.0.1:{}/sim/graph/v26.0", self.meta_port)),
            ("PAIGE_PAYSTACK_URL", format!("http://127.0.0.1:{}/sim/paystack", self.meta_port)),
            ("PAIGE_PAYSTACK_SECRET_KEY", self.keys.paystack_secret_key.expose().to_owned()),
            ("PAIGE_STORAGE_URL", self.folder().join("objects").display().to_string()),
            ("PAIGE_LOG", "info".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A request with the key: status and answer, or none if nobody answers.
    pub async fn request(&self, service: &Service, method: reqwest::Method, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}{path}", service.base)).bearer_auth(self.keys.api_key.expose());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// Until a service says that it is ready.
    ///
    /// # Panics
    /// It does not in time, or ends.
    pub async fn ready(&self, service: &mut Service) {
        let started = Instant::now();
        loop {
            let answer = self.request(service, reqwest::Method::GET, "/readyz", None).await;
            if matches!(answer, Some((200, _))) {
                return;
            }
            let ended = service.process.as_mut().and_then(Process::exited);
            let said = || service.process.as_ref().map(Process::said).unwrap_or_default();
            assert!(ended.is_none(), "{} ended ({ended:?}): {}", service.name, said());
            assert!(started.elapsed() < READY_MAX, "{} is not ready: {answer:?}; {}", service.name, said());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Service {
    /// SIGKILL, if it runs.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it, on the same port.
    pub fn start(&mut self) {
        self.process = Some(self.program.start());
    }
}

/// A port that is this process' until it ends, also while whoever listens on it is started again.
pub fn free_port() -> u16 {
    embedded::free_port().expect("a free port")
}
