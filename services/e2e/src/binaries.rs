//! The programs as cargo builds them, for tests that run services as processes of their own.
//!
//! A test of this package cannot name another package's binary, and `cargo test -p e2e` does not build it. So it is looked for where
//! cargo puts it, its list of sources (`<program>.d`, written by cargo) says whether it is fresh, and if it is not, cargo builds it.
//! `cargo test --workspace` builds the programs for tests of their own packages and writes no list: then cargo is asked, and finds them built.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What cargo tells a test of the test's own package. Some build scripts look at the same variables, and would run again for another value.
const OF_A_TEST: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CFG_", "OUT_DIR"];

/// Where a program is, built from the sources as they are now.
///
/// # Panics
/// It cannot be built.
pub fn binary(name: &str) -> PathBuf {
    /// Those that were looked at: a program does not change under a test that has run it.
    static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let folder = folder();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains(name) && !is_fresh(&folder, name) {
        build(&folder);
    }
    known.insert(name.to_owned());
    drop(known);
    let path = folder.join(name);
    assert!(path.is_file(), "{} was not built", path.display());
    path
}

/// Where a program is, as it was built last, however long ago.
///
/// # Panics
/// It was not.
pub fn built(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.is_file(), "{} was not built; `make bench` does it", path.display());
    path
}

/// `target/<profile>`, from where this process itself is.
fn folder() -> PathBuf {
    let mut folder = std::env::current_exe().expect("a process has a program");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder
}

/// Not older than any of its sources. One that is gone says nothing: whatever named it has changed too.
fn is_fresh(folder: &Path, program: &str) -> bool {
    let list = std::fs::read_to_string(folder.join(format!("{program}.d")));
    let (Some(built), Ok(list)) = (modified(&folder.join(program)), list) else { return false };
    listed(&list).iter().all(|source| modified(source).is_none_or(|changed| changed <= built))
}

/// The sources of a line of a makefile, `<program>: <source> <source>`, where a space in a path has a backslash before it.
fn listed(list: &str) -> Vec<PathBuf> {
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources).replace("\\ ", "\0");
    sources.split_whitespace().map(|source| PathBuf::from(source.replace('\0', " "))).collect()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// All of them, also those that are fresh, and one target of tests, as `make test` builds them: cargo chooses the features of what they depend
/// on by what is built together, what tests need included, and another choice is another build of everything.
fn build(folder: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--workspace", "--bins", "--test", "tidy"]);
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(profile) => drop(command.args(["--profile", profile])),
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| OF_A_TEST.iter().any(|part| name.to_string_lossy().starts_with(part))) {
        command.env_remove(name);
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "the programs cannot be built: {}", String::from_utf8_lossy(&output.stderr));
}
