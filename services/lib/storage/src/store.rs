//! Put, get, list, erase.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::writer::PART_BYTES;
use crate::{Error, Key};

/// The largest object that is written.
pub const OBJECT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// What is written to see whether anything can be: no key of a project, and enough for a full disk to be noticed.
const TRIAL: &str = "trial";
const TRIAL_BYTES: usize = 64 * 1024;

/// How often a folder is removed in which others are busy.
const REMOVALS_MAX: u32 = 10;

/// An open storage. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// Set when it is a folder.
    folder: Option<PathBuf>,
}

/// An object as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: Key,
    /// Its size in bytes.
    pub size: u64,
}

impl Storage {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, folder: Option<PathBuf>) -> Self {
        Self { store, folder }
    }

    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// Writes an object, whole or not at all, in the place of what had its name.
    ///
    /// # Errors
    /// `TooLarge` beyond [`OBJECT_BYTES_MAX`]; `Unavailable`.
    pub async fn put(&self, key: &Key, bytes: impl Into<Bytes>) -> Result<(), Error> {
        let bytes = bytes.into();
        fits(key, bytes.len() as u64, OBJECT_BYTES_MAX)?;
        if bytes.len() > PART_BYTES {
            return self.put_in_parts(key, bytes).await;
        }
        let put = self.store.put(key.path(), PutPayload::from_bytes(bytes)).await;
        put.map(drop).map_err(|source| unavailable(key, source))
    }

    /// Whether objects are taken now: writes one that nobody reads, and takes it away again.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn try_write(&self) -> Result<(), Error> {
        let key = Key::from_path(TRIAL.into());
        self.put(&key, vec![0; TRIAL_BYTES]).await?;
        self.delete(&key).await
    }

    /// Reads an object of at most `bytes_max`; `None` if there is none.
    ///
    /// # Errors
    /// `TooLarge`, and nothing was read; `Unavailable`.
    pub async fn get(&self, key: &Key, bytes_max: u64) -> Result<Option<Bytes>, Error> {
        let found = match self.store.get(key.path()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(source) => return Err(unavailable(key, source)),
        };
        fits(key, found.meta.size, bytes_max)?;
        found.bytes().await.map(Some).map_err(|source| unavailable(key, source))
    }

    /// Erases one object. If there is none, nothing happens.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn delete(&self, key: &Key) -> Result<(), Error> {
        match self.store.delete(key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(unavailable(key, source)),
        }
    }

    /// The size of an object; `None` if there is none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn size(&self, key: &Key) -> Result<Option<u64>, Error> {
        match self.store.head(key.path()).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(unavailable(key, source)),
        }
    }

    /// The objects below a prefix, at most `count_max`, in no order.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, prefix: &Key, count_max: usize) -> Result<Vec<Object>, Error> {
        let found = self.store.list(Some(prefix.path())).take(count_max);
        let found: Vec<_> = found.try_collect().await.map_err(|source| unavailable(prefix, source))?;
        Ok(found.into_iter().map(|meta| Object { key: Key::from_path(meta.location), size: meta.size }).collect())
    }

    /// Erases every object below a prefix, and in a folder what a killed process left there; says how many objects it were. Can be repeated.
    ///
    /// # Errors
    /// `Unavailable`, `Remove`; some may be gone then.
    pub async fn erase(&self, prefix: &Key) -> Result<usize, Error> {
        let found = self.store.list(Some(prefix.path())).map_ok(|meta| meta.location).boxed();
        let mut gone = self.store.delete_stream(found);
        let mut count = 0;
        while let Some(deleted) = gone.next().await {
            match deleted {
                Ok(_) => count += 1,
                Err(object_store::Error::NotFound { .. }) => {} // somebody else erases the same
                Err(source) => return Err(unavailable(prefix, source)),
            }
        }
        self.remove_folder(prefix).await?;
        Ok(count)
    }

    /// Removes what no listing shows: staged files of writes that were interrupted, and empty folders of erasures that were interrupted.
    async fn remove_folder(&self, prefix: &Key) -> Result<(), Error> {
        let Some(top) = &self.folder else { return Ok(()) };
        let folder = top.join(prefix.as_str());
        for attempt in 1.. {
            match tokio::fs::remove_dir_all(&folder).await {
                Ok(()) => break,
                Err(source) if source.kind() == ErrorKind::NotFound => break,
                // Somebody writes or erases there at the same time.
                Err(source) if source.kind() == ErrorKind::DirectoryNotEmpty && attempt < REMOVALS_MAX => {}
                Err(source) => return Err(Error::Remove { key: prefix.to_string(), source }),
            }
        }
        for parent in folder.ancestors().skip(1).take_while(|parent| *parent != top) {
            // Not empty, or gone already: both are as they should be.
            let _ = tokio::fs::remove_dir(parent).await;
        }
        Ok(())
    }

    /// Whether the storage can be read now.
    ///
    /// # Errors
    /// The cause, for people.
    pub async fn healthy(&self) -> Result<(), String> {
        match self.store.list(None).next().await {
            Some(Ok(_)) | None => Ok(()),
            Some(Err(error)) => Err(error.to_string()),
        }
    }
}

pub(crate) fn fits(key: &Key, size: u64, limit: u64) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge { key: key.to_string(), size, limit }) } else { Ok(()) }
}

pub(crate) fn unavailable(key: &Key, source: object_store::Error) -> Error {
    Error::Unavailable { key: key.to_string(), source: Box::new(source) }
}
