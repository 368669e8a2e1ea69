//! Keys that followers hold back, tried again on lifecycle's word.

use journal::{HeldKey, Journal};

use crate::error::Error;

/// Asks whoever holds back one of the keys that are meant for another attempt, also those who do not run now. Gives what was asked for; asked
/// twice is harmless.
///
/// # Errors
/// The log does not answer. It can be repeated.
pub(crate) async fn retry(journal: &Journal, is_meant: impl Fn(&HeldKey) -> bool) -> Result<Vec<HeldKey>, Error> {
    let mut held = journal.parked().await?;
    held.retain(is_meant);
    for held in &held {
        journal.request_retry(&held.service, held.stream, &held.key).await?;
    }
    Ok(held)
}
