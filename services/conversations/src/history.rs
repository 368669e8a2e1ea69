//! Histories of messages, read in either direction: one order (`sent_at`, then `sequence`), two ends, cursors that point between rows.

use axum::response::{IntoResponse, Response};
use chassis::{Json, PageLimit, Problem, cursor};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use utoipa::{IntoParams, ToSchema};

use crate::message::MessageAnswer;
use crate::page::instant;

/// Which part of a history.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// 1 to 100 messages a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `asc`: the oldest first; `desc`: the latest first. Pages in either direction come in this order.
    #[param(inline, default = "asc")]
    order: Option<Order>,
    /// `next_cursor` of a page: what comes behind it in this order.
    after: Option<String>,
    /// `previous_cursor` of a page: what comes right before it in this order.
    before: Option<String>,
}

/// The order of a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The oldest first.
    #[default]
    Asc,
    /// The latest first.
    Desc,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessagePage<'r> {
    /// The messages, in the order that was asked for.
    pub(crate) data: Vec<MessageAnswer<'r>>,
    /// For `after`; null: nothing comes behind this page yet.
    pub(crate) next_cursor: Option<String>,
    /// For `before`; null: nothing comes before this page.
    pub(crate) previous_cursor: Option<String>,
}

/// A message's place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    sent_at: i64,
    sequence: i64,
}

impl Place {
    pub(crate) fn new(sent_at: DateTime<Utc>, sequence: i64) -> Self {
        Self { sent_at: sent_at.timestamp_micros(), sequence }
    }
}

/// Rows on one side of a place, the nearest first.
#[derive(Debug)]
pub(crate) struct Part {
    /// Whether the rows are to be read in the order of time.
    pub(crate) forward: bool,
    /// Where they begin; none: at the end.
    pub(crate) sent_at: Option<DateTime<Utc>>,
    pub(crate) sequence: Option<i64>,
    pub(crate) limit: PageLimit,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    First,
    After,
    Before,
}

impl HistoryQuery {
    pub(crate) fn part(&self) -> Result<Part, Problem> {
        let limit = PageLimit::parse(self.limit)?;
        let (direction, cursor) = match (&self.after, &self.before) {
            (None, None) => (Direction::First, None),
            (Some(after), None) => (Direction::After, Some(after)),
            (None, Some(before)) => (Direction::Before, Some(before)),
            (Some(_), Some(_)) => return Err(Problem::invalid_query("/before", "not together with after")),
        };
        let place: Option<Place> = cursor.map(|text| cursor::decode(text)).transpose()?;
        let sent_at = place.map(|place| instant(place.sent_at)).transpose()?;
        let forward = (self.order.unwrap_or_default() == Order::Asc) != (direction == Direction::Before);
        Ok(Part { forward, sent_at, sequence: place.map(|place| place.sequence), limit, direction })
    }
}

impl Part {
    /// The page of these rows, which may be one more than fit.
    pub(crate) fn page(&self, rows: &[PgRow]) -> Result<Response, Problem> {
        let mut found = rows.iter().map(MessageAnswer::read).collect::<Result<Vec<_>, _>>()?;
        let more = found.len() > self.limit.rows();
        found.truncate(self.limit.rows());
        let (next, previous) = match self.direction {
            Direction::First => (more, false),
            Direction::After => (more, true),
            Direction::Before => (true, more),
        };
        if self.direction == Direction::Before {
            found.reverse();
        }
        let next_cursor = found.last().filter(|_| next).map(|(_, place)| cursor::encode(place)).transpose()?;
        let previous_cursor = found.first().filter(|_| previous).map(|(_, place)| cursor::encode(place)).transpose()?;
        let data = found.into_iter().map(|(message, _)| message).collect();
        Ok(Json(MessagePage { data, next_cursor, previous_cursor }).into_response())
    }
}
