//! `POST /v1/workspaces/{workspace}/keys/{key}/rotate`: a key with another secret takes over; for a while both work.

use auth::credential::Issued;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use chrono::{DateTime, SubsecRound, Utc};
use contract::{KeyId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::IssuedKeyAnswer;
use super::issue_key::shown_once;
use super::{by, wrong};
use crate::Access;
use crate::decide::{Command, OVERLAP_SECONDS_MAX, WorkspaceCommand};

/// What events and tables keep of a time: microseconds.
const TIME_DIGITS: u16 = 6;

/// For how long both work.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateKey {
    /// 0 to 2,592,000 (30 days); 0: the old key stops at once.
    #[schema(example = 3600, maximum = 2_592_000)]
    overlap_seconds: u32,
    /// When the new key stops working; absent: when the old one would have, or the key that rotates it, which it cannot outlive.
    expires_at: Option<DateTime<Utc>>,
}

/// Rotates a key
///
/// The new key has the name, scopes, project and holder of the old one.
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/keys/{key}/rotate",
    tag = "keys",
    security(("api_key" = ["keys:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("key" = String, Path, description = "The key that is replaced")),
    request_body = RotateKey,
    responses(
        (status = 201, description = "The new key, with its secret", body = IssuedKeyAnswer),
        (status = 403, description = "`insufficient_scope`: the caller lacks one of its scopes"),
        (status = 409, description = "`key_ended`; `key_replaced`: rotate the one in `replaced_by`, also if its secret was lost; `limit_reached`"),
        (status = 422, description = "`invalid_body`: also for a key that would outlive the one that rotates it"),
    )
)]
pub(crate) async fn rotate_key(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, old)): Path<(WorkspaceId, KeyId)>,
    Json(body): Json<RotateKey>,
) -> Result<(StatusCode, Json<IssuedKeyAnswer>), Problem> {
    let (by, origin) = by(&caller, &request)?;
    if body.overlap_seconds > OVERLAP_SECONDS_MAX {
        return Err(wrong("/overlap_seconds", format_args!("at most {OVERLAP_SECONDS_MAX}")));
    }
    let key = KeyId::from_ulid(access.ids.ulid());
    let issued = Issued::key(key);
    let command = WorkspaceCommand::RotateKey {
        old,
        key,
        hash: issued.hash.clone(),
        overlap_seconds: body.overlap_seconds,
        expires_at: body.expires_at.map(|at| at.trunc_subsecs(TIME_DIGITS)),
    };
    let ground = access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok((StatusCode::CREATED, Json(shown_once(&ground, key, &issued)?)))
}
