//! An error together with its causes, for a log line or for the cause of a held key.
//!
//! The `Display` of an error says what failed and does not repeat its source, so a log that shows it alone would not say why.

use std::error::Error;

/// The error and each of its sources, from the outside in, on one line: `append to the log: log unavailable: timed out`.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("read the file")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("open the folder")]
    struct Middle(#[source] std::fmt::Error);

    #[test]
    fn every_cause_is_told_and_the_error_alone_is_itself() {
        let inner = std::fmt::Error;
        assert_eq!(error_chain(&inner), inner.to_string());
        assert_eq!(error_chain(&Outer(Middle(inner))), format!("read the file: open the folder: {inner}"));
    }
}
