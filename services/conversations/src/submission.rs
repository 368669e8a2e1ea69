//! What contacts filled into Flows, as callers see it, and its lists: the latest first.

use axum::response::{IntoResponse, Response};
use chassis::{Json, PageLimit, Problem, cursor};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use utoipa::{IntoParams, ToSchema};

use crate::Error;
use crate::columns::Columns;

/// The columns of an answer, of `submission`; then what lists are ordered by.
macro_rules! submission_columns {
    () => {
        "submission.message_id, submission.contact_id, submission.conversation_id, submission.flow_id, submission.revision,
         submission.request_id, submission.flow_token, submission.response, submission.at, submission.sequence"
    };
}
pub(crate) use submission_columns;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubmissionsQuery {
    /// 1 to 100 submissions a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of submissions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubmissionPage<'r> {
    /// The submissions, the latest first.
    data: Vec<SubmissionAnswer<'r>>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// What a contact filled into a Flow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubmissionAnswer<'r> {
    /// The message that brought it.
    #[schema(example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    message: &'r str,
    #[schema(example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: &'r str,
    #[schema(example = "cnv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    conversation: &'r str,
    /// The Flow; null: it was not sent through this API.
    #[schema(example = "flw_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    flow: Option<&'r str>,
    /// Which revision of it was sent; 0: none that was known here, somebody had published it at Meta.
    #[schema(minimum = 0)]
    revision: Option<i64>,
    /// The message that offered it.
    request: Option<&'r str>,
    /// The token as it came back.
    flow_token: Option<&'r str>,
    /// What was filled in: an object, or whatever else came; a text where it was no JSON.
    #[schema(value_type = Value)]
    response: &'r RawValue,
    /// By Meta's time stamp.
    at: DateTime<Utc>,
}

/// A submission's place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    submission: i64,
}

/// What to ask for.
pub(crate) struct Part {
    /// Rows of a lower sequence alone.
    pub(crate) before: i64,
    pub(crate) limit: PageLimit,
}

impl SubmissionsQuery {
    pub(crate) fn part(&self) -> Result<Part, Problem> {
        let limit = PageLimit::parse(self.limit)?;
        let before = self.cursor.as_deref().map(cursor::decode::<Before>).transpose()?;
        Ok(Part { before: before.map_or(i64::MAX, |before| before.submission), limit })
    }
}

impl Part {
    /// The page of these rows, which may be one more than fit.
    pub(crate) fn page(&self, rows: &[PgRow]) -> Result<Response, Problem> {
        let mut found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let next_cursor = self.limit.cut(&mut found, |(_, submission)| Before { submission: *submission })?;
        Ok(Json(SubmissionPage { data: found.into_iter().map(|(answer, _)| answer).collect(), next_cursor }).into_response())
    }
}

fn read(row: &PgRow) -> Result<(SubmissionAnswer<'_>, i64), Error> {
    let mut columns = Columns::of(row);
    let answer = SubmissionAnswer {
        message: columns.take()?,
        contact: columns.take()?,
        conversation: columns.take()?,
        flow: columns.take()?,
        revision: columns.take()?,
        request: columns.take()?,
        flow_token: columns.take()?,
        response: columns.json()?,
        at: columns.take()?,
    };
    Ok((answer, columns.take()?))
}
