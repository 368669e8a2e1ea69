//! Tables in their current form: one schema of the platform database, and nothing outside of it.

use std::borrow::Cow;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

/// Makes `schema`, if it is not there, and applies what is missing of `migrations`. Every schema keeps its own list of them, so that the
/// numbers of two services never meet. sqlx holds an advisory lock of the database meanwhile: services that start at the same time wait for
/// each other.
///
/// # Errors
/// A migration was changed after it was applied, or Postgres does not do it.
pub async fn migrate(pool: &PgPool, schema: &'static str, migrations: &'static Migrator) -> Result<(), MigrateError> {
    let mut migrator = Migrator { migrations: Cow::Borrowed(&migrations.migrations), ..Migrator::DEFAULT };
    migrator.create_schema(schema);
    migrator.dangerous_set_table_name(format!("{schema}._migrations"));
    migrator.run(pool).await
}
