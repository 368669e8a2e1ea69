//! Reading conversations over HTTP: contacts, conversations, states, history, and what happens live.
//!
//! Answers come from the tables of the project's own database, one query a request where that is possible; the live stream comes
//! from the log itself. It writes nothing, and what it knows of projects it knows from the stream `project`.

mod columns;
mod contact;
mod conversation;
mod error;
mod follow_events;
mod history;
mod list_contact_conversations;
mod list_contact_messages;
mod list_contacts;
mod list_conversations;
mod list_messages;
mod list_states;
mod list_statuses;
mod live;
mod message;
mod page;
mod project;
mod routes;
mod show_contact;
mod show_conversation;
mod show_message;

use chassis::Health;
use contract::{ProjectId, Stream};
use journal::Journal;
use projections::ProjectDatabases;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;

pub use error::Error;
pub use routes::routes;

use live::Feed;
use project::Projects;

/// The streams that must be open before conversations runs.
pub const STREAMS: [Stream; 2] = [Stream::Project, Stream::Conversation];

/// Pools for reading: every statement here is written for one plan whatever its values, so none is planned again for each request.
/// `server` is as for [`ProjectDatabases::new`].
pub fn databases(server: PgConnectOptions) -> ProjectDatabases {
    ProjectDatabases::with_connections(server.options([("plan_cache_mode", "force_generic_plan")]), CONNECTIONS_PER_PROJECT_MAX)
}

/// Readers of one project's database at once; further requests wait for one of them.
const CONNECTIONS_PER_PROJECT_MAX: u32 = 4;

/// Everything that the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    projects: Projects,
    databases: ProjectDatabases,
    feed: Feed,
}

impl Conversations {
    /// Takes connected parts; [`databases`] makes the pools. Live streams answer once [`run`] runs.
    pub fn new(journal: Journal, databases: ProjectDatabases) -> Self {
        Self { projects: Projects::new(journal.clone()), databases, feed: Feed::new(journal) }
    }

    /// What `/readyz` asks of conversations. A project's database that is down is that project's matter.
    pub fn register(&self, health: &Health) {
        let (projects, feed) = (self.projects.clone(), self.feed.clone());
        health.register("conversations.log", move || {
            let projects = projects.clone();
            async move { projects.healthy().await }
        });
        health.register("conversations.live", move || {
            let filled = feed.is_filled();
            async move { if filled { Ok(()) } else { Err("the latest events have not been read yet".to_owned()) } }
        });
    }

    /// The database of a project that has one.
    async fn database(&self, project: ProjectId) -> Result<PgPool, Error> {
        self.projects.ready(project).await?;
        Ok(self.databases.pool(project))
    }
}

/// Follows the log for live streams, until `shutdown`; then ends them all.
///
/// # Errors
/// None today: whatever keeps the log from being read is waited for.
pub async fn run(conversations: Conversations, shutdown: CancellationToken) -> Result<(), Error> {
    tokio::join!(conversations.feed.run(shutdown.clone()), conversations.projects.follow(shutdown));
    Ok(())
}
