//! Throwaway servers for tests and benches: the same programs and settings, durability included, in a folder that goes away with
//! them, also when the test process is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::sync::OnceCell;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::nats::{Nats, NatsOptions};
use crate::postgres::{Postgres, PostgresOptions};

/// Where the folders are made, if it is one that Postgres' user can get into. Every test makes and deletes some hundred files, so a place in
/// memory makes tests quick; a bench needs the disk.
const PLACE_VARIABLE: &str = "PAIGE_SCRATCH";

/// Waits for our end and then deletes the folder; the servers in it may need a moment to go.
const DELETE_AFTERWARDS: &str = r#"
trap '' HUP INT QUIT TERM
read -r deleted && exit
tries=0
until rm -rf -- "$1" 2>/dev/null && ! [ -e "$1" ] || [ "$tries" -ge 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
"#;

/// Both servers, fresh. Never external ones: a test must not find what another left.
#[derive(Debug)]
pub struct Scratch {
    pub nats: Nats,
    pub postgres: Postgres,
}

impl Scratch {
    /// Starts both at once.
    ///
    /// # Errors
    /// As [`Nats::start`] and [`Postgres::start`].
    pub async fn start() -> Result<Scratch> {
        let (nats, postgres) = tokio::try_join!(Nats::scratch(), Postgres::scratch())?;
        Ok(Scratch { nats, postgres })
    }
}

impl Nats {
    /// An empty one, deleted when dropped.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn scratch() -> Result<Nats> {
        let folder = Folder::new()?;
        let mut nats = Nats::start(NatsOptions::new(folder.path.join("nats"))).await?;
        nats.make_throwaway(folder);
        Ok(nats)
    }
}

impl Postgres {
    /// An empty one, deleted when dropped. For a test that kills or stops it; others take [`Postgres::shared`].
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn scratch() -> Result<Postgres> {
        let folder = Folder::new()?;
        let options = PostgresOptions::new(folder.path.join("postgres"));
        let mut postgres = Postgres::start_from(options, true).await?;
        postgres.scratch = Some(folder);
        Ok(postgres)
    }

    /// The one of this process, started by the first call and gone with the process. Each test takes its own database from it by
    /// [`Postgres::fresh_database`].
    ///
    /// # Errors
    /// As [`Postgres::start`]; the next call tries again.
    pub async fn shared() -> Result<&'static Postgres> {
        // Never dropped: the end of the process ends the server and deletes its folder.
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED.get_or_try_init(Postgres::scratch).await
    }
}

/// A temporary folder that Postgres' user can get into.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    afterwards: Child,
}

impl Folder {
    pub(crate) fn new() -> Result<Folder> {
        let account = Account::for_postgres()?;
        let open = |folder: &PathBuf| folder.is_dir() && account.as_ref().is_none_or(|a| a.barrier(folder).is_none());
        let asked = std::env::var_os(PLACE_VARIABLE).map(PathBuf::from);
        let places = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
        let place = asked.into_iter().chain(places).find(open).unwrap_or_else(std::env::temp_dir);
        let path = place.join(format!("paige-{:016x}", rand::random::<u64>()));
        let mut sh = Command::new("/bin/sh");
        sh.args(["-c", DELETE_AFTERWARDS, "sh"]).arg(&path).stdin(Stdio::piped());
        let afterwards = sh.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(Error::file("run", Path::new("/bin/sh")))?;
        std::fs::create_dir(&path).map_err(Error::file("create", &path))?;
        Ok(Folder { path, afterwards })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Not deleted at once: the shell tries again, now that its input closes.
        if std::fs::remove_dir_all(&self.path).is_ok() {
            let _ = self.afterwards.kill();
        }
        drop(self.afterwards.stdin.take());
        let _ = self.afterwards.wait();
    }
}
