//! Up to where the audit log is whole.

use contract::Stream;
use sqlx::PgPool;
use tables::{signed, unsigned};

use crate::error::Error;

/// Every event up to here is in the audit log, if it belongs there.
pub(crate) async fn audited(pool: &PgPool, stream: Stream) -> Result<u64, Error> {
    let sequence: Option<i64> =
        sqlx::query_scalar("SELECT audited FROM access.log WHERE stream = $1").bind(stream.name()).fetch_optional(pool).await?;
    Ok(sequence.map_or(0, unsigned))
}

/// Keeps that, never backwards.
pub(crate) async fn set_audited(pool: &PgPool, stream: Stream, sequence: u64) -> Result<(), Error> {
    sqlx::query("UPDATE access.log SET audited = greatest(audited, $2) WHERE stream = $1")
        .bind(stream.name())
        .bind(signed(sequence))
        .execute(pool)
        .await?;
    Ok(())
}
