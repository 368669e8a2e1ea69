//! What comes after a project's end in a stream that is followed: a service reads that a project is to be deleted, and is killed before it has
//! noted how far it read; its next process does its part again and says so, perhaps after everything was erased. Other streams are looked at
//! some times after the end: see `erase::late`.

use contract::{Event, ProjectErased, ProjectEvent, ProjectId, Stream, Subject};

use crate::error::Error;
use crate::store::{self, Erased};
use crate::{Lifecycle, erase};

impl Lifecycle {
    /// Of a project of which `stream` said something and which is not there: if it is gone, nothing stays of what was said.
    pub(super) async fn after_the_end(&self, id: ProjectId, stream: Stream) -> Result<(), Error> {
        let Some(last) = self.journal.last(&Subject::project(id)).await? else { return Ok(()) };
        let ProjectEvent::ProjectErased(ProjectErased { operation, .. }) = ProjectEvent::read(&last)? else { return Ok(()) };
        erase::late::erase(&self.journal, id, stream).await?;
        store::erase_project(&self.pool, &Erased { project: id, operation, sequence: last.sequence, at: last.time }).await
    }
}
