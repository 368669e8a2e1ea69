//! The message templates of projects: asked of Meta, and how each stands there. The only writer of the stream `template`.
//!
//! What somebody wants is said in the log before Meta is asked (`decide::change`); what came of it, after (`push`). Whatever is cut off in
//! between is settled by looking at Meta first: an account has one template of each name and language, so nothing is made twice.
//!
//! How a template stands is Meta's to say: by webhook, which comes late, twice and in any order (`decide::hear`), and by an hourly comparison
//! with everything that Meta has, which settles every doubt (`reconcile`).
//!
//! A template belongs to a WhatsApp Business Account and is a project's as long as its number is of that account. Our id follows from project,
//! account, name and language: another account has other templates. Those of an account that is not connected any more are kept as they were
//! last heard of, and shown to whoever asks for that account.
//!
//! There is no table: what there is to know is little, and is folded from the log in memory (`library`). Whether a message fills its template
//! is conversations' business, and what was reached by it is Meta's.

mod agenda;
mod api;
mod command;
pub mod config;
mod decide;
mod error;
mod fold;
mod follow_project;
mod library;
mod meta;
mod on_webhook;
mod patch;
mod push;
mod reconcile;
mod report;
mod template;
mod whose;

use std::time::Duration;

use chassis::{Clock, Health};
use contract::Stream;
use journal::Journal;
use projects::{Projects, Tokens};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use whatsapp::graph::Graph;

pub use api::routes;
pub use decide::Refusal;
pub use error::Error;

/// The streams that must be open before templates runs.
pub const STREAMS: [Stream; 5] = [Stream::Project, Stream::Template, Stream::Webhook, Stream::Parked, Stream::Position];

/// What templates is built from.
pub struct Parts {
    /// The log.
    pub journal: Journal,
    /// What is known of projects; somebody lets it follow the log.
    pub projects: Projects,
    /// Opens the tokens of numbers.
    pub tokens: Tokens,
    /// None: nothing can be asked of Meta here.
    pub graph: Option<Graph>,
    /// Between two comparisons of a project's templates with Meta.
    pub interval: Duration,
    /// The time.
    pub clock: Clock,
}

/// Everything that templates works with. Cheap to clone.
#[derive(Clone)]
pub struct Templates {
    journal: Journal,
    projects: Projects,
    tokens: Tokens,
    graph: Option<Graph>,
    interval: Duration,
    clock: Clock,
    library: library::Library,
    locks: command::Locks,
    asked: projects::Asked,
    /// What requests began at Meta: it goes on when nobody waits for its answer any more.
    begun: TaskTracker,
}

impl Templates {
    /// Takes connected parts. Nothing is known until it runs.
    pub fn new(parts: Parts) -> Self {
        let Parts { journal, projects, tokens, graph, interval, clock } = parts;
        let (library, locks, asked) = (library::Library::new(journal.clone()), command::Locks::new(), projects::Asked::default());
        Self { journal, projects, tokens, graph, interval, clock, library, locks, asked, begun: TaskTracker::new() }
    }

    /// What `/readyz` asks of templates. Meta is not asked: what needs it says so when it is away.
    pub fn register(&self, health: &Health) {
        self.library.register(health);
    }
}

/// Follows the log and compares with Meta until `shutdown`, and then waits for what requests began at Meta, which is bounded in time.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(templates: Templates, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = templates.journal.clone();
    let projects = journal.follow(follow_project::follow(), follow_project::OnProject(templates.clone()), shutdown.clone());
    let webhooks = journal.follow(on_webhook::follow(), on_webhook::OnWebhook(templates.clone()), shutdown.clone());
    // What was begun says so in the log and waits until it is known: the library follows until that has ended.
    let reading = CancellationToken::new();
    let working = async {
        let worked = tokio::try_join!(projects, webhooks, async {
            agenda::run(&templates, &shutdown).await;
            Ok(())
        });
        templates.begun.close();
        templates.begun.wait().await;
        reading.cancel();
        worked
    };
    let ((), worked) = tokio::join!(templates.library.follow(&reading), working);
    worked?;
    Ok(())
}
