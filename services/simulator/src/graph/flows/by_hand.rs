//! What Meta does to a Flow by itself, here by hand: throttles it, blocks it, warns about its errors and its endpoint. And what somebody does in
//! its pages: publishes a draft.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Status, publish, told};
use crate::Refused;
use crate::world::World;

const EVENTS: [&str; 5] =
    ["CLIENT_ERROR_RATE", "ENDPOINT_ERROR_RATE", "ENDPOINT_LATENCY", "ENDPOINT_AVAILABILITY", "FLOW_VERSION_EXPIRY_WARNING"];
const STATES: [&str; 2] = ["ACTIVATED", "DEACTIVATED"];

/// A warning of Meta's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    /// `CLIENT_ERROR_RATE`, `ENDPOINT_ERROR_RATE`, `ENDPOINT_LATENCY`, `ENDPOINT_AVAILABILITY` or `FLOW_VERSION_EXPIRY_WARNING`.
    event: String,
    /// `ACTIVATED` or `DEACTIVATED`.
    #[serde(default)]
    alert_state: Option<String>,
    /// Of what is measured: percent, or milliseconds.
    #[serde(default)]
    value: Option<f64>,
    /// That it has passed.
    #[serde(default)]
    threshold: Option<f64>,
    /// By type of error, percent.
    #[serde(default)]
    #[schema(value_type = Object)]
    errors: Map<String, Value>,
}

/// Brings a Flow into another status; what is in a draft is published by it. The webhook for it is on its way.
pub(crate) fn set_status(world: &mut World, id: &str, status: Status, now: DateTime<Utc>) -> Result<(), Refused> {
    let flow = world.meta.flows.by_id.get_mut(id).ok_or_else(|| Refused::NoSuchFlow(id.to_owned()))?;
    let before = flow.status;
    if (before, status) == (Status::Draft, Status::Published) {
        return publish::publish_flow(world, id, now).map_err(|refusal| Refused::Invalid(refusal.message));
    }
    let can = match (before, status) {
        (Status::Deprecated, _) => false,
        (_, Status::Published | Status::Throttled | Status::Blocked) => flow.published.is_some(),
        (_, Status::Deprecated) => flow.published.is_some(),
        (_, Status::Draft) => true,
    };
    if !can || before == status {
        return Err(Refused::Invalid(format!("a Flow that is {} cannot become {}", before.as_str(), status.as_str())));
    }
    flow.status = status;
    flow.sent.clear();
    let change = told::status(flow, Some(before), now);
    told::send(world, change, now).map_err(|refusal| Refused::Invalid(refusal.message))
}

/// Warns. The webhook for it is on its way; nothing else happens.
pub(crate) fn alert(world: &mut World, id: &str, alert: Alert, now: DateTime<Utc>) -> Result<(), Refused> {
    if !EVENTS.contains(&alert.event.as_str()) {
        return Err(Refused::Invalid(format!("event is one of {}", EVENTS.join(", "))));
    }
    let state = alert.alert_state.as_deref().unwrap_or("ACTIVATED");
    if !STATES.contains(&state) {
        return Err(Refused::Invalid("alert_state is ACTIVATED or DEACTIVATED".to_owned()));
    }
    let flow = world.meta.flows.get(id).ok_or_else(|| Refused::NoSuchFlow(id.to_owned()))?;
    let value = alert.value.unwrap_or(10.0);
    let mut body = json!({"event": alert.event, "flow_id": flow.id, "message": format!("{} of Flow {}", alert.event, flow.name)});
    let measured = match alert.event.as_str() {
        "ENDPOINT_LATENCY" => json!({"p50_latency": value / 2.0, "p90_latency": value, "requests_count": 120}),
        "ENDPOINT_AVAILABILITY" => json!({"availability": value}),
        "FLOW_VERSION_EXPIRY_WARNING" => json!({"warning": "The version of the Flow JSON expires soon"}),
        _ => {
            let errors = alert.errors.iter().map(|(kind, rate)| json!({"error_type": kind, "error_rate": rate, "error_count": 1}));
            json!({"error_rate": value, "errors": errors.collect::<Vec<_>>()})
        }
    };
    if let (Value::Object(body), Value::Object(measured)) = (&mut body, measured) {
        body.extend(measured);
    }
    if alert.event != "FLOW_VERSION_EXPIRY_WARNING" {
        body["threshold"] = json!(alert.threshold.unwrap_or(value));
        body["alert_state"] = json!(state);
    }
    let change = told::change(flow, &body, now);
    told::send(world, change, now).map_err(|refusal| Refused::Invalid(refusal.message))
}
