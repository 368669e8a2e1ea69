//! `GET /v1/projects/{project}/contacts`: who wrote, newest activity first; or who has a number or user id.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, PageLimit, Path, Problem, Query};
use contract::{ContactId, IdentityKind, ProjectId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::{IntoParams, ToSchema};
use whatsapp::{Bsuid, Phone, WaId};

use crate::contact::{ContactAnswer, contact_columns, contact_details};
use crate::page::LastRow;
use crate::{Conversations, Error};

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListContacts {
    /// 1 to 100 contacts a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before. Not together with `phone` or `bsuid`.
    cursor: Option<String>,
    /// Only who has or had this number: E.164 or Meta's raw form, in any of the spellings that Meta mixes.
    #[param(example = "+16505550142")]
    phone: Option<String>,
    /// Only who has or had this business-scoped user id, also the one under the parent portfolio.
    #[param(example = "US.13491208655302741918")]
    bsuid: Option<String>,
}

/// A page of contacts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactPage<'r> {
    /// The contacts, newest activity first; of a look-up, who has it now before who had it.
    data: Vec<ContactAnswer<'r>>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// Lists contacts
///
/// Newest activity first: their last message, or when they were first seen. A contact that writes meanwhile moves to the front.
/// Contacts that were merged into another are left out; they can still be shown by their id. With `phone` or `bsuid` it looks up who
/// has it, or had it before, without further pages.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/contacts",
    tag = "contacts",
    security(("api_key" = ["conversations:read"])),
    params(("project" = String, Path, description = "The project's id"), ListContacts),
    responses(
        (status = 200, description = "A page of contacts", body = ContactPage),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_contacts(
    State(conversations): State<Conversations>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ListContacts>,
) -> Result<Response, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let looked_up = identity(&query)?;
    let last = LastRow::<ContactId>::parse(query.cursor.as_deref())?;
    let project = conversations.project(project).await?;
    let database = conversations.databases.pool(project.id);
    let (looks_up, now) = (looked_up.is_some(), conversations.clock.now());
    let rows = match looked_up {
        Some(identity) => select_by_identity(&database, identity, limit).await?,
        None => select_page(&database, last, limit).await?,
    };
    let read = |row| if looks_up { ContactAnswer::read_with_details(row, &project, now) } else { ContactAnswer::read(row) };
    let mut found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let next_cursor = limit.cut(&mut found, |(contact, activity)| LastRow::new(*activity, contact.id()))?;
    Ok(Json(ContactPage { data: found.into_iter().map(|(contact, _)| contact).collect(), next_cursor }).into_response())
}

async fn select_page(
    database: &PgPool,
    (at, id): (Option<chrono::DateTime<chrono::Utc>>, Option<String>),
    limit: PageLimit,
) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        contact_columns!(),
        " FROM public.contacts AS contact
         WHERE contact.merged_into IS NULL
           AND (coalesce(contact.last_message_at, contact.first_seen_at), contact.id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
         ORDER BY coalesce(contact.last_message_at, contact.first_seen_at) DESC, contact.id DESC
         LIMIT $3"
    );
    Ok(sqlx::query(QUERY).bind(at).bind(id).bind(limit.and_one()).fetch_all(database).await?)
}

/// Who has it now, then who had it last.
async fn select_by_identity(database: &PgPool, (kind, value): (IdentityKind, String), limit: PageLimit) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        contact_columns!(),
        contact_details!(),
        " FROM paige.identities AS wanted
          JOIN public.contacts AS contact ON contact.id = wanted.contact_id
         WHERE wanted.kind = $1 AND wanted.value = $2
         ORDER BY wanted.current DESC, wanted.sequence DESC
         LIMIT $3"
    );
    Ok(sqlx::query(QUERY).bind(kind.as_str()).bind(value).bind(limit.rows() as i64).fetch_all(database).await?)
}

/// What is looked up, if anything, in the form in which identities are kept.
fn identity(query: &ListContacts) -> Result<Option<(IdentityKind, String)>, Problem> {
    let identity = match (&query.phone, &query.bsuid) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Problem::invalid_query("/bsuid", "not together with phone")),
        (Some(phone), None) => {
            let key = phone_key(phone).ok_or_else(|| Problem::invalid_query("/phone", "neither E.164 nor a wa_id"))?;
            (IdentityKind::Phone, key)
        }
        (None, Some(text)) => {
            let bsuid = Bsuid::parse(text).ok_or_else(|| Problem::invalid_query("/bsuid", "not a business-scoped user id"))?;
            let kind = if bsuid.is_parent() { IdentityKind::ParentBsuid } else { IdentityKind::Bsuid };
            (kind, bsuid.into())
        }
    };
    if query.cursor.is_some() {
        return Err(Problem::invalid_query("/cursor", "not together with phone or bsuid"));
    }
    Ok(Some(identity))
}

/// A plus that nobody encoded arrives as a space; as people write numbers, or a raw id that is longer than a number.
fn phone_key(text: &str) -> Option<String> {
    let wa_id = match Phone::parse(text) {
        Some(phone) => WaId::parse(phone.digits()),
        None => WaId::parse(text.trim()),
    };
    wa_id.map(|wa_id| wa_id.canonical().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_leads_to_one_key() {
        for text in ["+5511987654321", " 5511987654321", "5511987654321", "551187654321", "+55 (11) 98765-4321"] {
            assert_eq!(phone_key(text).as_deref(), Some("551187654321"), "{text}");
        }
        assert_eq!(phone_key("12345678901234567890").as_deref(), Some("12345678901234567890"), "a wa_id longer than any number");
        for text in ["", "+", "++1", "1650a", "'; DROP TABLE contacts", "1\0", "१२३४५६", &"1".repeat(21)] {
            assert_eq!(phone_key(text), None, "{text:?}");
        }
    }
}
