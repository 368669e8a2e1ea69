//! Why a command changes nothing, although it asked for it; and what a caller is told.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use chassis::Problem;
use chrono::{DateTime, SecondsFormat, Utc};

/// A rule that says no. Asking again does not help, unless it says when.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such workspace")]
    NoWorkspace,
    #[error("there is no such member")]
    NoMember,
    #[error("there is no such invitation")]
    NoInvite,
    #[error("there is no such key")]
    NoKey,
    #[error("the workspace owns no such project")]
    NoProject,
    /// The caller's own key ended between being checked and being used.
    #[error("the key works no more")]
    CallerEnded,
    #[error("this needs the scope {0}")]
    ScopeMissing(&'static str),
    #[error("only the owner makes, changes or removes admins")]
    OwnerNeeded,
    #[error("nobody gives away what they do not have: {0}")]
    ScopeNotHeld(String),
    #[error("a personal workspace has one member, and lives as long as they do; make a workspace for a team, POST /v1/workspaces")]
    Personal,
    #[error("the workspace of the installation has no owner and stays")]
    Installation,
    #[error("the owner stays until somebody else is the owner; transfer ownership first")]
    OwnerStays,
    #[error("confirm with the workspace's name")]
    NotConfirmed,
    #[error("the workspace owns projects, and a team gives none away: delete them first")]
    OwnsProjects,
    #[error("this address belongs to a member")]
    AlreadyMember,
    #[error("at most {max} {what}")]
    LimitReached { what: &'static str, max: usize },
    #[error("too many mails, or too soon after the last one")]
    TooSoon { retry_after_s: u32 },
    #[error("the invitation was accepted, declined or taken back; if you have joined, sign in, otherwise ask for another")]
    InviteEnded,
    #[error("the link has expired; sign in with the invited address and accept the invitation from your list")]
    LinkExpired,
    #[error("this address is somebody's who is registered; sign in with it and accept the invitation from your list")]
    SignInFirst,
    #[error("the code is wrong, or works no more; ask for another")]
    WrongCode,
    /// Not told to anybody: a code was asked for too often.
    #[error("too many codes")]
    TooManyCodes,
    #[error("a key expires in the future, within ten years")]
    ExpiryUnusable,
    #[error("no key outlives the one that makes it, which ends at {}", .0.to_rfc3339_opts(SecondsFormat::AutoSi, true))]
    ExpiryNotHeld(DateTime<Utc>),
    #[error("the key works no more; issue another")]
    KeyEnded,
    #[error("another key has taken over from this one already: rotate that one")]
    KeyReplaced,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NoWorkspace | Refusal::NoMember | Refusal::NoInvite | Refusal::NoKey | Refusal::NoProject => {
                Problem::not_found(detail)
            }
            Refusal::CallerEnded => unauthorized("unauthenticated", detail),
            Refusal::WrongCode => unauthorized("wrong_code", detail),
            Refusal::ScopeMissing(_) | Refusal::OwnerNeeded | Refusal::ScopeNotHeld(_) => {
                Problem::new(StatusCode::FORBIDDEN, "insufficient_scope").detail(detail)
            }
            Refusal::Personal => Problem::conflict("personal_workspace", detail),
            Refusal::Installation => Problem::conflict("installation_workspace", detail),
            Refusal::OwnerStays => Problem::conflict("owner_must_stay", detail),
            Refusal::NotConfirmed => Problem::unprocessable("not_confirmed", detail).field("/confirm", "invalid", "not the name"),
            Refusal::OwnsProjects => Problem::conflict("owns_projects", detail),
            Refusal::AlreadyMember => Problem::conflict("already_member", detail),
            Refusal::LimitReached { .. } => Problem::conflict("limit_reached", detail),
            Refusal::TooSoon { retry_after_s } => too_many(detail).header(RETRY_AFTER, HeaderValue::from(retry_after_s)),
            Refusal::TooManyCodes => too_many(detail),
            Refusal::InviteEnded => Problem::conflict("invite_ended", detail),
            Refusal::SignInFirst => Problem::conflict("sign_in_first", detail),
            Refusal::LinkExpired => Problem::conflict("invite_link_expired", detail),
            Refusal::ExpiryUnusable | Refusal::ExpiryNotHeld(_) => {
                Problem::unprocessable("invalid_body", &detail).field("/expires_at", "invalid", detail)
            }
            Refusal::KeyEnded => Problem::conflict("key_ended", detail),
            Refusal::KeyReplaced => Problem::conflict("key_replaced", detail),
        }
    }
}

fn unauthorized(code: &str, detail: String) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code).detail(detail).header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

fn too_many(detail: String) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests").detail(detail)
}
