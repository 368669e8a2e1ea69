//! Who may call what: people, workspaces and keys, folded from the log in memory, for the guard in front of every service.
//!
//! A process starts one [`Authorizer`], gives it to its `chassis::Site` and lets it follow the log; no service asks another. Rules are
//! pure (`fold`, `decide`); [`knowledge`](STALE_AFTER) keeps them up to date and knows how old they are. It issues nothing and writes
//! nothing but when a key was used last: people, workspaces and keys are the service access's.

pub mod credential;
mod decide;
mod fold;
mod knowledge;
mod last_use;

use std::sync::Arc;

use chassis::{Authority, Caller, Clock, Denied, Health, Need, Standing, Visible};
use futures::future::{BoxFuture, FutureExt};
use journal::Journal;
use tokio_util::sync::CancellationToken;

pub use knowledge::{CONFIRM_MAX, STALE_AFTER, STREAMS};
pub use last_use::KEY_USE_INTERVAL_SECONDS;

use credential::{Credential, Holder};
use decide::Verdict;
use knowledge::Knowledge;
use last_use::LastUse;

/// Knows keys, people and projects. Cheap to clone; clones know the same.
#[derive(Clone)]
pub struct Authorizer(Arc<Parts>);

struct Parts {
    journal: Journal,
    clock: Clock,
    knowledge: Arc<Knowledge>,
    last_use: LastUse,
}

impl Authorizer {
    /// Reads everything that the log says now, and opens the two streams if nobody has.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn start(journal: Journal, clock: Clock) -> Result<Self, journal::Error> {
        let knowledge = Arc::new(Knowledge::new(journal.clone()));
        knowledge.catch_up().await?;
        Ok(Self(Arc::new(Parts { journal, last_use: LastUse::new(clock.clone()), clock, knowledge })))
    }

    /// Follows the log in the background until `stop`. Call it once; without it every caller but the platform key is refused in time.
    pub fn follow(&self, stop: CancellationToken) {
        let parts = Arc::clone(&self.0);
        tokio::spawn(async move {
            let [workspace, project] = STREAMS.map(|stream| parts.knowledge.follow(stream, &stop));
            tokio::join!(workspace, project, parts.last_use.write(&parts.journal, &stop));
        });
    }

    /// What `/readyz` asks: that the log says how far it is, that this is as far, and that all of it could be read.
    pub fn register(&self, health: &Health) {
        let parts = Arc::clone(&self.0);
        health.register("auth.log", move || {
            let parts = Arc::clone(&parts);
            async move {
                let known = match parts.knowledge.fresh() {
                    Ok(()) => Ok(()),
                    Err(_) => parts.knowledge.confirm().await,
                };
                known.map_err(|_| "what is known of keys and members is too old, or the log cannot be read".to_owned())?;
                let fold = parts.knowledge.fold();
                match fold.unread().first() {
                    None => Ok(()),
                    Some(first) => Err(format!(
                        "an event of {} cannot be read here, so all that concerns it is refused; subjects with such events: {}",
                        first.as_str(),
                        fold.unread().len()
                    )),
                }
            }
        });
    }
}

impl Authority for Authorizer {
    fn identify<'a>(&'a self, credentials: &'a str) -> BoxFuture<'a, Result<Caller, Denied>> {
        async move {
            let credential = Credential::parse(credentials).ok_or(Denied::Unauthenticated)?;
            let knowledge = &self.0.knowledge;
            if knowledge.fresh().is_err() {
                knowledge.confirm().await?;
            }
            let verify = || {
                let fold = knowledge.fold();
                fold.knows(credential.holder).map(|()| fold.verify(&credential, self.0.clock.now()))
            };
            let verdict = match verify()? {
                Verdict::Unknown => {
                    knowledge.confirm().await?;
                    verify()?
                }
                known => known,
            };
            let Verdict::Valid { actor, user, workspace } = verdict else { return Err(Denied::Unauthenticated) };
            if let Holder::Key(key) = credential.holder {
                self.0.last_use.note(key);
            }
            let standing = Arc::new(Held { parts: Arc::clone(&self.0), holder: credential.holder });
            Ok(Caller::new(actor, user, Some(workspace.to_string()), standing))
        }
        .boxed()
    }
}

/// What the holder of credentials may do, as long as they work.
struct Held {
    parts: Arc<Parts>,
    holder: Holder,
}

impl Standing for Held {
    fn allows(&self, need: Need<'_>) -> Result<(), Denied> {
        self.parts.knowledge.fresh()?;
        self.parts.knowledge.fold().allows(self.holder, need, self.parts.clock.now())
    }

    fn catch_up(&self) -> BoxFuture<'_, Result<(), Denied>> {
        self.parts.knowledge.confirm().boxed()
    }

    fn visible(&self, scope: &str) -> Visible {
        self.parts.knowledge.fold().visible(self.holder, scope)
    }
}
