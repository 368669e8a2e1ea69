//! Workspaces with their members, invitations and keys: one state, written in one transaction.

use chassis::PageLimit;
use chrono::{DateTime, Utc};
use contract::WorkspaceId;
use sqlx::{PgPool, Postgres, Row, Transaction};
use tables::{signed, unsigned};

use super::{holder_name, kind_name, role_name};
use crate::error::Error;
use crate::workspace::Workspace;

/// A workspace as a list shows it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub id: String,
    pub name: String,
    pub kind: String,
    /// The role of whoever asked; none: they are no member.
    pub role: Option<String>,
    pub owner: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_sequence: u64,
}

/// Writes a workspace and all that belongs to it, unless the tables have it at this version or a later one.
///
/// What belongs to it is bounded and replaced as a whole: so the tables cannot differ from the state.
pub(crate) async fn save(pool: &PgPool, workspace: Option<&Workspace>) -> Result<(), Error> {
    let Some(workspace) = workspace else { return Ok(()) };
    let mut transaction = pool.begin().await?;
    let written = sqlx::query(
        "INSERT INTO access.workspaces AS old (id, name, kind, owner_id, created_at, deleted_at, created_sequence, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id, deleted_at = excluded.deleted_at,
             sequence = excluded.sequence
         WHERE old.sequence < excluded.sequence",
    )
    .bind(workspace.id.to_string())
    .bind(&workspace.name)
    .bind(kind_name(workspace.kind))
    .bind(workspace.owner.map(|owner| owner.to_string()))
    .bind(workspace.created_at)
    .bind(workspace.deleted_at)
    .bind(signed(workspace.created_sequence))
    .bind(signed(workspace.version))
    .execute(&mut *transaction)
    .await?;
    if written.rows_affected() > 0 {
        for table in ["members", "invites", "keys"] {
            let delete = format!("DELETE FROM access.{table} WHERE workspace_id = $1");
            sqlx::query(sqlx::AssertSqlSafe(delete)).bind(workspace.id.to_string()).execute(&mut *transaction).await?;
        }
        insert_members(&mut transaction, workspace).await?;
        insert_invites(&mut transaction, workspace).await?;
        insert_keys(&mut transaction, workspace).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn insert_members(transaction: &mut Transaction<'_, Postgres>, workspace: &Workspace) -> Result<(), Error> {
    for (user, member) in &workspace.members {
        let permissions: serde_json::Map<String, serde_json::Value> =
            member.permissions.iter().map(|(project, scopes)| (project.to_string(), scopes.clone().into())).collect();
        sqlx::query("INSERT INTO access.members (workspace_id, user_id, role, joined_at, permissions) VALUES ($1, $2, $3, $4, $5)")
            .bind(workspace.id.to_string())
            .bind(user.to_string())
            .bind(role_name(member.role))
            .bind(member.joined_at)
            .bind(serde_json::Value::Object(permissions))
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn insert_invites(transaction: &mut Transaction<'_, Postgres>, workspace: &Workspace) -> Result<(), Error> {
    for (id, invite) in &workspace.invites {
        sqlx::query(
            "INSERT INTO access.invites (workspace_id, id, email, role, invited_at, mailed_at, invited_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(workspace.id.to_string())
        .bind(id.to_string())
        .bind(&invite.email)
        .bind(role_name(invite.role))
        .bind(invite.invited_at)
        .bind(invite.mailed_at)
        .bind(&invite.invited_by)
        .bind(invite.expires_at)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn insert_keys(transaction: &mut Transaction<'_, Postgres>, workspace: &Workspace) -> Result<(), Error> {
    for (id, key) in &workspace.keys {
        sqlx::query(
            "INSERT INTO access.keys (workspace_id, id, name, holder, scopes, project_id, issued_at, issued_by, expires_at, revoked_at,
                 replaces, replaced_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(workspace.id.to_string())
        .bind(id.to_string())
        .bind(&key.name)
        .bind(holder_name(key.holder))
        .bind(&key.scopes)
        .bind(key.project.map(|project| project.to_string()))
        .bind(key.issued_at)
        .bind(&key.issued_by)
        .bind(key.expires_at)
        .bind(key.revoked_at)
        .bind(key.replaces.map(|key| key.to_string()))
        .bind(key.replaced_by.map(|key| key.to_string()))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// What the tables reflect of a workspace; none: they do not have it.
pub(crate) async fn reflected(pool: &PgPool, id: WorkspaceId) -> Result<Option<u64>, Error> {
    let sequence: Option<i64> =
        sqlx::query_scalar("SELECT sequence FROM access.workspaces WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    Ok(sequence.map(unsigned))
}

/// A page of workspaces and one more, the youngest first, older than the one created by the event `before`; of `user` alone, or all.
pub(crate) async fn list(pool: &PgPool, user: Option<&str>, before: Option<u64>, limit: PageLimit) -> Result<Vec<Listed>, Error> {
    let rows = sqlx::query(
        "SELECT w.id, w.name, w.kind, w.owner_id, w.created_at, w.created_sequence, m.role
         FROM access.workspaces w LEFT JOIN access.members m ON m.workspace_id = w.id AND m.user_id = $1
         WHERE w.deleted_at IS NULL AND w.created_sequence < $2 AND ($1 IS NULL OR m.role IS NOT NULL)
         ORDER BY w.created_sequence DESC LIMIT $3",
    )
    .bind(user)
    .bind(before.map_or(i64::MAX, signed))
    .bind(limit.and_one())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                kind: row.try_get("kind")?,
                role: row.try_get("role")?,
                owner: row.try_get("owner_id")?,
                created_at: row.try_get("created_at")?,
                created_sequence: unsigned(row.try_get("created_sequence")?),
            })
        })
        .collect()
}

/// How many workspaces of a team `user` owns.
pub(crate) async fn count_owned(pool: &PgPool, user: &str) -> Result<i64, Error> {
    let count = "SELECT count(*) FROM access.workspaces WHERE owner_id = $1 AND deleted_at IS NULL AND kind = 'team'";
    Ok(sqlx::query_scalar(count).bind(user).fetch_one(pool).await?)
}

/// Which names and addresses people have, by their ids.
pub(crate) async fn people_of(pool: &PgPool, id: WorkspaceId) -> Result<Vec<(String, Option<String>, Option<String>)>, Error> {
    let people = "SELECT p.id, p.email, p.name FROM access.members m JOIN access.people p ON p.id = m.user_id WHERE m.workspace_id = $1";
    Ok(sqlx::query_as(people).bind(id.to_string()).fetch_all(pool).await?)
}

/// A pending invitation as its invitee sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Invited {
    pub id: String,
    pub workspace_id: String,
    pub workspace_name: String,
    pub role: String,
    pub invited_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Pending invitations of an address, the youngest first.
pub(crate) async fn invites_of(pool: &PgPool, email: &str, limit: i64) -> Result<Vec<Invited>, Error> {
    let invites = sqlx::query_as(
        "SELECT i.id, i.workspace_id, w.name AS workspace_name, i.role, i.invited_at, i.expires_at
         FROM access.invites i JOIN access.workspaces w ON w.id = i.workspace_id
         WHERE i.email = $1 ORDER BY i.invited_at DESC, i.id DESC LIMIT $2",
    );
    Ok(invites.bind(email).bind(limit).fetch_all(pool).await?)
}

/// The workspace of a pending invitation.
pub(crate) async fn of_invite(pool: &PgPool, invite: &str) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar("SELECT workspace_id FROM access.invites WHERE id = $1").bind(invite).fetch_optional(pool).await?)
}
