//! A follower's position in stream `position`: a hint from where to go on, never a checkpoint.

use chrono::{DateTime, Utc};
use contract::Subject;
use serde::{Deserialize, Serialize};

use super::{Follow, event};
use crate::{Error, Expect, Journal};

#[derive(Debug, Serialize, Deserialize)]
struct Hint {
    /// Everything up to here is done or held.
    sequence: u64,
    /// The followed stream's identity.
    created: DateTime<Utc>,
    /// The follower's version.
    version: u32,
}

/// Where a follower keeps its position.
pub(super) struct Hints {
    subject: Subject,
    created: DateTime<Utc>,
    follow: Follow,
}

impl Hints {
    /// Reads the position. It is 0 for another version of the follower or another stream of the same name.
    pub(super) async fn load(journal: &Journal, follow: &Follow) -> Result<(Self, u64), Error> {
        let state = journal.state(follow.stream).await?;
        let subject =
            Subject::position(follow.service, follow.stream).map_err(|error| super::follower::bad_name(follow.service, &error))?;
        let hint = journal.last(&subject).await?.and_then(|event| serde_json::from_slice::<Hint>(&event.data).ok());
        let hints = Self { subject, created: state.created, follow: follow.clone() };
        let sequence = match hint {
            Some(hint) if hint.version == follow.version && hint.created == state.created => hint.sequence.min(state.last),
            Some(_) => {
                tracing::info!(
                    service = follow.service,
                    stream = follow.stream.name(),
                    "position is of another version or stream, starting anew"
                );
                0
            }
            None => 0,
        };
        Ok((hints, sequence))
    }

    /// Keeps a position. Failing is no harm: events are seen again.
    pub(super) async fn save(&self, journal: Journal, sequence: u64) -> bool {
        let hint = Hint { sequence, created: self.created, version: self.follow.version };
        let data = serde_json::to_vec(&hint).unwrap_or_default();
        let event = event::position(self.follow.service, self.follow.stream, data.into());
        match journal.append(&self.subject, Expect::Any, vec![event]).await {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(service = self.follow.service, stream = self.follow.stream.name(), %error, "position not kept");
                false
            }
        }
    }
}
