//! Flows: drafts, their JSON, what was published of it, and what becomes of them. What a Flow JSON may hold says `flow_json`.
//!
//! Endpoints are not called: of a Flow that has one, whoever holds the phone answers in its place.

mod assets;
mod by_hand;
mod create;
mod ends;
mod list;
mod publish;
mod show;
mod told;
mod update;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use whatsapp::WabaId;

pub(super) use assets::{assets, upload};
pub(crate) use assets::{download as download_flow_json, put_behind};
pub(crate) use by_hand::{Alert, alert, set_status};
pub(super) use create::create;
pub(super) use ends::{deprecate, remove};
pub(super) use list::list;
pub(super) use publish::publish;
pub(super) use show::show;
pub(crate) use update::rename_behind;
pub(super) use update::update;

use super::{GraphRefusal, Meta, Request, token};

/// Messages with a throttled Flow in an hour.
const THROTTLED_PER_HOUR_MAX: usize = 10;
const CATEGORIES: [&str; 8] =
    ["SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER"];

/// A Flow as Meta keeps it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Flow {
    #[schema(example = "812349087512346")]
    pub(crate) id: String,
    #[schema(value_type = String)]
    pub(crate) waba: WabaId,
    pub(crate) name: String,
    pub(crate) categories: Vec<String>,
    pub(crate) status: Status,
    pub(crate) endpoint_uri: Option<String>,
    pub(crate) updated_at: DateTime<Utc>,
    /// The draft: what was uploaded last.
    #[serde(skip)]
    pub(crate) json: Option<Bytes>,
    /// What people get: stays while a draft is being changed.
    #[serde(skip)]
    pub(crate) published: Option<Bytes>,
    #[schema(value_type = Vec<Object>)]
    pub(crate) validation_errors: Vec<Value>,
    #[serde(skip)]
    preview: Option<(String, DateTime<Utc>)>,
    #[serde(skip)]
    sent: VecDeque<DateTime<Utc>>,
    #[serde(skip)]
    serial: u64,
}

/// Where a Flow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = FlowStatus)]
pub(crate) enum Status {
    Draft,
    Published,
    Deprecated,
    Throttled,
    Blocked,
}

/// All Flows.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    by_id: BTreeMap<String, Flow>,
    by_name: BTreeMap<(WabaId, String), String>,
    serial: u64,
}

impl Status {
    /// As Meta spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Published => "PUBLISHED",
            Self::Deprecated => "DEPRECATED",
            Self::Throttled => "THROTTLED",
            Self::Blocked => "BLOCKED",
        }
    }
}

impl Flows {
    pub(crate) fn get(&self, id: &str) -> Option<&Flow> {
        self.by_id.get(id)
    }

    pub(crate) fn named(&self, waba: &WabaId, name: &str) -> Option<&Flow> {
        self.by_id.get(self.by_name.get(&(waba.clone(), name.to_owned()))?)
    }

    /// Those of an account, or all, from the oldest.
    pub(crate) fn of<'a>(&'a self, waba: Option<&'a WabaId>) -> impl Iterator<Item = &'a Flow> {
        let mut found: Vec<&Flow> = self.by_id.values().filter(|flow| waba.is_none_or(|waba| flow.waba == *waba)).collect();
        found.sort_by_key(|flow| flow.serial);
        found.into_iter()
    }

    /// One more message with this Flow.
    pub(crate) fn sent(&mut self, id: &str, now: DateTime<Utc>) {
        if let Some(flow) = self.by_id.get_mut(id).filter(|flow| flow.status == Status::Throttled) {
            flow.sent.push_back(now);
        }
    }
}

impl Flow {
    /// Whether a message may carry it; `draft` for tests of the business. What is opened then.
    pub(crate) fn sendable(&self, draft: bool, now: DateTime<Utc>) -> Result<&Bytes, GraphRefusal> {
        let invalid = |details: &str| GraphRefusal::message(131_009, "Parameter value is not valid", details);
        match (self.status, draft) {
            (Status::Blocked, _) => Err(GraphRefusal::message(132_068, "Flow is blocked", "Flow is in blocked state")),
            (Status::Deprecated, _) => Err(invalid("The Flow is deprecated and cannot be sent")),
            (Status::Throttled, false)
                if self.sent.iter().filter(|at| now - **at < TimeDelta::hours(1)).count() >= THROTTLED_PER_HOUR_MAX =>
            {
                Err(GraphRefusal::message(
                    132_069,
                    "Flow is throttled",
                    "Flow is in throttled state and 10 messages were sent in the last hour",
                ))
            }
            (Status::Draft, true) => self.json.as_ref().ok_or_else(|| invalid("The Flow has no JSON")),
            (Status::Published | Status::Throttled, true) => Err(invalid("mode draft is for Flows in DRAFT alone")),
            (Status::Draft | Status::Published | Status::Throttled, false) => {
                self.published.as_ref().ok_or_else(|| invalid("The Flow is not published: publish it, or send it with mode draft"))
            }
        }
    }

    /// Whether a link with this token shows it.
    pub(crate) fn is_previewed_by(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.preview.as_ref().is_some_and(|(is, until)| is == token && now < *until)
    }

    fn refresh(&mut self) {
        self.validation_errors = self.json.as_deref().map(findings).unwrap_or_default();
    }
}

/// What is wrong with a Flow JSON, in Meta's shape.
fn findings(text: &[u8]) -> Vec<Value> {
    flow_json::check(text).errors.iter().map(|finding| json!(finding)).collect()
}

/// The Flow, if the token may manage its account.
fn of_token<'a>(meta: &'a mut Meta, request: &Request, id: &str) -> Result<&'a mut Flow, GraphRefusal> {
    let waba = meta.flows.get(id).map(|flow| flow.waba.clone()).ok_or_else(|| GraphRefusal::no_object(id))?;
    token::for_account(meta, request, waba.as_str())?;
    meta.flows.by_id.get_mut(id).ok_or_else(|| GraphRefusal::no_object(id))
}

/// One of Meta's codes of Flows, which all are 400.
fn refused(code: i64, title: &str, details: &str) -> GraphRefusal {
    GraphRefusal::new(400, code, &format!("(#{code}) {title}")).details(details).user(title, details)
}
