//! The tables of the sender in their current form: schema `sender` of the platform database, and nothing outside of it.
//!
//! Every service of the platform database keeps its own list of migrations in its own schema, so that their numbers never meet.

use std::borrow::Cow;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Applies what is missing. Refuses a migration that was changed after it was applied.
pub(crate) async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let mut migrator = Migrator { migrations: Cow::Borrowed(&MIGRATIONS.migrations), ..Migrator::DEFAULT };
    migrator.create_schema("sender");
    migrator.dangerous_set_table_name("sender._migrations");
    migrator.run(pool).await
}
