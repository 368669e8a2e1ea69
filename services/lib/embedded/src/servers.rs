//! Both servers of an installation: its own ones in its data folder, or the external ones named by URL.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Result;
use crate::find::Programs;
use crate::nats::{Nats, NatsOptions};
use crate::postgres::{Postgres, PostgresOptions};

/// The platform's own database in an embedded Postgres.
const PLATFORM_DATABASE: &str = "paige";
/// How soon a server that ended by itself is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long to wait before another try when a restart failed.
const RESTART_EVERY: Duration = Duration::from_secs(2);

/// What to start, and what is there already.
#[derive(Debug, Clone)]
pub struct ServersOptions {
    /// The installation's data folder: `nats` and `postgres` are created in it.
    pub folder: PathBuf,
    /// An external nats-server instead of an own one (`PAIGE_NATS_URL`).
    pub nats_url: Option<String>,
    /// An external platform database instead of an own Postgres (`PAIGE_DATABASE_URL`).
    pub database_url: Option<String>,
    /// Where the programs are looked for.
    pub programs: Programs,
}

impl ServersOptions {
    /// Own servers in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> ServersOptions {
        ServersOptions { folder: folder.into(), nats_url: None, database_url: None, programs: Programs::default() }
    }

    /// Own servers in this folder, except those named by `PAIGE_NATS_URL` and `PAIGE_DATABASE_URL`.
    pub fn from_env(folder: impl Into<PathBuf>) -> ServersOptions {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (nats_url, database_url) = (set("PAIGE_NATS_URL"), set("PAIGE_DATABASE_URL"));
        ServersOptions { nats_url, database_url, ..ServersOptions::new(folder) }
    }
}

/// The servers of an installation. Dropping it ends the own ones; external ones are left alone.
#[derive(Debug)]
pub struct Servers {
    nats_url: String,
    database_url: String,
    /// `None`: an external one is used.
    pub nats: Option<Nats>,
    /// `None`: an external one is used.
    pub postgres: Option<Postgres>,
}

impl Servers {
    /// Starts what is not external, both at once, and creates the platform database at the first start.
    ///
    /// # Errors
    /// As [`Nats::start`] and [`Postgres::start`]. External servers are not looked at.
    pub async fn start(options: ServersOptions) -> Result<Servers> {
        let ServersOptions { folder, nats_url, database_url, programs } = options;
        let own_nats = async {
            if nats_url.is_some() {
                return Ok(None);
            }
            let options = NatsOptions { data: folder.join("nats"), port: None, programs: programs.clone() };
            Nats::start(options).await.map(Some)
        };
        let own_postgres = async {
            if database_url.is_some() {
                return Ok(None);
            }
            let options = PostgresOptions { data: folder.join("postgres"), port: None, programs: programs.clone() };
            let postgres = Postgres::start(options).await?;
            let url = postgres.create_database(PLATFORM_DATABASE).await?;
            Ok(Some((postgres, url)))
        };
        let (nats, postgres) = tokio::try_join!(own_nats, own_postgres)?;
        let (postgres, own_url) = postgres.unzip();
        let nats_url = nats_url.or_else(|| nats.as_ref().map(Nats::url)).unwrap_or_default();
        let database_url = database_url.or(own_url).unwrap_or_default();
        Ok(Servers { nats_url, database_url, nats, postgres })
    }

    /// For the journal.
    pub fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// The platform database, with a role that may create databases and roles.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Restarts an own server whenever it ends by itself, on the same port and data. Never returns; drop it to stop watching.
    pub async fn keep_running(&mut self) {
        loop {
            let mut wait = LOOK_EVERY;
            if let Some(nats) = &mut self.nats
                && let Some(status) = nats.exited()
            {
                tracing::error!(%status, "nats-server ended by itself, restarting it");
                wait = after_restart("nats-server", nats.restart().await);
            }
            if let Some(postgres) = &mut self.postgres
                && let Some(status) = postgres.exited()
            {
                tracing::error!(%status, "postgres ended by itself, restarting it");
                wait = wait.max(after_restart("postgres", postgres.restart().await));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Stops the own servers gracefully, both at once.
    pub async fn stop(self) {
        let nats = async {
            if let Some(nats) = self.nats {
                nats.stop().await;
            }
        };
        let postgres = async {
            if let Some(postgres) = self.postgres {
                postgres.stop().await;
            }
        };
        tokio::join!(nats, postgres);
    }
}

fn after_restart(server: &'static str, restarted: Result<()>) -> Duration {
    match restarted {
        Ok(()) => LOOK_EVERY,
        Err(error) => {
            tracing::error!(server, error = error.with_causes(), "cannot restart, trying again");
            RESTART_EVERY
        }
    }
}
