//! Postgres from the system's own packages, on a machine that has such and for a user who may install them.

use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use crate::error::{Error, Result};
use crate::run::{DOWNLOAD_MAX, Run};

/// A formula of brew; its plain `postgresql` is an alias that moves with time.
const BREW_FORMULA: &str = "postgresql@17";

/// Debian's package makes a cluster of its own and starts it, at every boot as well: a server that nobody asked for and that outlives us. This
/// is where the machine says that it wants none.
const CLUSTER_SETTINGS: &str = "/etc/postgresql-common/createcluster.conf";
const NO_CLUSTER: &str = "\
# Written before Postgres was installed for its programs alone: installing it makes no cluster and starts no server.
# Remove this line where the machine is to have one.
create_main_cluster = false
";

/// What decides which packages may be installed.
pub(crate) struct Machine {
    pub(crate) is_root: bool,
    pub(crate) is_macos: bool,
    /// By its whole path, because it is run as root.
    pub(crate) apt_get: PathBuf,
    /// See [`CLUSTER_SETTINGS`].
    pub(crate) cluster_settings: PathBuf,
    /// From PATH: it never runs as root.
    pub(crate) brew: PathBuf,
}

impl Machine {
    /// The one that we run on.
    pub(crate) fn this() -> Machine {
        Machine {
            is_root: geteuid().is_root(),
            is_macos: cfg!(target_os = "macos"),
            apt_get: "/usr/bin/apt-get".into(),
            cluster_settings: CLUSTER_SETTINGS.into(),
            brew: "brew".into(),
        }
    }

    pub(crate) async fn apt(&self) -> Result<()> {
        if !self.is_root || !self.apt_get.exists() {
            return Err(not_here("apt-get", "only as root on Debian"));
        }
        tracing::info!(package = "postgresql", "installing with apt-get");
        let ours = want_no_cluster(&self.cluster_settings)?;
        let installed = self.apt_install().await;
        if ours && installed.is_err() {
            // Whoever installs it later wants what the package does by itself.
            let _ = std::fs::remove_file(&self.cluster_settings);
        }
        installed
    }

    async fn apt_install(&self) -> Result<()> {
        // The second variable keeps the settings that are there, without asking.
        let apt =
            |args: &[&str]| Run::new(&self.apt_get).env("DEBIAN_FRONTEND", "noninteractive").env("UCF_FORCE_CONFFOLD", "1").args(args);
        let install = ["install", "-y", "-q", "--no-install-recommends", "postgresql"];
        if apt(&install).output(DOWNLOAD_MAX).await.is_ok() {
            return Ok(());
        }
        // A fresh image comes without package lists, and old lists name files that are gone.
        apt(&["update", "-q"]).output(DOWNLOAD_MAX).await?;
        apt(&install).output(DOWNLOAD_MAX).await.map(drop)
    }

    pub(crate) async fn brew(&self) -> Result<()> {
        if !self.is_macos || self.is_root {
            return Err(not_here("brew", "only on macOS, and not as root"));
        }
        tracing::info!(package = BREW_FORMULA, "installing with brew");
        Run::new(&self.brew).args(["install", BREW_FORMULA]).output(DOWNLOAD_MAX).await.map(drop)
    }
}

/// True if the settings are ours. Where there are some, somebody has decided already.
fn want_no_cluster(settings: &Path) -> Result<bool> {
    if settings.exists() {
        return Ok(false);
    }
    if let Some(folder) = settings.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    std::fs::write(settings, NO_CLUSTER).map_err(Error::file("write", settings))?;
    Ok(true)
}

/// It was not tried, because it cannot work here.
pub(crate) fn not_here(program: &str, why: &str) -> Error {
    Error::Failed { program: program.to_owned(), status: "not here".to_owned(), output: why.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const INSTALL: &str = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql";
    const UPDATE: &str = "DEBIAN_FRONTEND=noninteractive apt-get update -q";

    /// A machine with an apt-get and a brew that answer their calls with these, one after the other.
    pub(crate) fn machine(folder: &Path, answers: &[&str]) -> Machine {
        let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fake_installer.sh");
        let [apt_get, brew] = ["apt-get", "brew"].map(|name| {
            let link = folder.join(name);
            std::os::unix::fs::symlink(fake, &link).unwrap();
            link
        });
        std::fs::write(folder.join("answers"), answers.join("\n") + "\n").unwrap();
        Machine { is_root: false, is_macos: false, apt_get, cluster_settings: folder.join("etc/createcluster.conf"), brew }
    }

    pub(crate) fn calls(folder: &Path) -> Vec<String> {
        let calls = std::fs::read_to_string(folder.join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    async fn apt(is_root: bool, answers: &[&str]) -> (Result<()>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let outcome = Machine { is_root, ..machine(folder.path(), answers) }.apt().await;
        (outcome, calls(folder.path()))
    }

    async fn brew(is_macos: bool, is_root: bool, answers: &[&str]) -> (Result<()>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let outcome = Machine { is_macos, is_root, ..machine(folder.path(), answers) }.brew().await;
        (outcome, calls(folder.path()))
    }

    #[tokio::test]
    async fn apt_installs_and_renews_its_lists_only_when_that_fails() {
        let (outcome, calls) = apt(true, &["ok"]).await;
        outcome.unwrap();
        assert_eq!(calls, [INSTALL]);
        let (outcome, calls) = apt(true, &["E: Unable to locate package postgresql", "ok", "ok"]).await;
        outcome.unwrap();
        assert_eq!(calls, [INSTALL, UPDATE, INSTALL]);
    }

    #[tokio::test]
    async fn an_apt_that_fails_is_an_error_with_what_it_said() {
        let (outcome, calls) = apt(true, &["E: no", "ok", "E: Unable to locate package postgresql"]).await;
        assert_eq!(calls, [INSTALL, UPDATE, INSTALL]);
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("apt-get failed") && error.contains("E: Unable to locate package postgresql"), "{error}");
        let (outcome, calls) = apt(true, &["E: no", "E: Temporary failure resolving"]).await;
        assert_eq!(calls, [INSTALL, UPDATE]);
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("E: Temporary failure resolving"), "{error}");
    }

    #[tokio::test]
    async fn apt_is_not_run_by_an_ordinary_user_or_where_it_is_not() {
        let (outcome, calls) = apt(false, &["ok"]).await;
        assert_eq!(outcome.unwrap_err().to_string(), "apt-get failed (not here): only as root on Debian");
        assert!(calls.is_empty(), "{calls:?}");
        let folder = tempfile::tempdir().unwrap();
        let none = Machine { is_root: true, apt_get: folder.path().join("none"), ..machine(folder.path(), &["ok"]) };
        assert_eq!(none.apt().await.unwrap_err().to_string(), "apt-get failed (not here): only as root on Debian");
    }

    #[tokio::test]
    async fn apt_makes_no_server_that_nobody_asked_for() {
        let install = async |before: Option<&str>, answers: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let machine = Machine { is_root: true, ..machine(folder.path(), answers) };
            if let Some(before) = before {
                std::fs::create_dir(folder.path().join("etc")).unwrap();
                std::fs::write(&machine.cluster_settings, before).unwrap();
            }
            let outcome = machine.apt().await;
            (outcome.is_ok(), std::fs::read_to_string(&machine.cluster_settings).ok())
        };
        assert_eq!(install(None, &["ok"]).await, (true, Some(NO_CLUSTER.to_owned())));
        assert!(NO_CLUSTER.lines().any(|line| line == "create_main_cluster = false"));
        assert_eq!(install(None, &["E: no", "E: no"]).await, (false, None), "left behind by an installation that failed");
        // What the machine's administrator has said stays.
        let said = "create_main_cluster = true\n";
        assert_eq!(install(Some(said), &["ok"]).await, (true, Some(said.to_owned())));
        assert_eq!(install(Some(said), &["E: no", "E: no"]).await, (false, Some(said.to_owned())));
    }

    #[tokio::test]
    async fn brew_installs_on_macos_and_never_as_root() {
        let (outcome, calls) = brew(true, false, &["ok"]).await;
        outcome.unwrap();
        assert_eq!(calls, ["brew install postgresql@17"]);
        let (outcome, _) = brew(true, false, &["Error: no bottle available"]).await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("brew failed") && error.contains("Error: no bottle available"), "{error}");
        for (is_macos, is_root) in [(true, true), (false, false), (false, true)] {
            let (outcome, calls) = brew(is_macos, is_root, &["ok"]).await;
            assert_eq!(outcome.unwrap_err().to_string(), "brew failed (not here): only on macOS, and not as root");
            assert!(calls.is_empty(), "{calls:?}");
        }
    }
}
