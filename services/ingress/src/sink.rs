//! Where events go: into the log, in every process that serves Meta. Nowhere, where a bench asks what all the rest costs.

use contract::{NewEvent, Subject};
use journal::{AppendError, Expect, Journal};

#[derive(Clone)]
pub(crate) enum Sink {
    /// Kept before it counts as kept.
    Log(Journal),
    /// Forgotten; see [`crate::Ingress::discarding`].
    Nowhere,
}

impl Sink {
    pub(crate) async fn keep(&self, subject: &Subject, event: NewEvent) -> Result<(), AppendError> {
        match self {
            Self::Log(journal) => journal.append(subject, Expect::Any, vec![event]).await.map(drop),
            Self::Nowhere => Ok(()),
        }
    }
}
