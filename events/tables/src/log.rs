//! Which log a service's tables were built from. What they say of one log is wrong of another, so whoever finds another does not start.

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::{AssertSqlSafe, PgPool};

/// What Postgres keeps of a time: microseconds.
const POSTGRES_TIME_DIGITS: u16 = 6;

/// The tables were built from another log. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tables of {schema} belong to another log: stream {stream} was created at {known} there and at {found} here")]
pub struct OtherLog {
    /// Whose tables.
    pub schema: &'static str,
    /// Which stream.
    pub stream: &'static str,
    /// When the stream of the tables was created.
    pub known: DateTime<Utc>,
    /// When this one was.
    pub found: DateTime<Utc>,
}

impl OtherLog {
    /// For whoever keeps in a table of their own when `stream` was created: what is `known` there, and what is `found` in the log, both as
    /// [`stored`].
    ///
    /// # Errors
    /// They are not the same.
    pub fn check(schema: &'static str, stream: &'static str, known: DateTime<Utc>, found: DateTime<Utc>) -> Result<(), Self> {
        if known == found { Ok(()) } else { Err(Self { schema, stream, known, found }) }
    }
}

/// A time as Postgres gives it back.
pub fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(POSTGRES_TIME_DIGITS)
}

/// Refuses a log whose `stream` was created at another time than the one that the tables of `schema` were built from. When that was, the
/// schema's own table `log` (`stream text`, `created timestamptz`) says; what it does not know yet, it keeps from `created`.
///
/// # Errors
/// [`OtherLog`], or what Postgres says.
pub async fn refuse_other_log<E>(pool: &PgPool, schema: &'static str, stream: &'static str, created: DateTime<Utc>) -> Result<(), E>
where
    E: From<OtherLog> + From<sqlx::Error>,
{
    let found = stored(created);
    let keep = format!("INSERT INTO {schema}.log (stream, created) VALUES ($1, $2) ON CONFLICT (stream) DO NOTHING");
    sqlx::query(AssertSqlSafe(keep)).bind(stream).bind(found).execute(pool).await?;
    let ask = format!("SELECT created FROM {schema}.log WHERE stream = $1");
    let known: DateTime<Utc> = sqlx::query_scalar(AssertSqlSafe(ask)).bind(stream).fetch_one(pool).await?;
    Ok(OtherLog::check(schema, stream, known, found)?)
}
