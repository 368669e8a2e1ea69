//! The part of the guard that knows people and keys, as a trait. Its implementation, which folds the log, is `auth::Authorizer`.

use futures::future::{BoxFuture, FutureExt};

use crate::{Caller, Denied};

/// Says whose credentials these are.
pub trait Authority: Send + Sync {
    /// Returns the caller who sent `credentials`, the text after `Bearer `: visible ASCII, at most 1,024 bytes. It never refuses a caller
    /// because this process has not heard of them yet.
    ///
    /// # Errors
    /// [`Denied::Unauthenticated`] or [`Denied::Stale`].
    fn identify<'a>(&'a self, credentials: &'a str) -> BoxFuture<'a, Result<Caller, Denied>>;
}

/// Knows nobody: only the key that the process was started with works.
pub(crate) struct Nobody;

impl Authority for Nobody {
    fn identify<'a>(&'a self, _credentials: &'a str) -> BoxFuture<'a, Result<Caller, Denied>> {
        async { Err(Denied::Unauthenticated) }.boxed()
    }
}
