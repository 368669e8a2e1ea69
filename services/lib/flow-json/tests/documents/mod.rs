//! The documents of `schemas/meta/flows/`, read for tests.

use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../schemas/meta/flows"))
}

pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Sorted.
pub(crate) fn sample_names(start: &str) -> Vec<String> {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(start) && name.ends_with(".json")).collect();
    names.sort();
    names
}
