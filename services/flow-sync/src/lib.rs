//! The WhatsApp Flows of projects. So far the place where they are kept: made with a project, gone with it. The only writer of the stream
//! `flow`.
//!
//! The place is a prefix of the storage, `<project>/flows`, with an object in it that says whose it is: a store has no empty folders.
//! It does not know what a Flow is yet, and it does not speak to Meta.

pub mod config;
mod error;
mod follow_project;
mod space;

use chassis::{Clock, Health};
use contract::Stream;
use journal::Journal;
use storage::Storage;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

pub use error::Error;
pub use space::Space;

/// The streams that must be open before flow-sync runs.
pub const STREAMS: [Stream; 4] = [Stream::Project, Stream::Flow, Stream::Parked, Stream::Position];

/// Everything that flow-sync works with. Cheap to clone.
#[derive(Clone)]
pub struct FlowSync {
    journal: Journal,
    storage: Storage,
    clock: Clock,
}

impl FlowSync {
    /// Takes connected parts.
    pub fn new(journal: Journal, storage: Storage, clock: Clock) -> Self {
        Self { journal, storage, clock }
    }

    /// What `/readyz` asks of flow-sync.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("flow-sync.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let storage = self.storage.clone();
        health.register("flow-sync.storage", move || {
            let storage = storage.clone();
            async move { storage.healthy().await }
        });
    }
}

/// Nothing of its own yet; the process is probed all the same.
pub fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
}

/// Follows the log until `shutdown`.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(flow_sync: FlowSync, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = flow_sync.journal.clone();
    journal.follow(follow_project::follow(), follow_project::OnProject(flow_sync), shutdown).await?;
    Ok(())
}
