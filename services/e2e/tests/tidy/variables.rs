//! Every `PAIGE_…` variable that the code reads is explained to operators, and nothing is explained that does not exist.

use std::collections::BTreeSet;

use crate::nobody;
use crate::tree::{File, files};

const PREFIX: &str = concat!("PAI", "GE_");

fn variables<'a>(files: impl Iterator<Item = &'a File>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        for (start, _) in file.text.match_indices(PREFIX) {
            let rest = &file.text[start..];
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
            if !rest[..end].ends_with('_') {
                found.insert(rest[..end].to_owned());
            }
        }
    }
    found
}

fn is_code(file: &File) -> bool {
    file.path.ends_with(".rs") || file.path.ends_with(".sh") || file.path == "Makefile"
}

/// What an operator reads.
fn is_document(file: &File) -> bool {
    file.path == "README.md" || file.path.starts_with("deploy/")
}

#[test]
fn every_variable_is_documented_and_every_documented_one_exists() {
    let files = files();
    let read = variables(files.iter().filter(|file| is_code(file)));
    let documented = variables(files.iter().filter(|file| is_document(file)));
    assert!(read.contains(&format!("{PREFIX}NATS_URL")), "the search is broken: {read:?}");
    let undocumented = read.difference(&documented).map(|name| format!("{name} is read and neither README.md nor deploy/ explains it"));
    // deploy's own files may hand on variables to other programs, which are read there and nowhere else.
    let handed_on = variables(files.iter().filter(|file| file.path.starts_with("deploy/") && !file.path.ends_with(".md")));
    let unread = documented
        .difference(&read)
        .filter(|name| !handed_on.contains(*name))
        .map(|name| format!("{name} is explained and nobody reads it"));
    nobody("variables", undocumented.chain(unread).collect());
}
