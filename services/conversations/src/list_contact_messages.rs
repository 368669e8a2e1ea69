//! `GET /v1/projects/{project}/contacts/{contact}/messages`: everything that was ever said with a contact.

use axum::extract::State;
use axum::response::Response;
use chassis::{Path, Problem, Query};
use contract::{ContactId, ProjectId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use crate::contact::with_family;
use crate::history::{HistoryQuery, MessagePage, Part};
use crate::message::message_columns;
use crate::{Conversations, Error, show_contact};

/// Lists a contact's messages
///
/// The whole history across conversations, that of contacts which were merged into this one included. By the time at which they were
/// sent, then by the order in which they were recorded. Cursors lead in both directions.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/contacts/{contact}/messages",
    tag = "contacts",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("contact" = String, Path, description = "The contact's id"),
        HistoryQuery,
    ),
    responses(
        (status = 200, description = "A page of messages", body = MessagePage),
        (status = 400, description = "`invalid_path`, `invalid_query`, `invalid_cursor`"),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_contact_messages(
    State(conversations): State<Conversations>,
    Path((project, contact)): Path<(ProjectId, ContactId)>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let part = query.part()?;
    let database = conversations.database(project).await?;
    let own = select(&database, contact, &part, OWN).await?;
    if let Some(first) = own.first()
        && !first.try_get::<bool, _>("absorbed").map_err(Error::from)?
    {
        return part.page(&own);
    }
    let rows = select(&database, contact, &part, FAMILY).await?;
    if rows.is_empty() {
        show_contact::require(&database, contact).await?;
    }
    part.page(&rows)
}

/// A statement in either direction of time.
struct Statement {
    forward: &'static str,
    backward: &'static str,
}

/// Of the contact alone, with word whether another was merged into it: almost always none, and this is all.
macro_rules! of_contact {
    ($compared:literal, $ordered:literal) => {
        concat!(
            "SELECT ",
            message_columns!(),
            ", EXISTS (SELECT FROM public.contacts AS merged WHERE merged.merged_into = $1) AS absorbed
             FROM public.messages AS message WHERE message.contact_id = $1 AND ",
            $compared,
            " ORDER BY ",
            $ordered,
            " LIMIT $4"
        )
    };
}
const OWN: Statement = Statement {
    forward: of_contact!(
        "(message.sent_at, message.sequence) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::bigint, 0))",
        "message.sent_at, message.sequence"
    ),
    backward: of_contact!(
        "(message.sent_at, message.sequence) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::bigint, 0))",
        "message.sent_at DESC, message.sequence DESC"
    ),
};

/// Of the contact's family.
macro_rules! of_family {
    ($compared:literal, $ordered:literal, $again:literal) => {
        concat!(
            with_family!(),
            "SELECT ",
            message_columns!(),
            " FROM family CROSS JOIN LATERAL (SELECT * FROM public.messages AS own WHERE own.contact_id = family.id AND ",
            $compared,
            " ORDER BY ",
            $ordered,
            " LIMIT $4) AS message ORDER BY ",
            $again,
            " LIMIT $4"
        )
    };
}

const FAMILY: Statement = Statement {
    forward: of_family!(
        "(own.sent_at, own.sequence) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::bigint, 0))",
        "own.sent_at, own.sequence",
        "message.sent_at, message.sequence"
    ),
    backward: of_family!(
        "(own.sent_at, own.sequence) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::bigint, 0))",
        "own.sent_at DESC, own.sequence DESC",
        "message.sent_at DESC, message.sequence DESC"
    ),
};

async fn select(database: &PgPool, contact: ContactId, part: &Part, statement: Statement) -> Result<Vec<PgRow>, Error> {
    let query = sqlx::query(if part.forward { statement.forward } else { statement.backward }).bind(contact.to_string());
    Ok(query.bind(part.sent_at).bind(part.sequence).bind(part.limit.and_one()).fetch_all(database).await?)
}
