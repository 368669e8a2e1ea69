//! The steps of connecting a number that a signup brought: one call of Meta's each, and each can be made again.

use contract::NumberOffered;
use whatsapp::graph::Graph;
use whatsapp::{PhoneNumberId, WabaId};

use super::meta;
use super::secrets::Secrets;
use crate::Lifecycle;
use crate::decide::Command;
use crate::error::Error;
use crate::operation::drive::Ran;
use crate::project::Project;

/// Everything that a call needs.
pub(super) struct Access<'a> {
    pub graph: &'a Graph,
    pub secrets: Secrets,
    pub waba: WabaId,
    pub number: PhoneNumberId,
}

/// The account's webhooks come to us from now on.
///
/// # Errors
/// The log does not answer. It can be repeated, as every step here.
pub(crate) async fn subscribe_app(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let Some(offer) = &project.offer else { return Ok(nothing_offered()) };
    let access = match access(lifecycle, project, offer).await? {
        Ok(access) => access,
        Err(ran) => return Ok(ran),
    };
    Ok(done(access.graph.subscribe(&access.secrets.token, &access.waba).await))
}

/// The number is taken into use. One that stays in the WhatsApp Business app is in use already, and must not be registered.
pub(crate) async fn register(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let Some(offer) = &project.offer else { return Ok(nothing_offered()) };
    if offer.coexistence {
        return Ok(Ran::Done);
    }
    let access = match access(lifecycle, project, offer).await? {
        Ok(access) => access,
        Err(ran) => return Ok(ran),
    };
    Ok(done(access.graph.register(&access.secrets.token, &access.number, &access.secrets.pin).await))
}

/// How the number stands; with that it is connected. It waits for no other that was offered before: that is given back by the step after it.
pub(crate) async fn read_number(lifecycle: &Lifecycle, project: &Project) -> Result<Ran, Error> {
    let Some(offer) = &project.offer else { return Ok(nothing_offered()) };
    let access = match access(lifecycle, project, offer).await? {
        Ok(access) => access,
        Err(ran) => return Ok(ran),
    };
    let fields = match access.graph.number(&access.secrets.token, &access.number).await {
        Ok(fields) => fields,
        Err(error) => return Ok(meta::ran(&error)),
    };
    let (Ok(id), Ok(waba)) = (offer.phone_number_id.parse(), offer.waba_id.parse()) else { return Ok(nothing_offered()) };
    let (number, described) = (meta::number(id, waba, &fields), meta::described(&fields));
    Ok(Ran::Learned(Box::new(Command::NumberRead { operation: project.operation.id, number, described })))
}

/// What is needed to ask Meta about an offer; otherwise what becomes of the step.
pub(super) async fn access<'a>(
    lifecycle: &'a Lifecycle,
    project: &Project,
    offer: &NumberOffered,
) -> Result<Result<Access<'a>, Ran>, Error> {
    let refused = |code, reason: &str| Ok(Err(Ran::Refused { code, reason: reason.to_owned() }));
    let Some(graph) = &lifecycle.graph else { return refused("meta_not_configured", "this installation has no app at Meta") };
    let (Some(waba), Some(number)) = (WabaId::parse(&offer.waba_id), PhoneNumberId::parse(&offer.phone_number_id)) else {
        return Ok(Err(nothing_offered()));
    };
    match lifecycle.open_offer(project.id, offer).await {
        Ok(secrets) => Ok(Ok(Access { graph, secrets, waba, number })),
        Err(Error::Sealed(error)) => {
            tracing::error!(project.id = %project.id, %error, "the token of a number cannot be opened");
            refused("token_unreadable", "the number's token cannot be opened: sign the number up again")
        }
        Err(error) => Err(error),
    }
}

fn done(called: Result<(), whatsapp::graph::Error>) -> Ran {
    match called {
        Ok(()) => Ran::Done,
        Err(error) => meta::ran(&error),
    }
}

fn nothing_offered() -> Ran {
    Ran::Refused { code: "nothing_offered", reason: "no signup brought a number that can be used".to_owned() }
}
