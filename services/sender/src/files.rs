//! Files of ours that messages bring: uploaded to Meta before the first message that needs them, and remembered as Meta names them.
//!
//! Meta keeps an uploaded file for 30 days, for the number that uploaded it. What is remembered is in memory alone: after a restart a
//! file is uploaded once more. Whose turn it is, and who waits for a file, is decided elsewhere (`uploads`).

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
const MIB: u64 = 1024 * 1024;
/// The largest that Meta takes.
const FILE_MIB_MAX: u32 = 100;
/// What files take in memory at once: four of the largest, or many of a usual size.
const ROOM_MIB: u32 = 4 * FILE_MIB_MAX;

/// Why Meta has not got a file.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Storage does not answer: it will.
    Storage(storage::Error),
    /// The file is not there.
    Missing(MediaId),
    /// Meta did not take it, so there is no message.
    Meta(graph::Error),
}

/// A file as Meta names it, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Uploaded {
    media: MediaId,
    id: String,
    at: DateTime<Utc>,
}

/// What was uploaded.
pub(crate) struct Files {
    storage: Storage,
    graph: Graph,
    clock: Clock,
    uploaded: Mutex<LruCache<(PhoneNumberId, MediaId), Uploaded>>,
    room: Semaphore,
}

impl Files {
    pub(crate) fn new(storage: Storage, graph: Graph, clock: Clock) -> Self {
        let (uploaded, room) = (Mutex::new(LruCache::new(REMEMBERED_MAX)), Semaphore::new(ROOM_MIB as usize));
        Self { storage, graph, clock, uploaded, room }
    }

    /// The first of these files that Meta has not got from this number.
    pub(crate) fn missing<'f>(&self, files: &'f [FileUse], number: &PhoneNumberId) -> Option<&'f FileUse> {
        files.iter().find(|file| self.known(file.media, number).is_none())
    }

    /// Exchanges our names of files in `message` for Meta's, and gives what it found.
    ///
    /// # Errors
    /// The first file that Meta has not got.
    pub(crate) fn exchange<'f>(
        &self,
        message: &mut Outbound,
        files: &'f [FileUse],
        number: &PhoneNumberId,
    ) -> Result<Vec<Uploaded>, &'f FileUse> {
        let mut used = Vec::with_capacity(files.len());
        for file in files {
            let uploaded = self.known(file.media, number).ok_or(file)?;
            message.with_media_id(&file.media.to_string(), &uploaded.id);
            used.push(uploaded);
        }
        Ok(used)
    }

    /// Meta refused a message that was asked for at `asked`, perhaps because it has lost one of its files. Files that were uploaded before
    /// that time are forgotten, so that they are uploaded once more; a file that was uploaded for this message cannot be the reason.
    /// Returns whether any was forgotten.
    pub(crate) fn doubt(&self, used: &[Uploaded], number: &PhoneNumberId, asked: DateTime<Utc>) -> bool {
        let mut memory = self.memory();
        let mut doubted = false;
        for old in used.iter().filter(|uploaded| uploaded.at < asked) {
            doubted = true;
            let key = (number.clone(), old.media);
            // Another message may have brought it anew.
            if memory.peek(&key).is_some_and(|known| known.id == old.id) {
                memory.pop(&key);
            }
        }
        doubted
    }

    /// Uploads a file, as soon as there is room for it in memory.
    pub(crate) async fn upload(&self, file: &FileUse, project: ProjectId, number: &PhoneNumberId, token: &Token) -> Result<(), FileError> {
        let mib = u32::try_from(file.size_bytes.div_ceil(MIB)).unwrap_or(FILE_MIB_MAX).clamp(1, FILE_MIB_MAX);
        let _room = self.room.acquire_many(mib).await;
        let key = Key::of(&[&project.to_string(), "media", &file.media.to_string()]).map_err(|_| FileError::Missing(file.media))?;
        let bytes = self.storage.get(&key, u64::from(FILE_MIB_MAX) * MIB).await.map_err(FileError::Storage)?;
        let bytes = bytes.ok_or(FileError::Missing(file.media))?;
        let name = file.name.clone().unwrap_or_else(|| file.media.to_string());
        let id = self.graph.upload_media(token, number, &name, &file.mime_type, bytes.into()).await.map_err(FileError::Meta)?;
        let uploaded = Uploaded { media: file.media, id, at: self.clock.now() };
        self.memory().put((number.clone(), file.media), uploaded);
        Ok(())
    }

    fn known(&self, media: MediaId, number: &PhoneNumberId) -> Option<Uploaded> {
        let now = self.clock.now();
        self.memory().get(&(number.clone(), media)).filter(|uploaded| now < uploaded.at + REMEMBERED).cloned()
    }

    fn memory(&self) -> MutexGuard<'_, LruCache<(PhoneNumberId, MediaId), Uploaded>> {
        self.uploaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
