//! All services, wired into one process. Used by `paige up`, `paige demo`, and the tests and benches over the whole.

use std::net::SocketAddr;
use std::pin::Pin;
use std::str::FromStr;

use access::config::MailArgs;
use access::{Access, Mailer};
use auth::Authorizer;
use billing::{Billing, Paystack, Terms};
use bots::Bots;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use contract::Stream;
use conversations::Conversations;
use databases::Databases;
use flow_sync::FlowSync;
use ingress::{Ingress, PaymentSecrets};
use journal::{ConnectOptions, Journal};
use lifecycle::Lifecycle;
use projections::ProjectDatabases;
use recorder::Followers;
use sealing::MasterKey;
use simulator::Simulator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use storage::Storage;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use whatsapp::AppSecrets;
use whatsapp::graph::{self, Graph, Token};

use crate::Failure;
use crate::keys::Keys;

/// Connections to the platform database, of all services together.
const PLATFORM_CONNECTIONS_MAX: u32 = 8;

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

/// One service, ready to run until it is told to stop.
struct Service(Box<dyn FnOnce(CancellationToken) -> Running + Send>);

type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

impl Service {
    fn new<E, R>(name: &'static str, run: impl FnOnce(CancellationToken) -> R + Send + 'static) -> Self
    where
        E: Into<Failure> + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
    {
        Self(Box::new(move |stop| Box::pin(named(name, run(stop)))))
    }
}

impl House {
    /// Connects, opens the streams, brings the platform's tables up to date.
    ///
    /// # Errors
    /// A server that does not answer or is not fit, a stream that differs from its definition, a key that is none.
    pub async fn build(parts: Parts) -> Result<Self, Failure> {
        let Parts { nats_url, database_url, storage_url, mail, keys, clock, listener } = parts;
        let address = listener.local_addr()?;
        let ids = Ids::new(clock.clone());
        let health = Health::new();
        let platform = PgConnectOptions::from_str(&database_url)?;
        let pool = PgPoolOptions::new().max_connections(PLATFORM_CONNECTIONS_MAX).connect_lazy_with(platform.clone());
        let master = MasterKey::from_str(keys.master_key.expose())?;
        let storage = Storage::open(&storage_url)?;

        let journal = Journal::connect(ConnectOptions::new(nats_url, "paige")).await?;
        journal.open(&Stream::ALL).await?;

        let graph = Graph::new(graph::Settings {
            url: format!("http://{address}/sim/graph/v26.0"),
            app_id: simulator::APP_ID.to_owned(),
            app_secret: Token::new(keys.meta_app_secret.expose()),
        })?;
        let lifecycle = Lifecycle::new(journal.clone(), pool.clone(), clock.clone(), ids.clone(), master.clone()).with_graph(Some(graph));
        let provisioning = Databases::new(journal.clone(), platform.clone(), master.clone(), clock.clone());
        let mailer = mail.as_ref().map(|mail| mail.mailer(clock.clone())).transpose()?.unwrap_or_else(|| Mailer::mailbox(clock.clone()));
        let settings = access::Settings { master_key: master.clone(), mailer, console_url: mail.and_then(|mail| mail.console_url) };
        let access = Access::new(journal.clone(), pool.clone(), clock.clone(), ids.clone(), settings);
        let billing = Billing::new(billing::Parts {
            journal: journal.clone(),
            pool,
            clock: clock.clone(),
            ids: ids.clone(),
            master,
            terms: Terms::default(),
            provider: Some(Paystack::new(&format!("http://{address}/sim/paystack"), keys.paystack_secret_key.clone())?),
        });
        tokio::try_join!(
            async { lifecycle.prepare().await.map_err(Failure::from) },
            async { provisioning.prepare().await.map_err(Failure::from) },
            async { billing.prepare().await.map_err(Failure::from) },
            async { access.prepare().await.map_err(Failure::from) },
        )?;
        let secrets = AppSecrets::new(keys.meta_app_secret.expose(), None)?;
        let ingress = Ingress::new(journal.clone(), clock.clone(), secrets, keys.meta_verify_token)
            .with_payments(PaymentSecrets::new(Some(keys.paystack_secret_key.expose()), None));
        let bots = Bots::new(journal.clone(), storage.clone(), clock.clone());
        let flow_sync = FlowSync::new(journal.clone(), storage, clock.clone());
        let conversations = Conversations::new(journal.clone(), conversations::databases(platform.clone()));
        let databases = ProjectDatabases::new(platform);
        let followers = Followers::new(&journal);
        let authorizer = Authorizer::start(journal.clone(), clock.clone()).await?;
        let settings = simulator::Settings {
            target: format!("http://{address}/webhooks/meta"),
            app_secret: keys.meta_app_secret,
            app_id: simulator::APP_ID.to_owned(),
        };
        let simulator = Simulator::new(settings, clock.clone(), &ids)?;
        let payments = simulator::paystack::PaystackSettings {
            paystack_target: format!("http://{address}/webhooks/paystack"),
            paystack_secret_key: keys.paystack_secret_key,
        };
        let bank = simulator::paystack::Paystack::new(payments, clock.clone(), &ids)?;

        authorizer.register(&health);
        lifecycle.register(&health);
        provisioning.register(&health);
        billing.register(&health);
        access.register(&health);
        bots.register(&health);
        flow_sync.register(&health);
        conversations.register(&health);
        recorder::register(&health, &journal, &followers);
        let mut routes = OpenApiRouter::new()
            .merge(ingress::routes(ingress))
            .merge(lifecycle::routes(lifecycle.clone()))
            .merge(databases::routes(provisioning.clone()))
            .merge(billing::routes(billing.clone()))
            .merge(access::routes(access.clone()))
            .merge(bots::routes(bots.clone()))
            .merge(conversations::routes(conversations.clone()));
        if simulator::loopback(address).is_ok() {
            routes = routes.merge(simulator::routes(simulator.clone())).merge(simulator::paystack::routes(bank.clone()));
        }
        if let Some(dev_clock) = crate::dev_clock::routes(&clock) {
            routes = routes.merge(dev_clock);
        }
        let router = Site::new("Paige", keys.api_key, health, Metrics::install()?, ids).authority(authorizer.clone()).finish(routes)?;

        let (log, tables, recording, meta) = (journal.clone(), databases.clone(), followers.clone(), simulator.clone());
        let services = vec![
            Service::new("auth", |stop| async move {
                authorizer.follow(stop.clone());
                stop.cancelled().await;
                Ok::<_, Failure>(())
            }),
            Service::new("lifecycle", |stop| lifecycle::run(lifecycle, stop)),
            Service::new("databases", |stop| databases::run(provisioning, stop)),
            Service::new("billing", |stop| billing::run(billing, stop)),
            Service::new("access", |stop| access::run(access, stop)),
            Service::new("bots", |stop| bots::run(bots, stop)),
            Service::new("flow-sync", |stop| flow_sync::run(flow_sync, stop)),
            Service::new("conversations", |stop| conversations::run(conversations, stop)),
            Service::new("recorder", |stop| recorder::run(log, tables, recording, stop)),
            Service::new("simulator", |stop| async move {
                meta.run(stop).await;
                Ok::<_, Failure>(())
            }),
            Service::new("simulated paystack", |stop| async move {
                bank.run(stop).await;
                Ok::<_, Failure>(())
            }),
        ];
        Ok(Self { address, journal, databases, followers, simulator, listener, router, services })
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

async fn named<E: Into<Failure>>(name: &str, service: impl Future<Output = Result<(), E>>) -> Result<(), Failure> {
    service.await.map_err(|error| Failure::from(format!("{name}: {}", error.into())))
}
