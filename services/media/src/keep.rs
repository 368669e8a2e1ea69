//! Files in the storage: `<project>/media/<file>`. One object for each file, written whole or not at all.

use contract::{MediaId, ProjectId};
use storage::{Key, Storage};

use crate::error::Error;

const AREA: &str = "media";

/// Where a file is.
pub(crate) fn key(project: ProjectId, media: MediaId) -> Key {
    Key::of(&[&project.to_string(), AREA, &media.to_string()]).expect("ids are segments")
}

/// Erases every file of a project.
pub(crate) async fn erase(storage: &Storage, project: ProjectId) -> Result<(), Error> {
    storage.erase(&Key::of(&[&project.to_string(), AREA]).expect("an id is a segment")).await?;
    Ok(())
}
