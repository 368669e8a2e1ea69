//! Connections for those who write the tables (the projector) and for those who decide by them (the recorder). They are kept between calls,
//! and given back only after a call went well.
//!
//! The driver's own pool is not used here, because it asks each connection that comes back whether it still works, which costs every
//! message one more round trip. Here a connection on which anything went wrong, or whose call was dropped half-way, is closed instead.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::Instant;

use crate::Error;

/// How long connecting may take before the database counts as down.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
/// A connection that was used more recently is taken as it is; an older one is asked first.
const TRUSTED_MAX: Duration = Duration::from_secs(1);
/// A connection that nobody needed for so long is closed, and how often that is looked for.
const IDLE_MAX: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// How many wait to be used again, of all projects together.
const IDLE_CONNECTIONS_MAX: usize = 256;

/// A new connection, or [`Error::Unavailable`] in time.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let connecting = tokio::time::timeout(CONNECT_TIME_MAX, options.connect()).await;
    Ok(connecting.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))?)
}

/// What waits to be used again. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Idle>>);

#[derive(Default)]
struct Idle {
    waiting: HashMap<ProjectId, Vec<(PgConnection, Instant)>>,
    count: usize,
    swept: bool,
}

/// A connection to a project's database. Dropped, it is closed, and with it a transaction that was not committed.
pub struct Connected {
    connection: PgConnection,
    project: ProjectId,
    home: Connections,
}

impl Connections {
    pub(crate) async fn take(&self, project: ProjectId, options: impl FnOnce() -> PgConnectOptions) -> Result<Connected, Error> {
        let connected = |connection| Connected { connection, project, home: self.clone() };
        while let Some((mut connection, since)) = { self.idle().pop(project) } {
            if since.elapsed() <= TRUSTED_MAX || connection.ping().await.is_ok() {
                return Ok(connected(connection));
            }
        }
        Ok(connected(connect(&options()).await?))
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes what nobody needed for long, until nothing waits any more.
    async fn sweep(self) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            let mut idle = self.idle();
            idle.retain(|since| since.elapsed() <= IDLE_MAX);
            if idle.count == 0 {
                idle.swept = false;
                return;
            }
        }
    }
}

impl Idle {
    fn pop(&mut self, project: ProjectId) -> Option<(PgConnection, Instant)> {
        let found = self.waiting.get_mut(&project)?.pop();
        self.count -= usize::from(found.is_some());
        found
    }

    fn push(&mut self, project: ProjectId, connection: PgConnection) {
        if self.count >= IDLE_CONNECTIONS_MAX {
            let oldest = self.waiting.values().flatten().map(|(_, since)| *since).min();
            self.retain(|since| Some(*since) != oldest);
        }
        self.waiting.entry(project).or_default().push((connection, Instant::now()));
        self.count += 1;
    }

    fn retain(&mut self, keep: impl Fn(&Instant) -> bool) {
        self.waiting.retain(|_, connections| {
            connections.retain(|(_, since)| keep(since));
            !connections.is_empty()
        });
        self.count = self.waiting.values().map(Vec::len).sum();
    }
}

impl Connected {
    /// Hands it back for the next call. Only for whoever has its answers and no open transaction.
    pub fn hand_back(self) {
        let Self { connection, project, home } = self;
        let sweeps = {
            let mut idle = home.idle();
            idle.push(project, connection);
            std::mem::replace(&mut idle.swept, true)
        };
        if !sweeps {
            tokio::spawn(home.sweep());
        }
    }
}

impl Deref for Connected {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Connected {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
