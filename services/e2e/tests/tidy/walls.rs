//! The walls between crates. Each is one of the layout rules of ARCHITECTURE.md; who may pass is named here and nowhere else.

use std::collections::BTreeSet;

use crate::metadata::{Graph, Package};
use crate::nobody;
use crate::tree::rust_files;

/// Programs made of the services.
const MADE_OF_SERVICES: [&str; 2] = ["standalone", "e2e"];
/// The only crate that speaks to the broker.
const SPEAKS_NATS: [&str; 1] = ["journal"];
/// Crates that speak HTTP as a client: Meta's API, the payment provider (billing's `paystack.rs`), the local Meta, and two that use the
/// platform as a user would, `paige demo` and the tests.
const SPEAKS_HTTP: [&str; 5] = ["whatsapp", "billing", "simulator", "standalone", "e2e"];
/// Where in these: a file, or a folder with all that is in it. The payment provider is one file, so is whatever else is asked, but Meta.
const SPEAKS_HTTP_IN: [&str; 4] = [
    "services/billing/src/paystack.rs",
    "services/lib/whatsapp/src/graph/",
    "services/simulator/src/client.rs",
    "services/standalone/src/demo/caller.rs",
];
/// Crates without SQL: what has no tables cannot read another's.
const WITHOUT_SQL: [&str; 14] = [
    "contract",
    "journal",
    "ingress",
    "bots",
    "templates",
    "simulator",
    "auth",
    "chassis",
    "dialogue",
    "flow-json",
    "projects",
    "sealing",
    "storage",
    "whatsapp",
];
/// Rules and shapes alone: the events, when a conversation goes on, what a Flow may be.
const PURE: [&str; 3] = ["contract", "dialogue", "flow-json"];
/// What does I/O, or exists to do it.
const DOES_IO: [&str; 11] =
    ["tokio", "mio", "async-nats", "sqlx", "reqwest", "hyper", "axum", "tower", "socket2", "rustls", "tracing-subscriber"];
/// Who could tell ingress for whom a webhook is.
const KNOWS_PROJECTS: [&str; 3] = ["auth", "projections", "projects"];
/// Crates by which replay could change the world instead of a table.
const REACHES_OUT: [&str; 8] = ["reqwest", "hyper", "ureq", "curl", "lettre", "opentelemetry-otlp", "whatsapp", "simulator"];

fn services(graph: &Graph) -> impl Iterator<Item = &Package> {
    graph.packages.values().filter(|package| package.folder.starts_with("services/") && !package.folder.starts_with("services/lib/"))
}

#[test]
fn no_service_imports_a_service() {
    let graph = Graph::read();
    let names: BTreeSet<&String> = services(&graph).map(|package| &package.name).collect();
    assert!(names.len() >= 8, "services were not found: {names:?}");
    let mut offenders = Vec::new();
    for package in graph.packages.values().filter(|package| !MADE_OF_SERVICES.contains(&package.name.as_str())) {
        for other in package.named.iter().chain(&package.named_for_tests).filter(|other| names.contains(other)) {
            offenders.push(format!("{} imports {other}", package.name));
        }
    }
    nobody("services meet in the log, not in code", offenders);
}

#[test]
fn what_is_pure_does_no_io() {
    let graph = Graph::read();
    let mut offenders = Vec::new();
    for pure in PURE {
        let reach = graph.reach(pure);
        offenders.extend(DOES_IO.iter().filter(|name| reach.contains(*name)).map(|name| format!("{pure} reaches {name}")));
    }
    nobody("rules and shapes do no I/O", offenders);
}

#[test]
fn only_the_journal_names_the_broker_and_only_named_crates_name_an_http_client() {
    let graph = Graph::read();
    let mut offenders = Vec::new();
    for (client, allowed) in [("async-nats", &SPEAKS_NATS[..]), ("reqwest", &SPEAKS_HTTP[..])] {
        for package in graph.packages.values().filter(|package| !allowed.contains(&package.name.as_str())) {
            if package.named.contains(client) {
                offenders.push(format!("{} names {client}", package.name));
            }
        }
    }
    nobody("clients of other systems are named in one place each", offenders);
}

#[test]
fn within_these_crates_only_named_files_name_an_http_client() {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let (mut offenders, mut unused) = (Vec::new(), BTreeSet::from(SPEAKS_HTTP_IN));
    for file in rust_files().into_iter().filter(|file| !file.is_test()) {
        let lines = file.lines_before_tests();
        let mut code = lines.into_iter().filter(|line| !is_comment(line));
        if !code.any(|line| line.contains("reqwest")) {
            continue;
        }
        match SPEAKS_HTTP_IN.iter().find(|place| file.path.starts_with(**place)) {
            Some(place) => drop(unused.remove(place)),
            None => offenders.push(format!("{} names reqwest", file.path)),
        }
    }
    offenders.extend(unused.into_iter().map(|place| format!("{place} does not name reqwest any more")));
    nobody("whoever is asked over HTTP is behind one file", offenders);
}

#[test]
fn what_has_no_tables_has_no_sql() {
    let graph = Graph::read();
    let offends = |name: &&str| graph.reach(name).iter().any(|reached| reached.starts_with("sqlx"));
    nobody("no SQL here", WITHOUT_SQL.into_iter().filter(offends).map(|name| format!("{name} reaches sqlx")).collect());
}

#[test]
fn ingress_knows_no_projects() {
    let graph = Graph::read();
    let reach = graph.reach("ingress");
    let offenders = KNOWS_PROJECTS.iter().filter(|name| reach.contains(*name));
    nobody("a webhook is kept, whoever it is for", offenders.map(|name| format!("ingress reaches {name}")).collect());
}

#[test]
fn replay_cannot_reach_meta_a_bot_or_a_payment_provider() {
    let graph = Graph::read();
    let reach = graph.reach("replay");
    let offenders = REACHES_OUT.iter().filter(|name| reach.contains(*name));
    nobody("replay writes projections and nothing else", offenders.map(|name| format!("replay reaches {name}")).collect());
}

/// Its verbs in another program would be linked with whatever that program can reach.
#[test]
fn replay_is_a_program_of_its_own() {
    let graph = Graph::read();
    let linking = graph.packages.keys().filter(|name| *name != "replay" && graph.reach(name).contains("replay"));
    nobody("the operator's tool is linked by nobody", linking.map(|name| format!("{name} reaches replay")).collect());
}

#[test]
fn what_is_for_tests_is_in_no_program() {
    let graph = Graph::read();
    assert!(graph.packages.contains_key("testbed"), "there is no testbed: the search is broken");
    let linking = graph.packages.values().filter(|package| package.named.contains("testbed"));
    nobody("testbed is named for tests alone", linking.map(|package| format!("{} names testbed", package.name)).collect());
}

#[test]
fn libraries_know_no_service_and_the_log_knows_no_process() {
    let graph = Graph::read();
    let services: BTreeSet<&str> = services(&graph).map(|package| package.name.as_str()).collect();
    let mut offenders = Vec::new();
    for package in
        graph.packages.values().filter(|package| package.folder.starts_with("events/") || package.folder.starts_with("services/lib/"))
    {
        let from_below = package.folder.starts_with("events/").then_some(["chassis", "whatsapp"]).into_iter().flatten();
        let above: BTreeSet<&str> = services.iter().copied().chain(from_below).collect();
        offenders
            .extend(package.named.iter().filter(|name| above.contains(name.as_str())).map(|name| format!("{} names {name}", package.name)));
    }
    nobody("what is below does not know what is above", offenders);
}
