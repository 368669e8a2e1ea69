//! Commits that do not wait for the disk. The log holds everything that the tables do, so a crash of Postgres may take the last moments of
//! them, whole transactions and with them their checkpoints; what it took is read from the log again. This finds out whether it did.
//!
//! Postgres says nothing when it loses such commits. But it loses them only by ending, which ends every session of its server: as long as one
//! session lives, everything that was committed since it began is there, and a flush through it says that it is on the disk.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use crate::Error;

/// How long connecting, and how long a flush may take before nothing is known any more.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
const FLUSH_TIME_MAX: Duration = Duration::from_secs(10);
/// A transaction that writes nothing would not be waited for.
const FLUSH: &str = "SELECT pg_logical_emit_message(true, 'paige', 'settled')";

/// What was committed and may not be on the disk yet. Once something may be lost it stays so: nothing more is committed through it.
pub(crate) struct Flush {
    server: PgConnectOptions,
    session: tokio::sync::Mutex<Option<PgConnection>>,
    watched: AtomicBool,
    dirty: AtomicBool,
    lost: AtomicBool,
    /// How far each project's tables were brought.
    reached: Mutex<HashMap<ProjectId, u64>>,
}

impl Flush {
    /// Of this server; connects when it is needed.
    pub(crate) fn new(server: PgConnectOptions) -> Self {
        let [watched, dirty, lost] = [false; 3].map(AtomicBool::new);
        Self { server, session: tokio::sync::Mutex::default(), watched, dirty, lost, reached: Mutex::default() }
    }

    /// Before a commit that will not wait: from now on the server's end is noticed.
    pub(crate) async fn watch(&self) -> Result<(), Error> {
        if !self.watched.load(Ordering::Acquire) {
            let mut session = self.session.lock().await;
            if session.is_none() && !self.is_lost() {
                let connecting = tokio::time::timeout(CONNECT_TIME_MAX, self.server.connect()).await;
                *session = Some(connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut))?);
                self.watched.store(true, Ordering::Release);
            }
        }
        if self.is_lost() { Err(Error::Unavailable(sqlx::Error::WorkerCrashed)) } else { Ok(()) }
    }

    /// Whether a project's tables, which stand at `sequence` now, are where they were brought.
    pub(crate) fn compare(&self, project: ProjectId, sequence: u64) -> Result<(), Error> {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner).get(&project).copied();
        match reached {
            Some(reached) if sequence < reached => Err(Error::WentBack { checkpoint: sequence, reached }),
            _ => Ok(()),
        }
    }

    /// After a commit that did not wait.
    pub(crate) fn committed(&self, project: ProjectId, sequence: u64) {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(project, sequence);
        self.dirty.store(true, Ordering::Release);
    }

    /// Waits until everything that was committed is on the disk. Fails, now and ever after, if some of it may be gone.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        let mut session = self.session.lock().await;
        if !self.is_lost() && self.dirty.swap(false, Ordering::AcqRel) {
            let flushed = match session.as_mut() {
                Some(session) => tokio::time::timeout(FLUSH_TIME_MAX, sqlx::query(FLUSH).execute(session)).await,
                None => Ok(Err(sqlx::Error::WorkerCrashed)),
            };
            if let Err(error) = flushed.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                self.lost.store(true, Ordering::Release);
                *session = None;
                return Err(Error::Unavailable(error));
            }
        }
        if self.is_lost() { Err(Error::Unavailable(sqlx::Error::WorkerCrashed)) } else { Ok(()) }
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}
