//! The server's outer wall: nobody connects to a database without having been granted that.
//!
//! Postgres lets every role connect to every database unless told otherwise. Bots have roles, so that default must go, on every database: the
//! platform's, `postgres`, `template1`, and any that somebody added. A server of Paige is Paige's alone.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Failure, Server};

/// Processes that close the server at the same time do so one after the other.
const LOCK: i64 = 0x7061_6967_655f_7761;

const OPEN_DATABASES: &str = "SELECT datname::text FROM pg_database
    WHERE datallowconn AND EXISTS (
        SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT')";

/// How often it is tried. The lock is of one database: a process on another database of the server may change the same rows meanwhile.
const TRIES_MAX: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the right to connect from PUBLIC on every database that still gives it.
///
/// # Errors
/// [`Failure::Operator`] names a database that the platform may not close; [`Failure::Passing`] did not pass within two seconds.
pub(crate) async fn close_to_public(server: &Server) -> Result<(), Failure> {
    let mut tries = 1;
    loop {
        match attempt(server).await {
            Err(Failure::Passing(_)) if tries < TRIES_MAX => tries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn attempt(server: &Server) -> Result<(), Failure> {
    let mut connection = server.connect().await?;
    close(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

pub(super) async fn close(connection: &mut PgConnection) -> Result<(), Failure> {
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let open: Vec<String> = sqlx::query_scalar(OPEN_DATABASES).fetch_all(&mut *transaction).await?;
    for database in &open {
        let quoted = database.replace('"', "\"\"");
        let revoke = AssertSqlSafe(format!("REVOKE CONNECT ON DATABASE \"{quoted}\" FROM PUBLIC"));
        sqlx::query(revoke).execute(&mut *transaction).await?;
        tracing::info!(database, "every role could connect to this database; now only those that were granted it");
    }
    // A REVOKE without the right to it is a warning, not an error.
    let still_open: Vec<String> = sqlx::query_scalar(OPEN_DATABASES).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    match still_open.first() {
        None => Ok(()),
        Some(database) => Err(Failure::Operator(format!(
            "every role may connect to database {database}, which the platform's login may not change: REVOKE CONNECT FROM PUBLIC there"
        ))),
    }
}
