//! People, workspaces, who may do what in them, and API keys. No secret is in an event: of keys, codes and sessions only hashes.
//!
//! A *personal account* is a workspace of one person, made with them and bearing their ULID.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::{InviteId, KeyId, ProjectId, SessionId, UserId};

events! {
    /// What access says: about a workspace on `workspace.<wsp>`, about a person on `workspace.user.<usr>`; and the last use of a key,
    /// said by whoever checked it, on `workspace.used.<key>`.
    WorkspaceEvent {
        SignInCodeIssued = "workspace.sign_in_code_issued.v1",
        SignInFailed = "workspace.sign_in_failed.v1",
        UserRegistered = "workspace.user_registered.v1",
        SessionStarted = "workspace.session_started.v1",
        SessionEnded = "workspace.session_ended.v1",
        WorkspaceCreated = "workspace.workspace_created.v1",
        WorkspaceRenamed = "workspace.workspace_renamed.v1",
        WorkspaceDeleted = "workspace.workspace_deleted.v1",
        MemberInvited = "workspace.member_invited.v1",
        InviteRenewed = "workspace.invite_renewed.v1",
        InviteCancelled = "workspace.invite_cancelled.v1",
        InviteAccepted = "workspace.invite_accepted.v1",
        MemberRoleChanged = "workspace.member_role_changed.v1",
        MemberPermissionsChanged = "workspace.member_permissions_changed.v1",
        MemberRemoved = "workspace.member_removed.v1",
        OwnershipTransferred = "workspace.ownership_transferred.v1",
        KeyIssued = "workspace.key_issued.v1",
        KeyExpirySet = "workspace.key_expiry_set.v1",
        KeyRevoked = "workspace.key_revoked.v1",
        KeyUsed = "workspace.key_used.v1",
    }
}

/// What a member of a workspace may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Only what was granted, project by project.
    Member,
    /// Everything but giving the workspace away or deleting it.
    Admin,
    /// Everything. There is one.
    Owner,
}

/// Whose workspace it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// One person's own; nobody can be invited.
    Personal,
    /// A team's.
    Team,
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyHolder {
    /// A program.
    Program,
    /// An agent: what it does is marked as such.
    Agent,
}

/// A code to sign in with was sent to the person's e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInCodeIssued {
    /// Keyed hash of the code, hexadecimal.
    pub hash: String,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// A wrong code was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailed {}

/// A person signed in for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRegistered {
    /// The address, which is also who they are: the id follows from it.
    pub email: String,
    /// What to call them.
    pub name: Option<String>,
}

/// A person signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStarted {
    /// The session.
    pub session: SessionId,
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// A person signed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The session.
    pub session: SessionId,
}

/// A workspace exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceCreated {
    /// 1 to 100 characters.
    pub name: String,
    /// Whose it is.
    pub kind: WorkspaceKind,
    /// The one owner.
    pub owner: UserId,
}

/// It has another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRenamed {
    /// 1 to 100 characters.
    pub name: String,
}

/// Nobody belongs to it any more and no key of it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceDeleted {}

/// Somebody was asked to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInvited {
    /// The invitation.
    pub invite: InviteId,
    /// Where it was sent.
    pub email: String,
    /// As what.
    pub role: Role,
    /// When its link stops working; the invitation itself stays.
    pub expires_at: DateTime<Utc>,
}

/// An invitation was sent again, with a new link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRenewed {
    /// The invitation.
    pub invite: InviteId,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
}

/// An invitation was taken back, or declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteCancelled {
    /// The invitation.
    pub invite: InviteId,
}

/// Somebody joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteAccepted {
    /// The invitation.
    pub invite: InviteId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
}

/// A member has another role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRoleChanged {
    /// Who.
    pub user: UserId,
    /// As what from now on.
    pub role: Role,
}

/// What a member may do in one project, all of it. Of no meaning for admins and the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPermissionsChanged {
    /// Who.
    pub user: UserId,
    /// Where.
    pub project: ProjectId,
    /// The scopes; none: nothing.
    pub scopes: Vec<String>,
}

/// A member belongs to the workspace no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRemoved {
    /// Who.
    pub user: UserId,
}

/// The workspace has another owner; the one before is an admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipTransferred {
    /// Who owned it.
    pub from: UserId,
    /// Who owns it.
    pub to: UserId,
}

/// A key exists. It was shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyIssued {
    /// The key.
    pub key: KeyId,
    /// What it is for.
    pub name: String,
    /// Who holds it.
    pub holder: KeyHolder,
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The one project that it works for; absent: all of the workspace.
    pub project: Option<ProjectId>,
    /// When it stops working; absent: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// The key that it takes over from.
    pub replaces: Option<KeyId>,
}

/// A key stops working at another time than before: it was replaced and both work for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyExpirySet {
    /// The key.
    pub key: KeyId,
    /// When.
    pub expires_at: DateTime<Utc>,
}

/// A key works no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevoked {
    /// The key.
    pub key: KeyId,
}

/// A key was used. Said seldom, so that it costs little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsed {
    /// The key.
    pub key: KeyId,
    /// When.
    pub at: DateTime<Utc>,
}
