//! Postgres by package name: from the system's packages where that is allowed, else as a rootless binary package into the
//! cache. Whoever asked looks again afterwards: nothing is returned but success.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::account::Account;
use crate::cache::{Incoming, open_to_all, set_mode};
use crate::error::{Error, Result};
use crate::find::Source;
use crate::package;
use crate::system_packages::{Machine, not_here};
use crate::version::Version;

pub(crate) async fn from(source: Source, machine: &Machine, cache: &Path, account: Option<&Account>) -> Result<()> {
    match source {
        Source::Apt => machine.apt().await,
        Source::Brew => machine.brew().await,
        Source::Npm => from_npm(cache, account).await,
        Source::Wheel => from_wheel(cache, account).await,
    }
}

async fn from_npm(cache: &Path, account: Option<&Account>) -> Result<()> {
    reachable(cache, account)?;
    let incoming = Incoming::new(cache)?;
    let package = package::npm(&npm_name()?, &incoming.folder).await?;
    recreate_links(&package)?;
    place(&package.join("native"), &incoming, cache, "npm").await
}

async fn from_wheel(cache: &Path, account: Option<&Account>) -> Result<()> {
    reachable(cache, account)?;
    let incoming = Incoming::new(cache)?;
    let unpacked = package::wheel("pgserver", &incoming.folder).await?;
    // Its programs look for their libraries beside the package, in `../../../pgserver.libs` from the programs' folder.
    let finished = incoming.folder.join("finished");
    std::fs::create_dir(&finished).map_err(Error::file("create", &finished))?;
    for name in ["pgserver", "pgserver.libs"] {
        let from = unpacked.join(name);
        if from.exists() {
            std::fs::rename(&from, finished.join(name)).map_err(Error::file("move", &from))?;
        }
    }
    let link = finished.join("bin");
    std::os::unix::fs::symlink("pgserver/pginstall/bin", &link).map_err(Error::file("link", &link))?;
    place(&finished, &incoming, cache, "wheel").await
}

/// Makes the programs runnable, asks them for their version (which shows that they run here at all) and moves the folder to
/// `<cache>/postgres-<version>-<from>`.
async fn place(finished: &Path, incoming: &Incoming, cache: &Path, from: &str) -> Result<()> {
    let bin = finished.join("bin");
    for entry in std::fs::read_dir(&bin).map_err(Error::file("list", &bin))?.flatten() {
        set_mode(&entry.path(), 0o755)?;
    }
    open_to_all(finished)?;
    let version = Version::of(&bin.join("postgres")).await?;
    incoming.publish(finished, &cache.join(format!("postgres-{version}-{from}")))
}

fn npm_name() -> Result<String> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(not_here("npm", other)),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => return Err(not_here("npm", other)),
    };
    Ok(format!("@embedded-postgres/{system}-{processor}"))
}

/// One line of `native/pg-symlinks.json`; paths from the package's folder.
#[derive(Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// npm cannot pack links: the package lists them, and its install script, which we do not run, would make them.
fn recreate_links(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let text = std::fs::read(&list).map_err(Error::file("read", &list))?;
    let invalid = |what: String| Error::File { doing: "understand", path: list.clone(), source: std::io::Error::other(what) };
    let links: Vec<Link> = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
    for Link { source, target } in links {
        let (source, target) = (Path::new(&source), Path::new(&target));
        let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        let Some(name) = source.file_name().filter(|_| inside(target) && source.parent() == target.parent()) else {
            return Err(invalid(format!("a link out of its folder: {}", target.display())));
        };
        let link = package.join(target);
        if !link.is_symlink() {
            std::os::unix::fs::symlink(name, &link).map_err(Error::file("link", &link))?;
        }
    }
    Ok(())
}

fn reachable(cache: &Path, account: Option<&Account>) -> Result<()> {
    let barrier = account.and_then(|account| Some((account.name.clone(), account.barrier(cache)?)));
    barrier.map_or(Ok(()), |(user, barrier)| Err(Error::Barred { user, barrier }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_links(json: &str) -> (tempfile::TempDir, Result<()>) {
        let package = tempfile::tempdir().unwrap();
        let native = package.path().join("native/lib");
        std::fs::create_dir_all(&native).unwrap();
        std::fs::write(native.join("libpq.so.5.18"), "library").unwrap();
        std::fs::write(package.path().join("native/pg-symlinks.json"), json).unwrap();
        let result = recreate_links(package.path());
        (package, result)
    }

    #[test]
    fn the_listed_links_lead_to_their_libraries() {
        let list = r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#;
        let (package, result) = with_links(list);
        result.unwrap();
        let through = std::fs::read_to_string(package.path().join("native/lib/libpq.so.5")).unwrap();
        assert_eq!(through, "library");
    }

    #[test]
    fn a_link_out_of_the_package_is_refused() {
        for target in ["../outside.so", "/etc/outside.so", "native/lib/../../../outside.so", "native/other/libpq.so.5"] {
            let list = format!(r#"[{{"source":"native/lib/libpq.so.5.18","target":"{target}"}}]"#);
            let (_package, result) = with_links(&list);
            assert!(result.is_err(), "{target}");
        }
    }
}
