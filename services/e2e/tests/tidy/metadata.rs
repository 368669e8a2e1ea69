//! Who depends on whom, as cargo resolves it on this machine: without network, and without the lock that a build holds.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// One of our crates.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, from the top of the project.
    pub(crate) folder: String,
    /// What its `Cargo.toml` names for the program itself.
    pub(crate) named: BTreeSet<String>,
    /// What it names for tests and benches alone.
    pub(crate) named_for_tests: BTreeSet<String>,
}

/// The graph of crates.
pub(crate) struct Graph {
    /// Ours, by name.
    pub(crate) packages: BTreeMap<String, Package>,
    /// By package id: what is linked into the program.
    links: BTreeMap<String, BTreeSet<String>>,
    names: BTreeMap<String, String>,
}

impl Graph {
    pub(crate) fn read() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let version = run(&cargo, &["--version", "--verbose"]);
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host").to_owned();
        let metadata = run(&cargo, &["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host]);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let root = format!("{}/", metadata["workspace_root"].as_str().unwrap());
        let members: BTreeSet<&str> = list(&metadata["workspace_members"]).iter().filter_map(Value::as_str).collect();
        let all = list(&metadata["packages"]);
        let ours = all.iter().filter(|package| members.contains(text(&package["id"]))).map(|package| read_package(package, &root));
        Self {
            packages: ours.map(|package| (package.name.clone(), package)).collect(),
            links: list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]).to_owned(), linked(node))).collect(),
            names: all.iter().map(|package| (text(&package["id"]).to_owned(), text(&package["name"]).to_owned())).collect(),
        }
    }

    /// The names of everything linked into `package`, itself included.
    pub(crate) fn reach(&self, package: &str) -> BTreeSet<&str> {
        let start = self.names.iter().filter(|(_, name)| *name == package).map(|(id, _)| id);
        let mut waiting: Vec<&String> = start.collect();
        assert_eq!(waiting.len(), 1, "there is one crate {package}");
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if seen.insert(id.as_str()) {
                waiting.extend(&self.links[id]);
            }
        }
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(super::tree::top()).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn read_package(package: &Value, root: &str) -> Package {
    let folder = text(&package["manifest_path"]).trim_start_matches(root).trim_end_matches("/Cargo.toml").to_owned();
    let named = |for_tests: bool| {
        let dependencies = list(&package["dependencies"]).iter().filter(|dependency| (dependency["kind"] == "dev") == for_tests);
        dependencies.map(|dependency| text(&dependency["name"]).to_owned()).collect()
    };
    Package { name: text(&package["name"]).to_owned(), folder, named: named(false), named_for_tests: named(true) }
}

/// Everything except what is for tests alone.
fn linked(node: &Value) -> BTreeSet<String> {
    let is_linked = |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
    list(&node["deps"]).iter().filter(is_linked).map(|dependency| text(&dependency["pkg"]).to_owned()).collect()
}
