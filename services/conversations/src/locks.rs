//! One request at a time writes about a contact, within this process.
//!
//! Correctness does not depend on it: the log's condition on each append sees to that. It only keeps many simultaneous requests for one
//! contact from using up their attempts against each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contract::ContactId;
use tokio::sync::OwnedMutexGuard;

type Held = Arc<tokio::sync::Mutex<()>>;

/// Cheap to clone; clones are the same locks. Holds as many contacts as requests wait for.
#[derive(Clone, Default)]
pub(crate) struct Locks(Arc<Mutex<HashMap<ContactId, Held>>>);

/// Ends when it is dropped.
pub(crate) struct Lock {
    locks: Locks,
    contact: ContactId,
    /// Taken out when it ends.
    guard: Option<OwnedMutexGuard<()>>,
}

impl Locks {
    /// Waits until nobody else writes to the contact.
    pub(crate) async fn of(&self, contact: ContactId) -> Lock {
        let mutex = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(contact).or_default().clone();
        // Made before it is waited for: a request that is dropped while it waits leaves nothing behind.
        let mut lock = Lock { locks: self.clone(), contact, guard: None };
        lock.guard = Some(mutex.lock_owned().await);
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut mutexes = self.locks.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.guard.take());
        if mutexes.get(&self.contact).is_some_and(|mutex| Arc::strong_count(mutex) == 1) {
            mutexes.remove(&self.contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn one_after_the_other_and_nothing_is_left() {
        let locks = Locks::default();
        let (one, other) = (ContactId::from_ulid(Ulid::from_parts(1, 1)), ContactId::from_ulid(Ulid::from_parts(1, 2)));
        let first = locks.of(one).await;
        let mut second = Box::pin(locks.of(one));
        assert!(futures::poll!(&mut second).is_pending(), "the first one has it");
        drop(locks.of(other).await);
        drop(first);
        drop(second.await);
        assert!(locks.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_stops_waiting_leaves_nothing_behind() {
        let locks = Locks::default();
        let one = ContactId::from_ulid(Ulid::from_parts(1, 1));
        let first = locks.of(one).await;
        let mut second = Box::pin(locks.of(one));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        drop(second);
        assert!(locks.0.lock().unwrap().is_empty());
    }
}
