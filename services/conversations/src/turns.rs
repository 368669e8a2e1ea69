//! Lets requests that write about the same contact take turns within this process.
//!
//! Correctness does not depend on it: the log's condition on each append sees to that. It only keeps many simultaneous requests for one
//! contact from using up their attempts against each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contract::ContactId;
use tokio::sync::OwnedMutexGuard;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// Cheap to clone; clones are the same turns. Holds as many contacts as requests wait for.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<ContactId, Lock>>>);

/// Ends when it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    contact: ContactId,
    /// Taken out when it ends.
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nobody else writes to the contact.
    pub(crate) async fn take(&self, contact: ContactId) -> Turn {
        let lock = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(contact).or_default().clone();
        // Made before it is waited for: a request that is dropped while it waits leaves nothing behind.
        let mut turn = Turn { turns: self.clone(), contact, guard: None };
        turn.guard = Some(lock.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut locks = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.guard.take());
        if locks.get(&self.contact).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn one_after_the_other_and_nothing_is_left() {
        let turns = Turns::default();
        let (one, other) = (ContactId::from_ulid(Ulid::from_parts(1, 1)), ContactId::from_ulid(Ulid::from_parts(1, 2)));
        let first = turns.take(one).await;
        let mut second = Box::pin(turns.take(one));
        assert!(futures::poll!(&mut second).is_pending(), "it is the first one's turn");
        drop(turns.take(other).await);
        drop(first);
        drop(second.await);
        assert!(turns.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_stops_waiting_leaves_nothing_behind() {
        let turns = Turns::default();
        let one = ContactId::from_ulid(Ulid::from_parts(1, 1));
        let first = turns.take(one).await;
        let mut second = Box::pin(turns.take(one));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        drop(second);
        assert!(turns.0.lock().unwrap().is_empty());
    }
}
