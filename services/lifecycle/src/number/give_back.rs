//! A number is given back at Meta: the last that is done with its token.
//!
//! Only what a signup brought, and only as far as nobody else here uses it: an account may have several numbers, and a number that was
//! offered once may be another project's by now.

use contract::{NumberOffered, OperationKind, ProjectEvent};

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
    for offer in project.superseded.iter().chain(&project.offer) {
        match one(lifecycle, project, offer).await? {
            Ran::Done | Ran::Learned(_) => {}
            // A project goes also when Meta keeps its number: with the token destroyed nobody here can use it.
            Ran::Refused { code, reason } if project.operation.kind == OperationKind::DeleteProject => {
                tracing::warn!(project.id = %project.id, code, reason, "the account of a deleted project stays subscribed at Meta");
            }
            ran => return Ok(ran),
        }
    }
    Ok(Ran::Done)
}

/// One offer.
///
/// # Errors
/// As [`give_back`].
pub(super) async fn one(lifecycle: &Lifecycle, project: &Project, offer: &NumberOffered) -> Result<Ran, Error> {
    if is_anothers(lifecycle, project, offer).await? {
        return Ok(Ran::Done);
    }
    let access = match access(lifecycle, project, offer).await? {
        Ok(access) => access,
        Err(Ran::Refused { code: "token_unreadable", .. }) => return Ok(Ran::Done),
        Err(ran) => return Ok(ran),
    };
    let token = &access.secrets.token;
    // In this order: what Meta does not take back yet, it still sends webhooks for.
    if !offer.coexistence {
        match called(access.graph.deregister(token, &access.number).await) {
            Ran::Refused { code, reason } if project.leaving() => {
                tracing::warn!(project.id = %project.id, code, reason, "the number of a deleted project stays registered at Meta");
            }
            Ran::Done => {}
            ran => return Ok(ran),
        }
    }
    if store::account_in_use(&lifecycle.pool, &offer.waba_id, project.id).await? {
        return Ok(Ran::Done);
    }
    Ok(called(access.graph.unsubscribe(token, &access.waba).await))
}

fn called(result: Result<(), whatsapp::graph::Error>) -> Ran {
    match result {
        Ok(()) => Ran::Done,
        // Its owner took it from us at Meta: there is nothing left that we could give back.
        Err(error) if meta::access_lost(&error) || meta::gone(&error) || error.code() == Some(NOT_REGISTERED) => Ran::Done,
        Err(error) => meta::ran(&error),
    }
}

/// Whether the number is connected to another project by now, or on its way to be: a deletion lets go of it before Meta takes it back, and
/// whoever signs it up meanwhile has registered it before they claim it.
async fn is_anothers(lifecycle: &Lifecycle, project: &Project, offer: &NumberOffered) -> Result<bool, Error> {
    let Ok(id) = offer.phone_number_id.parse::<MetaId>() else { return Ok(true) };
    let said = lifecycle.journal.last(&id.claim()).await?.as_ref().map(decode).transpose()?;
    let claimed = if let Some(ProjectEvent::NumberClaimed(claimed)) = said { claimed.project != project.id } else { false };
    Ok(claimed || store::connecting_elsewhere(&lifecycle.pool, &offer.phone_number_id, project.id).await?)
}
