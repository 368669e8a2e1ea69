//! One attempt to fetch a file: Meta is asked where it is, its bytes are read and held against what Meta promised, they are kept, and it is
//! said. In this order, so that a crash between any two steps leads to the same attempt again, which changes nothing that was done.

use std::sync::atomic::Ordering;

use contract::{MediaFailed, MediaStored};
use projects::{Life, Project, TokenError};
use whatsapp::PhoneNumberId;
use whatsapp::graph::{Class, Error as MetaError, MediaFacts, Token};

use crate::decide::{Code, Miss, Next, after, expired};
use crate::digest::Digest;
use crate::error::Error;
use crate::facts::{Facts, Standing};
use crate::say::own_context;
use crate::store::{End, Pending, Settled};
use crate::{MIB, Media, keep, label, store};

/// How often Meta is asked for the URL within one attempt: one that was given may have expired meanwhile.
const URLS_MAX: u32 = 2;

/// A file as it came.
struct Fetched {
    bytes: Vec<u8>,
    digest: Digest,
    mime_type: String,
}

impl Media {
    /// Does one attempt, with all that follows from it.
    ///
    /// # Errors
    /// Ours is down: log, storage, database. It is tried again later, and does not count.
    pub(crate) async fn attempt(&self, file: &Pending) -> Result<(), Error> {
        // Said before a crash, or by another process, and not read into the tables yet.
        if let Some(facts) = self.facts(file.project, file.id).await? {
            return self.settle(file, facts).await;
        }
        let now = self.clock.now();
        let Some(project) = self.projects.fresh(file.project).await?.filter(|project| project.life != Life::Leaving) else {
            // Its rows go with it.
            let tries = file.tries;
            return store::postpone(&self.pool, file.id, tries, now + LEAVING_PAUSE, "the project is being deleted").await;
        };
        if file.tries.are_over(now) {
            return self.conclude(file, expired(file.cause.as_deref())).await;
        }
        // What cannot be kept is not asked for.
        if self.unkept.load(Ordering::Relaxed) {
            self.storage.try_write().await?;
            self.unkept.store(false, Ordering::Relaxed);
        }
        let fetched = match self.open(&project).await? {
            Ok((token, number)) => self.fetch(file, &token, &number).await?,
            Err(cause) => Err(Miss::Later { cause }),
        };
        match fetched {
            Ok(fetched) => self.keep(file, fetched).await,
            Err(miss) => self.conclude(file, after(miss, file.tries, now)).await,
        }
    }

    /// In whose name Meta is asked. The inner error: nobody's, for now.
    async fn open(&self, project: &Project) -> Result<Result<(Token, PhoneNumberId), String>, Error> {
        let number = project.number.as_ref().and_then(|number| PhoneNumberId::parse(&number.phone_number_id));
        let Some(number) = number else { return Ok(Err("the project has no number".to_owned())) };
        match self.tokens.open(project).await {
            Ok(token) => Ok(Ok((token, number))),
            Err(TokenError::Log(error)) => Err(error.into()),
            Err(error @ (TokenError::None | TokenError::Sealed(_))) => Ok(Err(error.to_string())),
        }
    }

    async fn fetch(&self, file: &Pending, token: &Token, number: &PhoneNumberId) -> Result<Result<Fetched, Miss>, Error> {
        for _ in 0..URLS_MAX {
            let facts = match self.graph.media(token, &file.media_id, number).await {
                Ok(facts) => facts,
                Err(error) => return Ok(Err(of_url(&error))),
            };
            let bytes_max = match facts.file_size {
                Some(size) if size > self.file_bytes_max => return Ok(Err(too_large(self.file_bytes_max))),
                Some(size) => size,
                None => self.file_bytes_max,
            };
            let _room = self.room(bytes_max).await;
            match self.graph.download(token, &facts.url, usize::try_from(bytes_max).unwrap_or(usize::MAX)).await {
                Ok(bytes) => return Ok(self.hold_against(file, &facts, bytes)),
                Err(MetaError::Expired) => {}
                Err(MetaError::TooLarge { .. }) if facts.file_size.is_some() => {
                    return Ok(Err(corrupt("it has more bytes than Meta says")));
                }
                Err(MetaError::TooLarge { .. }) => return Ok(Err(too_large(self.file_bytes_max))),
                Err(error) => return Ok(Err(of_download(&error))),
            }
        }
        Ok(Err(Miss::Later { cause: "Meta's URLs expire before they are used".to_owned() }))
    }

    /// Waits for room in memory.
    async fn room(&self, bytes: u64) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let wanted = u32::try_from(bytes.div_ceil(MIB).max(1)).unwrap_or(u32::MAX);
        // Never closed.
        self.memory.acquire_many(wanted.min(crate::MEMORY_MIB_MAX)).await.ok()
    }

    fn hold_against(&self, file: &Pending, facts: &MediaFacts, bytes: Vec<u8>) -> Result<Fetched, Miss> {
        let digest = Digest::of(&bytes);
        // What the message promised counts; of an old one Meta may have promised nothing.
        let promised = file.sha256.or_else(|| facts.sha256.as_deref().and_then(Digest::parse));
        if promised.is_some_and(|promised| promised != digest) {
            return Err(corrupt("its bytes have another digest than Meta promised"));
        }
        let said = facts.mime_type.as_deref().and_then(label::mime_type).or_else(|| file.mime_type.clone());
        Ok(Fetched { bytes, digest, mime_type: said.unwrap_or_else(|| label::TYPE_UNKNOWN.to_owned()) })
    }

    /// The object first, then the event that names it.
    async fn keep(&self, file: &Pending, fetched: Fetched) -> Result<(), Error> {
        let held = store::hold(&self.pool, file.project).await?;
        if !self.lives(file.project).await? {
            return Ok(());
        }
        let size_bytes = fetched.bytes.len() as u64;
        let put = self.storage.put(&keep::key(file.project, file.id), fetched.bytes).await;
        self.unkept.store(put.is_err(), Ordering::Relaxed);
        put?;
        let stored = MediaStored {
            message: file.message,
            media_id: file.media_id.clone(),
            kind: file.kind.clone(),
            mime_type: fetched.mime_type,
            size_bytes,
            sha256: fetched.digest.to_hex(),
            name: file.name.clone(),
        };
        let known = self.say_first(file.project, file.id, stored.clone().into(), own_context()).await?;
        held.commit().await?;
        if known.is_none() {
            metrics::counter!("media_fetched_total").increment(1);
            metrics::counter!("media_fetched_bytes_total").increment(size_bytes);
        }
        match known {
            Some(facts) => self.settle(file, facts).await,
            None => self.settle_as(file, End::Stored(stored)).await,
        }
    }

    async fn conclude(&self, file: &Pending, next: Next) -> Result<(), Error> {
        let (code, reason) = match next {
            Next::Retry { at, tries, cause } => {
                tracing::debug!(project.id = %file.project, media.id = %file.id, cause, "a file is fetched later");
                return store::postpone(&self.pool, file.id, tries, at, &cause).await;
            }
            Next::Fail { code, reason } => (code, reason),
        };
        let held = store::hold(&self.pool, file.project).await?;
        if !self.lives(file.project).await? {
            return Ok(());
        }
        let code_name = code.as_str();
        let failed = MediaFailed { message: file.message, media_id: file.media_id.clone(), code: code_name.to_owned(), reason };
        let known = self.say_first(file.project, file.id, failed.clone().into(), own_context()).await?;
        held.commit().await?;
        if known.is_none() {
            metrics::counter!("media_failed_total", "code" => code_name).increment(1);
            tracing::warn!(project.id = %file.project, media.id = %file.id, code = code_name, "a file could not be had");
        }
        match known {
            Some(facts) => self.settle(file, facts).await,
            None => self.settle_as(file, End::Failed(failed)).await,
        }
    }

    /// Brings the row to where the log is.
    async fn settle(&self, file: &Pending, facts: Facts) -> Result<(), Error> {
        match facts.standing {
            Standing::Stored(stored) => self.settle_as(file, End::Stored(stored)).await,
            Standing::Failed(failed) => self.settle_as(file, End::Failed(failed)).await,
            // Ids of files that contacts send follow from their messages: no upload has one.
            Standing::Uploaded(_) | Standing::Deleted => Err(Error::Row { id: file.id.to_string(), what: "id of an upload" }),
        }
    }

    async fn settle_as(&self, file: &Pending, end: End) -> Result<(), Error> {
        store::settle(&self.pool, &Settled { project: file.project, id: file.id, at: self.clock.now(), end }).await
    }
}

/// Codes by which Meta refuses whoever asks and not the file, beside those of an access that is lost: 102 means no valid token, 131005 no
/// permission, 368, 131031 and 131042 a blocked account. When somebody has mended that, the file can be fetched.
const NOT_OF_THE_FILE: [i64; 5] = [102, 368, 131_005, 131_031, 131_042];
/// Between looks at files of a project that is being deleted.
const LEAVING_PAUSE: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// What it means that Meta gives no URL.
fn of_url(error: &MetaError) -> Miss {
    let cause = error.to_string();
    match error.class() {
        Class::Transient | Class::Unclear => Miss::Later { cause },
        Class::RateLimited => Miss::Busy { cause },
        Class::Final => match error {
            MetaError::Unaskable(_) => Miss::Never { code: Code::NotFound, cause },
            MetaError::Refused(refusal) if error.is_access_lost() || NOT_OF_THE_FILE.contains(&refusal.code) => Miss::Later { cause },
            MetaError::Refused(_) | MetaError::Expired => Miss::Doubt { code: Code::NotFound, cause },
            MetaError::Client(_)
            | MetaError::NotSent
            | MetaError::TooLate
            | MetaError::Unanswered
            | MetaError::Unreadable { .. }
            | MetaError::TooLarge { .. } => Miss::Later { cause },
        },
    }
}

/// What it means that there are no bytes behind Meta's URL. The next attempt asks for another one.
fn of_download(error: &MetaError) -> Miss {
    let cause = error.to_string();
    match error.class() {
        Class::RateLimited => Miss::Busy { cause },
        Class::Transient | Class::Unclear | Class::Final => Miss::Later { cause },
    }
}

fn too_large(limit: u64) -> Miss {
    Miss::Never { code: Code::TooLarge, cause: format!("it has more than {limit} bytes") }
}

fn corrupt(cause: &str) -> Miss {
    Miss::Doubt { code: Code::Corrupt, cause: cause.to_owned() }
}
