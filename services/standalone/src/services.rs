//! Every service of the house, made from the same parts: what each is given, its health, its routes, and how it runs.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use access::{Access, Mailer};
use auth::Authorizer;
use billing::{Billing, Paystack};
use bots::Bots;
use chassis::{Clock, Health, Ids};
use conversations::Conversations;
use databases::Databases;
use flow_sync::FlowSync;
use ingress::{Ingress, PaymentSecrets};
use journal::Journal;
use lifecycle::Lifecycle;
use media::Media;
use projections::ProjectDatabases;
use projects::{Catalogue, Projects, Tokens};
use recorder::Followers;
use sealing::MasterKey;
use sender::Sender;
use simulator::Simulator;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use storage::Storage;
use templates::Templates;
use utoipa_axum::router::OpenApiRouter;
use whatsapp::AppSecrets;
use whatsapp::graph::{self, Graph, Token};

use crate::Failure;
use crate::house::Parts;
use crate::service::Service;

/// Connections to the platform database, of all services together.
const PLATFORM_CONNECTIONS_MAX: u32 = 8;
/// Between two comparisons of what a project has with what Meta has.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(3_600);

/// See the module.
pub(crate) struct Services {
    pub(crate) authorizer: Authorizer,
    pub(crate) databases: ProjectDatabases,
    pub(crate) followers: Followers,
    pub(crate) simulator: Simulator,
    bank: simulator::paystack::Paystack,
    journal: Journal,
    ingress: Ingress,
    access: Access,
    lifecycle: Lifecycle,
    provisioning: Databases,
    billing: Billing,
    bots: Bots,
    flow_sync: FlowSync,
    projects: Projects,
    catalogue: Catalogue,
    conversations: Conversations,
    sender: Sender,
    media: Media,
    templates: Templates,
}

/// What every service that asks Meta about projects is given.
#[derive(Clone)]
struct MetaParts {
    journal: Journal,
    pool: PgPool,
    storage: Storage,
    graph: Graph,
    projects: Projects,
    tokens: Tokens,
    clock: Clock,
    ids: Ids,
}

impl Services {
    /// Makes them; connections to Postgres are made when there is work.
    pub(crate) async fn make(parts: &Parts, address: SocketAddr, journal: &Journal, ids: &Ids) -> Result<Self, Failure> {
        let (clock, log, keys) = (|| parts.clock.clone(), || journal.clone(), &parts.keys);
        let platform = PgConnectOptions::from_str(&parts.database_url)?;
        let pool = PgPoolOptions::new().max_connections(PLATFORM_CONNECTIONS_MAX).connect_lazy_with(platform.clone());
        let master = MasterKey::from_str(keys.master_key.expose())?;
        let storage = Storage::open(&parts.storage_url)?;
        let (projects, catalogue) = (Projects::start(log()).await?, Catalogue::new(log()));
        let secrets = AppSecrets::new(keys.meta_app_secret.expose(), None)?;
        let meta_parts = MetaParts {
            journal: log(),
            pool: pool.clone(),
            storage: storage.clone(),
            graph: graph(parts, address)?,
            projects: projects.clone(),
            tokens: Tokens::new(log(), master.clone()),
            clock: clock(),
            ids: ids.clone(),
        };
        Ok(Self {
            authorizer: Authorizer::start(log(), clock()).await?,
            databases: ProjectDatabases::new(platform.clone()),
            followers: Followers::new(journal),
            simulator: Simulator::new(meta(parts, address), clock(), ids)?,
            bank: simulator::paystack::Paystack::new(bank(parts, address), clock(), ids)?,
            ingress: Ingress::new(log(), clock(), secrets, keys.meta_verify_token.clone())
                .with_payments(PaymentSecrets::new(Some(keys.paystack_secret_key.expose()), None)),
            access: access(parts, log(), pool.clone(), ids.clone(), master.clone())?,
            lifecycle: Lifecycle::new(log(), pool.clone(), clock(), ids.clone(), master.clone()).with_graph(Some(meta_parts.graph.clone())),
            provisioning: Databases::new(log(), platform.clone(), master.clone(), clock(), ids.clone()),
            billing: billing(parts, address, log(), pool, ids.clone(), master)?,
            bots: Bots::new(log(), storage, clock()),
            flow_sync: flow_sync(meta_parts.clone()),
            media: media(meta_parts.clone()),
            templates: templates(meta_parts.clone()),
            sender: sender(meta_parts, catalogue.clone()),
            conversations: Conversations::new(
                log(),
                projects.clone(),
                catalogue.clone(),
                conversations::databases(platform),
                clock(),
                ids.clone(),
            ),
            projects,
            catalogue,
            journal: log(),
        })
    }

    /// Brings their tables to their current form and to where the log is.
    pub(crate) async fn prepare(&self) -> Result<(), Failure> {
        tokio::try_join!(
            async { self.lifecycle.prepare().await.map_err(Failure::from) },
            async { self.provisioning.prepare().await.map_err(Failure::from) },
            async { self.billing.prepare().await.map_err(Failure::from) },
            async { self.access.prepare().await.map_err(Failure::from) },
            async { self.flow_sync.prepare().await.map_err(Failure::from) },
            async { self.sender.prepare().await.map_err(Failure::from) },
            async { self.media.prepare().await.map_err(Failure::from) },
        )?;
        Ok(())
    }

    /// What `/readyz` asks of them.
    pub(crate) fn register(&self, health: &Health) {
        self.authorizer.register(health);
        self.projects.register(health);
        self.catalogue.register(health);
        self.lifecycle.register(health);
        self.provisioning.register(health);
        self.billing.register(health);
        self.access.register(health);
        self.bots.register(health);
        self.flow_sync.register(health);
        self.conversations.register(health);
        self.sender.register(health);
        self.media.register(health);
        self.templates.register(health);
        recorder::register(health, &self.journal, &self.followers);
    }

    /// All their routes; those of development only where they can be.
    pub(crate) fn routes(&self, address: SocketAddr, clock: &Clock) -> OpenApiRouter {
        let mut routes = OpenApiRouter::new()
            .merge(ingress::routes(self.ingress.clone()))
            .merge(lifecycle::routes(self.lifecycle.clone()))
            .merge(databases::routes(self.provisioning.clone()))
            .merge(billing::routes(self.billing.clone()))
            .merge(access::routes(self.access.clone()))
            .merge(bots::routes(self.bots.clone()))
            .merge(flow_sync::routes(self.flow_sync.clone()))
            .merge(media::routes(self.media.clone()))
            .merge(templates::routes(self.templates.clone()))
            .merge(conversations::routes(self.conversations.clone()));
        if simulator::loopback(address).is_ok() {
            routes = routes.merge(simulator::routes(self.simulator.clone())).merge(simulator::paystack::routes(self.bank.clone()));
        }
        if clock.can_be_moved() {
            routes = routes.merge(crate::dev_clock::routes(clock.clone(), self.journal.clone()));
        }
        routes
    }

    /// Ready to run.
    pub(crate) fn into_list(self) -> Vec<Service> {
        let (authorizer, projects, catalogue) = (self.authorizer, self.projects, self.catalogue);
        let (simulator, bank) = (self.simulator, self.bank);
        let (journal, databases, followers) = (self.journal, self.databases, self.followers);
        vec![
            Service::new("auth", |stop| async move {
                authorizer.follow(stop.clone());
                stop.cancelled().await;
                Ok::<_, Failure>(())
            }),
            Service::new("projects", |stop| async move {
                projects.follow(stop.clone());
                catalogue.follow(stop.clone());
                stop.cancelled().await;
                Ok::<_, Failure>(())
            }),
            Service::new("lifecycle", |stop| lifecycle::run(self.lifecycle, stop)),
            Service::new("databases", |stop| databases::run(self.provisioning, stop)),
            Service::new("billing", |stop| billing::run(self.billing, stop)),
            Service::new("access", |stop| access::run(self.access, stop)),
            Service::new("bots", |stop| bots::run(self.bots, stop)),
            Service::new("flow-sync", |stop| flow_sync::run(self.flow_sync, stop)),
            Service::new("conversations", |stop| conversations::run(self.conversations, stop)),
            Service::new("sender", |stop| sender::run(self.sender, stop)),
            Service::new("media", |stop| media::run(self.media, stop)),
            Service::new("templates", |stop| templates::run(self.templates, stop)),
            Service::new("recorder", |stop| recorder::run(journal, databases, followers, stop)),
            Service::new("simulated Meta", |stop| async move {
                simulator.run(stop).await;
                Ok::<_, Failure>(())
            }),
            Service::new("simulated Paystack", |stop| async move {
                bank.run(stop).await;
                Ok::<_, Failure>(())
            }),
        ]
    }
}

fn flow_sync(parts: MetaParts) -> FlowSync {
    let MetaParts { journal, pool, storage, graph, projects, tokens, clock, .. } = parts;
    let (graph, interval) = (Some(graph), RECONCILE_INTERVAL);
    FlowSync::new(flow_sync::Parts { journal, pool, storage, projects, tokens, graph, interval, clock })
}

fn media(parts: MetaParts) -> Media {
    let MetaParts { journal, pool, storage, graph, projects, tokens, clock, ids } = parts;
    Media::new(media::Parts { journal, pool, storage, graph, projects, tokens, clock, ids })
}

fn templates(parts: MetaParts) -> Templates {
    let MetaParts { journal, graph, projects, tokens, clock, .. } = parts;
    Templates::new(templates::Parts { journal, projects, tokens, graph: Some(graph), interval: RECONCILE_INTERVAL, clock })
}

fn sender(parts: MetaParts, catalogue: Catalogue) -> Sender {
    let MetaParts { journal, pool, storage, graph, projects, tokens, clock, ids } = parts;
    let limits = sender::Limits::default();
    Sender::new(sender::Parts { journal, pool, clock, ids, graph, projects, catalogue, tokens, storage, limits })
}

fn access(parts: &Parts, journal: Journal, pool: PgPool, ids: Ids, master_key: MasterKey) -> Result<Access, Failure> {
    let mailer = match &parts.mail {
        Some(mail) => mail.mailer(parts.clock.clone())?,
        None => Mailer::mailbox(parts.clock.clone()),
    };
    let console_url = parts.mail.as_ref().and_then(|mail| mail.console_url.clone());
    Ok(Access::new(journal, pool, parts.clock.clone(), ids, access::Settings { master_key, mailer, console_url }))
}

fn billing(parts: &Parts, address: SocketAddr, journal: Journal, pool: PgPool, ids: Ids, master: MasterKey) -> Result<Billing, Failure> {
    let provider = Some(Paystack::new(&format!("http://{address}/sim/paystack"), parts.keys.paystack_secret_key.clone())?);
    let (clock, terms) = (parts.clock.clone(), parts.terms.clone());
    Ok(Billing::new(billing::Parts { journal, pool, clock, ids, master, terms, provider }))
}

fn graph(parts: &Parts, address: SocketAddr) -> Result<Graph, Failure> {
    Ok(Graph::new(graph::Settings {
        url: format!("http://{address}/sim/graph/v26.0"),
        app_id: simulator::APP_ID.to_owned(),
        app_secret: Token::new(parts.keys.meta_app_secret.expose()),
    })?)
}

fn meta(parts: &Parts, address: SocketAddr) -> simulator::Settings {
    simulator::Settings {
        target: format!("http://{address}/webhooks/meta"),
        app_secret: parts.keys.meta_app_secret.clone(),
        app_id: simulator::APP_ID.to_owned(),
    }
}

fn bank(parts: &Parts, address: SocketAddr) -> simulator::paystack::PaystackSettings {
    simulator::paystack::PaystackSettings {
        paystack_target: format!("http://{address}/webhooks/paystack"),
        paystack_secret_key: parts.keys.paystack_secret_key.clone(),
    }
}
