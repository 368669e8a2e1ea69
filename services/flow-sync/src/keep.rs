//! Flow JSON in the storage: `<project>/flows/revisions/<sha256>` for every document that ever counted, here or at Meta, and
//! `<project>/flows/<name>.json` for what counts now. The log names digests; the files by name are for whoever looks into the folder.

use bytes::Bytes;
use contract::ProjectId;
use storage::{Key, Storage};
use whatsapp::graph::FLOW_JSON_BYTES_MAX;

use crate::document::Digest;
use crate::error::Error;

const AREA: &str = "flows";
const REVISIONS: &str = "revisions";

/// Everything of a project's Flows.
pub(crate) fn area(project: ProjectId) -> Key {
    Key::of(&[&project.to_string(), AREA]).expect("an id is a segment")
}

/// Keeps a document. What is there already is not written again.
pub(crate) async fn store(storage: &Storage, project: ProjectId, sha256: &Digest, bytes: &Bytes) -> Result<(), Error> {
    let key = revision(project, sha256.as_str());
    if storage.size(&key).await? != Some(bytes.len() as u64) {
        storage.put(&key, bytes.clone()).await?;
    }
    Ok(())
}

/// A document that the log names.
pub(crate) async fn load(storage: &Storage, project: ProjectId, sha256: &str) -> Result<Bytes, Error> {
    let key = revision(project, sha256);
    let bytes = storage.get(&key, FLOW_JSON_BYTES_MAX as u64).await?.filter(|bytes| Digest::of(bytes).as_str() == sha256);
    bytes.ok_or_else(|| Error::Lost(key.to_string()))
}

/// Shows what counts now under the Flow's name.
pub(crate) async fn show(storage: &Storage, project: ProjectId, name: &str, bytes: Bytes) -> Result<(), Error> {
    Ok(storage.put(&file(project, name), bytes).await?)
}

/// Takes away what stands under a name.
pub(crate) async fn hide(storage: &Storage, project: ProjectId, name: &str) -> Result<(), Error> {
    Ok(storage.delete(&file(project, name)).await?)
}

fn revision(project: ProjectId, sha256: &str) -> Key {
    Key::of(&[&project.to_string(), AREA, REVISIONS, sha256]).expect("an id and a digest are segments")
}

fn file(project: ProjectId, name: &str) -> Key {
    Key::of(&[&project.to_string(), AREA, &format!("{name}.json")]).expect("an id and a name are segments")
}
