//! What a failure means for the key that it happened to: try again, wait, or let someone look.

use std::time::Duration;

use journal::Stop;
use projections::Error;

/// When something that is down is tried again.
const DOWN_DELAY: Duration = Duration::from_secs(1);
/// When something that should have worked is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Of tables.
pub(crate) fn of(error: &Error) -> Stop {
    let cause = error.to_string();
    match error {
        Error::NoDatabase(_) | Error::Unavailable(_) | Error::Journal(_) => down(cause),
        Error::Refused(_) | Error::WentBack { .. } | Error::Contended(_) => again(cause),
        Error::Corrupt(_)
        | Error::TooLarge { .. }
        | Error::StillDiffers(_)
        | Error::Forked { .. }
        | Error::OtherLog { .. }
        | Error::AheadOfLog { .. }
        | Error::Event { .. } => Stop::Park { cause },
    }
}

pub(crate) fn down(cause: String) -> Stop {
    Stop::SetAside { after: DOWN_DELAY, cause }
}

pub(crate) fn again(cause: String) -> Stop {
    Stop::Retry { after: RETRY_DELAY, cause }
}
