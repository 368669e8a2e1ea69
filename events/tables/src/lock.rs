//! One writer of a project's rows at a time. All services share a database and with it the names of its locks, so a name begins with the
//! schema of whoever takes it: no service waits for another.

use sqlx::PgConnection;

/// Until the transaction of this connection ends, nobody else of the service with this schema writes or erases rows of the project.
///
/// # Errors
/// What Postgres says.
pub async fn lock_project(connection: &mut PgConnection, schema: &'static str, project: &str) -> Result<(), sqlx::Error> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
    lock.bind(format!("{schema}:{project}")).execute(connection).await?;
    Ok(())
}
