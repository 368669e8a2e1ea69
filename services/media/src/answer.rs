//! A file as callers see it.

use chrono::{DateTime, Utc};
use contract::{MediaId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::facts::{Facts, Standing};
use crate::store::FileRow;
use crate::{Media, store};

/// A file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MediaAnswer {
    /// Ours; messages that are sent name it as the id of their file.
    #[schema(example = "med_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub(crate) id: String,
    /// `uploaded`: kept to be sent. Of a contact's: `pending`: being fetched from Meta; `stored`: kept; `failed`: it could not be had.
    #[schema(example = "stored")]
    pub(crate) status: String,
    /// `image`, `video`, `audio`, `document`, `sticker`; `flow` of a file that was filled into a Flow.
    #[schema(example = "image")]
    pub(crate) kind: String,
    /// As HTTP names it; null: Meta has not said.
    #[schema(example = "image/jpeg")]
    pub(crate) mime_type: Option<String>,
    /// Null: not known yet.
    pub(crate) size_bytes: Option<u64>,
    /// Of its bytes, hexadecimal; null: not known yet. While it is pending, what Meta promises.
    pub(crate) sha256: Option<String>,
    /// What it was called by whoever sent or uploaded it: for people, not for file systems.
    pub(crate) name: Option<String>,
    /// The message that brought it; null: it was uploaded.
    pub(crate) message: Option<String>,
    /// When it was uploaded, or when a message told of it.
    pub(crate) created_at: DateTime<Utc>,
    /// Why it could not be had: `expired`, `not_found`, `too_large`, `corrupt`; null: it did not fail.
    pub(crate) code: Option<String>,
    /// The same for people.
    pub(crate) reason: Option<String>,
}

impl Media {
    /// A file of `project`; `None`: there is none, or none any more.
    pub(crate) async fn show(&self, project: ProjectId, media: MediaId) -> Result<Option<MediaAnswer>, Error> {
        match self.facts(project, media).await? {
            Some(facts) => Ok(of_facts(media, facts)),
            // Nothing was said of it yet: it may be on its way.
            None => Ok(store::find(&self.pool, project, media).await?.map(of_row)),
        }
    }
}

/// As the log has it.
pub(crate) fn of_facts(media: MediaId, facts: Facts) -> Option<MediaAnswer> {
    let empty = MediaAnswer {
        id: media.to_string(),
        status: String::new(),
        kind: String::new(),
        mime_type: None,
        size_bytes: None,
        sha256: None,
        name: None,
        message: None,
        created_at: facts.at,
        code: None,
        reason: None,
    };
    match facts.standing {
        Standing::Uploaded(file) => Some(MediaAnswer {
            status: "uploaded".to_owned(),
            kind: file.kind,
            mime_type: Some(file.mime_type),
            size_bytes: Some(file.size_bytes),
            sha256: Some(file.sha256),
            name: file.name,
            ..empty
        }),
        Standing::Stored(file) => Some(MediaAnswer {
            status: "stored".to_owned(),
            kind: file.kind,
            mime_type: Some(file.mime_type),
            size_bytes: Some(file.size_bytes),
            sha256: Some(file.sha256),
            name: file.name,
            message: Some(file.message.to_string()),
            ..empty
        }),
        Standing::Failed(failed) => Some(MediaAnswer {
            status: "failed".to_owned(),
            message: Some(failed.message.to_string()),
            code: Some(failed.code),
            reason: Some(failed.reason),
            ..empty
        }),
        Standing::Deleted => None,
    }
}

/// As the tables have it.
pub(crate) fn of_row(row: FileRow) -> MediaAnswer {
    let failed = row.status == "failed";
    MediaAnswer {
        id: row.id,
        status: row.status,
        kind: row.kind,
        mime_type: row.mime_type,
        size_bytes: row.size_bytes.and_then(|size| u64::try_from(size).ok()),
        sha256: row.sha256,
        name: row.name,
        message: Some(row.message),
        created_at: row.first_at,
        code: row.code,
        // What came of the last attempt is not why there is none.
        reason: row.reason.filter(|_| failed),
    }
}
