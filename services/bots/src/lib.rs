//! The code of bots: every version of it, from the one that each bot begins with. The only writer of the stream `bot`.
//!
//! A version is a set of files. Their bytes are objects in the storage, each named by its own digest; a *manifest* lists them, and its
//! digest is the version: the same files are the same version, wherever they come from. The log says which versions there were, in which
//! order, and who brought them. There is no table: the log of one bot is short.
//!
//! It does not run bots, install anything, or look into files.

mod answer;
mod code;
mod commit;
pub mod config;
mod decide;
mod error;
mod file_path;
mod files;
mod follow_project;
mod initial;
mod keep;
mod list_versions;
mod manifest;
mod replace_code;
mod routes;
mod show_code;
mod show_file;
mod standing;
mod upload;
mod version;

use chassis::{Clock, Health};
use contract::Stream;
use journal::Journal;
use storage::Storage;
use tokio_util::sync::CancellationToken;

pub use code::Code;
pub use error::Error;
pub use initial::initial_version;
pub use routes::routes;

/// The streams that must be open before bots runs.
pub const STREAMS: [Stream; 4] = [Stream::Project, Stream::Bot, Stream::Parked, Stream::Position];

/// Everything that bots works with. Cheap to clone.
#[derive(Clone)]
pub struct Bots {
    journal: Journal,
    storage: Storage,
    clock: Clock,
}

impl Bots {
    /// Takes connected parts.
    pub fn new(journal: Journal, storage: Storage, clock: Clock) -> Self {
        Self { journal, storage, clock }
    }

    /// What `/readyz` asks of bots.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("bots.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let storage = self.storage.clone();
        health.register("bots.storage", move || {
            let storage = storage.clone();
            async move { storage.healthy().await }
        });
    }
}

/// Follows the log until `shutdown`.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(bots: Bots, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = bots.journal.clone();
    journal.follow(follow_project::follow(), follow_project::OnProject(bots), shutdown).await?;
    Ok(())
}
