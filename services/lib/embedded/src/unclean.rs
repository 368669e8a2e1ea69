//! How the last nats-server on a folder ended, and what has to be done if it was killed.
//!
//! What a killed server has written may still be in the system's memory and not on the disk. The next server would take it for stored: it
//! would show it to readers, and confirm it to whoever repeats an append, without syncing it. So all files are synced before the next
//! server starts.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// There while a server runs, and after one that was killed.
fn mark(data: &Path) -> PathBuf {
    data.join("running")
}

/// Whether the last server on this folder was killed, or the machine went down under it.
pub(crate) fn was_killed(data: &Path) -> bool {
    mark(data).exists()
}

/// A server is about to run.
pub(crate) fn runs(data: &Path) -> Result<()> {
    let path = mark(data);
    let marked = File::create(&path).and_then(|file| file.sync_all()).and_then(|()| File::open(data)?.sync_all());
    marked.map_err(Error::file("write", &path))
}

/// The server has ended by itself.
pub(crate) fn stopped(data: &Path) {
    // One that stays costs the next start a moment.
    let _ = std::fs::remove_file(mark(data));
}

/// Syncs `path` and every file and folder below it. Says how many that were.
pub(crate) fn sync(path: &Path) -> Result<usize> {
    let failed = || Error::file("sync", path);
    let kind = match path.symlink_metadata() {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed()(error)),
    };
    let mut synced = 0;
    if kind.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed())? {
            synced += sync(&entry.map_err(failed())?.path())?;
        }
    }
    // A link, as to where batches are gathered, leads to what no sync keeps.
    if kind.is_dir() || kind.is_file() {
        File::open(path).and_then(|file| file.sync_all()).map_err(failed())?;
        synced += 1;
    }
    Ok(synced)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_says_whether_its_server_ended_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!was_killed(folder.path()), "a new one");
        runs(folder.path()).unwrap();
        assert!(was_killed(folder.path()));
        runs(folder.path()).unwrap();
        stopped(folder.path());
        assert!(!was_killed(folder.path()));
    }

    #[test]
    fn whole_trees_are_synced_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("1.blk"), "events").unwrap();
        symlink("/nowhere", deep.join("batches")).unwrap();
        symlink(folder.path(), deep.join("round")).unwrap();
        assert_eq!(sync(folder.path()).unwrap(), 4, "the folder, the two in it and the file");
        assert_eq!(sync(&folder.path().join("missing")).unwrap(), 0);
    }
}
