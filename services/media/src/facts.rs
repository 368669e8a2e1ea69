//! What the log says of one file, folded from `media.<prj>.<med>`. At most two events: what became of it, and that it is gone.

use chrono::{DateTime, Utc};
use contract::{Event, MediaEvent, MediaFailed, MediaId, MediaStored, MediaUploaded, ProjectId, Recorded, Subject};

use crate::Media;
use crate::error::Error;

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) standing: Standing,
    /// Since when.
    pub(crate) at: DateTime<Utc>,
    /// The sequence of the last event.
    pub(crate) sequence: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing {
    /// It is kept to be sent.
    Uploaded(MediaUploaded),
    /// A contact sent it, and it is kept.
    Stored(MediaStored),
    /// A contact sent it, and it could not be had.
    Failed(MediaFailed),
    /// It was kept.
    Deleted,
}

impl Facts {
    fn of(recorded: &Recorded) -> Result<Option<Self>, Error> {
        let standing = match MediaEvent::read(recorded)? {
            MediaEvent::MediaUploaded(uploaded) => Standing::Uploaded(uploaded),
            MediaEvent::MediaStored(stored) => Standing::Stored(stored),
            MediaEvent::MediaFailed(failed) => Standing::Failed(failed),
            MediaEvent::MediaDeleted(_) => Standing::Deleted,
            MediaEvent::MediaErased(_) => return Ok(None),
        };
        Ok(Some(Self { standing, at: recorded.time, sequence: recorded.sequence }))
    }
}

impl Media {
    /// What the log says of a file of `project`; `None`: nothing.
    pub(crate) async fn facts(&self, project: ProjectId, media: MediaId) -> Result<Option<Facts>, Error> {
        match self.journal.last(&Subject::media(project, media)).await? {
            Some(recorded) => Facts::of(&recorded),
            None => Ok(None),
        }
    }
}
