//! People: whom an id stands for.

use contract::UserId;
use sqlx::PgPool;
use tables::{signed, unsigned};

use crate::error::Error;
use crate::person::Person;

/// Writes a person, unless the table has them at this version or a later one.
pub(crate) async fn save(pool: &PgPool, person: Option<&Person>) -> Result<(), Error> {
    let Some(person) = person else { return Ok(()) };
    sqlx::query(
        "INSERT INTO access.people AS old (id, email, name, registered_at, sequence) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, registered_at = excluded.registered_at,
             sequence = excluded.sequence
         WHERE old.sequence < excluded.sequence",
    )
    .bind(person.id.to_string())
    .bind(&person.email)
    .bind(&person.name)
    .bind(person.registered_at)
    .bind(signed(person.version))
    .execute(pool)
    .await?;
    Ok(())
}

/// What the table reflects of a person; 0 for nothing.
pub(crate) async fn reflected(pool: &PgPool, user: UserId) -> Result<u64, Error> {
    let sequence: Option<i64> =
        sqlx::query_scalar("SELECT sequence FROM access.people WHERE id = $1").bind(user.to_string()).fetch_optional(pool).await?;
    Ok(sequence.map_or(0, unsigned))
}
