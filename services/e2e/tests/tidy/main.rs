//! The house rules, as tests: walls between crates, shape of files, words, and documents that are true.
//!
//! They read the tree and `cargo metadata`, run nothing else, and name every offender at once. What clippy can say is said in
//! `clippy.toml` and the workspace's lints instead.

#![expect(clippy::unwrap_used, reason = "in a test whatever is missing is a failure")]

mod codes;
mod documents;
mod guards;
mod manifests;
mod matches;
mod metadata;
mod routes;
mod schemas;
mod shape;
mod tables;
mod tree;
mod variables;
mod walls;
mod words;

/// Fails with all offenders, one a line.
#[track_caller]
fn nobody(rule: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{rule}:\n  {}\n", offenders.join("\n  "));
}
