//! Own events into own tables, for when the one who wrote them could not.

use contract::Recorded;
use journal::{Handled, Handler, project_of};

use super::stop;
use crate::{Billing, store};

/// Follows `billing`.
pub(crate) struct OnBilling(pub(crate) Billing);

impl Handler for OnBilling {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let project = match project_of(key) {
            Ok(project) => project,
            Err(stop) => return Handled::stopped(0, stop),
        };
        let billing = &self.0;
        let shown = async {
            // The whole account, as the log has it by now: at least what was handed over.
            let account = billing.account(project).await?;
            store::save(&billing.pool, project, &account, &billing.terms).await
        };
        match shown.await {
            Ok(()) => {
                billing.stir();
                Handled::all(events)
            }
            Err(error) => Handled::stopped(0, stop(&error)),
        }
    }
}
