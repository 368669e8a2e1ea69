//! Every code by which a request is refused stands in the description of the API: programs look at it, so somebody must be able to find it.

use std::collections::BTreeSet;

use crate::nobody;
use crate::tree::{File, files, rust_files};

/// How a problem is made, up to its code.
const MADE: [&str; 5] =
    ["Problem::new(StatusCode::", "Problem::conflict(", "Problem::unprocessable(", "Problem::unavailable(", "Self::unavailable("];
/// Of no route that is described, or of every one alike.
const UNDESCRIBED: [&str; 3] = ["internal", "method_not_allowed", "not_ready"];

/// The codes that a file gives by name.
fn codes(file: &File) -> Vec<String> {
    let text = file.lines_before_tests().join("\n");
    let mut found = Vec::new();
    for made in MADE {
        for (at, _) in text.match_indices(made) {
            // Where no text comes before the end of the call, the code comes from elsewhere.
            let arguments = text[at + made.len()..].split([')', ';']).next().unwrap_or_default();
            found.extend(arguments.split('"').nth(1).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_code_is_described() {
    let described = files().into_iter().find(|file| file.path == "schemas/openapi.json").expect("the API is described").text;
    let (mut offenders, mut seen) = (Vec::new(), BTreeSet::new());
    // What the simulated Meta refuses, its own page shows to whoever plays with it.
    for file in rust_files().into_iter().filter(|file| !file.is_test() && !file.path.starts_with("services/simulator/")) {
        for code in codes(&file) {
            if !UNDESCRIBED.contains(&code.as_str()) && !described.contains(&format!("`{code}`")) {
                offenders.push(format!("{} refuses with {code}, which no route describes", file.path));
            }
            seen.insert(code);
        }
    }
    assert!(seen.len() > 80, "{} codes are not all", seen.len());
    nobody("a code is described where it is answered", offenders);
}

#[test]
fn a_code_is_found_in_every_way_of_giving_it() {
    let text = "Problem::conflict(\"one\", detail).with(\"no\", 1); Self::unavailable(\"two\", 1, cause)\n\
                Problem::new(StatusCode::GONE, \"three\")\nProblem::unprocessable(code, detail).field(\"/x\", \"no\", \"no\")";
    let mut found = codes(&File { path: "a.rs".into(), text: text.into() });
    found.sort();
    assert_eq!(found, ["one", "three", "two"]);
}
