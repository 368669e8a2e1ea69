//! What can go wrong with objects, by what the caller can do about it.

/// Why a storage could not be opened. Somebody must change the configuration or the machine.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A scheme that is not spoken here.
    #[error("storage {0} is neither a folder (path or file:///path) nor s3://bucket")]
    Scheme(String),
    /// The folder cannot be made or read.
    #[error("open storage folder {folder}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// The store's configuration does not fit.
    #[error("open storage {url}")]
    Store {
        /// Which.
        url: String,
        /// Why.
        source: Box<object_store::Error>,
    },
}

/// Why an object was not written, read or erased.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The storage does not answer, is full, or refuses. Trying later may help.
    #[error("storage unavailable for {key}")]
    Unavailable {
        /// Which object, or prefix.
        key: String,
        /// Why.
        source: Box<object_store::Error>,
    },
    /// What is left of a prefix in the folder cannot be removed.
    #[error("remove what is left of {key}")]
    Remove {
        /// Which prefix.
        key: String,
        /// Why.
        source: std::io::Error,
    },
    /// Larger than is written or than was asked for. Nothing was written.
    #[error("object {key} has {size} bytes, at most {limit}")]
    TooLarge {
        /// Which object.
        key: String,
        /// How large it is.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
}
