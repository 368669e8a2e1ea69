//! Making a project's database, in four steps that can each be repeated without harm, whatever a crash left of them.
//!
//! The database is made under another name and gets its own as the last thing: under its own name it is whole, or it is not there.
//! One connection to the platform database holds an advisory lock of the project from the first step to the last. When its process is
//! killed, the server ends what that connection had begun and only then gives the lock to the next.

mod database;
mod drop;
mod failure;
mod login;
mod privileges;
mod roles;
mod server;
mod tables;
mod undo;

use contract::{DatabaseStep, ProjectId};
use sealing::MasterKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::names::{Name, Names};
use crate::password::Generation;

pub use failure::Failure;
pub(crate) use login::bot_marks;
pub(crate) use server::close_to_public;

/// The longest wait for another process that is at the same project, or for any other lock.
const LOCK_WAIT_MAX: &str = "20s";
/// The longest single statement; creating a database writes about 8 MB.
const STATEMENT_MAX: &str = "120s";
/// Sets the lock of a project apart from other advisory locks of the platform database.
const LOCK_DOMAIN: u64 = 0x7061_6967_655f_6462;

/// The server on which databases are made, and the key of their bots' passwords.
#[derive(Clone, Debug)]
pub struct Server {
    /// The platform's own login and database; it may create databases and roles.
    pub platform: PgConnectOptions,
    /// What passwords are derived from.
    pub key: MasterKey,
}

impl Server {
    /// A connection to the platform database on which nothing is found by an unqualified name but what Postgres brings.
    async fn connect(&self) -> Result<PgConnection, Failure> {
        Ok(self.options().connect().await?)
    }

    /// A connection to `database` of this server.
    async fn connect_to(&self, database: &Name) -> Result<PgConnection, Failure> {
        Ok(self.options().database(database.as_str()).connect().await?)
    }

    fn options(&self) -> PgConnectOptions {
        self.platform.clone().application_name("paige databases").options([
            ("search_path", "pg_catalog"),
            ("lock_timeout", LOCK_WAIT_MAX),
            ("statement_timeout", STATEMENT_MAX),
        ])
    }
}

/// The making of one project's database. Dropping it gives the lock back.
pub struct Provision {
    server: Server,
    project: ProjectId,
    names: Names,
    platform: PgConnection,
}

impl Provision {
    /// Waits until nobody else is at this project.
    ///
    /// # Errors
    /// [`Failure::Passing`] when the server is down, or somebody else takes too long.
    pub async fn begin(server: &Server, project: ProjectId) -> Result<Self, Failure> {
        let mut platform = server.connect().await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(lock_key(project)).execute(&mut platform).await?;
        Ok(Self { server: server.clone(), project, names: Names::of(project), platform })
    }

    /// Does one step. Steps are done in order; one that is done already does nothing.
    ///
    /// `generation`: the bot's password follows from it.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn step(&mut self, step: DatabaseStep, generation: Generation) -> Result<(), Failure> {
        match step {
            DatabaseStep::Roles => self.roles(generation).await,
            DatabaseStep::Database => self.database().await,
            DatabaseStep::Tables => self.tables().await,
            DatabaseStep::Privileges => self.privileges().await,
        }
    }

    /// Gives the lock back, in order.
    pub async fn end(self) {
        if let Err(error) = self.platform.close().await {
            tracing::debug!(error = %error, "the connection of a provisioning was gone before its end");
        }
    }

    /// The name under which the database is now.
    async fn current_name(&mut self) -> Result<Name, Failure> {
        let Names { database, making, .. } = self.names.clone();
        Ok(if self.exists(&database).await? { database } else { making })
    }

    async fn exists(&mut self, database: &Name) -> Result<bool, Failure> {
        let owner: Option<String> = sqlx::query_scalar("SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = $1")
            .bind(database.as_str())
            .fetch_optional(&mut self.platform)
            .await?;
        match owner {
            Some(owner) if owner != self.names.owner.as_str() => {
                Err(Failure::Final(format!("a database of the name {database} exists and is not the platform's")))
            }
            owner => Ok(owner.is_some()),
        }
    }

    /// Statements built from [`Names`] alone.
    async fn run(&mut self, sql: String) -> Result<(), Failure> {
        run(&mut self.platform, sql).await
    }
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

fn lock_key(project: ProjectId) -> i64 {
    let id = project.ulid().0;
    #[expect(clippy::cast_possible_truncation, reason = "both halves count")]
    let folded = (id as u64) ^ ((id >> 64) as u64) ^ LOCK_DOMAIN;
    folded.cast_signed()
}
