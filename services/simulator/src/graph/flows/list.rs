//! `GET /{waba}/flows`

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::show::{DEFAULT_FIELDS, describe};
use crate::graph::page::Page;
use crate::graph::{GraphRefusal, Meta, Request, token};

/// Those of an account, in pages, from the oldest.
pub(crate) fn list(meta: &Meta, request: &Request, waba: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(meta, request, waba)?;
    let page = Page::asked(request)?;
    let fields: Vec<&str> = request.query("fields").unwrap_or(DEFAULT_FIELDS).split(',').collect();
    let items = meta.flows.of(Some(&waba)).map(|flow| (flow.serial, flow));
    Ok(page.of(request, items, |flow| describe(meta, flow, &fields, request, now)))
}
