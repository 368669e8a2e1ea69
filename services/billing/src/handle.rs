//! What billing does with the events that it follows: `project` (a trial begins, a project goes), `billing` (its own tables), `usage` (credits
//! are charged), and what the payment provider reports. All of it can be delivered again, in part or from the beginning.

mod on_billing;
mod on_project;
mod on_report;
mod on_usage;

use std::time::Duration;

use contract::Stream;
use journal::{AppendError, Follow, Stop};

use crate::error::Error;
use crate::paystack;

pub(crate) use on_billing::OnBilling;
pub(crate) use on_project::OnProject;
pub(crate) use on_report::OnReport;
pub(crate) use on_usage::OnUsage;

/// The service's name in positions and parked keys.
const SERVICE: &str = "billing";
/// Projects handled at the same time.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 256;
/// Between attempts while the log, the platform database or the provider does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when others write the same project.
const CONTENDED_PAUSE: Duration = Duration::from_millis(50);

/// Follows the subjects of projects in a stream.
pub(crate) fn follow(stream: Stream) -> Follow {
    // One token after the stream: claims of numbers and keys of projects are nothing to billing.
    Follow { filters: vec![format!("{stream}.*")], key_tokens: 2, ..following(stream) }
}

/// Follows what the payment provider reports: one key, for it says nothing that another project could overtake.
pub(crate) fn follow_reports() -> Follow {
    Follow { filters: vec![format!("{}.{}.>", Stream::Webhook, paystack::NAME)], key_tokens: 3, ..following(Stream::Webhook) }
}

fn following(stream: Stream) -> Follow {
    Follow { service: SERVICE, stream, filters: Vec::new(), key_tokens: 2, parallel: PARALLEL, batch_max: BATCH_MAX, version: 1 }
}

fn stop(error: &Error) -> Stop {
    let cause = chassis::error_chain(error);
    match error {
        error if error.is_outage() => Stop::SetAside { after: OUTAGE_PAUSE, cause },
        Error::Contended(_) | Error::Append(AppendError::Conflict { .. }) => Stop::Retry { after: CONTENDED_PAUSE, cause },
        Error::Refused(_)
        | Error::Unconfigured
        | Error::Provider(_)
        | Error::Append(_)
        | Error::Log(_)
        | Error::Decode { .. }
        | Error::Database(_)
        | Error::Migrate(_)
        | Error::OtherLog { .. }
        | Error::Row { .. }
        | Error::Sealing { .. } => Stop::Park { cause },
    }
}
