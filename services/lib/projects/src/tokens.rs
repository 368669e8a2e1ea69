//! The token of a project's number, opened to ask Meta.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use contract::{Event, ProjectEvent, Subject};
use journal::Journal;
use lru::LruCache;
use sealing::{DataKey, MasterKey};
use whatsapp::graph::Token;

use crate::Project;

/// How many opened tokens are kept. One is about half a kilobyte with what it was sealed as.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Why a token is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No number is connected, or it was only claimed: nobody gave a token for it.
    #[error("the project has no number with a token")]
    None,
    /// The project's key is destroyed, or the installation's master key is another.
    #[error(transparent)]
    Sealed(#[from] sealing::Error),
    /// The log does not answer. Trying later helps.
    #[error(transparent)]
    Log(#[from] journal::Error),
}

/// Opens tokens. Cheap to clone; clones keep the same ones.
#[derive(Clone)]
pub struct Tokens(Arc<Parts>);

struct Parts {
    journal: Journal,
    master: MasterKey,
    /// By what they were sealed as: another offer of the number is another text.
    opened: Mutex<LruCache<String, Token>>,
}

impl Tokens {
    /// Nothing is opened yet.
    pub fn new(journal: Journal, master: MasterKey) -> Self {
        Self(Arc::new(Parts { journal, master, opened: Mutex::new(LruCache::new(KEPT_MAX)) }))
    }

    /// The token of the number that is connected. Asks the log once for each.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn open(&self, project: &Project) -> Result<Token, TokenError> {
        let number = project.number.as_ref().ok_or(TokenError::None)?;
        let sealed = number.sealed_token.as_deref().ok_or(TokenError::None)?;
        if let Some(token) = self.opened().get(sealed) {
            return Ok(token.clone());
        }
        let key = self.data_key(project).await?;
        let opened = key.open(&token_context(&number.phone_number_id), sealed)?.into_secret()?;
        let token = Token::new(opened.expose());
        self.opened().put(sealed.to_owned(), token.clone());
        Ok(token)
    }

    async fn data_key(&self, project: &Project) -> Result<DataKey, TokenError> {
        let created = self.0.journal.last(&Subject::data_key(project.id)).await?;
        let Some(Ok(ProjectEvent::DataKeyCreated(created))) = created.as_ref().map(ProjectEvent::decode) else {
            return Err(TokenError::Sealed(sealing::Error::Closed));
        };
        Ok(DataKey::unwrap(&created.wrapped, &self.0.master, project.id)?)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, LruCache<String, Token>> {
        self.0.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// What the token of a number is sealed for: by whoever connects the number, and to be opened here.
pub fn token_context(phone_number_id: &str) -> String {
    format!("number_token/{phone_number_id}")
}
