//! What a comparison with the provider asks of the tables: which payments are not settled for good, and how far it came the last time.

use chrono::{DateTime, Utc};
use contract::{PaymentId, ProjectId};
use sqlx::PgPool;

use super::parse;
use crate::charges::GIVEN_UP;
use crate::error::Error;
use crate::payment_page::NOBODY_HAS_IT;
use crate::reconcile::NEVER_BEGUN;

/// Payments that are not settled for good, the oldest first, after `after`, and whether each is open: pages that were asked for before
/// `asked_before`; and what failed since `failed_since` and may be paid all the same, which are pages that somebody was given, and charges that were
/// given up.
pub(crate) async fn unsettled(
    pool: &PgPool,
    (asked_before, failed_since): (DateTime<Utc>, DateTime<Utc>),
    after: i64,
    limit: u32,
) -> Result<Vec<(ProjectId, PaymentId, i64, bool)>, Error> {
    let rows: Vec<(String, String, i64, bool)> = sqlx::query_as(
        "SELECT p.project_id, p.id, p.requested_sequence, p.status = 'open'
         FROM billing.payments p JOIN billing.accounts a USING (project_id)
         WHERE a.closed_by IS NULL AND p.requested_sequence > $3
           AND (p.status = 'open' AND p.purpose IN ('subscribe', 'credits') AND p.requested_at < $1
             OR p.status = 'failed' AND p.settled_at >= $2
               AND (p.reason = $5 OR p.purpose IN ('subscribe', 'credits') AND p.reason <> ALL ($6)))
         ORDER BY p.requested_sequence LIMIT $4",
    )
    .bind(asked_before)
    .bind(failed_since)
    .bind(after)
    .bind(i64::from(limit))
    .bind(GIVEN_UP)
    .bind(&[NEVER_BEGUN, NOBODY_HAS_IT][..])
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|(project, payment, sequence, open)| Ok((parse(&project)?, parse(&payment)?, sequence, open))).collect()
}

/// When the oldest payment was asked for that is open, or failed since then for whatever reason.
pub(crate) async fn oldest_unsettled(pool: &PgPool, since: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let oldest = "SELECT min(requested_at) FROM billing.payments WHERE status = 'open' OR status = 'failed' AND settled_at >= $1";
    Ok(sqlx::query_scalar(oldest).bind(since).fetch_one(pool).await?)
}

/// Whose payment it is, and what became of it.
pub(crate) async fn find_payment(pool: &PgPool, payment: PaymentId) -> Result<Option<(ProjectId, String)>, Error> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT project_id, status FROM billing.payments WHERE id = $1")
        .bind(payment.to_string())
        .fetch_optional(pool)
        .await?;
    row.map(|(project, status)| Ok((parse(&project)?, status))).transpose()
}

/// Up to when payments were compared with the provider's.
pub(crate) async fn reconciled(pool: &PgPool) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(sqlx::query_scalar("SELECT through FROM billing.reconciliation").fetch_optional(pool).await?)
}

/// Keeps up to when payments were compared.
pub(crate) async fn save_reconciled(pool: &PgPool, through: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO billing.reconciliation (one, through) VALUES (true, $1) ON CONFLICT (one) DO UPDATE SET through = excluded.through",
    )
    .bind(through)
    .execute(pool)
    .await?;
    Ok(())
}
