//! The numbers of a project that is gone. People go on writing to them, and receipts go on coming; as long as nobody else has such a number, all
//! of that is about the project's customers, and is erased when it is looked for late words of the project.
//!
//! The log has forgotten by then which numbers they were. So they are kept beside it from the erasure to the last look, a day at most after the
//! end, sealed under a key of their own. If that row is lost with the platform database, nothing is looked for by number any more.

use std::collections::BTreeMap;

use contract::ProjectId;
use sealing::DataKey;
use serde::{Deserialize, Serialize};

use super::numbers::{Numbers, OneNumber};
use super::{parked, webhooks};
use crate::error::Error;
use crate::store::KeptNumbers;
use crate::{Lifecycle, store};

/// What is sealed.
const CONTEXT: &str = "erased_numbers";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Meta's id of each number, and what people dial.
    numbers: BTreeMap<String, Vec<String>>,
    /// Their business accounts.
    accounts: Vec<String>,
    /// Whether events are to be overwritten, as whoever deleted the project asked.
    overwrite: bool,
}

/// Keeps the numbers of a project whose log is erased.
///
/// # Errors
/// The platform database does not answer. It can be repeated.
pub(super) async fn keep(lifecycle: &Lifecycle, project: ProjectId, numbers: &Numbers, overwrite: bool) -> Result<(), Error> {
    if numbers.by_id.is_empty() {
        return Ok(());
    }
    let dialled = numbers.by_id.iter().map(|(id, number)| (id.clone(), number.dialled.clone())).collect();
    let kept = Kept { numbers: dialled, accounts: numbers.accounts.clone(), overwrite };
    let text = serde_json::to_vec(&kept).expect("texts are JSON");
    let key = DataKey::random();
    let row = KeptNumbers { wrapped_key: key.wrap(&lifecycle.master, project), sealed: key.seal(CONTEXT, &text) };
    store::keep_numbers(&lifecycle.pool, project, &row).await
}

/// Erases what has reached the numbers since and cannot be anybody else's. Gives those of which followers' notes can go too.
///
/// # Errors
/// The log or the platform database does not answer. It can be repeated.
pub(super) async fn erase(lifecycle: &Lifecycle, project: ProjectId) -> Result<Numbers, Error> {
    let kept = match kept(lifecycle, project).await {
        Ok(Some(kept)) => kept,
        Ok(None) => return Ok(Numbers::default()),
        Err(Error::Sealed(error)) => {
            tracing::error!(project.id = %project, %error, "the numbers of a deleted project cannot be opened, late webhooks stay");
            return Ok(Numbers::default());
        }
        Err(error) => return Err(error),
    };
    let numbers = kept.look(lifecycle, project).await?;
    let events = webhooks::erase(&lifecycle.journal, project, (&numbers, &[]), kept.overwrite).await?;
    if events > 0 {
        tracing::info!(project.id = %project, events, "what reached the numbers of a deleted project is erased too");
    }
    parked::release(&lifecycle.journal, &numbers).await?;
    // By the note of a key that is held, whoever holds it finds again what came since, which may be the next owner's.
    let mut numbers = kept.look(lifecycle, project).await?;
    let held = parked::held(&lifecycle.journal, &numbers).await?;
    numbers.by_id.retain(|id, _| !held.iter().any(|held| held.key == parked::key(id)));
    Ok(numbers)
}

async fn kept(lifecycle: &Lifecycle, project: ProjectId) -> Result<Option<Kept>, Error> {
    let Some(row) = store::find_numbers(&lifecycle.pool, project).await? else { return Ok(None) };
    let text = DataKey::unwrap(&row.wrapped_key, &lifecycle.master, project)?.open(CONTEXT, &row.sealed)?;
    serde_json::from_slice(text.expose()).map(Some).map_err(|_| Error::Sealed(sealing::Error::Content))
}

impl Kept {
    /// With who else has them now. When they were the project's is not kept: of what they heard then all is gone.
    async fn look(&self, lifecycle: &Lifecycle, project: ProjectId) -> Result<Numbers, Error> {
        let number = |dialled: &Vec<String>| OneNumber { dialled: dialled.clone(), ..OneNumber::default() };
        let by_id = self.numbers.iter().map(|(id, dialled)| (id.clone(), number(dialled))).collect();
        let mut numbers = Numbers { by_id, accounts: self.accounts.clone(), ..Numbers::default() };
        numbers.look_who_has_them(lifecycle, project).await?;
        Ok(numbers)
    }
}
