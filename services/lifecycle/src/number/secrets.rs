//! The token and the PIN of a number: sealed under the project's data key before they come into an event, opened to ask Meta.

use contract::{DataKeyCreated, EventId, NumberOffered, ProjectEvent, ProjectId, Subject};
use journal::{Append, AppendError, Expect};
use projects::token_context;
use sealing::DataKey;
use whatsapp::graph::{Pin, Token};

use crate::Lifecycle;
use crate::command::{SOURCE, decode};
use crate::error::Error;
use crate::origin::Origin;

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

    /// The key of the project's secrets; made if the project comes from a time without one.
    ///
    /// # Errors
    /// As [`Self::open_offer`].
    pub(crate) async fn data_key(&self, project: ProjectId, origin: &Origin<'_>) -> Result<DataKey, Error> {
        if let Some(key) = self.find_data_key(project).await? {
            return Ok(key);
        }
        let key = DataKey::random();
        let created: ProjectEvent = DataKeyCreated { wrapped: key.wrap(&self.master, project) }.into();
        let event = contract::Event::into_new(created, EventId::from_ulid(self.ids.ulid()), SOURCE, self.clock.now(), origin.context());
        match self.journal.append_all(vec![Append { subject: Subject::data_key(project), expect: Expect::New, events: vec![event] }]).await
        {
            Ok(_) => Ok(key),
            // Somebody made one at the same time.
            Err(AppendError::Conflict { .. }) => self.find_data_key(project).await?.ok_or(Error::Sealed(sealing::Error::Closed)),
            Err(error) => Err(error.into()),
        }
    }

    async fn find_data_key(&self, project: ProjectId) -> Result<Option<DataKey>, Error> {
        let Some(recorded) = self.journal.last(&Subject::data_key(project)).await? else { return Ok(None) };
        let ProjectEvent::DataKeyCreated(created) = decode(&recorded)? else { return Ok(None) };
        Ok(Some(DataKey::unwrap(&created.wrapped, &self.master, project)?))
    }
}

fn pin_context(number: &str) -> String {
    format!("number_pin/{number}")
}
