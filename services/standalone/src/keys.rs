//! The keys of an installation: made at its first start, kept in its data folder, readable by its owner alone.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use chassis::Secret;
use serde::{Deserialize, Serialize};

use crate::Failure;

const FILE: &str = "keys.json";

/// Everything secret that the services need.
#[derive(Clone, Debug)]
pub struct Keys {
    /// For `/v1`.
    pub api_key: Secret,
    /// The passwords of the bots' database roles are derived from it: 64 hexadecimal digits.
    pub master_key: Secret,
    /// Meta, here the simulator, signs with it.
    pub meta_app_secret: Secret,
    /// Meta repeats it when the callback is set up.
    pub meta_verify_token: Secret,
    /// The payment provider, here the simulator, knows us by it and signs with it.
    pub paystack_secret_key: Secret,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    api_key: String,
    master_key: String,
    meta_app_secret: String,
    meta_verify_token: String,
    paystack_secret_key: String,
}

impl Keys {
    /// New random keys.
    pub fn random() -> Self {
        Self::from(Stored::random())
    }

    /// The keys of the installation in `folder`, made if it has none.
    ///
    /// # Errors
    /// The folder cannot be made or written, or the file holds something else.
    pub fn load_or_create(folder: &Path) -> Result<Self, Failure> {
        let unusable = |error: std::io::Error| format!("the folder {} cannot be used: {error}", folder.display());
        fs::DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(unusable)?;
        let path = folder.join(FILE);
        let kept_in = fs::File::open(folder).map_err(unusable)?;
        // Of two that start at once one makes them and the other finds them: a house that runs on keys which were not kept would be closed to the
        // next. Where the file system knows no locks, nobody waits.
        let _ = kept_in.lock();
        let stored = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("{} is not readable: {error}", path.display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let stored = Stored::random();
                let text = serde_json::to_vec_pretty(&stored)?;
                keep(folder, &text).and_then(|()| kept_in.sync_all()).map_err(unusable)?;
                stored
            }
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display()).into()),
        };
        Ok(Self::from(stored))
    }
}

/// Whole or not at all: a half-written file would lock the installation out of its databases.
fn keep(folder: &Path, text: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!("{FILE}.part"));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(part, folder.join(FILE))
}

impl From<Stored> for Keys {
    fn from(stored: Stored) -> Self {
        let Stored { api_key, master_key, meta_app_secret, meta_verify_token, paystack_secret_key } = stored;
        Self {
            api_key: Secret::new(api_key),
            master_key: Secret::new(master_key),
            meta_app_secret: Secret::new(meta_app_secret),
            meta_verify_token: Secret::new(meta_verify_token),
            paystack_secret_key: Secret::new(paystack_secret_key),
        }
    }
}

impl Stored {
    fn random() -> Self {
        let random = |bytes| hex::encode(rand::random::<[u8; 32]>().into_iter().take(bytes).collect::<Vec<_>>());
        Self {
            api_key: format!("paige_{}", random(20)),
            master_key: random(32),
            meta_app_secret: random(16),
            meta_verify_token: random(16),
            paystack_secret_key: format!("sk_test_{}", random(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_installation_keeps_its_keys_and_its_owner_alone_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::load_or_create(folder.path()).unwrap();
        let second = Keys::load_or_create(folder.path()).unwrap();
        assert_eq!(first.api_key.expose(), second.api_key.expose());
        assert_ne!(first.api_key.expose(), Keys::random().api_key.expose());
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn of_many_that_start_at_once_all_have_the_keys_that_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let load = || Keys::load_or_create(&data).unwrap().master_key.expose().to_owned();
        let loaded: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..16).map(|_| scope.spawn(load)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let kept = load();
        assert!(loaded.iter().all(|key| *key == kept));
    }

    #[test]
    fn a_folder_that_cannot_be_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::write(&taken, "somebody's").unwrap();
        let error = Keys::load_or_create(&taken).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the folder {} cannot be used: ", taken.display())), "{error}");
    }

    #[test]
    fn a_broken_file_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Keys::load_or_create(folder.path()).unwrap_err().to_string().contains(FILE));
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "{");
    }
}
