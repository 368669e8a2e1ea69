//! A published version never changes. `schemas/events/FROZEN` holds the checksum of each file, in the form of `sha256sum`; and what it said
//! in any commit since the contract was published, it says for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::published::{schemas, stems};

/// From here on nothing was changed. The day before, while the contract was being written, some files were.
const PUBLISHED: &str = "2026-11-21T00:00:00Z";

#[test]
fn no_frozen_file_changed_and_none_is_missing() {
    let folder = schemas().join("events");
    let list = list();
    let frozen: BTreeMap<&str, &str> = list
        .lines()
        .map(|line| line.split_once("  ").map(|(sum, name)| (name, sum)).unwrap_or_else(|| panic!("not a line of sha256sum: {line}")))
        .collect();

    let here =
        stems(&folder, ".json").into_iter().chain(stems(&folder.join("wire"), ".json").into_iter().map(|name| format!("wire/{name}")));
    let here: BTreeSet<String> = here.map(|stem| format!("{stem}.json")).collect();
    let listed: BTreeSet<String> = frozen.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        here, listed,
        "files (left) and FROZEN (right) differ; a new file is added to FROZEN when it is published, an old one stays"
    );

    for (name, sum) in frozen {
        let found = Sha256::digest(fs::read(folder.join(name)).unwrap());
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sum, "{name} changed after it was published: leave it as it was and publish a new version with an upcast");
    }
}

#[test]
fn no_line_of_the_list_ever_changed_or_went() {
    let Some(commits) = commits() else {
        return eprintln!("this is no clone, or git is missing: FROZEN is compared with the files alone, not with what it said before");
    };
    let now = list();
    for commit in commits {
        // A clone may hold the last commits alone.
        let Some(before) = git(&["show", &format!("{commit}:./events/FROZEN")]) else { continue };
        assert_eq!(broken(&before, &now), Vec::<&str>::new(), "lines of FROZEN in commit {commit} that are not there any more");
    }
}

/// What was said and is not said any more.
fn broken<'a>(before: &'a str, now: &str) -> Vec<&'a str> {
    let now: BTreeSet<&str> = now.lines().collect();
    before.lines().filter(|line| !now.contains(line)).collect()
}

#[test]
fn another_checksum_and_a_file_that_is_gone_are_noticed_and_a_new_one_may_come() {
    let before = "aa  one.json\nbb  two.json\n";
    assert_eq!(broken(before, "aa  one.json\nbb  two.json\ncc  three.json\n"), Vec::<&str>::new());
    assert_eq!(broken(before, "aa  one.json\ncc  two.json\n"), ["bb  two.json"]);
    assert_eq!(broken(before, "bb  two.json\n"), ["aa  one.json"]);
}

fn list() -> String {
    fs::read_to_string(schemas().join("events/FROZEN")).expect("schemas/events/FROZEN lists every published file")
}

/// The last commit, and every one before it that touched the list since it was published. `None`: there is no history here.
fn commits() -> Option<Vec<String>> {
    let last = git(&["rev-parse", "--verify", "HEAD"])?;
    let before = git(&["log", "--format=%H", &format!("--since={PUBLISHED}"), "--", "events/FROZEN"])?;
    Some(last.lines().chain(before.lines()).map(str::to_owned).collect())
}

/// What git says, asked in the folder of the schemas; `None` when it says nothing of use.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(schemas()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}
