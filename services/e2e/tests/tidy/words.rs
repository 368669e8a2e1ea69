//! The project speaks of the project alone: no machine it was written on, no registry it was fetched through, no diary.

use crate::nobody;
use crate::tree::files;

/// In two pieces each, or this file would be the first offender.
const REGISTRIES: [&str; 7] = [
    concat!("registry.", "npmjs"),
    concat!("registry.", "yarnpkg"),
    concat!("pypi", ".org"),
    concat!("files.", "pythonhosted"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("\"resol", "ved\":"),
];
const MACHINES: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tmp/", "paige/")];
const DIARY: [&str; 5] =
    [concat!("this ", "session"), concat!("sub", "agent"), concat!("cla", "ude"), concat!("as an ", "ai"), concat!("issues ", "show")];

#[test]
fn no_registry_is_named() {
    let mut offenders = found(&REGISTRIES);
    let lock = files().into_iter().find(|file| file.path == "Cargo.lock").expect("Cargo.lock is committed");
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    offenders.extend(lock.text.lines().filter(|line| line.starts_with("source = ") && *line != public).map(str::to_owned));
    nobody("packages are named, hosts are not: each machine has its own", offenders);
}

#[test]
fn no_machine_is_named() {
    nobody("a path that exists on one machine", found(&MACHINES));
}

#[test]
fn no_diary_is_kept() {
    let mut offenders = found(&DIARY);
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let numbered = |word: &str| {
                let after = lower.split(word).nth(1).unwrap_or_default();
                after.trim_start_matches([' ', '#']).starts_with(|c: char| c.is_ascii_digit())
            };
            if numbered(concat!("iss", "ue ")) || numbered(concat!("iss", "ue #")) {
                offenders.push(format!("{}:{} {line}", file.path, number + 1));
            }
        }
    }
    nobody("how the project came to be is the log's of git", offenders);
}

fn found(words: &[&str]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            offenders.extend(words.iter().filter(|word| lower.contains(*word)).map(|word| format!("{}:{} {word}", file.path, number + 1)));
        }
    }
    offenders
}
