//! Files: what contacts sent, and what is kept to be sent. The bytes are in the storage, never in an event.

use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::{MessageId, OperationId};

events! {
    /// What media says, on `media.<prj>.<med>`; of all of them, on `media.<prj>.space`.
    MediaEvent {
        MediaUploaded = "media.media_uploaded.v1",
        MediaStored = "media.media_stored.v1",
        MediaFailed = "media.media_failed.v1",
        MediaDeleted = "media.media_deleted.v1",
        MediaErased = "media.media_erased.v1",
    }
}

/// A file to be sent is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaUploaded {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// As HTTP names it.
    pub mime_type: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Of its bytes, hexadecimal.
    pub sha256: String,
    /// What it was called by whoever uploaded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A file that a contact sent is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaStored {
    /// The message that brought it.
    pub message: MessageId,
    /// Meta's id of the file.
    pub media_id: String,
    /// Meta's type of the message, or `flow` for a file that was filled into one.
    pub kind: String,
    /// As HTTP names it.
    pub mime_type: String,
    /// How large it is.
    pub size_bytes: u64,
    /// Of its bytes, hexadecimal.
    pub sha256: String,
    /// What the contact called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A file that a contact sent could not be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaFailed {
    /// The message that told of it.
    pub message: MessageId,
    /// Meta's id of the file.
    pub media_id: String,
    /// Stable name of the cause.
    pub code: String,
    /// Why, for people.
    pub reason: String,
}

/// The file is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaDeleted {}

/// The project is deleted, and so are its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaErased {
    /// The operation that asked for it.
    pub operation: OperationId,
}
