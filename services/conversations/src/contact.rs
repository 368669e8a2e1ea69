//! A contact as callers see it.

use chrono::{DateTime, Utc};
use projects::Project;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::Error;
use crate::columns::Columns;
use crate::window::WindowAnswer;

/// The columns of an answer, of `contact`; then what lists are ordered by.
macro_rules! contact_columns {
    () => {
        "contact.id, contact.phone, contact.wa_id, contact.bsuid, contact.parent_bsuid, contact.name, contact.username, contact.preferences,
         contact.merged_into, contact.first_seen_at, contact.last_message_at, contact.last_inbound_at,
         coalesce(contact.last_message_at, contact.first_seen_at) AS activity"
    };
}
/// Everything that the contact is or was known by, and when it wrote last, behind those columns. Half a list's time if a list had it.
macro_rules! contact_details {
    () => {
        concat!(
            ", coalesce((SELECT json_agg(json_build_object('kind', identity.kind, 'value', identity.value, 'current', identity.current,
                                                           'linked_at', identity.linked_at) ORDER BY identity.sequence, identity.kind)
                           FROM paige.identities AS identity WHERE identity.contact_id = contact.id), '[]') AS identities, ",
            $crate::window::wrote_at!("contact.id"),
            " AS wrote_at"
        )
    };
}
/// In a `WITH RECURSIVE`: `family` is whom `seed` selects and everybody who was merged into them, also by way of others.
macro_rules! family {
    ($seed:literal) => {
        concat!(
            "family (id) AS (",
            $seed,
            " UNION SELECT merged.id FROM public.contacts AS merged JOIN family ON merged.merged_into = family.id) "
        )
    };
}
/// Before a `SELECT`: the family of the contact `$1`.
macro_rules! with_family {
    () => {
        concat!("WITH RECURSIVE ", $crate::contact::family!("SELECT $1::text"))
    };
}
pub(crate) use {contact_columns, contact_details, family, with_family};

/// How many columns `contact_columns!` has.
const COLUMNS: usize = 13;

/// A person (or account) who writes to the project's number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactAnswer<'r> {
    #[schema(example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: &'r str,
    /// Their number, E.164; null: they show none.
    #[schema(example = "+16505550142")]
    phone: Option<&'r str>,
    /// The same number as Meta writes it: what a reply is addressed to.
    #[schema(example = "16505550142")]
    wa_id: Option<&'r str>,
    /// Meta's business-scoped user id.
    #[schema(example = "US.13491208655302741918")]
    bsuid: Option<&'r str>,
    /// The same under the parent portfolio.
    parent_bsuid: Option<&'r str>,
    /// The name they chose.
    name: Option<&'r str>,
    /// Their WhatsApp username, without `@`.
    username: Option<&'r str>,
    /// What they said last about each category of messages: category → `{value, at}`.
    #[schema(value_type = Object, example = json!({"marketing_messages": {"value": "stop", "at": "2026-11-20T09:00:00Z"}}))]
    preferences: &'r RawValue,
    /// The contact that this one turned out to be. Its messages are in that one's history.
    merged_into: Option<&'r str>,
    /// Everything they are or were known by. Only where one contact is shown or looked up.
    #[schema(value_type = Option<Vec<IdentityAnswer>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    identities: Option<&'r RawValue>,
    first_seen_at: DateTime<Utc>,
    /// Of any message, in or out.
    last_message_at: Option<DateTime<Utc>>,
    /// Of a message that they wrote, or a call of theirs.
    last_inbound_at: Option<DateTime<Utc>>,
    /// Meta's customer service window. Only where one contact is shown or looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<WindowAnswer>,
}

/// One way to know a contact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentityAnswer {
    /// `bsuid`, `phone` or `parent_bsuid`.
    pub(crate) kind: String,
    /// The id itself; of a phone, the digits that are the same for all its spellings.
    pub(crate) value: String,
    /// False: they had it before. It still leads to them until somebody else shows up with it.
    pub(crate) current: bool,
    /// Since when.
    pub(crate) linked_at: DateTime<Utc>,
}

impl<'r> ContactAnswer<'r> {
    /// Reads `contact_columns!`; gives the contact's activity beside it.
    pub(crate) fn read(row: &'r PgRow) -> Result<(Self, DateTime<Utc>), Error> {
        let mut columns = Columns::of(row);
        let answer = Self {
            id: columns.take()?,
            phone: columns.take()?,
            wa_id: columns.take()?,
            bsuid: columns.take()?,
            parent_bsuid: columns.take()?,
            name: columns.take()?,
            username: columns.take()?,
            preferences: columns.json()?,
            merged_into: columns.take()?,
            first_seen_at: columns.take()?,
            last_message_at: columns.take()?,
            last_inbound_at: columns.take()?,
            identities: None,
            window: None,
        };
        Ok((answer, columns.take()?))
    }

    /// Reads `contact_columns!` and `contact_details!`.
    pub(crate) fn read_with_details(row: &'r PgRow, project: &Project, now: DateTime<Utc>) -> Result<(Self, DateTime<Utc>), Error> {
        let (answer, activity) = Self::read(row)?;
        let mut columns = Columns::from(row, COLUMNS);
        let (identities, wrote_at) = (columns.json()?, columns.take()?);
        let window = WindowAnswer::of(wrote_at, project, now);
        Ok((Self { identities: Some(identities), window: Some(window), ..answer }, activity))
    }

    pub(crate) fn id(&self) -> &'r str {
        self.id
    }
}
