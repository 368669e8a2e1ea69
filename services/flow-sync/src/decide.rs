//! What follows from what is so. Pure: a Flow as the log tells it, a wish or something heard, and the time in; events out. Everything can be
//! asked twice.

mod change;
mod compare;
mod hear;
mod stand;
#[cfg(test)]
mod tests;

use contract::FlowId;

pub(crate) use change::{Choice, Revise, choose, create, delete_here, editable, name_to_tell, rename_claim, revise, update};
pub(crate) use compare::{Plan, Theirs, details_drift, plan};
pub(crate) use hear::{
    Report, agreed, drifted, failed, found, given_back, gone, hear_status, linked, overwritten, published, redrafted, report, uploaded,
};
pub(crate) use stand::{may_delete, may_deprecate, may_publish};

/// Meta's words for how a Flow stands. Others may come, and then Meta says itself what it allows.
pub(crate) const DRAFT: &str = "DRAFT";
pub(crate) const PUBLISHED: &str = "PUBLISHED";
pub(crate) const THROTTLED: &str = "THROTTLED";
pub(crate) const BLOCKED: &str = "BLOCKED";
pub(crate) const DEPRECATED: &str = "DEPRECATED";

/// Why a wish is not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such Flow, and never was.
    #[error("there is no such Flow")]
    NotFound,
    /// It is gone.
    #[error("the Flow was deleted: make one of this name again to go on")]
    Deleted,
    /// Another Flow has the name, or had it first.
    #[error("the name is {0}'s: choose another one")]
    NameTaken(FlowId),
    /// The project has as many as it may.
    #[error("a project has at most {0} Flows: delete some first")]
    TooMany(usize),
    /// Somebody was faster.
    #[error("the current revision is {current}")]
    OtherRevision {
        /// 0: there is none.
        current: u32,
    },
    /// A change would take the Flow away from people.
    #[error(
        "the Flow is published: say \"new_version\": true to change it. Meta puts it back to DRAFT then, and users cannot open it until it is \
         published again"
    )]
    Published,
    /// Meta restricts it.
    #[error("the Flow is {0} at Meta, which lets nobody change it until its endpoint is well again")]
    Restricted(String),
    /// It is over.
    #[error("the Flow is deprecated, which nothing takes back: make another one")]
    Deprecated,
    /// It has no JSON.
    #[error("the Flow has no JSON yet: put one")]
    NoJson,
    /// Our validator is sure that Meta would refuse it.
    #[error("the Flow JSON is not valid: see `findings`")]
    Invalid,
    /// Meta has another content, and nobody has chosen.
    #[error("the Flow was changed at Meta: choose what counts with POST …/drift first")]
    Drifted,
    /// There is nothing to choose from.
    #[error("the Flow at Meta is as it was uploaded: there is nothing to choose")]
    NoDrift,
    /// What is to be chosen from is not what the caller saw.
    #[error("what Meta has is {0} by now: look at it first")]
    OtherDrift(String),
    /// Only what is published can be deprecated.
    #[error("only a published Flow can be deprecated; a draft can be deleted")]
    NotPublished,
    /// What people can open is not deleted.
    #[error("the Flow is {} at Meta, which deletes drafts only: {}", .0, instead(.0))]
    NotDraft(String),
    /// Meta knows no way back.
    #[error("Meta knows no way to take the endpoint from a Flow: make another one without")]
    EndpointStays,
}

/// What can be done to a Flow that is no draft instead of deleting it.
fn instead(status: &str) -> &'static str {
    match status {
        DEPRECATED => "it can no longer be sent, and stays in the list",
        _published_restricted_or_new => "deprecate it, so that it can be sent no more",
    }
}
