//! Follows display names that are in review. Meta is asked about them from time to time, because the webhook that reports a decision may
//! never come. A name that Meta never decides about is given up in the end, so that another can be asked for.
//!
//! Since when a name is in review is a column, folded from events. When to look at it next is not stored: after a start, every name in
//! review is looked at. This file does not ask for names; and if the webhook comes first, there is nothing left to look at.

use std::time::Duration;

use chassis::Agenda;
use chrono::{DateTime, TimeDelta, Utc};
use contract::ProjectId;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::NumberFields;

use super::connecting::access;
use super::meta;
use crate::decide::{Command, described};
use crate::error::Error;
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, store};

/// Between two looks at one name, by the clock. Meta decides within minutes to days, and tells by webhook mostly.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(1);
/// Names looked at at the same time.
const PARALLEL: usize = 4;
/// Names read in one go.
const PAGE: u16 = 100;
/// Between attempts while the log or the database does not answer.
const PAUSE: Duration = Duration::from_secs(60);

/// Looks until `shutdown`. A look that is under way then is left where it is.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) {
    let agenda = lifecycle.clock.agenda();
    loop {
        let look_and_wait = async {
            match look_at_all(lifecycle, lifecycle.clock.now()).await {
                Ok(next) => wait(lifecycle, &agenda, next).await,
                Err(error) => {
                    tracing::warn!(error = %chassis::error_chain(&error), "names in review cannot be looked at, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = look_and_wait => {}
        }
    }
}

/// Waits until `next`. It announces the time at which the first name is given up, also for names that are asked for only now; looking at
/// names is not announced, because it is no deadline.
async fn wait(lifecycle: &Lifecycle, agenda: &Agenda, next: DateTime<Utc>) {
    loop {
        let mut changed = lifecycle.wake.subscribe();
        let now = lifecycle.clock.now();
        // No name is given up before the next look, so none that is due now is passed over here.
        if lifecycle.clock.can_be_moved() && now < next {
            match store::first_name_in_review(&lifecycle.pool, now - described::NAME_REVIEW_TIME_MAX).await {
                Ok(asked_at) => agenda.announce(asked_at.map(|at| at + described::NAME_REVIEW_TIME_MAX)),
                Err(error) => {
                    tracing::warn!(error = %chassis::error_chain(&error), "when the first name in review is given up is not announced")
                }
            }
        }
        tokio::select! {
            biased;
            () = lifecycle.clock.reach(next) => return,
            _ = changed.changed() => {}
        }
    }
}

/// When to look again: in a while, or when the first name is to be given up.
async fn look_at_all(lifecycle: &Lifecycle, now: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    let mut next = now + LOOK_EVERY;
    let mut after = None;
    loop {
        let page = store::names_in_review(&lifecycle.pool, after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(next) };
        after = Some(*last);
        let ends = page.iter().map(|(_, asked_at)| *asked_at + described::NAME_REVIEW_TIME_MAX);
        next = ends.filter(|end| *end > now).fold(next, DateTime::min);
        futures::stream::iter(page)
            .for_each_concurrent(PARALLEL, |(id, _)| async move {
                if let Err(error) = look_at(lifecycle, id).await {
                    tracing::warn!(
                        project.id = %id,
                        error = %chassis::error_chain(&error),
                        "a name in review cannot be looked at, trying again"
                    );
                }
            })
            .await;
    }
}

/// What Meta says about the number, and about the name if it has decided; when the time is up, that it has not.
async fn look_at(lifecycle: &Lifecycle, id: ProjectId) -> Result<(), Error> {
    let Some(project) = lifecycle.ground(id, None).await?.state.project else { return Ok(()) };
    let Some(name) = project.name_in_review() else {
        // The row is behind its log.
        return store::save_project(&lifecycle.pool, &project).await;
    };
    let origin = Origin::Clock;
    if let Some(fields) = ask(lifecycle, &project).await? {
        lifecycle.carry_out(id, &Command::DescribeNumber(meta::described(&fields)), None, &origin).await?;
        if let Some(decided) = meta::decided(&name.name, &fields) {
            lifecycle.carry_out(id, &Command::DecideDisplayName(decided), None, &origin).await?;
        }
    }
    lifecycle.carry_out(id, &Command::GiveUpDisplayName, None, &origin).await?;
    Ok(())
}

/// The number at Meta; nothing, if Meta cannot be asked or does not say.
async fn ask(lifecycle: &Lifecycle, project: &Project) -> Result<Option<NumberFields>, Error> {
    let Ok(offer) = described::reachable(project) else { return Ok(None) };
    let Ok(access) = access(lifecycle, project, offer).await? else { return Ok(None) };
    match access.graph.number(&access.secrets.token, &access.number).await {
        Ok(fields) => Ok(Some(fields)),
        Err(error) => {
            tracing::warn!(project.id = %project.id, %error, "Meta does not say how a name in review stands, trying again");
            Ok(None)
        }
    }
}
