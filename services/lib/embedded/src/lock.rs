//! One server per data folder. The lock is on an open file that the server process itself holds (as its standard input): it is
//! free exactly when the last process of that server is gone, however it went, and no earlier. So whoever gets it may clear away
//! what a killed server has left, such as `postmaster.pid`, without asking whether a process number is still meant.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Result};

/// For a start: the server of a parent that was just killed is about to go.
pub(crate) const START_WAIT_MAX: Duration = Duration::from_secs(5);
/// For a restart of what was killed: Postgres' busy sessions notice it only when their statement is done.
pub(crate) const RESTART_WAIT_MAX: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(5);

/// The lock of a data folder, to be handed to its server.
pub(crate) async fn take(folder: &Path, wait: Duration) -> Result<File> {
    let path = folder.join("lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(Error::file("open", &path))?;
    let give_up = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(Error::File { doing: "lock", path, source }),
            Err(TryLockError::WouldBlock) if Instant::now() >= give_up => {
                return Err(Error::InUse { folder: folder.to_path_buf() });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL_EVERY).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_lock_is_held_until_its_last_copy_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path(), START_WAIT_MAX).await.unwrap();
        let copy = first.try_clone().unwrap();
        drop(first);
        let refused = take(folder.path(), Duration::ZERO).await;
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
        drop(copy);
        take(folder.path(), START_WAIT_MAX).await.unwrap();
    }
}
