//! The user that Postgres runs as. Postgres refuses to run as root, so root hands it to an ordinary user, whose way to the
//! program and to the data must be free. Not root: everything runs as whoever we are, and there is no account.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};

use crate::error::{Error, Result};

/// Tried in this order: Debian's and brew's own user for it, macOS's, and the one that exists everywhere.
const NAMES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// An ordinary user to run Postgres as.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
}

impl Account {
    /// Whom Postgres runs as: `None` means as ourselves, because we are not root.
    pub(crate) fn for_postgres() -> Result<Option<Account>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let found = NAMES.iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = found.ok_or_else(|| Error::NoOrdinaryUser { names: NAMES.join(", ") })?;
        Ok(Some(Account { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name }))
    }

    /// Root on a folder that an ordinary user has started before: Postgres goes on as that user, so that both can use it.
    pub(crate) fn owning(folder: &Path, otherwise: Option<Account>) -> Option<Account> {
        let default = otherwise?;
        let Ok(meta) = std::fs::metadata(folder) else { return Some(default) };
        if meta.uid() == 0 || meta.uid() == default.uid {
            return Some(default);
        }
        let name = User::from_uid(Uid::from_raw(meta.uid())).ok().flatten().map(|user| user.name);
        Some(Account { uid: meta.uid(), gid: meta.gid(), name: name.unwrap_or_else(|| meta.uid().to_string()) })
    }

    /// The first folder on the way to `path`, `path` included, that this user cannot enter; `None` when the way is free. What does
    /// not exist yet is no barrier.
    pub(crate) fn barrier(&self, path: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let real = path.ancestors().find_map(|part| part.canonicalize().ok())?;
        let mut parts: Vec<&Path> = real.ancestors().collect();
        parts.reverse();
        parts.into_iter().find(|part| std::fs::metadata(part).is_ok_and(|meta| !self.may_pass(&meta))).map(Path::to_path_buf)
    }

    /// By the permission bits: entering a folder, or running a file.
    fn may_pass(&self, meta: &Metadata) -> bool {
        let bit = if meta.uid() == self.uid {
            0o100
        } else if meta.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        meta.mode() & bit != 0
    }

    /// Gives a folder and all in it to this user. Links themselves, not what they point to.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        lchown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("give away", path))?;
        if !path.is_dir() || path.is_symlink() {
            return Ok(());
        }
        for entry in std::fs::read_dir(path).map_err(Error::file("list", path))? {
            let entry = entry.map_err(Error::file("list", path))?;
            self.give(&entry.path())?;
        }
        Ok(())
    }

    /// Gives one file or folder to this user.
    pub(crate) fn give_one(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("give away", path))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stranger() -> Account {
        Account { uid: 61_234, gid: 61_234, name: "stranger".to_owned() }
    }

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().canonicalize().unwrap().join("closed");
        std::fs::create_dir_all(closed.join("inner")).unwrap();
        let open = |mode| std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();

        open(0o700);
        assert_eq!(stranger().barrier(&closed.join("inner/to/come")), Some(closed.clone()));
        open(0o711);
        assert_eq!(stranger().barrier(&closed.join("inner/to/come")), None);
    }
}
