//! The documents at the top are true: every path that they name exists.

use std::path::Path;

use crate::nobody;
use crate::tree::{files, top};

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "DECISIONS.md", "schemas/README.md"];
/// What a path of ours starts with.
const FOLDERS: [&str; 5] = ["events/", "services/", "schemas/", "deploy/", ".ci/"];

#[test]
fn every_document_is_there() {
    let missing = DOCUMENTS.into_iter().filter(|name| !top().join(name).is_file()).map(|name| format!("{name} is missing"));
    nobody("documents", missing.collect());
}

#[test]
fn every_path_named_in_a_document_exists() {
    let mut offenders = Vec::new();
    let mut seen = 0;
    for file in files().into_iter().filter(|file| DOCUMENTS.contains(&file.path.as_str())) {
        let folder = Path::new(&file.path).parent().unwrap();
        for (number, line) in file.text.lines().enumerate() {
            for path in paths(line) {
                seen += 1;
                if !top().join(&path).exists() && !top().join(folder).join(&path).exists() {
                    offenders.push(format!("{}:{} {path}", file.path, number + 1));
                }
            }
        }
    }
    assert!(seen > 0, "no document names a path: the search is broken");
    nobody("documents name what exists", offenders);
}

/// Paths in backticks and links to files; a pattern (`<type>`, `*`, `…`) counts up to the folder that it is in.
fn paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2).filter(|text| is_path(text));
    let links =
        line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://") && !link.starts_with('#'));
    quoted.chain(links).map(|path| concrete(path.split('#').next().unwrap_or_default())).filter(|path| !path.is_empty()).collect()
}

fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-<>*{},…".contains(c));
    plain && FOLDERS.iter().any(|folder| text.starts_with(folder))
}

fn concrete(path: &str) -> String {
    match path.find(['<', '*', '{', '…']) {
        Some(pattern) => path[..pattern].rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()),
        None => path.trim_end_matches('/').to_owned(),
    }
}

#[test]
fn paths_are_found() {
    let line =
        "see `events/journal/`, `schemas/events/<type>.schema.json`, `cargo test -p x`, [a](ARCHITECTURE.md#top) and [b](https://x.org/y)";
    assert_eq!(paths(line), ["events/journal", "schemas/events", "ARCHITECTURE.md"]);
}
