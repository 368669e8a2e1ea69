//! Opening: from one text to a store with limits on everything that waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::{OpenError, Storage};

/// How long a store may take to accept a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a store may be silent: from the start of a request, its body included, to the answer, and then between any two pieces of the
/// answer. As long as bytes keep coming, an answer may take any time.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// How long a request is tried again before its caller hears of it: the caller has its own way to wait.
const RETRY_TIME_MAX: Duration = Duration::from_secs(5);
const RETRIES_MAX: usize = 3;
/// How the variables begin that a bucket's store is configured by.
const VARIABLES: &str = "AWS_";

impl Storage {
    /// Opens `url`: a path, `file:///path` or `s3://bucket/prefix`. A folder is made if it is not there; a bucket is not asked yet.
    ///
    /// # Errors
    /// Another scheme, a folder that cannot be made, a configuration that does not fit.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        // One that is not UTF-8 is none of the store's.
        Self::open_with(url, std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
    }

    /// The same with these variables (`AWS_ENDPOINT`, `AWS_REGION`, …) in place of the process's own.
    ///
    /// # Errors
    /// As [`Storage::open`].
    pub fn open_with(url: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, OpenError> {
        match url.split_once("://") {
            None if !url.is_empty() => open_folder(PathBuf::from(url)),
            Some(("file", path)) if path.starts_with('/') => open_folder(PathBuf::from(path)),
            Some(("s3", bucket)) if !bucket.is_empty() => open_bucket(url, bucket, variables, SILENCE_MAX),
            None | Some(_) => Err(OpenError::Scheme(url.to_owned())),
        }
    }
}

fn open_folder(folder: PathBuf) -> Result<Storage, OpenError> {
    let name = folder.display().to_string();
    let failed = |source| OpenError::Folder { folder: name.clone(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    let store = LocalFileSystem::new_with_prefix(&folder).map_err(|source| of_store(&name, source))?;
    let store = store.with_fsync(true).with_automatic_cleanup(true);
    Ok(Storage::new(Arc::new(store), Some(folder)))
}

fn open_bucket(
    url: &str,
    bucket: &str,
    variables: impl IntoIterator<Item = (String, String)>,
    silence_max: Duration,
) -> Result<Storage, OpenError> {
    let retry = RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME_MAX, ..RetryConfig::default() };
    let options = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT_TIME_MAX).with_read_timeout(silence_max);
    let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
    // Credentials, endpoint and region are the store's own variables, AWS_…, as every other program takes them.
    let (mut builder, mut plain) = (AmazonS3Builder::new(), false);
    for (variable, value) in variables.into_iter().filter(|(variable, _)| variable.starts_with(VARIABLES)) {
        plain |= variable == "AWS_ENDPOINT" && value.starts_with("http://");
        // What the store does not know is meant for other programs.
        if let Ok(key) = variable.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let builder = builder.with_client_options(options).with_bucket_name(name).with_retry(retry);
    let store = builder.with_allow_http(plain).build().map_err(|source| of_store(url, source))?;
    let store: Arc<dyn ObjectStore> = match prefix.trim_matches('/') {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, Path::from(prefix))),
    };
    Ok(Storage::new(store, None))
}

fn of_store(url: &str, source: object_store::Error) -> OpenError {
    OpenError::Store { url: url.to_owned(), source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::http::Response;
    use futures::StreamExt;

    use super::*;
    use crate::{Error, Key};

    /// A machine may be busy with something else for three quarters of it.
    const SILENCE: Duration = Duration::from_secs(4);
    const PIECES: usize = 5;

    /// An object that comes piece by piece, each a quarter of a silence after the one before; `pieces` of those that its length promises.
    async fn slow(pieces: usize) -> Storage {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let answer = move || async move {
            let pieces = futures::stream::iter(0..pieces).then(|_| async {
                tokio::time::sleep(SILENCE / 4).await;
                Ok::<_, std::io::Error>(Bytes::from_static(b"piece"))
            });
            let body = Body::from_stream(pieces.chain(futures::stream::pending()));
            // Without an ETag nobody asks for what is missing.
            let answer = Response::builder().header("content-length", 5 * PIECES);
            answer.header("last-modified", "Sat, 28 Nov 2026 12:00:00 GMT").body(body).unwrap()
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        let variables = [("AWS_ENDPOINT", &*endpoint), ("AWS_REGION", "x"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        open_bucket("s3://bucket", "bucket", variables, SILENCE).unwrap()
    }

    #[tokio::test]
    async fn a_slow_answer_is_waited_for_and_a_silent_one_is_not() {
        let key = Key::of(&["prj_1", "x"]).unwrap();
        let began = Instant::now();
        let waited_for = async {
            let read = slow(PIECES).await.get(&key, 100).await.unwrap();
            assert_eq!(read.map(|bytes| bytes.len()), Some(5 * PIECES));
            assert!(began.elapsed() > SILENCE, "it took no longer than one silence may");
        };
        let given_up = async { assert!(matches!(slow(1).await.get(&key, 100).await, Err(Error::Unavailable { .. }))) };
        tokio::join!(waited_for, given_up);
    }
}
