//! Files of ours that messages bring: uploaded to Meta before the first message that needs them, and remembered as Meta names them.
//!
//! Meta keeps an uploaded file for 30 days, for the number that uploaded it. What is remembered is in memory alone: after a restart a
//! file is uploaded once more.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{FileUse, MediaId, ProjectId};
use lru::LruCache;
use storage::{Key, Storage};
use tokio::sync::Semaphore;
use whatsapp::graph::{self, Graph, Token};
use whatsapp::{Outbound, PhoneNumberId};

/// A day less than Meta keeps it.
const REMEMBERED: TimeDelta = TimeDelta::days(29);
/// How many are remembered. One is some 200 bytes.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");
/// Files in memory at once, each of up to 100 MB.
const UPLOADS_MAX: usize = 4;
/// The largest that Meta takes.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;

type Uploaded = Arc<tokio::sync::Mutex<Option<(String, DateTime<Utc>)>>>;

/// Why a message has not got its files.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Storage does not answer: it will.
    Storage(storage::Error),
    /// The file is not there.
    Missing(MediaId),
    /// Meta did not take it, so there is no message.
    Meta(graph::Error),
}

/// What was uploaded.
pub(crate) struct Files {
    storage: Storage,
    graph: Graph,
    clock: Clock,
    uploaded: Mutex<LruCache<(PhoneNumberId, MediaId), Uploaded>>,
    uploads: Semaphore,
}

impl Files {
    pub(crate) fn new(storage: Storage, graph: Graph, clock: Clock) -> Self {
        let (uploaded, uploads) = (Mutex::new(LruCache::new(REMEMBERED_MAX)), Semaphore::new(UPLOADS_MAX));
        Self { storage, graph, clock, uploaded, uploads }
    }

    /// Exchanges our names of files in `message` for Meta's, uploading what Meta has not.
    pub(crate) async fn exchange(
        &self,
        message: &mut Outbound,
        files: &[FileUse],
        project: ProjectId,
        number: &PhoneNumberId,
        token: &Token,
    ) -> Result<(), FileError> {
        for file in files {
            let slot = {
                let mut uploaded = self.uploaded.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(uploaded.get_or_insert((number.clone(), file.media), Uploaded::default))
            };
            // Whoever comes for the same file waits, and finds it uploaded.
            let mut known = slot.lock().await;
            let id = match known.as_ref() {
                Some((id, until)) if *until > self.clock.now() => id.clone(),
                Some(_) | None => {
                    let id = self.upload(file, project, number, token).await?;
                    *known = Some((id.clone(), self.clock.now() + REMEMBERED));
                    id
                }
            };
            message.with_media_id(&file.media.to_string(), &id);
        }
        Ok(())
    }

    async fn upload(&self, file: &FileUse, project: ProjectId, number: &PhoneNumberId, token: &Token) -> Result<String, FileError> {
        let _turn = self.uploads.acquire().await;
        let key = Key::of(&[&project.to_string(), "media", &file.media.to_string()]).map_err(|_| FileError::Missing(file.media))?;
        let bytes = self.storage.get(&key, FILE_BYTES_MAX).await.map_err(FileError::Storage)?;
        let bytes = bytes.ok_or(FileError::Missing(file.media))?;
        let name = file.name.clone().unwrap_or_else(|| file.media.to_string());
        self.graph.upload_media(token, number, &name, &file.mime_type, bytes.into()).await.map_err(FileError::Meta)
    }
}
