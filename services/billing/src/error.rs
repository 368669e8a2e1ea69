//! What can go wrong, by what its receiver can do about it.

use axum::http::StatusCode;
use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

use crate::decide::Refusal;
use crate::paystack::ProviderError;

/// `Retry-After` while the log, the database or the provider does not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why billing could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no. Asking again does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no payment provider here.
    #[error("no payment provider is configured")]
    Unconfigured,
    /// The payment provider did not do as told.
    #[error("ask the payment provider")]
    Provider(#[from] ProviderError),
    /// Others were faster, every time.
    #[error("gave up after {0} attempts against other writers")]
    Contended(u32),
    /// The log did not take the events; or it may have, and did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The log cannot be read.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of billing")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables were built from another log. Nothing was changed.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A row holds what no version of billing writes.
    #[error("row {id} holds a value that nobody wrote: {what}")]
    Row {
        /// Which.
        id: String,
        /// Which value.
        what: &'static str,
    },
    /// What is stored sealed cannot be opened, or a project's key cannot be used.
    #[error("use the key of project {project}: {cause}")]
    Sealing {
        /// Whose.
        project: String,
        /// Why, without a secret.
        cause: String,
    },
}

impl Error {
    /// Whether something that is needed is down: trying later is all that is needed.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Database(cause) => tables::is_outage(cause),
            Self::Append(AppendError::Unavailable(_))
            | Self::Log(journal::Error::Unavailable(_))
            | Self::Provider(ProviderError::Unavailable(_)) => true,
            Self::Refused(_)
            | Self::Unconfigured
            | Self::Provider(ProviderError::Refused(_) | ProviderError::Unreadable(_))
            | Self::Contended(_)
            | Self::Append(_)
            | Self::Log(_)
            | Self::Decode { .. }
            | Self::Migrate(_)
            | Self::OtherLog { .. }
            | Self::Row { .. }
            | Self::Sealing { .. } => false,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Refused(refusal) => of_refusal(refusal),
            Error::Unconfigured => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "billing_unconfigured").detail("no payment provider is configured here")
            }
            Error::Provider(ProviderError::Unavailable(_) | ProviderError::Unreadable(_)) => {
                Problem::unavailable("payment_provider_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Provider(ProviderError::Refused(words)) => {
                Problem::new(StatusCode::BAD_GATEWAY, "payment_provider_refused").detail(words).cause(cause)
            }
            Error::Contended(_) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Unavailable(_)) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Conflict { .. }) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_)) => Problem::internal(cause),
            Error::Log(_) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Database(ref refused) if tables::is_outage(refused) => {
                Problem::unavailable("database_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Database(_)
            | Error::Decode { .. }
            | Error::Migrate(_)
            | Error::OtherLog { .. }
            | Error::Row { .. }
            | Error::Sealing { .. } => Problem::internal(cause),
        }
    }
}

impl Refusal {
    /// Stable name of the refusal.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::NoSubscription => "not_found",
            Self::Closed => "subscription_closed",
            Self::NoPaidCycle => "no_paid_cycle",
            Self::AlreadyScheduled => "already_scheduled",
            Self::NothingScheduled => "nothing_scheduled",
            Self::PaymentRequired => "payment_required",
            Self::UnknownPayment => "unknown_payment",
            Self::TooManyPayments => "too_many_open_payments",
            Self::UnknownPack => "unknown_pack",
            Self::UseReused => "use_reused",
        }
    }
}

fn of_refusal(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoSubscription => Problem::not_found(refusal.to_string()),
        Refusal::UnknownPack => Problem::unprocessable(refusal.code(), refusal.to_string()).field("/credits", "invalid", "see packs"),
        Refusal::UseReused => Problem::unprocessable(refusal.code(), refusal.to_string()),
        Refusal::Closed
        | Refusal::NoPaidCycle
        | Refusal::AlreadyScheduled
        | Refusal::NothingScheduled
        | Refusal::PaymentRequired
        | Refusal::UnknownPayment
        | Refusal::TooManyPayments => Problem::conflict(refusal.code(), refusal.to_string()),
    }
}
