//! One place for versions: the workspace's manifest says which and what for, the crates' manifests say that they need it.

use crate::nobody;
use crate::tree::files;

#[test]
fn every_version_has_one_place_and_a_reason() {
    let mut offenders = Vec::new();
    for file in files().into_iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let is_workspace = file.path == "Cargo.toml";
        let mut section = "";
        for (number, line) in file.text.lines().enumerate() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies") && line.contains('=') {
                let complaint = match is_workspace {
                    true => (!line.contains("path =") && !line.contains(" # ")).then_some("says not what it is for"),
                    false => (!line.contains("workspace = true")).then_some("has a version of its own"),
                };
                offenders.extend(complaint.map(|complaint| format!("{}:{} {complaint}: {line}", file.path, number + 1)));
            }
        }
        if !is_workspace && !file.text.contains("[lints]\nworkspace = true") {
            offenders.push(format!("{} does not take the workspace's lints", file.path));
        }
    }
    nobody("manifests", offenders);
}
