//! The project's own folder for fetched programs and prepared data. Everything in it can be deleted at any time.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::geteuid;

use crate::account::Account;
use crate::error::{Error, Result};

/// Where root keeps it when its home is closed to the user that Postgres runs as, who could not run a program from there.
const ROOTS_CACHE: &str = "/var/cache/paige";
/// How often somebody who waits looks whether the other one is done.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// `$PAIGE_CACHE`; else `~/.cache/paige`; for a root whose home is closed to others, `/var/cache/paige`.
pub fn cache_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("PAIGE_CACHE") {
        return std::path::absolute(&folder).unwrap_or(folder);
    }
    let home = set("HOME").unwrap_or_else(|| std::env::temp_dir().join(format!("paige-{}", geteuid())));
    let folder = home.join(".cache/paige");
    match Account::for_postgres() {
        Ok(Some(account)) if account.barrier(&folder).is_some() => PathBuf::from(ROOTS_CACHE),
        _ => folder,
    }
}

/// One process at a time fetches or prepares; the others wait here and then find it done. Held until dropped.
pub(crate) async fn turn(cache: &Path) -> Result<File> {
    std::fs::create_dir_all(cache).map_err(Error::file("create", cache))?;
    let path = cache.join("lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(Error::file("open", &path))?;
    // As long as another process downloads, which has its own limit on time. Looked at again and again: who is told to stop meanwhile stops.
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL_EVERY).await,
            Err(TryLockError::Error(source)) => return Err(Error::File { doing: "lock", path, source }),
        }
    }
}

/// A folder inside the cache for something half done; deleted when dropped, so that a finished thing appears by one rename.
pub(crate) struct Incoming {
    pub(crate) folder: PathBuf,
}

impl Incoming {
    pub(crate) fn new(cache: &Path) -> Result<Incoming> {
        let folder = cache.join(format!("incoming-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        Ok(Incoming { folder })
    }

    /// Moves a finished folder to its place. What is there already stays: it may be in use.
    pub(crate) fn publish(&self, finished: &Path, place: &Path) -> Result<()> {
        match std::fs::rename(finished, place) {
            Err(_) if place.exists() => Ok(()),
            result => result.map_err(Error::file("move into place", place)),
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // What stays behind is a folder that nobody looks into.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Everybody may read all of it, and run what its owner may run, whatever the umask was: Postgres runs as another user than root.
pub(crate) fn open_to_all(path: &Path) -> Result<()> {
    let meta = std::fs::symlink_metadata(path).map_err(Error::file("look at", path))?;
    if meta.is_symlink() {
        return Ok(());
    }
    let mode = meta.permissions().mode();
    let run = if meta.is_dir() || mode & 0o100 != 0 { 0o111 } else { 0 };
    set_mode(path, (mode & 0o777) | 0o444 | run)?;
    if meta.is_dir() {
        for entry in std::fs::read_dir(path).map_err(Error::file("list", path))? {
            open_to_all(&entry.map_err(Error::file("list", path))?.path())?;
        }
    }
    Ok(())
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(Error::file("change the mode of", path))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn who_waits_for_a_turn_gets_it_or_is_stopped_at_once() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().to_path_buf();
        let (stopped, heard) = channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let first = runtime.block_on(turn(&path)).unwrap();
            let second = async { tokio::time::timeout(POLL_EVERY, turn(&path)).await };
            assert!(runtime.block_on(second).is_err(), "two have it");
            // Waits for whatever cannot be stopped.
            drop(runtime);
            drop(first);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(turn(&path)).unwrap();
            stopped.send(()).unwrap();
        });
        heard.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
