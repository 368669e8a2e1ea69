//! One Postgres database for each project, with roles of its own. The only writer of the stream `database`.
//!
//! It follows `project`, makes what a new project needs, and changes its bot's password with its owner, or when that is asked for. It keeps no
//! tables: what was done is in the log, what there is, is on the server, and every step can be repeated. Passwords are derived when they are
//! needed and stored nowhere.
//!
//! It drops a database only with its project, and it does not read or write what is in them.

pub mod config;
mod drop;
mod ensure;
mod error;
mod handle;
mod login;
mod names;
mod password;
mod progress;
pub mod provision;
mod rotate_password;
mod routes;
mod show_database;
mod tenure;
mod upgrade;

use chassis::{Clock, Health, Ids};
use contract::Stream;
use journal::Journal;
use sealing::MasterKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio_util::sync::CancellationToken;

pub use ensure::Hook;
pub use error::Error;
pub use names::{Name, Names};
pub use password::Generation;
pub use progress::{Progress, Rotation, Task};
pub use provision::Server;
pub use routes::routes;

/// The streams that must be open before databases runs.
pub const STREAMS: [Stream; 4] = [Stream::Project, Stream::Database, Stream::Parked, Stream::Position];

/// Everything that databases works with. Cheap to clone.
#[derive(Clone)]
pub struct Databases {
    journal: Journal,
    server: Server,
    clock: Clock,
    ids: Ids,
    schema_version: u32,
    hook: Option<Hook>,
}

impl Databases {
    /// Takes connected parts. `platform` names the server, the platform's login and its database; connections are made when there is work.
    pub fn new(journal: Journal, platform: PgConnectOptions, key: MasterKey, clock: Clock, ids: Ids) -> Self {
        let server = Server { platform, key };
        Self { journal, server, clock, ids, schema_version: projections::schema_version(), hook: None }
    }

    /// Calls `hook` before each step; what it returns is what the step returns. For tests of what happens when a step fails.
    #[must_use]
    pub fn with_hook(self, hook: Hook) -> Self {
        Self { hook: Some(hook), ..self }
    }

    /// Closes the server to whoever was not let in. Call it before anything runs.
    ///
    /// # Errors
    /// The server is down, or holds a database that the platform's login may not close.
    pub async fn prepare(&self) -> Result<(), Error> {
        provision::close_to_public(&self.server).await?;
        Ok(())
    }

    /// What `/readyz` asks of databases.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("databases.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let platform = self.server.platform.clone();
        health.register("databases.server", move || {
            let platform = platform.clone();
            async move {
                let asked = async { platform.connect().await?.close().await }.await;
                asked.map_err(|_| "the database server does not let the platform in".to_owned())
            }
        });
    }
}

/// Brings existing logins and databases to where they belong, then follows the log until `shutdown`. [`Databases::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more, or the server could not be asked at the start.
pub async fn run(databases: Databases, shutdown: CancellationToken) -> Result<(), Error> {
    let all = databases.progress_of_all().await?;
    databases.renew_all_logins(&all).await?;
    databases.upgrade_all(all).await;
    let journal = databases.journal.clone();
    let projects = journal.follow(handle::follow(Stream::Project), handle::OnProject(databases.clone()), shutdown.clone());
    let rotations = journal.follow(handle::follow(Stream::Database), handle::OnDatabase(databases), shutdown);
    tokio::try_join!(projects, rotations)?;
    Ok(())
}
