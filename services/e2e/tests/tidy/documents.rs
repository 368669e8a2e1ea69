//! The documents are true: every path that they name exists, and so does every subject.

use std::collections::BTreeSet;
use std::path::Path;

use crate::nobody;
use crate::tree::{files, top};

const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "DECISIONS.md", "schemas/README.md", "services/lifecycle/README.md"];
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

/// ARCHITECTURE lists what the AsyncAPI document describes, and the one stream that holds no events.
#[test]
fn the_table_of_streams_has_every_subject() {
    let text = |path: &str| files().into_iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing")).text;
    let described: BTreeSet<String> =
        text("schemas/asyncapi.yaml").lines().filter_map(|line| line.trim().strip_prefix("address: ")).map(subject).collect();
    let architecture = text("ARCHITECTURE.md");
    let table = architecture.split("\n## Streams\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the table of streams");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").nth(1));
    let mut listed: BTreeSet<String> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(subject).collect();
    assert!(listed.remove("position.*.*"), "the table has no subjects: the search is broken");
    let differing = described.symmetric_difference(&listed).cloned();
    nobody("the table of streams and the AsyncAPI document name the same subjects", differing.collect());
}

/// What is of a kind, in either way of writing it, is `*`.
fn subject(written: &str) -> String {
    let tokens = written.trim_matches('\'').split('.').map(|token| if token.starts_with(['<', '{']) { "*" } else { token });
    tokens.collect::<Vec<_>>().join(".")
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
