//! Conversations over HTTP: contacts, conversations, states, history, what happens live; and speaking: messages that are to be sent, read
//! receipts, changes of state.
//!
//! Answers come from the tables of the project's own database, one query a request where that is possible; the live stream comes
//! from the log itself. What is asked for becomes an event on its contact's subject, under the condition that the contact is still as it
//! was read. Nothing here asks Meta, and no table is written: that is the sender's and the recorder's work.

mod change_conversation;
mod columns;
mod contact;
mod conversation;
mod error;
mod follow_events;
mod history;
mod list_contact_conversations;
mod list_contact_messages;
mod list_contact_submissions;
mod list_contacts;
mod list_conversations;
mod list_flow_submissions;
mod list_messages;
mod list_states;
mod list_statuses;
mod live;
mod locks;
mod make_contact;
mod mark_read;
mod message;
mod origin;
mod page;
mod refusal;
mod routes;
mod send;
mod show_contact;
mod show_conversation;
mod show_message;
mod submission;
mod talk;
mod window;
mod write;

use std::sync::Arc;

use chassis::{Clock, Health, Ids};
use contract::{ProjectId, Stream};
use journal::Journal;
use projections::ProjectDatabases;
use projects::{Catalogue, Life, Project, Projects};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;

pub use error::Error;
pub use routes::routes;

use live::Feed;
use locks::Locks;

/// The streams that must be open before conversations runs.
pub const STREAMS: [Stream; 5] = [Stream::Project, Stream::Conversation, Stream::Template, Stream::Flow, Stream::Media];

/// Connection pools for reading; nothing can be written through them. All statements here work with one plan whatever their values, so none
/// is planned again for each request. `server` is as for [`ProjectDatabases::new`].
pub fn databases(server: PgConnectOptions) -> ProjectDatabases {
    ProjectDatabases::with_connections(server.options([("plan_cache_mode", "force_generic_plan")]), CONNECTIONS_PER_PROJECT_MAX)
}

/// Readers of one project's database at once; further requests wait for one of them.
const CONNECTIONS_PER_PROJECT_MAX: u32 = 4;

/// Everything that the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    journal: Journal,
    projects: Projects,
    databases: ProjectDatabases,
    feed: Feed,
    catalogue: Catalogue,
    locks: Locks,
    clock: Clock,
    ids: Ids,
}

impl Conversations {
    /// Takes connected parts; [`databases`] makes the pools, and whoever made `projects` and `catalogue` lets them follow the log. Live
    /// streams are answered once [`run`] runs.
    pub fn new(journal: Journal, projects: Projects, catalogue: Catalogue, databases: ProjectDatabases, clock: Clock, ids: Ids) -> Self {
        let feed = Feed::new(journal.clone());
        Self { journal, projects, databases, feed, catalogue, locks: Locks::default(), clock, ids }
    }

    /// What `/readyz` asks of conversations. A project's database that is down is that project's matter; what is known of projects, templates
    /// and Flows is asked of whoever follows them.
    pub fn register(&self, health: &Health) {
        let (journal, feed) = (self.journal.clone(), self.feed.clone());
        health.register("conversations.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        health.register("conversations.live", move || {
            let filled = feed.is_filled();
            async move { if filled { Ok(()) } else { Err("the latest events have not been read yet".to_owned()) } }
        });
    }

    /// A project that can be used. One that cannot is asked of the log each time, so that it can be used the moment it is ready.
    async fn project(&self, project: ProjectId) -> Result<Arc<Project>, Error> {
        let known = match self.projects.get(project) {
            Some(known) if known.life == Life::Ready => Some(known),
            Some(_) | None => self.projects.fresh(project).await?,
        };
        let known = known.ok_or(Error::NoProject)?;
        match known.life {
            Life::Ready => Ok(known),
            Life::Provisioning => Err(Error::NotReady),
            Life::Failed => Err(Error::Failed),
            Life::Leaving => Err(Error::NoProject),
        }
    }

    /// The database of a project that has one.
    async fn database(&self, project: ProjectId) -> Result<PgPool, Error> {
        self.project(project).await?;
        Ok(self.databases.pool(project))
    }
}

/// Follows the log for live streams, until `shutdown`; then ends every one of them.
///
/// # Errors
/// None today: whatever keeps the log from being read is waited for.
pub async fn run(conversations: Conversations, shutdown: CancellationToken) -> Result<(), Error> {
    conversations.feed.run(shutdown).await;
    Ok(())
}
