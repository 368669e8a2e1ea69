//! Commits that do not wait for the disk, and how to notice when some of them were lost.
//!
//! The log holds everything that the tables hold. So a crash of Postgres may take the last few transactions, together with their
//! checkpoints: the events are read from the log again. For that, the loss has to be noticed, and Postgres does not report it.
//!
//! But Postgres loses such commits only when the server ends, and that ends every session. So as long as one session stays open, everything
//! that was committed since it was opened is still there; and when a flush through that session succeeds, all of it is on the disk.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::OnceCell;

use crate::Error;
use crate::connection::connect;

/// How long a flush may take before nothing is known any more.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(10);
/// A transaction that writes nothing would not be waited for.
const FLUSH: &str = "SELECT pg_logical_emit_message(true, 'paige', 'settled')";

/// What was committed and may not be on the disk yet. Once something may be lost it stays so: nothing more is committed through it.
pub(crate) struct Flush {
    server: PgConnectOptions,
    session: OnceCell<tokio::sync::Mutex<PgConnection>>,
    dirty: AtomicBool,
    lost: AtomicBool,
    /// How far each project's tables were brought, by whomever.
    reached: Mutex<HashMap<ProjectId, u64>>,
}

impl Flush {
    /// Of this server; connects when it is needed.
    pub(crate) fn new(server: PgConnectOptions) -> Self {
        let [dirty, lost] = [false; 2].map(AtomicBool::new);
        Self { server, session: OnceCell::new(), dirty, lost, reached: Mutex::default() }
    }

    /// Before a project's tables are looked at: from now on the server's end is noticed.
    pub(crate) async fn watch(&self) -> Result<(), Error> {
        self.session.get_or_try_init(async || connect(&self.server).await.map(tokio::sync::Mutex::new)).await?;
        self.check()
    }

    /// Whether a project's tables, which stand at `sequence` now, are where they were brought.
    pub(crate) fn compare(&self, project: ProjectId, sequence: u64) -> Result<(), Error> {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner).get(&project).copied();
        match reached.filter(|reached| sequence < *reached) {
            Some(reached) => Err(Error::WentBack { checkpoint: sequence, reached }),
            None => Ok(()),
        }
    }

    /// Notes that a project's tables have come to `sequence`, and that this may not be on the disk yet: the commit did not wait for the
    /// disk, or its answer was lost, or another process made it a moment ago.
    pub(crate) fn reached(&self, project: ProjectId, sequence: u64) {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(project, sequence);
        self.dirty.store(true, Ordering::Release);
    }

    /// Waits until everything that was reached is on the disk. Fails, now and ever after, if some of it may be gone.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        let Some(session) = self.session.get() else { return Ok(()) };
        let mut session = session.lock().await;
        self.check()?;
        if self.dirty.swap(false, Ordering::AcqRel) {
            let flushed = tokio::time::timeout(FLUSH_TIME_MAX, sqlx::query(FLUSH).execute(&mut *session)).await;
            if let Err(error) = flushed.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                self.lost.store(true, Ordering::Release);
                return Err(Error::Unavailable(error));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.lost.load(Ordering::Acquire) { Err(Error::Unavailable(sqlx::Error::WorkerCrashed)) } else { Ok(()) }
    }
}
