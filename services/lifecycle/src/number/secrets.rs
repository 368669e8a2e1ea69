//! The token and the PIN of a number: sealed under the project's data key before they come into an event, opened to ask Meta.

use contract::{Event, NumberOffered, ProjectEvent, ProjectId, Subject};
use projects::token_context;
use sealing::DataKey;
use whatsapp::graph::{Pin, Token};

use crate::Lifecycle;
use crate::error::Error;

/// What Meta wants to see.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub token: Token,
    pub pin: Pin,
}

/// Sealed.
pub(crate) struct Sealed {
    pub token: String,
    pub pin: String,
}

impl Secrets {
    pub(crate) fn seal(&self, key: &DataKey, number: &str) -> Sealed {
        Sealed {
            token: key.seal(&token_context(number), self.token.expose().as_bytes()),
            pin: key.seal(&pin_context(number), self.pin.expose().as_bytes()),
        }
    }
}

impl Lifecycle {
    /// What was offered, in the clear.
    ///
    /// # Errors
    /// [`Error::Sealed`]: the key is destroyed, or the master key is another; or the log does not answer.
    pub(crate) async fn open_offer(&self, project: ProjectId, offer: &NumberOffered) -> Result<Secrets, Error> {
        let key = self.find_data_key(project).await?.ok_or(Error::Sealed(sealing::Error::Closed))?;
        let token = key.open(&token_context(&offer.phone_number_id), &offer.sealed_token)?.into_secret()?;
        let pin = key.open(&pin_context(&offer.phone_number_id), &offer.sealed_pin)?.into_secret()?;
        let pin = pin.expose().parse().map_err(|_| Error::Sealed(sealing::Error::Content))?;
        Ok(Secrets { token: Token::new(token.expose()), pin })
    }

    /// The data key of the project. If the project is so old that it has none, this returns a new key and its wrapped form. The wrapped
    /// form must be appended together with what is sealed under it, so that a project that is deleted meanwhile leaves no key behind.
    ///
    /// # Errors
    /// As [`Self::open_offer`].
    pub(crate) async fn data_key(&self, project: ProjectId) -> Result<(DataKey, Option<String>), Error> {
        if let Some(key) = self.find_data_key(project).await? {
            return Ok((key, None));
        }
        let key = DataKey::random();
        let wrapped = key.wrap(&self.master, project);
        Ok((key, Some(wrapped)))
    }

    async fn find_data_key(&self, project: ProjectId) -> Result<Option<DataKey>, Error> {
        let Some(recorded) = self.journal.last(&Subject::data_key(project)).await? else { return Ok(None) };
        let ProjectEvent::DataKeyCreated(created) = ProjectEvent::read(&recorded)? else { return Ok(None) };
        Ok(Some(DataKey::unwrap(&created.wrapped, &self.master, project)?))
    }
}

fn pin_context(number: &str) -> String {
    format!("number_pin/{number}")
}
