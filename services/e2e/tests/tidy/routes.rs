//! Every route that is served is described. `routes!` takes the path from the description of the handler, so what goes through it cannot be
//! missing at `/openapi.json`; whatever goes another way is named here, and by README.

use std::collections::BTreeSet;

use crate::nobody;
use crate::tree::{File, files, rust_files};

/// Of the process, not of its services; and what the simulated phone and the simulated Meta are made of.
const UNDESCRIBED: [&str; 18] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/sim",
    "/sim/page.css",
    "/sim/page.js",
    "/sim/bubble.js",
    "/sim/flow.js",
    "/sim/meta.js",
    "/sim/preview.js",
    "/sim/flows/{id}/preview",
    "/sim/graph/{version}/{node}",
    "/sim/graph/{version}/{node}/{edge}",
    "/sim/lookaside/{id}",
    "/sim/flows/{id}/flow.json",
    // Behind every path that is none: a problem document.
    "fallback",
];
/// How a router is given something past its description. In two pieces each, or this file would be the first offender.
const PAST_IT: [&str; 7] = [
    concat!(".ro", "ute("),
    concat!(".route_", "service("),
    concat!(".ne", "st("),
    concat!(".nest_", "service("),
    concat!(".fallback", "("),
    concat!(".fallback_", "service("),
    concat!("Swagger", "Ui::new("),
];
/// What README says of them, from which the rest follows.
const TOLD: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/sim"];

/// What a file serves past its description: the path, or how it was said where no path stands there.
fn undescribed(file: &File) -> Vec<String> {
    let text = file.lines_before_tests().join("\n");
    let mut found = Vec::new();
    for past in PAST_IT {
        for (at, _) in text.match_indices(past) {
            let rest = text[at + past.len()..].trim_start();
            let path = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
            found.push(path.map_or_else(|| past.trim_matches(['.', '(']).to_owned(), str::to_owned));
        }
    }
    found
}

#[test]
fn every_route_is_described_or_named_here() {
    let (mut offenders, mut seen) = (Vec::new(), BTreeSet::new());
    for file in rust_files().into_iter().filter(|file| !file.is_test()) {
        for path in undescribed(&file) {
            if !UNDESCRIBED.contains(&path.as_str()) {
                offenders.push(format!("{} serves {path} without a description", file.path));
            }
            seen.insert(path);
        }
    }
    offenders
        .extend(UNDESCRIBED.iter().filter(|path| !seen.contains(**path)).map(|path| format!("{path} is named here and served nowhere")));
    nobody("routes go through `routes!`", offenders);
}

#[test]
fn the_readme_names_what_is_not_described() {
    let readme = files().into_iter().find(|file| file.path == "README.md").expect("there is a README");
    let missing = TOLD.iter().filter(|path| !readme.text.contains(&format!("`{path}`"))).map(|path| format!("README does not name {path}"));
    nobody("what is served and not described", missing.collect());
}

#[test]
fn a_route_past_its_description_is_found() {
    let file = |text: &str| File { path: "a.rs".into(), text: text.into() };
    let text = format!("Router::new(){}\n    \"/v1/x\", get(x)).routes(routes!(y)){}x)", PAST_IT[0], PAST_IT[4]);
    assert_eq!(undescribed(&file(&text)), ["/v1/x", "fallback"]);
    assert_eq!(undescribed(&file("OpenApiRouter::new().routes(routes!(a)).merge(b)")), Vec::<String>::new());
}
