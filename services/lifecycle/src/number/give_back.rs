//! A number is given back at Meta: the last that is done with its token.
//!
//! Only what a signup brought, and only as far as nobody else here uses it: an account may have several numbers, and a number that was
//! offered once may be another project's by now. What Meta refuses for good says what is left there; the token stays, so that it can be
//! tried again.

use contract::{NumberOffered, ProjectEvent};

use super::connecting::access;
use super::{MetaId, meta};
use crate::command::decode;
use crate::error::Error;
use crate::operation::drive::Ran;
use crate::project::Project;
use crate::{Lifecycle, store};

/// Meta's word for a number that is not registered: it is given back.
const NOT_REGISTERED: i64 = 133_010;

/// Everything that signups brought the project. Nothing, if none did.
///
/// # Errors
/// The log or the tables do not answer. It can be repeated.
pub(crate) async fn give_back(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let offers: Vec<&NumberOffered> = project.superseded.iter().chain(&project.offer).collect();
    match all(lifecycle, project, &offers).await? {
        // A project goes also when Meta keeps its number: with the token destroyed nobody here can use it.
        Ran::Refused { code, .. } if project.leaving() => {
            tracing::warn!(project.id = %project.id, code, "what a deleted project had stays at Meta");
            Ok(Ran::Done)
        }
        ran => Ok(ran),
    }
}

/// What signups brought before the number that is connected, or that was let go while Meta kept it.
///
/// # Errors
/// As [`give_back`].
pub(crate) async fn superseded(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let offers: Vec<&NumberOffered> = project.superseded.iter().collect();
    all(lifecycle, project, &offers).await
}

/// One after the other; none waits for what Meta says of another.
async fn all(lifecycle: &Lifecycle, project: &Project, offers: &[&NumberOffered]) -> Result<Ran, Error> {
    let mut ran = Ran::Done;
    for offer in offers {
        ran = both(ran, one(lifecycle, project, offer).await?);
    }
    Ok(ran)
}

async fn one(lifecycle: &Lifecycle, project: &Project, offer: &NumberOffered) -> Result<Ran, Error> {
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
    let number = if offer.coexistence {
        Ran::Done
    } else {
        let left = format!("number {} stays registered at Meta", offer.phone_number_id);
        called(access.graph.deregister(token, &access.number).await, &left)
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
    Ok(both(number, called(access.graph.unsubscribe(token, &access.waba).await, &left)))
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

/// `left`: what stays as it is unless it works.
fn called(result: Result<(), whatsapp::graph::Error>, left: &str) -> Ran {
    let Err(error) = result else { return Ran::Done };
    // Its owner took it from us at Meta: there is nothing left that we could give back.
    if meta::access_lost(&error) || meta::gone(&error) || error.code() == Some(NOT_REGISTERED) {
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
    let said = lifecycle.journal.last(&id.claim()).await?.as_ref().map(decode).transpose()?;
    let claimed = if let Some(ProjectEvent::NumberClaimed(claimed)) = said { claimed.project != project.id } else { false };
    Ok(claimed || store::connecting_elsewhere(&lifecycle.pool, &offer.phone_number_id, project.id).await?)
}
