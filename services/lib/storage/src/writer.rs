//! Writes and reads an object in pieces, so that large objects need not be in memory as a whole.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStoreExt;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt;

use crate::store::{fits, unavailable};
use crate::{Error, Key, OBJECT_BYTES_MAX, Storage};

/// What is written with one request, and kept in memory until then; S3 takes no smaller parts than 5 MiB.
pub(crate) const PART_BYTES: usize = 8 * 1024 * 1024;

/// Writes one object. It has its name when [`Writer::finish`] has returned, and nothing of it has before.
pub struct Writer {
    key: Key,
    /// None: finished or given up.
    inner: Option<BufWriter>,
    size: u64,
}

impl Writer {
    /// Adds bytes.
    ///
    /// # Errors
    /// `TooLarge` beyond [`OBJECT_BYTES_MAX`]; `Unavailable`.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        fits(&self.key, self.size, OBJECT_BYTES_MAX)?;
        let Some(inner) = &mut self.inner else { return Ok(()) };
        inner.put(bytes).await.map_err(|source| unavailable(&self.key, source))
    }

    /// Gives it its name, in the place of what had it; on storage that survives a power cut.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn finish(&mut self) -> Result<(), Error> {
        let Some(mut inner) = self.inner.take() else { return Ok(()) };
        let ended = inner.shutdown().await;
        ended.map_err(|source| unavailable(&self.key, object_store::Error::Generic { store: "writer", source: Box::new(source) }))
    }

    /// Removes what was written; does nothing if the object is finished. What cannot be removed now is removed later: in a folder when the
    /// prefix is erased, and in a bucket by the bucket's own rule for uploads that were never completed.
    pub async fn abort(mut self) {
        if let Some(mut inner) = self.inner.take() {
            let _ = inner.abort().await;
        }
    }
}

impl Storage {
    /// Begins to write an object.
    pub fn writer(&self, key: &Key) -> Writer {
        let inner = BufWriter::with_capacity(self.objects(), key.path().clone(), PART_BYTES).with_max_concurrency(1);
        Writer { key: key.clone(), inner: Some(inner), size: 0 }
    }

    /// Writes a large object: with one request for all of it, a slow line would need longer than a request may.
    pub(crate) async fn put_in_parts(&self, key: &Key, mut bytes: Bytes) -> Result<(), Error> {
        let mut writer = self.writer(key);
        let written = async {
            while !bytes.is_empty() {
                writer.write(bytes.split_to(PART_BYTES.min(bytes.len()))).await?;
            }
            writer.finish().await
        }
        .await;
        // Without effect once the object has its name.
        writer.abort().await;
        written
    }

    /// The size of an object and its bytes, read as they are taken; `None` if there is none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn stream(&self, key: &Key) -> Result<Option<(u64, BoxStream<'static, Result<Bytes, Error>>)>, Error> {
        let found = match self.objects().get(key.path()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(source) => return Err(unavailable(key, source)),
        };
        let (size, key) = (found.meta.size, key.clone());
        let bytes = found.into_stream().map(move |piece| piece.map_err(|source| unavailable(&key, source)));
        Ok(Some((size, bytes.boxed())))
    }
}
