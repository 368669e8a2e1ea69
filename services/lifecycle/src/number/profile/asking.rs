//! What is needed to ask Meta about a project's number in a request.

use chassis::Problem;
use whatsapp::PhoneNumberId;
use whatsapp::graph::{Graph, Token};

use crate::Lifecycle;
use crate::decide::{Refusal, described};
use crate::error::Error;
use crate::project::Project;

/// See the module.
pub(crate) struct Asking<'a> {
    pub graph: &'a Graph,
    pub token: Token,
    pub number: PhoneNumberId,
}

impl<'a> Asking<'a> {
    pub(crate) async fn about(lifecycle: &'a Lifecycle, project: &Project) -> Result<Self, Problem> {
        let offer = described::reachable(project).map_err(Error::Refused)?;
        let number = PhoneNumberId::parse(&offer.phone_number_id).ok_or(Error::Refused(Refusal::NumberNotConnected))?;
        let graph = lifecycle.meta()?;
        let token = lifecycle.open_offer(project.id, offer).await?.token;
        Ok(Self { graph, token, number })
    }
}
