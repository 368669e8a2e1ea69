//! Published examples: the JSON files of a folder under `schemas/meta`.

use std::path::PathBuf;

use serde_json::Value;

pub(crate) fn of(folder: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../schemas/meta").join(folder);
    let mut documents: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .map(|(name, bytes)| (name, serde_json::from_slice(&bytes).unwrap()))
        .collect();
    documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    documents
}
