//! The tables of billing. Writes are guarded by sequence: an older state never covers a newer one, whoever comes first.

mod comparing;

use chassis::PageLimit;
use chrono::{DateTime, Utc};
use contract::{OperationId, PaymentId, PaymentPurpose, ProjectId};
use sqlx::{PgConnection, PgPool, Row};
use tables::signed;

use crate::account::{Account, Payment};
use crate::deadline;
use crate::error::Error;
use crate::subscription::{Span, entitlement};
use crate::terms::Terms;

pub(crate) use comparing::{find_payment, oldest_unsettled, reconciled, save_reconciled, unsettled};

/// Writes the account and what is new of its payments, unless the table has it at a later event or the project is gone.
pub(crate) async fn save(pool: &PgPool, project: ProjectId, account: &Account, terms: &Terms) -> Result<(), Error> {
    if account.sequence == 0 {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project).await?;
    let known: (bool, Option<i64>) = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM billing.erased WHERE project_id = $1), (SELECT sequence FROM billing.accounts WHERE project_id = $1)",
    )
    .bind(project.to_string())
    .fetch_one(&mut *transaction)
    .await?;
    let (erased, reflected) = known;
    if erased || reflected.is_some_and(|reflected| reflected > signed(account.sequence)) {
        return Ok(());
    }
    for (id, payment) in account.payments.iter().filter(|(_, payment)| signed(payment.sequence) > reflected.unwrap_or(0)) {
        save_payment(&mut transaction, project, *id, payment).await?;
    }
    save_account(&mut transaction, project, account, terms).await?;
    transaction.commit().await?;
    Ok(())
}

/// One writer of a project's rows at a time.
async fn lock(connection: &mut PgConnection, project: ProjectId) -> Result<(), Error> {
    Ok(tables::lock_project(connection, "billing", &project.to_string()).await?)
}

async fn save_account(connection: &mut PgConnection, project: ProjectId, account: &Account, terms: &Terms) -> Result<(), Error> {
    let subscription = account.subscription.as_ref();
    let starts = |span: Option<Span>| span.map(|span| span.starts_at);
    let ends = |span: Option<Span>| span.map(|span| span.ends_at);
    let trial = subscription.map(|subscription| subscription.trial);
    let cycle = subscription.and_then(|subscription| subscription.cycle);
    let grace = subscription.and_then(|subscription| subscription.grace);
    sqlx::query(
        "INSERT INTO billing.accounts
             (project_id, state, entitlement, since, trial_starts_at, trial_ends_at, cycle_starts_at, cycle_ends_at,
              grace_starts_at, grace_ends_at, reminders, can_charge, credits, closed_by, due_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (project_id) DO UPDATE SET
             state = excluded.state, entitlement = excluded.entitlement, since = excluded.since,
             trial_starts_at = excluded.trial_starts_at, trial_ends_at = excluded.trial_ends_at,
             cycle_starts_at = excluded.cycle_starts_at, cycle_ends_at = excluded.cycle_ends_at,
             grace_starts_at = excluded.grace_starts_at, grace_ends_at = excluded.grace_ends_at, reminders = excluded.reminders,
             can_charge = excluded.can_charge, credits = excluded.credits, closed_by = excluded.closed_by, due_at = excluded.due_at,
             sequence = excluded.sequence",
    )
    .bind(project.to_string())
    .bind(subscription.map(|subscription| subscription.state.as_str()))
    .bind(subscription.map(|subscription| crate::answer::entitlement_name(entitlement(subscription.state))))
    .bind(subscription.map(|subscription| subscription.since))
    .bind(starts(trial))
    .bind(ends(trial))
    .bind(starts(cycle))
    .bind(ends(cycle))
    .bind(starts(grace.map(|grace| grace.span)))
    .bind(ends(grace.map(|grace| grace.span)))
    .bind(grace.map(|grace| i64::from(grace.reminders)))
    .bind(account.authorisation.is_some())
    .bind(account.credits)
    .bind(account.closed.map(|operation| operation.to_string()))
    .bind(deadline::next(account, terms).map(|(at, _)| at))
    .bind(signed(account.sequence))
    .execute(connection)
    .await?;
    Ok(())
}

async fn save_payment(connection: &mut PgConnection, project: ProjectId, id: PaymentId, payment: &Payment) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO billing.payments
             (id, project_id, purpose, amount_minor, currency, credits, status, reason, requested_at, settled_at, requested_sequence, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET
             status = excluded.status, reason = excluded.reason, settled_at = excluded.settled_at, sequence = excluded.sequence",
    )
    .bind(id.to_string())
    .bind(project.to_string())
    .bind(purpose_name(payment.purpose))
    .bind(signed(payment.amount_minor))
    .bind(&payment.currency)
    .bind(signed(payment.credits))
    .bind(payment.status.as_str())
    .bind(&payment.reason)
    .bind(payment.requested_at)
    .bind(payment.settled_at)
    .bind(signed(payment.requested_sequence))
    .bind(signed(payment.sequence))
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes everything of a project, for good.
pub(crate) async fn erase(pool: &PgPool, project: ProjectId) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project).await?;
    for statement in [
        "INSERT INTO billing.erased (project_id) VALUES ($1) ON CONFLICT DO NOTHING",
        "DELETE FROM billing.payments WHERE project_id = $1",
        "DELETE FROM billing.accounts WHERE project_id = $1",
    ] {
        sqlx::query(statement).bind(project.to_string()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Which operation has closed the project here, and whether it is gone.
pub(crate) async fn closed(pool: &PgPool, project: ProjectId) -> Result<(Option<OperationId>, bool), Error> {
    let row: (Option<String>, bool) = sqlx::query_as(
        "SELECT (SELECT closed_by FROM billing.accounts WHERE project_id = $1), EXISTS (SELECT FROM billing.erased WHERE project_id = $1)",
    )
    .bind(project.to_string())
    .fetch_one(pool)
    .await?;
    Ok((row.0.and_then(|text| text.parse().ok()), row.1))
}

/// The account whose time comes next, and when; `without` those.
pub(crate) async fn next_due(pool: &PgPool, without: &[String]) -> Result<Option<(ProjectId, DateTime<Utc>)>, Error> {
    let row: Option<(String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT project_id, due_at FROM billing.accounts WHERE due_at IS NOT NULL AND project_id <> ALL ($1)
         ORDER BY due_at, project_id LIMIT 1",
    )
    .bind(without)
    .fetch_optional(pool)
    .await?;
    row.map(|(project, due)| Ok((parse(&project)?, due))).transpose()
}

/// Charges whose outcome is open, and when they were asked for, the oldest first.
pub(crate) async fn open_charges(pool: &PgPool, limit: u32) -> Result<Vec<(ProjectId, PaymentId, DateTime<Utc>)>, Error> {
    let rows: Vec<(String, String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT p.project_id, p.id, p.requested_at FROM billing.payments p JOIN billing.accounts a USING (project_id)
         WHERE p.status = 'open' AND p.purpose IN ('renew', 'resume') AND a.closed_by IS NULL
         ORDER BY p.requested_sequence LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|(project, payment, at)| Ok((parse(&project)?, parse(&payment)?, at))).collect()
}

/// A payment as lists show it.
pub(crate) struct PaymentRow {
    pub(crate) id: String,
    pub(crate) purpose: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) credits: i64,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) requested_at: DateTime<Utc>,
    pub(crate) settled_at: Option<DateTime<Utc>>,
    pub(crate) requested_sequence: i64,
}

/// A page of a project's payments and one more, the youngest first, asked for before the event `before`.
pub(crate) async fn list_payments(
    pool: &PgPool,
    project: ProjectId,
    before: Option<i64>,
    limit: PageLimit,
) -> Result<Vec<PaymentRow>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM billing.payments WHERE project_id = $1 AND requested_sequence < $2
         ORDER BY requested_sequence DESC LIMIT $3",
    )
    .bind(project.to_string())
    .bind(before.unwrap_or(i64::MAX))
    .bind(limit.and_one())
    .fetch_all(pool)
    .await?;
    let read = |row: &sqlx::postgres::PgRow| -> Result<PaymentRow, sqlx::Error> {
        Ok(PaymentRow {
            id: row.try_get("id")?,
            purpose: row.try_get("purpose")?,
            amount_minor: row.try_get("amount_minor")?,
            currency: row.try_get("currency")?,
            credits: row.try_get("credits")?,
            status: row.try_get("status")?,
            reason: row.try_get("reason")?,
            requested_at: row.try_get("requested_at")?,
            settled_at: row.try_get("settled_at")?,
            requested_sequence: row.try_get("requested_sequence")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Projects that have an account here.
pub(crate) async fn projects(pool: &PgPool) -> Result<Vec<ProjectId>, Error> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT project_id FROM billing.accounts").fetch_all(pool).await?;
    rows.iter().map(|text| parse(text)).collect()
}

pub(crate) const fn purpose_name(purpose: PaymentPurpose) -> &'static str {
    match purpose {
        PaymentPurpose::Subscribe => "subscribe",
        PaymentPurpose::Renew => "renew",
        PaymentPurpose::Resume => "resume",
        PaymentPurpose::Credits => "credits",
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row { id: text.to_owned(), what: "id" })
}
