//! All services, wired into one process. Used by `paige up`, `paige demo`, and the tests and benches over the whole.

use std::net::SocketAddr;
use std::str::FromStr;

use auth::Authorizer;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use contract::Stream;
use conversations::Conversations;
use databases::Databases;
use ingress::Ingress;
use journal::{ConnectOptions, Journal};
use lifecycle::Lifecycle;
use projections::ProjectDatabases;
use recorder::Followers;
use sealing::MasterKey;
use simulator::Simulator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use utoipa_axum::router::OpenApiRouter;
use whatsapp::AppSecrets;

use crate::Failure;
use crate::keys::Keys;

/// Connections of lifecycle to the platform database.
const PLATFORM_CONNECTIONS_MAX: u32 = 4;

/// What a house is built from.
pub struct Parts {
    /// The log.
    pub nats_url: String,
    /// The platform database, as a role that may create databases and roles.
    pub database_url: String,
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
    authorizer: Authorizer,
    lifecycle: Lifecycle,
    provisioning: Databases,
    conversations: Conversations,
}

impl House {
    /// Connects, opens the streams, brings the platform's tables up to date.
    ///
    /// # Errors
    /// A server that does not answer or is not fit, a stream that differs from its definition, a key that is none.
    pub async fn build(parts: Parts) -> Result<Self, Failure> {
        let Parts { nats_url, database_url, keys, clock, listener } = parts;
        let address = listener.local_addr()?;
        let ids = Ids::new(clock.clone());
        let health = Health::new();
        let platform = PgConnectOptions::from_str(&database_url)?;
        let databases = ProjectDatabases::new(platform.clone());
        let read = conversations::databases(platform.clone());
        let pool = PgPoolOptions::new().max_connections(PLATFORM_CONNECTIONS_MAX).connect_lazy_with(platform.clone());

        let journal = Journal::connect(ConnectOptions::new(nats_url, "paige")).await?;
        journal.open(&Stream::ALL).await?;

        let master = MasterKey::from_str(keys.master_key.expose())?;
        let lifecycle = Lifecycle::new(journal.clone(), pool, clock.clone(), ids.clone(), master.clone());
        let provisioning = Databases::new(journal.clone(), platform, master, clock.clone());
        tokio::try_join!(async { lifecycle.prepare().await.map_err(Failure::from) }, async {
            provisioning.prepare().await.map_err(Failure::from)
        })?;
        let secrets = AppSecrets::new(keys.meta_app_secret.expose(), None)?;
        let ingress = Ingress::new(journal.clone(), clock.clone(), secrets, keys.meta_verify_token);
        let conversations = Conversations::new(journal.clone(), read);
        let followers = Followers::new(&journal);
        let authorizer = Authorizer::start(journal.clone(), clock.clone()).await?;
        let settings = simulator::Settings { target: format!("http://{address}/webhooks/meta"), app_secret: keys.meta_app_secret };
        let simulator = Simulator::new(settings, clock, &ids)?;

        authorizer.register(&health);
        lifecycle.register(&health);
        provisioning.register(&health);
        conversations.register(&health);
        recorder::register(&health, &journal, &followers);
        let mut routes = OpenApiRouter::new()
            .merge(ingress::routes(ingress))
            .merge(lifecycle::routes(lifecycle.clone()))
            .merge(databases::routes(provisioning.clone()))
            .merge(conversations::routes(conversations.clone()));
        if simulator::loopback(address).is_ok() {
            routes = routes.merge(simulator::routes(simulator.clone()));
        }
        let router = Site::new("Paige", keys.api_key, health, Metrics::install()?, ids).authority(authorizer.clone()).finish(routes)?;
        Ok(Self { address, journal, databases, followers, simulator, listener, router, authorizer, lifecycle, provisioning, conversations })
    }

    /// Runs until `shutdown`. A service that ends by itself ends the others too: a house that lacks one would look healthy.
    ///
    /// # Errors
    /// Why the first service ended, or that not everything ended in time.
    pub async fn run(self, shutdown: &Shutdown) -> Result<(), Failure> {
        let stop = || shutdown.soft();
        self.authorizer.follow(stop());
        let mut services = JoinSet::new();
        let (listener, router, serving) = (self.listener, self.router, shutdown.clone());
        services.spawn(named("http", async move { chassis::serve(listener, router, &serving).await }));
        services.spawn(named("lifecycle", lifecycle::run(self.lifecycle, stop())));
        services.spawn(named("databases", databases::run(self.provisioning, stop())));
        services.spawn(named("conversations", conversations::run(self.conversations, stop())));
        services.spawn(named("recorder", recorder::run(self.journal, self.databases, self.followers, stop())));
        let (simulator, stopped) = (self.simulator, stop());
        services.spawn(async move {
            simulator.run(stopped).await;
            Ok(())
        });
        let mut outcome = Ok(());
        while let Some(ended) = shutdown.guard(services.join_next()).await? {
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

async fn named<E: Into<Failure>>(name: &str, service: impl Future<Output = Result<(), E>>) -> Result<(), Failure> {
    service.await.map_err(|error| Failure::from(format!("{name}: {}", error.into())))
}
