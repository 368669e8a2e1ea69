//! The data folder of one Postgres:
//!
//! ```text
//! <data>/password         the superuser's, random, mode 0600
//! <data>/port             of the last start
//! <data>/lock             see `lock`
//! <data>/postgres.log
//! <data>/home/cluster     Postgres' own data, owned by the user that it runs as
//! ```
//!
//! Started as root in a folder that this user cannot get into (a checkout in root's home), `home` is a link into
//! `/var/lib/paige`; deleting the data folder then leaves that one behind.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::cache::set_mode;
use crate::error::{Error, Result};
use crate::find::PostgresBin;
use crate::run::{LOCAL_MAX, Run};

/// Where root keeps a cluster whose data folder is closed to the user that Postgres runs as.
const ELSEWHERE: &str = "/var/lib/paige";

/// Name of the superuser, as everywhere.
pub(crate) const SUPERUSER: &str = "postgres";

/// The folder, and the user that Postgres runs as in it.
#[derive(Debug, Clone)]
pub(crate) struct PostgresFolder {
    pub(crate) data: PathBuf,
    pub(crate) account: Option<Account>,
}

impl PostgresFolder {
    /// Creates what is missing, up to the cluster. The caller holds the lock.
    pub(crate) fn open(data: &Path) -> Result<PostgresFolder> {
        let home = data.join("home");
        let account = Account::owning(&home, Account::for_postgres()?);
        if let Some(account) = account.as_ref().filter(|_| !home.exists()) {
            make_home(&home, account)?;
        }
        std::fs::create_dir_all(&home).map_err(Error::file("create", &home))?;
        if let Some(account) = &account
            && let Some(barrier) = account.barrier(&home)
        {
            return Err(Error::Barred { user: account.name.clone(), barrier });
        }
        Ok(PostgresFolder { data: data.to_path_buf(), account })
    }

    /// By its real path, because the way over the data folder may be closed to Postgres' user.
    pub(crate) fn cluster(&self) -> Result<PathBuf> {
        Ok(self.home()?.join("cluster"))
    }

    fn home(&self) -> Result<PathBuf> {
        let home = self.data.join("home");
        home.canonicalize().map_err(Error::file("find", &home))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("postgres.log")
    }

    /// The major version that made the cluster; `None` when there is none yet.
    pub(crate) fn made_by(&self) -> Result<Option<u32>> {
        let path = self.cluster()?.join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }

    pub(crate) fn password(&self) -> Result<String> {
        let path = self.data.join("password");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::Damaged { folder: self.data.clone(), what: "the file `password` is missing" })
            }
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }

    /// Creates the cluster, or finds it there. An initdb that was killed half-way is begun again.
    pub(crate) async fn create_cluster(&self, bin: &PostgresBin) -> Result<()> {
        let cluster = self.cluster()?;
        if cluster.exists() {
            return Ok(());
        }
        let unfinished = self.home()?.join("unfinished");
        remove_folder(&unfinished)?;
        let password = format!("{:032x}", rand::random::<u128>());
        write_secret(&self.data.join("password"), &password)?;
        let handed = self.home()?.join("handed");
        write_secret(&handed, &password)?;
        if let Some(account) = &self.account {
            account.give_one(&handed)?;
        }
        let initdb = Run::new(bin.folder.join("initdb")).account(self.account.as_ref());
        // The C collation sorts by bytes: the same on every machine and in every version, as cursors over text need it.
        let initdb = initdb.args(["--username", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        let made = initdb.arg("--pwfile").arg(&handed).arg("-D").arg(&unfinished).output(LOCAL_MAX).await;
        std::fs::remove_file(&handed).map_err(Error::file("delete", &handed))?;
        made?;
        std::fs::rename(&unfinished, &cluster).map_err(Error::file("move", &unfinished))?;
        let home = self.home()?;
        std::fs::File::open(&home).and_then(|folder| folder.sync_all()).map_err(Error::file("sync", &home))
    }

    /// Clears away what a killed server has left and writes the settings. The caller holds the lock, so no server is there.
    pub(crate) fn make_ready(&self, settings: &str) -> Result<()> {
        let cluster = self.cluster()?;
        // Its process number may meanwhile be somebody else's, and Postgres would take that for itself running.
        let stale = cluster.join("postmaster.pid");
        match std::fs::remove_file(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("delete", &stale)(error)),
            _ => {}
        }
        let path = cluster.join("postgresql.conf");
        std::fs::write(&path, settings).map_err(Error::file("write", &path))?;
        self.account.as_ref().map_or(Ok(()), |account| account.give_one(&path))
    }
}

/// Makes the home of a cluster, where its user can get at it.
fn make_home(home: &Path, account: &Account) -> Result<()> {
    let place = if account.barrier(home).is_none() {
        home.to_path_buf()
    } else {
        let place = Path::new(ELSEWHERE).join(format!("postgres-{:016x}", rand::random::<u64>()));
        tracing::info!(place = %place.display(), "the data folder is closed to Postgres' user, its data go elsewhere");
        place
    };
    std::fs::create_dir_all(&place).map_err(Error::file("create", &place))?;
    set_mode(&place, 0o700)?;
    account.give_one(&place)?;
    if place != home {
        // A link whose target was deleted is replaced.
        let _ = std::fs::remove_file(home);
        symlink(&place, home).map_err(Error::file("link", home))?;
    }
    Ok(())
}

fn write_secret(path: &Path, secret: &str) -> Result<()> {
    let mut open = std::fs::OpenOptions::new();
    let file = open.write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{secret}").and_then(|()| file.sync_all()));
    written.map_err(Error::file("write", path))
}

pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("delete", path)(error)),
        _ => Ok(()),
    }
}
