//! People, workspaces, members, invitations and keys as callers see them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{InviteId, KeyId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::key::Key;
use crate::store::workspaces::Listed;
use crate::store::{holder_name, kind_name, role_name};
use crate::workspace::{Invite, Member, Workspace};

/// A role as callers write it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleName {
    Admin,
    Member,
}

impl From<RoleName> for contract::Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Member => Self::Member,
        }
    }
}

/// Somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    /// Send it as `Authorization: Bearer …`. It is shown here and nowhere else.
    #[schema(example = "paige_ses_…")]
    pub token: String,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// Who.
    #[schema(example = "usr_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub user: String,
    /// Their own workspace.
    #[schema(example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub personal_workspace: String,
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceAnswer {
    #[schema(example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub id: String,
    pub name: String,
    /// `personal` or `team`.
    #[schema(example = "team")]
    pub kind: String,
    /// The caller's role: `owner`, `admin` or `member`; null for keys.
    pub role: Option<String>,
    /// The one owner; null for the workspace of the installation.
    pub owner: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl WorkspaceAnswer {
    pub(crate) fn of(workspace: &Workspace, seen_by: Option<UserId>) -> Self {
        let role = seen_by.and_then(|user| workspace.members.get(&user)).map(|member| role_name(member.role).to_owned());
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.clone(),
            kind: kind_name(workspace.kind).to_owned(),
            role,
            owner: workspace.owner.map(|owner| owner.to_string()),
            created_at: workspace.created_at,
        }
    }

    pub(crate) fn listed(listed: Listed) -> Self {
        let Listed { id, name, kind, role, owner, created_at, .. } = listed;
        Self { id, name, kind, role, owner, created_at }
    }
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    #[schema(example = "usr_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub user: String,
    pub email: Option<String>,
    pub name: Option<String>,
    /// `owner`, `admin` or `member`.
    pub role: &'static str,
    pub joined_at: DateTime<Utc>,
    /// What a plain member may do, by project. It means nothing for admins and the owner, and in projects that are gone or another's by now.
    pub projects: BTreeMap<String, Vec<String>>,
}

impl MemberAnswer {
    pub(crate) fn of(user: UserId, member: &Member, who: (Option<String>, Option<String>)) -> Self {
        let (email, name) = who;
        Self {
            user: user.to_string(),
            email,
            name,
            role: role_name(member.role),
            joined_at: member.joined_at,
            projects: member.permissions.iter().map(|(project, scopes)| (project.to_string(), scopes.clone())).collect(),
        }
    }
}

/// A pending invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviteAnswer {
    #[schema(example = "inv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub id: String,
    pub email: String,
    /// `admin` or `member`.
    pub role: &'static str,
    pub invited_at: DateTime<Utc>,
    /// When it was mailed last.
    pub mailed_at: DateTime<Utc>,
    pub invited_by: Option<String>,
    /// When the link in the mail stops working; the invitation itself stays.
    pub link_expires_at: DateTime<Utc>,
}

impl InviteAnswer {
    pub(crate) fn of(id: InviteId, invite: &Invite) -> Self {
        Self {
            id: id.to_string(),
            email: invite.email.clone(),
            role: role_name(invite.role),
            invited_at: invite.invited_at,
            mailed_at: invite.mailed_at,
            invited_by: invite.invited_by.clone(),
            link_expires_at: invite.expires_at,
        }
    }
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    #[schema(example = "key_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub id: String,
    /// What the key begins with, to find it where it is used.
    #[schema(example = "paige_key_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    pub prefix: String,
    pub name: String,
    /// `program` or `agent`.
    pub holder: &'static str,
    pub scopes: Vec<String>,
    /// The one project that it works for; null: all of the workspace.
    pub project: Option<String>,
    pub issued_at: DateTime<Utc>,
    pub issued_by: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Also with the project that it was for.
    pub revoked_at: Option<DateTime<Utc>>,
    /// To within a few minutes; null: never.
    pub last_used_at: Option<DateTime<Utc>>,
    pub replaces: Option<String>,
    pub replaced_by: Option<String>,
}

impl KeyAnswer {
    pub(crate) fn of(id: KeyId, key: &Key, last_used_at: Option<DateTime<Utc>>) -> Self {
        Self {
            id: id.to_string(),
            prefix: format!("paige_{id}"),
            name: key.name.clone(),
            holder: holder_name(key.holder),
            scopes: key.scopes.clone(),
            project: key.project.map(|project| project.to_string()),
            issued_at: key.issued_at,
            issued_by: key.issued_by.clone(),
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at,
            replaces: key.replaces.map(|key| key.to_string()),
            replaced_by: key.replaced_by.map(|key| key.to_string()),
        }
    }
}

/// A new key: the only time that its secret is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedKeyAnswer {
    /// Send it as `Authorization: Bearer …`. It is shown here and nowhere else.
    #[schema(example = "paige_key_…")]
    pub secret: String,
    pub key: KeyAnswer,
}
