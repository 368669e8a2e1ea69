//! Why a command changes nothing, although it asked for it.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use chassis::Problem;
use chrono::{DateTime, SecondsFormat, Utc};
use contract::{OperationId, OperationKind, TransferOutcome};

/// A rule that says no. Asking again does not help until something else has changed, unless it says when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such project.
    #[error("there is no such project")]
    NoProject,
    /// A project of this id exists and was created with other content.
    #[error("the project exists with other content")]
    OtherContent,
    /// A project of this id existed and was deleted.
    #[error("the project was deleted")]
    Erased,
    /// A project of this id existed here and belongs to another workspace now.
    #[error("the project belongs to another workspace now")]
    GivenAway,
    /// The number belongs to another project.
    #[error("the number is connected to another project; disconnect it there first")]
    NumberTaken,
    /// A signup at Meta brought another, which is given back first.
    #[error("a signup at Meta brought the project another number; disconnect that first")]
    NumberSignedUp,
    /// It has no number that a signup at Meta brought.
    #[error("no number is connected through a signup at Meta; sign one up first, POST …/number/signup")]
    NumberNotConnected,
    /// Meta has not decided about the name before.
    #[error("a display name is in review already; another can be asked for when Meta has decided")]
    NameInReview,
    /// The project never became usable.
    #[error("provisioning of the project has failed; try it again, POST …/retry, or delete the project")]
    ProjectFailed,
    /// The project is not usable yet.
    #[error("the project is still being made; wait until it is ready")]
    NotReady,
    /// The project is going, or going was given up on the way: the operation can be tried again.
    #[error("the project is being deleted by operation {0}; if that failed, all that can be done is to try it again, POST …/retry")]
    ProjectDeleting(OperationId),
    /// A project does one thing at a time.
    #[error("operation {operation} ({kind}) is running", kind = .kind.as_str())]
    OperationRunning {
        /// The one that runs.
        operation: OperationId,
        /// What it does.
        kind: OperationKind,
    },
    /// A signup that failed has still to give back at Meta what it took.
    #[error(
        "the number of a signup that failed (operation {operation}) is being given back at Meta, which is tried until {until}",
        until = .until.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    )]
    NumberBeingGivenBack {
        /// The signup.
        operation: OperationId,
        /// When what Meta has not taken back by then is left there.
        until: DateTime<Utc>,
    },
    /// What is not given up need not be tried again.
    #[error("no operation of the project has failed")]
    NothingFailed,
    /// What was typed is not the project's name.
    #[error("the confirmation is not the project's name")]
    NotConfirmed,
    /// It belongs to that workspace already.
    #[error("the project belongs to that workspace already")]
    SameWorkspace,
    /// It is offered to somebody else.
    #[error("the project is offered to another workspace already; take that offer back first")]
    TransferPending,
    /// There is no such offer.
    #[error("there is no such transfer")]
    NoTransfer,
    /// The offer was accepted.
    #[error("the transfer was accepted")]
    TransferAccepted,
    /// The offer ended otherwise.
    #[error("the transfer is {}", outcome_str(*.0))]
    TransferEnded(TransferOutcome),
    /// More was asked of it than is allowed by now.
    #[error("the project was changed too often")]
    TooOften {
        /// When one more change is allowed.
        retry_after_s: u32,
    },
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NoProject | Refusal::NoTransfer => Problem::not_found(detail),
            Refusal::OtherContent => Problem::unprocessable("idempotency_key_reused", "the key was used before with another body"),
            Refusal::Erased => Problem::conflict("project_deleted", detail),
            Refusal::GivenAway => Problem::conflict("project_transferred", detail),
            Refusal::NumberTaken => Problem::conflict("number_taken", detail),
            Refusal::NumberSignedUp => Problem::conflict("number_signed_up", detail),
            Refusal::NumberNotConnected => Problem::conflict("number_not_connected", detail),
            Refusal::NameInReview => Problem::conflict("display_name_in_review", detail),
            Refusal::ProjectFailed => Problem::conflict("project_failed", detail),
            Refusal::NotReady => Problem::conflict("project_not_ready", detail),
            Refusal::ProjectDeleting(operation) => naming(Problem::conflict("project_deleting", detail), operation),
            Refusal::OperationRunning { operation, .. } => naming(Problem::conflict("operation_running", detail), operation),
            Refusal::NumberBeingGivenBack { operation, until } => {
                let until = until.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                naming(Problem::conflict("number_being_given_back", detail), operation).with("until", until)
            }
            Refusal::NothingFailed => Problem::conflict("nothing_failed", detail),
            Refusal::NotConfirmed => Problem::unprocessable("not_confirmed", "nothing was deleted").field("/confirm", "invalid", detail),
            Refusal::SameWorkspace => {
                Problem::unprocessable("invalid_body", "the transfer cannot be like this").field("/workspace", "invalid", detail)
            }
            Refusal::TransferPending => Problem::conflict("transfer_pending", detail),
            Refusal::TransferAccepted | Refusal::TransferEnded(_) => Problem::conflict("transfer_ended", detail),
            Refusal::TooOften { retry_after_s } => Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
                .detail(detail)
                .header(RETRY_AFTER, HeaderValue::from(retry_after_s)),
        }
    }
}

/// How an offer ended that was not accepted, for callers.
const fn outcome_str(outcome: TransferOutcome) -> &'static str {
    match outcome {
        TransferOutcome::Declined => "declined",
        TransferOutcome::Expired => "expired",
        TransferOutcome::Withdrawn => "withdrawn",
    }
}

/// Where the operation in the way can be seen.
fn naming(problem: Problem, operation: OperationId) -> Problem {
    match format!("/v1/operations/{operation}").parse() {
        Ok(location) => problem.header(axum::http::header::LOCATION, location),
        Err(_) => problem,
    }
}
