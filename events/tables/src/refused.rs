//! A row that cannot be brought to where the log is, when a service starts.

use std::fmt::Display;

/// A row that Postgres refuses keeps nobody from starting: it is logged and passed over, because the follower holds its key, and says why.
/// `is_outage` and `chain` are what the service knows of its own errors: whether waiting mends one, and all its causes as text.
///
/// # Errors
/// An outage: no row can be written meanwhile.
pub fn unless_refused<E>(
    saved: Result<(), E>,
    is_outage: impl Fn(&E) -> bool,
    chain: impl Fn(&E) -> String,
    row: impl Display,
) -> Result<(), E> {
    match saved {
        Err(error) if !is_outage(&error) => {
            tracing::error!(%row, error = %chain(&error), "a row cannot be brought to where the log is, passed over");
            Ok(())
        }
        saved => saved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_refused_is_passed_over() {
        let is_outage = |error: &&str| *error == "down";
        for (saved, starts) in [(Ok(()), Ok(())), (Err("refused"), Ok(())), (Err("down"), Err("down"))] {
            assert_eq!(unless_refused(saved, is_outage, |error| (*error).to_owned(), "a row"), starts);
        }
    }
}
