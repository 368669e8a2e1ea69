//! Versions in the storage: `<project>/code/blobs/<sha256>` and `<project>/code/manifests/<version>`.
//!
//! Blobs first, the manifest last: a manifest that can be read is whole. What is there already is not written again.

use bytes::Bytes;
use contract::ProjectId;
use futures::{StreamExt, TryStreamExt};
use storage::{Key, Storage};

use crate::error::Error;
use crate::files::{FILE_BYTES_MAX, Files};
use crate::manifest::{Digest, Manifest};

const AREA: &str = "code";
const BLOBS: &str = "blobs";
const MANIFESTS: &str = "manifests";
/// A manifest of 1,000 files with the longest paths fits.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;
/// Blobs written at the same time.
const WRITES: usize = 4;

/// Writes a version and gives its name.
pub(crate) async fn store(storage: &Storage, project: ProjectId, files: &Files) -> Result<Digest, Error> {
    let manifest = files.manifest();
    let version = manifest.version();
    let mut writes = Vec::with_capacity(manifest.files.len());
    for (path, entry) in &manifest.files {
        let Some(file) = files.get(path) else { continue };
        writes.push(store_one(storage.clone(), key(project, BLOBS, &entry.sha256), file.bytes.clone()));
    }
    futures::stream::iter(writes).buffer_unordered(WRITES).try_collect::<()>().await?;
    store_one(storage.clone(), key(project, MANIFESTS, &version), manifest.encode().into()).await?;
    Ok(version)
}

/// The files of a version that the log names.
pub(crate) async fn manifest(storage: &Storage, project: ProjectId, version: &Digest) -> Result<Manifest, Error> {
    let key = key(project, MANIFESTS, version);
    let bytes = storage.get(&key, MANIFEST_BYTES_MAX).await?;
    let manifest = bytes.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    manifest.filter(|manifest| manifest.version() == *version).ok_or_else(|| Error::Lost(key.to_string()))
}

/// The bytes of a file that a manifest names.
pub(crate) async fn blob(storage: &Storage, project: ProjectId, digest: &Digest) -> Result<Bytes, Error> {
    let key = key(project, BLOBS, digest);
    let bytes = storage.get(&key, FILE_BYTES_MAX).await?.filter(|bytes| Digest::of(bytes) == *digest);
    bytes.ok_or_else(|| Error::Lost(key.to_string()))
}

/// Erases every version of a project.
pub(crate) async fn erase(storage: &Storage, project: ProjectId) -> Result<(), Error> {
    storage.erase(&area(project)).await?;
    Ok(())
}

async fn store_one(storage: Storage, key: Key, bytes: Bytes) -> Result<(), Error> {
    if storage.size(&key).await? != Some(bytes.len() as u64) {
        storage.put(&key, bytes).await?;
    }
    Ok(())
}

fn area(project: ProjectId) -> Key {
    Key::of(&[&project.to_string(), AREA]).expect("an id is a segment")
}

fn key(project: ProjectId, kind: &str, digest: &Digest) -> Key {
    Key::of(&[&project.to_string(), AREA, kind, digest.as_str()]).expect("an id and a digest are segments")
}
