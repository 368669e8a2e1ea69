//! What a customer can be charged with again, sealed under the project's data key. The log never holds it unsealed, because ingress removes
//! it from the provider's reports, and it can no longer be opened once the key is destroyed.

use contract::{Event, ProjectEvent, ProjectId, Subject};
use sealing::DataKey;

use crate::Billing;
use crate::account::Account;
use crate::error::Error;
use crate::paystack::Authorisation;

/// What the sealed text is for.
const CONTEXT: &str = "payment_authorisation";

/// Sealed; `None` for a project without a data key: it pays at the provider's page each time.
pub(crate) async fn seal(billing: &Billing, project: ProjectId, authorisation: &Authorisation) -> Result<Option<String>, Error> {
    let Some(key) = data_key(billing, project).await? else {
        tracing::warn!(project.id = %project, "the project has no data key: nothing is stored that could be charged again");
        return Ok(None);
    };
    let plain = serde_json::to_vec(authorisation).map_err(|error| broken(project, &error.to_string()))?;
    Ok(Some(key.seal(CONTEXT, &plain)))
}

/// Opened; `None` if nothing is stored, or its key is gone.
pub(crate) async fn open(billing: &Billing, project: ProjectId, account: &Account) -> Result<Option<Authorisation>, Error> {
    let Some(sealed) = &account.authorisation else { return Ok(None) };
    let Some(key) = data_key(billing, project).await? else { return Ok(None) };
    let opened = key.open(CONTEXT, sealed).map_err(|error| broken(project, &error.to_string()))?;
    // What serde says about a text could quote it.
    let authorisation = serde_json::from_slice(opened.expose()).map_err(|_| broken(project, "what is sealed is no authorisation"))?;
    Ok(Some(authorisation))
}

async fn data_key(billing: &Billing, project: ProjectId) -> Result<Option<DataKey>, Error> {
    let Some(recorded) = billing.journal.last(&Subject::data_key(project)).await? else { return Ok(None) };
    let ProjectEvent::DataKeyCreated(created) = ProjectEvent::read(&recorded)? else { return Ok(None) };
    DataKey::unwrap(&created.wrapped, &billing.master, project).map(Some).map_err(|error| broken(project, &error.to_string()))
}

fn broken(project: ProjectId, cause: &str) -> Error {
    Error::Sealing { project: project.to_string(), cause: cause.to_owned() }
}
