//! Gives a number back at Meta: the last thing that is done with its token.
//!
//! Only what a signup brought is given back, and only if nobody else here uses it: an account may have several numbers, and a number that
//! was offered once may belong to another project by now. If Meta refuses for good, the operation says what is left at Meta, and the token
//! is kept so that it can be tried again.
//!
//! Each call to Meta is noted in the log by itself. So no call is repeated only because another one has to wait.

use contract::{Event, LeftAtMeta, NumberOffered, ProjectEvent};

use super::connecting::access;
use super::{MetaId, meta};
use crate::decide::Command;
use crate::error::Error;
use crate::operation::drive::Ran;
use crate::operation::{DEADLINE_PASSED, steps};
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, store};

/// Meta's word for a number that is not registered: it is given back.
const NOT_REGISTERED: i64 = 133_010;

/// Everything that signups brought the project. Nothing, if none did.
///
/// # Errors
/// The log or the tables do not answer. It can be repeated.
pub(crate) async fn give_back(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    // One that was connected by its id since another was let go stays, also if it is the same.
    let stays = |offer: &&NumberOffered| project.offer.is_none() && project.has_connected(offer);
    let offers: Vec<&NumberOffered> = project.superseded.iter().filter(|offer| !stays(offer)).chain(&project.offer).collect();
    match all(lifecycle, project, &offers).await? {
        // A project goes also when Meta keeps its number: with the token destroyed nobody here can use it.
        Ran::Refused { code, reason } if project.leaving() => {
            tracing::warn!(project.id = %project.id, code, "what a deleted project had stays at Meta");
            Ok(settled(project, steps::NUMBER, Some(LeftAtMeta { code: code.to_owned(), reason })))
        }
        ran => Ok(ran),
    }
}

/// What signups brought before the number that is connected. Of a signup that failed, what it took.
///
/// # Errors
/// As [`give_back`].
pub(crate) async fn left_over(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let operation = &project.operation;
    let Some(failure) = operation.failure() else {
        let offers: Vec<&NumberOffered> = project.superseded.iter().collect();
        return all(lifecycle, project, &offers).await;
    };
    // A number that works here was signed up again in vain: it goes on working.
    let Some(offer) = project.offer.as_ref().filter(|offer| !project.has_connected(offer)) else {
        return Ok(settled(project, steps::GIVE_BACK, None));
    };
    // If nobody knows whether it is registered, that is told, and it is given back with whatever gives back next.
    let unclear = operation.done_at(steps::REGISTER).is_none() && failure.leaves_registration_open();
    let registered = !unclear && project.registered.contains(&offer.phone_number_id);
    let until = failure.given_back_until();
    let left = match one(lifecycle, project, offer, registered).await? {
        Ran::Later { words, .. } if lifecycle.clock.now() >= until => Some((DEADLINE_PASSED, words)),
        later @ Ran::Later { .. } => return Ok(later),
        Ran::Refused { code, reason } => Some((code, reason)),
        Ran::Done | Ran::Learned(_) if unclear => Some((DEADLINE_PASSED, format!("number {} may be registered", offer.phone_number_id))),
        Ran::Done | Ran::Learned(_) => None,
    };
    Ok(settled(project, steps::GIVE_BACK, left.map(|(code, reason)| LeftAtMeta { code: code.to_owned(), reason })))
}

/// One after the other; none waits for what Meta says of another.
async fn all(lifecycle: &Lifecycle, project: &Project, offers: &[&NumberOffered]) -> Result<Ran, Error> {
    let mut ran = Ran::Done;
    for offer in offers {
        ran = both(ran, one(lifecycle, project, offer, project.registered.contains(&offer.phone_number_id)).await?);
    }
    Ok(ran)
}

/// `registered`: whether it was registered for this project. One that was not may be in use elsewhere.
async fn one(lifecycle: &Lifecycle, project: &Project, offer: &NumberOffered, registered: bool) -> Result<Ran, Error> {
    if is_anothers(lifecycle, project, offer).await? {
        return Ok(Ran::Done);
    }
    let access = match access(lifecycle, project, offer).await? {
        Ok(access) => access,
        Err(Ran::Refused { code: "token_unreadable", .. }) => return Ok(Ran::Done),
        Err(ran) => return Ok(ran),
    };
    let token = &access.secrets.token;
    // In this order: what Meta does not take back yet, it still sends webhooks for. What it never takes back keeps nothing else.
    let number = if offer.coexistence || !registered {
        Ran::Done
    } else {
        let left = format!("number {} stays registered at Meta", offer.phone_number_id);
        let name = steps::deregister(&offer.phone_number_id);
        call(lifecycle, project, &name, &left, access.graph.deregister(token, &access.number)).await?
    };
    if let Ran::Later { .. } = number {
        return Ok(number);
    }
    // The row tells that this one lets go before it is looked who else does. So of several that let go at once, the one whose row was
    // written last sees all the others: it unsubscribes, and perhaps others too, which Meta does not mind.
    store::save_project(&lifecycle.pool, project).await?;
    if store::account_in_use(&lifecycle.pool, &offer.waba_id).await? {
        return Ok(number);
    }
    let left = format!("account {} stays subscribed at Meta", offer.waba_id);
    let name = steps::unsubscribe(&offer.waba_id);
    Ok(both(number, call(lifecycle, project, &name, &left, access.graph.unsubscribe(token, &access.waba)).await?))
}

/// Makes one call to Meta, unless it is noted as done. It is noted before anything else is asked. If the process is killed in between, the
/// call is made again, which changes nothing at Meta. `left`: what stays at Meta if the call does not succeed.
async fn call(
    lifecycle: &Lifecycle,
    project: &Project,
    name: &str,
    left: &str,
    asked: impl Future<Output = Result<(), whatsapp::graph::Error>>,
) -> Result<Ran, Error> {
    if project.operation.done_at(name).is_some() {
        return Ok(Ran::Done);
    }
    let ran = called(asked.await, left);
    if let Ran::Done = ran {
        let command = given_back(project, name, None);
        lifecycle.carry_out(project.id, &command, None, &Origin::Operation(project.operation.id)).await?;
    }
    Ok(ran)
}

/// The step is done, as far as Meta lets it be.
fn settled(project: &Project, step: &str, left: Option<LeftAtMeta>) -> Ran {
    Ran::Learned(Box::new(given_back(project, step, left)))
}

fn given_back(project: &Project, step: &str, left: Option<LeftAtMeta>) -> Command {
    Command::GivenBack { operation: project.operation.id, step: step.to_owned(), left, since: project.version }
}

/// What came of two: nothing is given up while a part of it may work later.
fn both(one: Ran, other: Ran) -> Ran {
    match (one, other) {
        (later @ Ran::Later { .. }, _) | (_, later @ Ran::Later { .. }) => later,
        (Ran::Refused { code, reason }, Ran::Refused { reason: too, .. }) => Ran::Refused { code, reason: format!("{reason}; {too}") },
        (refused @ Ran::Refused { .. }, _) | (_, refused @ Ran::Refused { .. }) => refused,
        (Ran::Done | Ran::Learned(_), Ran::Done | Ran::Learned(_)) => Ran::Done,
    }
}

fn called(result: Result<(), whatsapp::graph::Error>, left: &str) -> Ran {
    let Err(error) = result else { return Ran::Done };
    // Its owner took it from us at Meta: there is nothing left that we could give back.
    if error.is_access_lost() || error.is_no_such_object() || error.code() == Some(NOT_REGISTERED) {
        return Ran::Done;
    }
    match meta::ran(&error) {
        Ran::Refused { code, reason } => Ran::Refused { code, reason: format!("{left}: {reason}") },
        Ran::Later { cause, words } => Ran::Later { cause, words: format!("{left}: {words}") },
        ran @ (Ran::Done | Ran::Learned(_)) => ran,
    }
}

/// Whether the number is connected to another project by now, or on its way to be: a number is let go of before Meta takes it back, where
/// its project goes or has another, and whoever signs it up meanwhile has registered it before they claim it.
async fn is_anothers(lifecycle: &Lifecycle, project: &Project, offer: &NumberOffered) -> Result<bool, Error> {
    let Ok(id) = offer.phone_number_id.parse::<MetaId>() else { return Ok(true) };
    let said = lifecycle.journal.last(&id.claim()).await?.as_ref().map(ProjectEvent::read).transpose()?;
    let claimed = if let Some(ProjectEvent::NumberClaimed(claimed)) = said { claimed.project != project.id } else { false };
    Ok(claimed || store::connecting_elsewhere(&lifecycle.pool, &offer.phone_number_id, project.id).await?)
}
