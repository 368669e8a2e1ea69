//! Whether the recorder works, for `/readyz`.

use chassis::Health;
use journal::Journal;

use crate::Followers;

/// Names the log, and each follower that does not run.
pub fn register(health: &Health, journal: &Journal, followers: &Followers) {
    let log = journal.clone();
    health.register("recorder.log", move || {
        let log = log.clone();
        async move { log.healthy().await }
    });
    for (name, follower) in [("recorder.webhooks", followers.webhooks.clone()), ("recorder.tables", followers.tables.clone())] {
        health.register(name, move || {
            let running = follower.status().borrow().running;
            async move { if running { Ok(()) } else { Err("does not follow".to_owned()) } }
        });
    }
}
