//! The HTTP routes of access, one file each.

mod accept_invite;
mod accept_link;
mod answer;
mod audit_page;
mod cancel_invite;
mod change_role;
mod create_workspace;
mod decline_invite;
mod delete_workspace;
mod end_session;
mod invite;
mod issue_code;
mod issue_key;
mod leave;
mod list_dev_mails;
mod list_invites;
mod list_keys;
mod list_members;
mod list_my_invites;
mod list_workspaces;
mod permit;
mod project_audit;
mod remove_member;
mod rename_workspace;
mod resend_invite;
mod revoke_key;
mod rotate_key;
mod show_me;
mod show_workspace;
mod start_session;
mod transfer_ownership;
mod workspace_audit;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use chassis::{Caller, Problem, RequestId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Access;
use crate::actor::Actor;
use crate::command::Origin;

/// All routes; the frame around them (credentials, limits, health) is `chassis::Site`'s. Those to sign in are outside of `/v1`: whoever
/// calls them has no credentials yet.
pub fn routes(access: Access) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(issue_code::issue_code))
        .routes(routes!(start_session::start_session))
        .routes(routes!(accept_link::accept_link))
        .routes(routes!(show_me::show_me))
        .routes(routes!(end_session::end_session))
        .routes(routes!(list_my_invites::list_my_invites))
        .routes(routes!(accept_invite::accept_invite))
        .routes(routes!(decline_invite::decline_invite))
        .routes(routes!(list_workspaces::list_workspaces, create_workspace::create_workspace))
        .routes(routes!(show_workspace::show_workspace, rename_workspace::rename_workspace, delete_workspace::delete_workspace))
        .routes(routes!(transfer_ownership::transfer_ownership))
        .routes(routes!(leave::leave))
        .routes(routes!(list_members::list_members))
        .routes(routes!(change_role::change_role, remove_member::remove_member))
        .routes(routes!(permit::permit))
        .routes(routes!(list_invites::list_invites, invite::invite))
        .routes(routes!(cancel_invite::cancel_invite))
        .routes(routes!(resend_invite::resend_invite))
        .routes(routes!(list_keys::list_keys, issue_key::issue_key))
        .routes(routes!(revoke_key::revoke_key))
        .routes(routes!(rotate_key::rotate_key))
        .routes(routes!(project_audit::project_audit))
        .routes(routes!(workspace_audit::workspace_audit))
        .routes(routes!(list_dev_mails::list_dev_mails))
        .layer(middleware::from_fn(known_when_answered))
        .with_state(access)
}

/// Whoever is told that somebody may do less can rely on it: the guard of this process knows of every change before it is answered.
async fn known_when_answered(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned().filter(|_| !request.method().is_safe());
    let response = next.run(request).await;
    if let Some(caller) = caller.filter(|_| response.status().is_success()) {
        // What was changed stays changed, also when the log cannot be asked: then the guard decides nothing on what is old.
        let _ = caller.catch_up().await;
    }
    response
}

/// A request by somebody who is known.
fn by<'a>(caller: &Caller, request: &'a RequestId) -> Result<(Actor, Origin<'a>), Problem> {
    let actor = Actor::of(caller)?;
    Ok((actor, Origin { request: request.as_str(), actor: Some(actor) }))
}

/// One field of a body that is JSON of the right shape and still not usable.
fn wrong(pointer: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::unprocessable("invalid_body", "this cannot be taken").field(pointer, "invalid", detail.to_string())
}
