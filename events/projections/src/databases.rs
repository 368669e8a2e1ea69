//! Connections to project databases: for whoever reads on behalf of others, one small pool per project, opened when it is needed, the least
//! used closed first, over which Postgres lets nobody write; for projector and recorder, connections of their own.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use lru::LruCache;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};

use crate::Error;
use crate::connection::{Connected, Connections};

/// How many projects have a pool at the same time.
const POOLS_MAX: NonZeroUsize = NonZeroUsize::new(128).expect("128 is not zero");
/// Connections of one project's pool.
const CONNECTIONS_PER_PROJECT_MAX: u32 = 3;
/// A connection that nobody needed for so long is closed.
const CONNECTION_IDLE_MAX: Duration = Duration::from_secs(60);
/// A connection that was used more recently is taken as it is: asking it first would cost every query a second round trip.
const TRUSTED_MAX: Duration = Duration::from_secs(1);
/// See [`ProjectDatabases::pool`].
const READS_ONLY: [(&str, &str); 1] = [("default_transaction_read_only", "on")];
/// See [`ProjectDatabases::connect`].
const PLANNED_ONCE: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")];
/// How long to wait for a connection before the database counts as down.
const ACQUIRE_TIME_MAX: Duration = Duration::from_secs(3);

/// The databases of all projects on one server. Cheap to clone.
#[derive(Clone)]
pub struct ProjectDatabases {
    server: PgConnectOptions,
    connections_max: u32,
    pools: Arc<Mutex<LruCache<ProjectId, PgPool>>>,
    connections: Connections,
}

impl ProjectDatabases {
    /// `server` names host, port, role and password of the platform; its database is replaced by each project's.
    pub fn new(server: PgConnectOptions) -> Self {
        Self::with_connections(server, CONNECTIONS_PER_PROJECT_MAX)
    }

    /// The same with another limit of connections per project.
    pub fn with_connections(server: PgConnectOptions, connections_max: u32) -> Self {
        Self { server, connections_max, pools: Arc::new(Mutex::new(LruCache::new(POOLS_MAX))), connections: Connections::default() }
    }

    /// How to connect to a project's database as the platform. Nothing that a bot created can be found by an unqualified name.
    pub fn options(&self, project: ProjectId) -> PgConnectOptions {
        self.server.clone().database(&database_name(project)).options([("search_path", "pg_catalog")]).application_name("paige")
    }

    /// How to connect to the server itself, for what is not about one project.
    pub(crate) fn server(&self) -> PgConnectOptions {
        self.server.clone().application_name("paige")
    }

    /// The project's pool, for reading: a statement that writes is refused by Postgres. Does not connect by itself.
    pub fn pool(&self, project: ProjectId) -> PgPool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools
            .get_or_insert(project, || {
                PgPoolOptions::new()
                    .max_connections(self.connections_max)
                    .idle_timeout(CONNECTION_IDLE_MAX)
                    .acquire_timeout(ACQUIRE_TIME_MAX)
                    .test_before_acquire(false)
                    .before_acquire(|connection, used| {
                        Box::pin(async move {
                            if used.idle_for > TRUSTED_MAX {
                                connection.ping().await?;
                            }
                            Ok(true)
                        })
                    })
                    .connect_lazy_with(self.options(project).options(READS_ONLY))
            })
            .clone()
    }

    /// A connection for statements that find their rows by keys, and are said again and again.
    ///
    /// They are planned once, not for each new value. The tables may have been empty then: no plan may rest on that.
    ///
    /// # Errors
    /// The database is not there, or does not answer in time.
    pub async fn connect(&self, project: ProjectId) -> Result<Connected, Error> {
        self.connections.take(project, || self.options(project).options(PLANNED_ONCE)).await
    }
}

/// The name of a project's database: its id in lower case, which needs no quotes.
pub fn database_name(project: ProjectId) -> String {
    format!("paige_{}", project.to_string().to_lowercase())
}
