//! The numbers of all projects, as the log has them: read at the start, followed live. What they say is in `fold`.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use chrono::{DateTime, Utc};
use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use tokio_util::sync::CancellationToken;

use crate::fold::{Fold, News, Whose};

/// The numbers of all projects. Cheap to clone.
#[derive(Clone, Default)]
pub struct Projects(Arc<RwLock<Fold>>);

impl Projects {
    /// Which project a webhook belongs to that reached a number at a time: the one that had the number then. What came before anybody had
    /// the number waits for the first project that connects it; but once a project has been erased, which may have had the number too, only
    /// what came since that first one began to connect it. What came after a project let the number go is about that project's customers:
    /// it waits for the same project to connect the number again, and belongs to nobody once another project connects it or the project is
    /// deleted. The answer is the same when a webhook is recorded late, or again.
    pub fn at(&self, phone_number_id: &str, time: DateTime<Utc>) -> Whose {
        self.read().whose(phone_number_id, time)
    }

    /// Whether the project is being deleted, or is gone. What still comes for it is passed over: it must not be written again.
    pub fn leaves(&self, project: ProjectId) -> bool {
        self.read().leaves(project)
    }

    /// Every number that ever belonged to a project.
    pub(crate) fn numbers(&self) -> Vec<String> {
        self.read().numbers()
    }

    /// The numbers that this project has or had.
    pub(crate) fn numbers_of(&self, project: ProjectId) -> Vec<String> {
        self.read().numbers_of(project)
    }

    /// Every project that is being deleted, or is gone.
    pub(crate) fn leaving(&self) -> Vec<ProjectId> {
        self.read().leaving()
    }

    /// Reads everything that the stream holds now. Events that are erased while it reads may be missed, and the event that says so comes
    /// after them; so it reads until nothing new has come.
    pub async fn catch_up(&self, journal: &Journal) -> Result<(), journal::Error> {
        let mut read = 0;
        loop {
            let last = journal.state(Stream::Project).await?.last;
            if last == read {
                return Ok(());
            }
            let range = Range { from: read + 1, through: Some(last) };
            let mut events = std::pin::pin!(journal.replay(Stream::Project, range, Filter::all()));
            while let Some(event) = events.next().await {
                self.apply(&event?);
            }
            read = last;
        }
    }

    /// Follows the stream until shutdown. `tell` hears what must be acted on.
    pub async fn follow(&self, journal: Journal, tell: impl Fn(News) + Send, shutdown: CancellationToken) {
        let from = self.read().sequence + 1;
        let apply = move |event: &Recorded| {
            if let Some(news) = self.apply(event) {
                tell(news);
            }
        };
        journal.feed(Stream::Project, from, Filter::all(), &shutdown, apply).await;
    }

    fn apply(&self, event: &Recorded) -> Option<News> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).apply(event)
    }

    fn read(&self) -> RwLockReadGuard<'_, Fold> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
