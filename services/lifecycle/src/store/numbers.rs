//! Projects by what they have at Meta.

use contract::ProjectId;
use sqlx::PgPool;

use super::document;
use crate::error::Error;
use crate::project::Project;

/// The project that has this number of this account; `digits` as people dial it.
pub(crate) async fn find_by_number(pool: &PgPool, account: &str, digits: &str) -> Result<Option<Project>, Error> {
    if digits.is_empty() {
        return Ok(None);
    }
    let row = sqlx::query(
        "SELECT document FROM lifecycle.projects
         WHERE document->'number'->>'waba' = $1 AND regexp_replace(document->'number'->>'display', '[^0-9]', '', 'g') = $2 LIMIT 1",
    )
    .bind(account)
    .bind(digits)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(document).transpose()
}

/// Whether a project has, or is connecting, a number of this account. Projects do not count whose signup failed and that give back what it
/// took, nor those that are letting go of their number because they are being deleted or are giving it back.
pub(crate) async fn account_in_use(pool: &PgPool, account: &str) -> Result<bool, Error> {
    let used = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM lifecycle.projects
         WHERE (document->'number'->>'waba' = $1
                OR document->'offer'->>'waba_id' = $1
                   AND (document->'offer'->>'phone_number_id' = document->'number'->>'id'
                        OR document->'operation'->>'kind' = 'connect_number' AND document->'operation'->'outcome'->>'status' = 'running'))
           AND document->'operation'->>'kind' <> 'delete_project'
           AND NOT (document->'operation'->>'kind' = 'disconnect_number' AND document->'operation'->'outcome'->>'status' = 'running'))",
    )
    .bind(account)
    .fetch_one(pool)
    .await?;
    Ok(used)
}

/// Whether another project is connecting this number at the moment.
pub(crate) async fn connecting_elsewhere(pool: &PgPool, number: &str, except: ProjectId) -> Result<bool, Error> {
    let connecting = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM lifecycle.projects
         WHERE id <> $2 AND document->'offer'->>'phone_number_id' = $1
           AND document->'operation'->>'kind' = 'connect_number' AND document->'operation'->'outcome'->>'status' = 'running')",
    )
    .bind(number)
    .bind(except.to_string())
    .fetch_one(pool)
    .await?;
    Ok(connecting)
}
