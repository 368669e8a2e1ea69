//! The system tables' definition and its versions.

use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The version of the system tables that this software works with.
pub fn schema_version() -> u32 {
    MIGRATIONS.iter().map(|migration| u32::try_from(migration.version).unwrap_or(u32::MAX)).max().unwrap_or(0)
}

/// Brings the system tables of the connected project database to the current version. It can be repeated, and concurrent calls wait for
/// each other.
pub async fn migrate(connection: &mut PgConnection) -> Result<(), MigrateError> {
    // The ledger of migrations lives beside the platform's other tables, out of the bot's reach.
    sqlx::query("CREATE SCHEMA IF NOT EXISTS paige").execute(&mut *connection).await?;
    Migrator { table_name: "paige.migrations".into(), ..Migrator::with_migrations(MIGRATIONS.migrations.to_vec()) }.run(connection).await
}
