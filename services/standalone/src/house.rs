//! All services, in one process on one port. Used by `paige up`, `paige demo`, and the tests and benches over the whole.

use std::net::SocketAddr;

use access::config::MailArgs;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use contract::Stream;
use journal::{ConnectOptions, Journal};
use projections::ProjectDatabases;
use recorder::Followers;
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use billing::Terms;

use crate::Failure;
use crate::keys::Keys;
use crate::service::{Service, named};
use crate::services::Services;

/// What a house is built from.
pub struct Parts {
    /// The log.
    pub nats_url: String,
    /// The platform database, as a role that may create databases and roles.
    pub database_url: String,
    /// Where objects of projects are kept: a folder or a bucket.
    pub storage_url: String,
    /// How mails are sent; none: they stay in memory, at `/v1/dev/mails`.
    pub mail: Option<MailArgs>,
    /// What projects are charged, and how long things last.
    pub terms: Terms,
    /// Everything secret.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// The one port.
    pub listener: TcpListener,
}

/// All services, ready to run.
pub struct House {
    /// Where it listens.
    pub address: SocketAddr,
    /// The log.
    pub journal: Journal,
    /// The databases of projects.
    pub databases: ProjectDatabases,
    /// How far recording is.
    pub followers: Followers,
    /// The simulated Meta.
    pub simulator: Simulator,
    listener: TcpListener,
    router: axum::Router,
    services: Vec<Service>,
}

impl House {
    /// Connects, opens the streams, brings the platform's tables up to date.
    ///
    /// # Errors
    /// A server that does not answer or is not fit, a stream that differs from its definition, a key that is none.
    pub async fn build(parts: Parts) -> Result<Self, Failure> {
        let address = parts.listener.local_addr()?;
        let ids = Ids::new(parts.clock.clone());
        let journal = Journal::connect(ConnectOptions::new(parts.nats_url.clone(), "paige")).await?;
        journal.open(&Stream::ALL).await?;
        let services = Services::make(&parts, address, &journal, &ids).await?;
        services.prepare().await?;
        let health = Health::new();
        services.register(&health);
        let routes = services.routes(address, &parts.clock);
        let authorizer = services.authorizer.clone();
        let router = Site::new("Paige", parts.keys.api_key, health, Metrics::install()?, ids).authority(authorizer).finish(routes)?;
        let (databases, followers, simulator) = (services.databases.clone(), services.followers.clone(), services.simulator.clone());
        Ok(Self { address, journal, databases, followers, simulator, listener: parts.listener, router, services: services.into_list() })
    }

    /// Runs until `shutdown`. A service that ends by itself ends the others too: a house that lacks one would look healthy.
    ///
    /// # Errors
    /// Why the first service ended, or that not everything ended in time.
    pub async fn run(self, shutdown: &Shutdown) -> Result<(), Failure> {
        let mut running = JoinSet::new();
        let (listener, router, serving) = (self.listener, self.router, shutdown.clone());
        running.spawn(named("http", async move { chassis::serve(listener, router, &serving).await }));
        for Service(start) in self.services {
            running.spawn(start(shutdown.soft()));
        }
        let mut outcome = Ok(());
        while let Some(ended) = shutdown.guard(running.join_next()).await? {
            let ended = ended.unwrap_or_else(|panic| Err(panic.into()));
            if let Err(error) = &ended {
                tracing::error!(error, "a service ended, the others end with it");
            }
            shutdown.begin();
            outcome = outcome.and(ended);
        }
        outcome
    }
}
