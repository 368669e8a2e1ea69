//! `DELETE /{media}?phone_number_id=`

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::{GraphRefusal, Meta, Request};
use super::show::of_token;

/// See the module.
pub(crate) fn remove(meta: &mut Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    of_token(meta, request, id, now)?;
    meta.media.take(id);
    Ok(json!({"success": true}))
}
