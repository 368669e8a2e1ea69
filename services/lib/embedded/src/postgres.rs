//! One Postgres on loopback, its data in a folder.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::find::{PostgresBin, Programs};
use crate::postgres_folder::{PostgresFolder, SUPERUSER};
use crate::process::{Process, Spec};
use crate::scratch::Folder;
use crate::{lock, port, settings, template};

const SERVER: &str = "postgres";
/// The database that exists in every cluster.
const ADMIN_DATABASE: &str = "postgres";
/// After a crash it reads its log again: at most `max_wal_size` of it.
const READY_MAX: Duration = Duration::from_secs(120);
const CONNECT_MAX: Duration = Duration::from_secs(5);
const POLL_EVERY: Duration = Duration::from_millis(10);
/// A fast shutdown ends all sessions and writes what is in memory.
const STOP_MAX: Duration = Duration::from_secs(30);
/// How often another port is tried when somebody took the chosen one first.
const PORT_TRIES_MAX: u32 = 5;

/// Where and how to start a Postgres.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Its folder: cluster, password, log. Created when missing; a second start finds all data again.
    pub data: PathBuf,
    /// `None`: the port of the last start on this folder if it is free, else any free one.
    pub port: Option<u16>,
    /// Where Postgres is looked for.
    pub programs: Programs,
}

impl PostgresOptions {
    /// Any port, programs of this machine.
    pub fn new(data: impl Into<PathBuf>) -> PostgresOptions {
        PostgresOptions { data: data.into(), port: None, programs: Programs::default() }
    }
}

/// A running Postgres. Dropping it ends it without a checkpoint; the next start reads the log again and loses nothing committed.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    bin: PostgresBin,
    folder: PostgresFolder,
    password: String,
    port: u16,
    /// Goes after the process, which is dropped first.
    pub(crate) scratch: Option<Folder>,
}

impl Postgres {
    /// Starts one, creating its cluster at the first start, and waits until it answers.
    ///
    /// # Errors
    /// When no program new enough is found or fetched, another process uses the folder, the data were made by another major
    /// version, or the server does not get ready.
    pub async fn start(options: PostgresOptions) -> Result<Postgres> {
        Postgres::start_from(options, false).await
    }

    /// `from_template`: a new cluster is copied from the cached one, unsynced, instead of running initdb.
    pub(crate) async fn start_from(options: PostgresOptions, from_template: bool) -> Result<Postgres> {
        let data = std::path::absolute(&options.data).map_err(Error::file("find", &options.data))?;
        std::fs::create_dir_all(&data).map_err(Error::file("create", &data))?;
        let lock = lock::take(&data, lock::START_WAIT_MAX).await?;
        let folder = PostgresFolder::open(&data)?;
        let bin = find(&options.programs, &folder).await?;
        if from_template {
            template::copy(&bin, &options.programs.cache, &folder).await?;
        } else {
            folder.create_cluster(&bin).await?;
        }
        let password = folder.password()?;
        let memory = data.join("port");
        drop(lock);
        let mut port = port::choose(options.port, &memory)?;
        let mut tries = 1;
        let process = loop {
            match launch(&bin, &folder, &password, port, lock::START_WAIT_MAX).await {
                Err(Error::Died { .. }) if options.port.is_none() && !port::is_free(port) && tries < PORT_TRIES_MAX => {
                    port = port::free_port()?;
                    tries += 1;
                }
                result => break result?,
            }
        };
        port::remember(port, &memory)?;
        Ok(Postgres { process, bin, folder, password, port, scratch: None })
    }

    /// `postgres://postgres:<password>@127.0.0.1:<port>/<database>`: the superuser; the same after a restart.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@{}:{}/{database}", self.password, Ipv4Addr::LOCALHOST, self.port)
    }

    /// [`Postgres::url`] of the database `postgres`, which is always there.
    pub fn admin_url(&self) -> String {
        self.url(ADMIN_DATABASE)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The main process' number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it says.
    pub fn log_path(&self) -> PathBuf {
        self.folder.log()
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.process.exited()
    }

    /// Creates an empty database, unless it is there, and gives its URL.
    ///
    /// # Errors
    /// When the server is not running or refuses.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let failed = |source| Error::Database { doing: "create a database", source };
        let mut connection = connect(self.port, &self.password).await.map_err(failed)?;
        let quoted = name.replace('"', "\"\"");
        let created = sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{quoted}\""))).execute(&mut connection).await;
        // duplicate_database: https://www.postgresql.org/docs/current/errcodes-appendix.html
        let exists = |error: &sqlx::Error| error.as_database_error().and_then(|e| e.code()).is_some_and(|c| c == "42P04");
        match created {
            Err(error) if !exists(&error) => Err(failed(error)),
            _ => {
                connection.close().await.map_err(failed)?;
                Ok(self.url(name))
            }
        }
    }

    /// A new database with a name of its own, for one test. Gives its URL.
    ///
    /// # Errors
    /// As [`Postgres::create_database`].
    pub async fn fresh_database(&self) -> Result<String> {
        self.create_database(&format!("test_{:016x}", rand::random::<u64>())).await
    }

    /// SIGKILL of the main process, as in a crash; its sessions notice and end. Back by [`Postgres::restart`].
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again on the same port and folder; stops it first if it runs.
    ///
    /// # Errors
    /// As [`Postgres::start`]. Nothing runs then, and it may be tried again.
    pub async fn restart(&mut self) -> Result<()> {
        self.process.stop(Signal::SIGINT, STOP_MAX).await;
        self.process = launch(&self.bin, &self.folder, &self.password, self.port, lock::RESTART_WAIT_MAX).await?;
        Ok(())
    }

    /// Stops it gracefully: ends all sessions, writes everything. Kills it when it takes too long.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGINT, STOP_MAX).await;
    }
}

async fn find(programs: &Programs, folder: &PostgresFolder) -> Result<PostgresBin> {
    let made_by = folder.made_by()?;
    let found = programs.postgres(made_by, folder.account.as_ref()).await;
    match (found, made_by) {
        (Err(Error::NotFound { .. } | Error::TooOld { .. }), Some(made_by)) => {
            Err(Error::OtherMajor { folder: folder.data.clone(), made_by })
        }
        (found, _) => found,
    }
}

async fn launch(bin: &PostgresBin, folder: &PostgresFolder, password: &str, port: u16, lock_wait: Duration) -> Result<Process> {
    let lock = lock::take(&folder.data, lock_wait).await?;
    folder.make_ready(settings::POSTGRES)?;
    let args: [OsString; 4] = ["-D".into(), folder.cluster()?.into(), "-p".into(), port.to_string().into()];
    let (program, log) = (bin.folder.join("postgres"), folder.log());
    let account = folder.account.as_ref();
    // SIGQUIT: Postgres ends its sessions with it and goes at once, which SIGKILL would leave to them.
    let give_up = Signal::SIGQUIT;
    let env = settings::POSTGRES_MEMORY.map(|(name, value)| (name, value.into())).into();
    let spec = Spec { server: SERVER, program: &program, args: args.into(), env, account, log: &log, give_up, in_memory: None };
    let mut process = Process::start(spec, lock)?;
    wait_until_ready(&mut process, port, password).await?;
    Ok(process)
}

async fn wait_until_ready(process: &mut Process, port: u16, password: &str) -> Result<()> {
    let give_up = Instant::now() + READY_MAX;
    loop {
        if let Some(status) = process.exited() {
            return Err(process.died(status));
        }
        let last = match connect(port, password).await {
            Ok(connection) => {
                // The answer counts, not the farewell.
                let _ = connection.close().await;
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        if Instant::now() >= give_up {
            return Err(Error::NotReady { server: SERVER, after: READY_MAX, last, log: process.log_tail() });
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn connect(port: u16, password: &str) -> sqlx::Result<PgConnection> {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username(SUPERUSER).password(password);
    let options = options.database(ADMIN_DATABASE).ssl_mode(PgSslMode::Disable);
    let connecting = tokio::time::timeout(CONNECT_MAX, options.connect()).await;
    connecting.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}
