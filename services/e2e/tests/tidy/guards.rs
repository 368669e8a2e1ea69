//! Every process that serves routes under `/v1` knows who may call them. One that does not would let in the platform key alone, which no
//! test of a service would notice: they all use it.

use std::collections::BTreeSet;

use crate::nobody;
use crate::tree::rust_files;

/// What a `main` that serves them does: knows, follows the log, says when it cannot, and stands in front of the routes.
const WIRING: [&str; 4] = ["Authorizer::start(", "authorizer.follow(", "authorizer.register(", ".authority(authorizer"];

#[test]
fn every_process_with_routes_knows_who_may_call_them() {
    let files = rust_files();
    let service = |path: &str| path.strip_prefix("services/").and_then(|rest| Some(rest.split_once("/src/")?.0.to_owned()));
    let with_routes: BTreeSet<String> =
        files.iter().filter(|file| !file.is_test() && file.text.contains("path = \"/v1/")).filter_map(|file| service(&file.path)).collect();
    assert!(with_routes.contains("lifecycle") && with_routes.len() >= 4, "routes were not found: {with_routes:?}");
    let mut offenders = Vec::new();
    for name in with_routes.iter().filter(|name| !name.starts_with("lib/")) {
        // All services in one process are wired in several files.
        let wired_in = if name == "standalone" { "services/standalone/src/".to_owned() } else { format!("services/{name}/src/main.rs") };
        let text: String = files.iter().filter(|file| file.path.starts_with(&wired_in)).map(|file| file.text.as_str()).collect();
        offenders.extend(WIRING.iter().filter(|wire| !text.contains(*wire)).map(|wire| format!("{wired_in} lacks {wire}")));
    }
    nobody("whoever serves /v1 asks who may", offenders);
}
