//! Mails what is due to everybody who may pay for a project. A reminder is noted in a table when its event is followed, and mailed from
//! there.
//!
//! Much can happen between the note and the mail. A reminder is not mailed if its project was paid for or deleted meanwhile, if it is over,
//! or if a later reminder has replaced it. A mail is taken out of the table before a mail server gets it, so a process that dies in between
//! has mailed it once or never. A mail that the server does not accept stays in the table and is tried again, after longer and longer
//! pauses, for as long as it matters; it does not hold up the others.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::Recorded;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Access;
use crate::error::Error;
use crate::mail::{Failed, Mail};
use crate::reminder::Reminder;
use crate::store::reminders::{self, Waiting};

/// Reminders that are being sent at the same time. Beside the other mails, which people wait for.
const SENDING_MAX: usize = 4;
/// Before a reminder that was not taken is tried again, the first time; then twice as long each.
const PAUSE_FIRST: TimeDelta = TimeDelta::minutes(1);
/// The longest of these pauses: it is tried as long as the grace lasts.
const PAUSE_MAX: TimeDelta = TimeDelta::hours(1);
/// Between attempts while the log or the platform database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// How long a stopping process waits for reminders that are being sent.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// What comes next.
enum Next {
    /// This mail, which is taken out of those that wait.
    Send(Waiting, Mail),
    /// One is settled without a mail.
    Settled,
    /// Nothing before then; none: nothing at all.
    Rest(Option<DateTime<Utc>>),
}

impl Access {
    /// Notes who is to be mailed the reminders among these events of one project.
    pub(crate) async fn note_reminders(&self, events: &[Recorded]) -> Result<(), Error> {
        for recorded in events {
            let now = self.clock.now();
            let Some(reminder) = Reminder::of(recorded)?.filter(|reminder| !reminder.is_late(now)) else { continue };
            let Some(payers) = self.payers(reminder.project).await? else { continue };
            if payers.users.is_empty() {
                tracing::warn!(project.id = %reminder.project, "a reminder is for nobody: the project's workspace has no owner and no admin");
            }
            reminders::insert(&self.pool, reminder.project, reminder.sequence, &payers.users, now).await?;
            self.reminding.notify_one();
        }
        Ok(())
    }

    async fn next_reminder(&self) -> Result<Next, Error> {
        let Some(waiting) = reminders::next(&self.pool).await? else { return Ok(Next::Rest(None)) };
        if waiting.at > self.clock.now() {
            return Ok(Next::Rest(Some(waiting.at)));
        }
        let mail = match self.reminder_mail(waiting.project, waiting.sequence, waiting.user).await {
            Err(error) if !error.is_outage() => {
                tracing::error!(
                    project.id = %waiting.project,
                    stream.seq = waiting.sequence,
                    error = %chassis::error_chain(&error),
                    "a reminder was given up"
                );
                None
            }
            mail => mail?,
        };
        let taken = reminders::take(&self.pool, &waiting).await?;
        Ok(mail.filter(|_| taken).map_or(Next::Settled, |mail| Next::Send(waiting, mail)))
    }

    async fn send_reminder(self, waiting: Waiting, mail: Mail, _slot: OwnedSemaphorePermit) {
        let Err(Failed { for_good, code }) = self.outbox.mailer().send(&mail).await else { return };
        let attempt = waiting.attempts.saturating_add(1);
        if for_good {
            tracing::error!(user = %waiting.user, attempt, code, "a reminder was refused for good");
            return;
        }
        tracing::warn!(user = %waiting.user, attempt, code, "a reminder was not taken, it is tried again");
        match reminders::put_back(&self.pool, &waiting, self.clock.now() + pause(waiting.attempts)).await {
            Ok(()) => self.reminding.notify_one(),
            Err(error) => {
                tracing::error!(user = %waiting.user, error = %chassis::error_chain(&error), "a reminder that was not taken is lost")
            }
        }
    }
}

/// Mails what is due until `stop`, and a little longer what is being sent then.
pub(crate) async fn run(access: Access, stop: CancellationToken) {
    let (slots, sending) = (Arc::new(Semaphore::new(SENDING_MAX)), TaskTracker::new());
    while let Some(Ok(slot)) = stop.run_until_cancelled(Arc::clone(&slots).acquire_owned()).await {
        match access.next_reminder().await {
            Ok(Next::Send(waiting, mail)) => drop(sending.spawn(access.clone().send_reminder(waiting, mail, slot))),
            Ok(Next::Settled) => {}
            Ok(Next::Rest(until)) => rest(&access, until, &stop).await,
            Err(error) => {
                tracing::warn!(error = %chassis::error_chain(&error), "reminders cannot be read");
                let _ = stop.run_until_cancelled(tokio::time::sleep(OUTAGE_PAUSE)).await;
            }
        }
    }
    sending.close();
    if tokio::time::timeout(DRAIN_TIME_MAX, sending.wait()).await.is_err() {
        tracing::warn!(mails = sending.len(), "of some reminders it is not known whether they were sent before the stop");
    }
}

async fn rest(access: &Access, until: Option<DateTime<Utc>>, stop: &CancellationToken) {
    let due = async {
        match until {
            Some(at) => access.clock.reach(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = due => {}
        () = access.reminding.notified() => {}
    }
}

/// After so many attempts before.
fn pause(attempts: u32) -> TimeDelta {
    let pause = 2_i32.checked_pow(attempts).and_then(|factor| PAUSE_FIRST.checked_mul(factor));
    pause.map_or(PAUSE_MAX, |pause| pause.min(PAUSE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_no_further() {
        let pauses = [0, 1, 2, 5, 6, 30, 31, 32, u32::MAX].map(|attempts| pause(attempts).num_minutes());
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60, 60, 60, 60]);
    }
}
