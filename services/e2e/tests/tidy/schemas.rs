//! Every type that the description of the API shows has a name of its own. Of two that share one the description holds a single one, and what
//! is answered with the other is described wrongly.

use std::collections::BTreeMap;

use crate::nobody;
use crate::tree::{File, rust_files};

/// The derive that describes a type.
const DESCRIBED: &str = "ToSchema";

/// What the types of a file are called in the description.
fn described(file: &File) -> Vec<String> {
    let (mut found, mut derived, mut alias) = (Vec::new(), false, None);
    for line in file.lines_before_tests() {
        let line = line.trim_start();
        if line.contains(DESCRIBED) && !["//", "use ", "impl", "pub use "].iter().any(|start| line.starts_with(start)) {
            derived = true;
        }
        if derived && line.starts_with("#[schema(") {
            alias = line.split_once("as = ").map(|(_, name)| word(name)).or(alias);
        }
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
        if let (Some("struct" | "enum"), Some(name)) = (words.next(), words.next()) {
            let name = alias.take().unwrap_or_else(|| word(name));
            found.extend(derived.then_some(name));
            derived = false;
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|char| char.is_alphanumeric()).collect()
}

#[test]
fn every_described_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in rust_files().into_iter().filter(|file| !file.is_test() && !file.path.contains("/examples/")) {
        for name in described(&file) {
            places.entry(name).or_default().push(file.path.clone());
        }
    }
    assert!(places.len() > 150, "{} described types are not all", places.len());
    let shared = places.into_iter().filter(|(_, files)| files.len() > 1);
    let shared = shared.map(|(name, files)| format!("{name} is described in {}", files.join(" and in ")));
    nobody("a described type has a name of its own, by `#[schema(as = …)]` if need be", shared.collect());
}

#[test]
fn a_described_type_is_found_under_the_name_that_is_shown() {
    let text = format!(
        "use utoipa::{DESCRIBED};\n/// A thing.\n#[derive(Debug, {DESCRIBED})]\n#[serde(transparent)]\npub(crate) struct Thing<'a> {{\n    #[schema(value_type = String)]\n    id: Id,\n}}\n\
         #[derive(\n    Debug,\n    {DESCRIBED},\n)]\n#[schema(as = ThingStatus)]\nenum Status {{}}\n#[derive(Debug)]\nstruct Hidden;\n"
    );
    assert_eq!(described(&File { path: "a.rs".into(), text }), ["Thing", "ThingStatus"]);
}
