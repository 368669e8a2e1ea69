//! What is written piece by piece, wherever it goes.

use bytes::Bytes;
use futures::TryStreamExt;
use storage::Storage;

use crate::key;

pub(crate) const MIB: usize = 1024 * 1024;

/// An object has its name when it is whole, and not before. Leaves three behind, below `prj_1/media`.
pub(crate) async fn have_a_name_when_whole(storage: &Storage) {
    let piece = Bytes::from(vec![7_u8; MIB]);
    for pieces in [0, 1, 20] {
        let name = key(&format!("prj_1/media/{pieces}"));
        let mut writer = storage.writer(&name);
        for _ in 0..pieces {
            writer.write(piece.clone()).await.unwrap();
        }
        assert_eq!(storage.size(&name).await.unwrap(), None, "{pieces}");
        writer.finish().await.unwrap();
        writer.abort().await;
        let (size, bytes) = storage.stream(&name).await.unwrap().unwrap();
        let bytes: Vec<Bytes> = bytes.try_collect().await.unwrap();
        assert_eq!((size, bytes.concat().len()), ((pieces * MIB) as u64, pieces * MIB));
    }
}
