//! The tables of flow-sync in their current form: schema `flow_sync` of the platform database, and nothing outside of it.
//!
//! Every service of the platform database keeps its own list of migrations in its own schema, so that their numbers never meet.
//! sqlx holds an advisory lock of the database meanwhile: services that start at the same time wait for each other.

use std::borrow::Cow;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Applies what is missing. Refuses a migration that was changed after it was applied.
pub(crate) async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let mut migrator = Migrator { migrations: Cow::Borrowed(&MIGRATIONS.migrations), ..Migrator::DEFAULT };
    migrator.create_schema("flow_sync");
    migrator.dangerous_set_table_name("flow_sync._migrations");
    migrator.run(pool).await
}
