//! Both halves of the recorder, running.

use std::sync::Arc;
use std::time::Duration;

use contract::Stream;
use journal::{Follow, Follower, Journal};
use projections::{ProjectDatabases, Projector};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::fold::News;
use crate::{Projects, Recorder, Tables};

/// The streams that this service reads and writes.
pub const STREAMS: &[Stream] = &[Stream::Webhook, Stream::Project, Stream::Conversation, Stream::Parked, Stream::Position];

/// The fields of webhooks that are about messages and people; everything else is other services' business.
const FIELDS: [&str; 6] = ["messages", "smb_message_echoes", "history", "user_id_update", "user_preferences", "calls"];
/// Numbers that are recorded at the same time: each may have hundreds of appends on its way, and the log takes so many at once.
const NUMBERS_AT_ONCE: usize = 16;
/// Projects whose tables are written at the same time.
const PROJECTS_AT_ONCE: usize = 64;
/// Webhook events in one batch of one number.
const WEBHOOKS_MAX: usize = 512;
/// Conversation events in one transaction of one project.
const EVENTS_MAX: usize = 2_000;
/// How long until the log is asked again where to go on.
const AGAIN_PAUSE: Duration = Duration::from_millis(500);
/// For how long it is asked. A log that is away for longer ends the recorder, as one that is away at its start does.
const AGAIN_TIME_MAX: Duration = Duration::from_secs(600);

/// The followers, before they run: to see how far they are.
#[derive(Clone)]
pub struct Followers {
    /// Webhooks into conversation events.
    pub webhooks: Follower,
    /// Conversation events into tables.
    pub tables: Follower,
}

impl Followers {
    /// On this log.
    pub fn new(journal: &Journal) -> Self {
        let webhooks = Follow {
            service: "recorder",
            stream: Stream::Webhook,
            filters: FIELDS.iter().map(|field| format!("webhook.*.{field}")).collect(),
            key_tokens: 2,
            parallel: NUMBERS_AT_ONCE,
            batch_max: WEBHOOKS_MAX,
            version: 1,
        };
        let tables = Follow {
            service: projections::rebuild::PROJECTOR,
            stream: Stream::Conversation,
            filters: Vec::new(),
            key_tokens: 2,
            parallel: PROJECTS_AT_ONCE,
            batch_max: EVENTS_MAX,
            version: 1,
        };
        Self { webhooks: journal.follower(webhooks), tables: journal.follower(tables) }
    }
}

/// Records until `shutdown`, which lets running calls end and keeps how far they came.
///
/// # Errors
/// What waiting does not mend: a stream that is missing or forbidden.
pub async fn run(
    journal: Journal,
    databases: ProjectDatabases,
    followers: Followers,
    shutdown: CancellationToken,
) -> Result<(), journal::Error> {
    let projects = Projects::default();
    projects.catch_up(&journal).await?;
    let log = journal.state(Stream::Conversation).await?;
    let recorder = Arc::new(Recorder::new(journal.clone(), databases.clone(), projects.clone()));
    let projector = Projector::new(databases, log.created).checking(journal.clone());
    let (webhooks, rows) = (followers.webhooks.clone(), followers.tables.clone());
    let tell = |news: News| match news {
        News::Connected(number) => webhooks.release(&format!("webhook.{number}")),
        // Held because its database was down, or its number might have come back: there is nothing to wait for any more.
        News::Leaving(project) => {
            rows.release(&format!("conversation.{project}"));
            projects.numbers_of(project).iter().for_each(|number| webhooks.release(&format!("webhook.{number}")));
        }
    };
    // What a key waits for may have happened while nobody followed.
    projects.numbers().into_iter().map(News::Connected).chain(projects.leaving().into_iter().map(News::Leaving)).for_each(&tell);
    let recording = followers.webhooks.run(recorder, shutdown.clone());
    let writing = write_tables(&followers.tables, &projector, &projects, &shutdown);
    let numbers = async {
        projects.follow(journal, tell, shutdown.clone()).await;
        Ok(())
    };
    // One that cannot go on takes the others with it: half a recorder would look healthy.
    tokio::try_join!(recording, writing, numbers)?;
    Ok(())
}

/// Writes the tables without waiting for their disk. When their server ended, what it may have lost is seen again, from the position on that was
/// kept after the last flush.
async fn write_tables(
    follower: &Follower,
    projector: &Projector,
    projects: &Projects,
    stop: &CancellationToken,
) -> Result<(), journal::Error> {
    let mut again_until = Instant::now();
    while !stop.is_cancelled() {
        let tables = Arc::new(Tables::new(projector.clone().unflushed(), projects.clone()));
        match follower.run(tables, stop.clone()).await {
            Err(journal::Error::Unsettled(cause)) => {
                again_until = Instant::now() + AGAIN_TIME_MAX;
                tracing::warn!(cause, "tables may have gone back, their events are seen again");
            }
            // The broker may be down in the same moment.
            Err(journal::Error::Unavailable(cause)) if Instant::now() < again_until => {
                tracing::warn!(cause, "cannot follow again yet");
                let _ = stop.run_until_cancelled(tokio::time::sleep(AGAIN_PAUSE)).await;
            }
            outcome => return outcome,
        }
    }
    Ok(())
}
