//! What Meta reports about Flows: how one stands, and how well it works. What names a Flow that is nobody's here is passed over: the raw
//! webhook is in the log anyway, and the reconciler hears of what came too early.

use chrono::{DateTime, Utc};
use contract::{ENTRY_TIME, RawJson, Recorded, Stream};
use journal::{Follow, Handled, Handler};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::command::{Origin, seen};
use crate::decide::{self, Report};
use crate::error::Error;
use crate::flow::Flow;
use crate::follow_project::{SERVICE, stop};
use crate::{FlowSync, store};

const STATUS_CHANGE: &str = "FLOW_STATUS_CHANGE";
/// Accounts handled at the same time.
const PARALLEL: usize = 4;
const BATCH_MAX: usize = 64;
/// The longest name of an event that is kept.
const NAME_BYTES_MAX: usize = 64;
/// The largest report that is kept as it is.
const REPORT_BYTES_MAX: usize = 64 * 1024;

/// Follows `webhook.*.flows`.
pub(crate) struct OnWebhook(pub(crate) FlowSync);

/// A change; its value stays as it came.
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Lenient: Meta adds and takes away keys, and writes ids as numbers now and then.
#[derive(Deserialize)]
struct Value {
    event: Option<String>,
    flow_id: Option<serde_json::Value>,
    old_status: Option<String>,
    new_status: Option<String>,
    warning: Option<String>,
    alert_state: Option<String>,
}

pub(crate) fn follow() -> Follow {
    Follow {
        service: SERVICE,
        stream: Stream::Webhook,
        filters: vec!["webhook.*.flows".to_owned()],
        key_tokens: 2,
        parallel: PARALLEL,
        batch_max: BATCH_MAX,
        version: 1,
    }
}

impl Handler for OnWebhook {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.0.webhook(recorded).await.map_err(stop) })).await
    }
}

impl FlowSync {
    async fn webhook(&self, recorded: &Recorded) -> Result<(), Error> {
        let Some((meta_flow_id, report)) = read(&recorded.data) else {
            tracing::warn!(stream.seq = recorded.sequence, "a webhook about a Flow cannot be read");
            return Ok(());
        };
        let Some(id) = store::find_by_meta_id(&self.pool, &meta_flow_id).await? else { return Ok(()) };
        let at = said_at(recorded);
        let mut ask = false;
        let hear = |flow: &Flow| {
            let heard = decide::report(flow, &report, at, |event| seen(id, recorded.id, event));
            ask = heard.ask;
            Ok(heard.events)
        };
        self.carry_out(id, Origin::Webhook(recorded), hear).await?;
        if ask {
            self.asked.ask(id.project);
        }
        Ok(())
    }
}

/// When Meta said it. A webhook can be days late; what it says is not newer for that.
fn said_at(recorded: &Recorded) -> DateTime<Utc> {
    let seconds = recorded.extension(ENTRY_TIME).and_then(|text| text.parse().ok());
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or(recorded.time)
}

fn read(data: &[u8]) -> Option<(String, Report)> {
    let change: Change<'_> = serde_json::from_slice(data).ok()?;
    let value: Value = serde_json::from_str(change.value.get()).ok()?;
    let meta_flow_id = match value.flow_id? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
    };
    let is_word = |text: &String| (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    // What cannot be one of Meta's words or ids is nobody's Flow, and nothing that a database would take.
    if !is_word(&meta_flow_id) {
        return None;
    }
    let event = value.event.filter(is_word)?;
    if event == STATUS_CHANGE {
        let status = value.new_status.filter(is_word)?;
        return Some((meta_flow_id, Report::Status { status, before: value.old_status, warning: value.warning }));
    }
    let raw = if change.value.get().len() <= REPORT_BYTES_MAX { RawJson::from(change.value) } else { RawJson::parse("{}").ok()? };
    Some((meta_flow_id, Report::Health { event, alert_state: value.alert_state, raw }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_meta_writes_it_and_anything_else_is_none() {
        let of = |value: &str| read(format!(r#"{{"value":{value},"field":"flows"}}"#).as_bytes());
        let (id, report) = of(r#"{"event":"FLOW_STATUS_CHANGE","flow_id":812,"old_status":"DRAFT","new_status":"PUBLISHED"}"#).unwrap();
        let before = Some("DRAFT".to_owned());
        assert_eq!((id.as_str(), report), ("812", Report::Status { status: "PUBLISHED".into(), before, warning: None }));
        let raw = r#"{ "event":"ENDPOINT_LATENCY","flow_id":"7","p90_latency":9000,"alert_state":"ACTIVATED"}"#;
        let (_, report) = of(raw).unwrap();
        let Report::Health { event, alert_state, raw: kept } = report else { panic!("{report:?}") };
        assert_eq!((event.as_str(), alert_state.as_deref(), kept.get()), ("ENDPOINT_LATENCY", Some("ACTIVATED"), raw));
        for bad in [
            "{}",
            "[]",
            "7",
            r#"{"event":"X"}"#,
            r#"{"event":"X","flow_id":{}}"#,
            r#"{"event":"FLOW_STATUS_CHANGE","flow_id":"1"}"#,
            r#"{"event":"X","flow_id":"1\u0000"}"#,
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(read(b"\xff"), None);
    }
}
