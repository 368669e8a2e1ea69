//! What Meta says about accounts and concerns a project's number: its display name was decided about, its limit changed.
//!
//! Such a webhook names the account and the number as people dial it, not the number's id. What fits no project is nobody's here: it is let
//! go, as is what cannot be read. The raw webhook is in the log anyway.

use contract::{DisplayNameDecided, NumberDescribed, Recorded};
use journal::{Handled, Handler};
use serde::Deserialize;

use super::stop;
use crate::decide::Command;
use crate::error::Error;
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, store};

/// The fields of webhooks that are followed.
pub(super) const NAME: &str = "phone_number_name_update";
pub(super) const QUALITY: &str = "phone_number_quality_update";

/// Follows `webhook.*.<field>`.
pub(super) struct OnWebhook(pub(super) Lifecycle);

#[derive(Deserialize)]
struct Change {
    value: Value,
    field: String,
}

/// Lenient: Meta has added and taken away keys of both.
#[derive(Deserialize)]
struct Value {
    display_phone_number: Option<String>,
    decision: Option<String>,
    requested_verified_name: Option<String>,
    rejection_reason: Option<String>,
    max_daily_conversations_per_business: Option<String>,
    current_limit: Option<String>,
}

impl Handler for OnWebhook {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.0.webhook(recorded).await.map_err(stop) })).await
    }
}

impl Lifecycle {
    async fn webhook(&self, recorded: &Recorded) -> Result<(), Error> {
        let Ok(Change { value, field }) = serde_json::from_slice::<Change>(&recorded.data) else {
            tracing::warn!(stream.seq = recorded.sequence, "a webhook about a number cannot be read");
            return Ok(());
        };
        let account = recorded.subject.token(1).unwrap_or_default();
        let digits: String = value.display_phone_number.iter().flat_map(|text| text.chars()).filter(char::is_ascii_digit).collect();
        let Some(project) = store::find_by_number(&self.pool, account, &digits).await? else { return Ok(()) };
        if let Some(command) = command(&field, value, &project) {
            self.carry_out(project.id, &command, None, &Origin::Event(recorded)).await?;
        }
        Ok(())
    }
}

fn command(field: &str, value: Value, project: &Project) -> Option<Command> {
    if field == NAME {
        let approved = match value.decision.as_deref() {
            Some("APPROVED") => true,
            Some("REJECTED") => false,
            // DEFERRED and PENDING: Meta will say more.
            Some(_) | None => return None,
        };
        let name = value.requested_verified_name?;
        let reason = value.rejection_reason.filter(|_| !approved);
        return Some(Command::DecideDisplayName(DisplayNameDecided { name, approved, reason }));
    }
    let limit = value.max_daily_conversations_per_business.or(value.current_limit).filter(|_| field == QUALITY)?;
    let described = NumberDescribed { messaging_limit: Some(limit), ..project.description.clone()? };
    Some(Command::DescribeNumber(described))
}
