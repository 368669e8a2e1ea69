//! A published version never changes. `schemas/events/FROZEN` holds the checksum of each file, in the form of `sha256sum`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sha2::{Digest, Sha256};

use crate::published::{schemas, stems};

#[test]
fn no_frozen_file_changed_and_none_is_missing() {
    let folder = schemas().join("events");
    let list = fs::read_to_string(folder.join("FROZEN")).expect("schemas/events/FROZEN lists every published file");
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
