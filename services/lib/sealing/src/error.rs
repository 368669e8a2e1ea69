//! Why a sealed text stays closed. No variant tells more than that: an error is logged, and may be provoked.

/// A text could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Sealed by a newer version of this software, or no sealed text at all.
    #[error("not a sealed text of version 1")]
    Version,
    /// Not whole: cut off, or not base64.
    #[error("the sealed text is not whole")]
    Form,
    /// Changed, sealed under another key, or for another purpose. Nobody can tell which.
    #[error("the sealed text was changed, or sealed under another key or for another purpose")]
    Closed,
    /// It opened, and what it holds is not what was asked for: text that is not UTF-8, a key of another length.
    #[error("the sealed text holds something else")]
    Content,
}
