//! A Flow on a phone: opened from the message that carries it, walked through screen by screen, submitted.
//!
//! Nothing is kept between two steps: the state goes to the page and comes back. Endpoints are not called, so a Flow that asks its
//! endpoint goes no further.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flow_json::{Flow, Outcome, State, Step, StepError, render};
use serde_json::{Map, Value, json};
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::graph::FlowStatus;
use crate::tap::message;
use crate::world::World;
use crate::{Message, Refused, Saying};

/// What a message says of its Flow.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) flow_id: String,
    pub(crate) name: String,
    json: Bytes,
    screen: Option<String>,
    data: Option<Map<String, Value>>,
    /// The endpoint is to say which screen is first.
    asks: bool,
    token: Option<String>,
}

/// Where a step led.
#[derive(Debug)]
pub(crate) enum Led {
    Screen {
        state: State,
        screen: Value,
    },
    /// The person must correct these first.
    Inputs(Value),
    /// The answers, for the business.
    Done(Value),
    Link(String),
}

/// What opens when the person taps on the Flow of a message.
pub(crate) fn opening(world: &World, chat: (&WaId, &PhoneNumberId), wamid: &Wamid) -> Result<Opening, Refused> {
    let bubble = message(world, chat, wamid)?;
    let (Some(id), Some(body)) = (&bubble.flow_id, &bubble.body) else { return Err(Refused::NoSuchThing("Flow in this message")) };
    let flow = world.meta.flows.get(id).ok_or_else(|| Refused::NoSuchFlow(id.clone()))?;
    if flow.status == FlowStatus::Blocked {
        return Err(Refused::Invalid("Meta has blocked the Flow: it cannot be opened".to_owned()));
    }
    let template = body["template"]["name"].as_str();
    let language = body["template"]["language"]["code"].as_str().unwrap_or_default();
    let template = template.and_then(|name| world.meta.templates.named(&flow.waba, name, language));
    let parameters = match template {
        None => body.pointer("/interactive/action/parameters").cloned().unwrap_or_default(),
        Some(template) => of_template(body, &template.components),
    };
    let draft = parameters["mode"] == "draft";
    let json = if draft { &flow.json } else { &flow.published };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(Opening {
        flow_id: id.clone(),
        name: flow.name.clone(),
        json: json.clone().ok_or_else(|| Refused::Invalid("the Flow has no JSON any more".to_owned()))?,
        screen: text(&parameters["flow_action_payload"]["screen"]),
        data: parameters["flow_action_payload"]["data"].as_object().cloned(),
        asks: parameters["flow_action"] == "data_exchange",
        token: text(&parameters["flow_token"]),
    })
}

/// What a preview's link opens: the draft, from its first screen, for nobody.
pub(crate) fn preview(world: &World, id: &str, token: &str, now: DateTime<Utc>) -> Result<Opening, Refused> {
    let flow = world.meta.flows.get(id).filter(|flow| flow.is_previewed_by(token, now));
    let flow = flow.ok_or(Refused::NoSuchThing("preview behind this link any more"))?;
    let json = flow.json.clone().ok_or_else(|| Refused::Invalid("the Flow has no JSON yet".to_owned()))?;
    Ok(Opening { flow_id: flow.id.clone(), name: flow.name.clone(), json, screen: None, data: None, asks: false, token: None })
}

/// The same parameters for a Flow behind a template's button.
fn of_template(body: &Value, components: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let buttons = list(components).into_iter().flat_map(|component| list(&component["buttons"]));
    let button = buttons.into_iter().find(|button| button["type"] == "FLOW").unwrap_or_default();
    let given = list(&body["template"]["components"]).into_iter().find(|component| component["sub_type"] == "flow").unwrap_or_default();
    let action = given.pointer("/parameters/0/action").cloned().unwrap_or_default();
    json!({
        "flow_token": action["flow_token"], "flow_action": button["flow_action"],
        "flow_action_payload": {"screen": button["navigate_screen"], "data": action["flow_action_data"]},
    })
}

impl Opening {
    /// The first screen.
    pub(crate) fn open(&self) -> Result<Led, Refused> {
        if self.asks {
            return Err(asks_its_endpoint());
        }
        let flow = self.flow()?;
        let state = flow.start(self.screen.as_deref(), self.data.clone()).map_err(|error| Refused::Invalid(error.to_string()))?;
        shown(&flow, state)
    }

    /// One tap on a screen.
    pub(crate) fn step(&self, state: &State, step: &Step) -> Result<Led, Refused> {
        let flow = self.flow()?;
        match flow_json::step(&flow, state, step) {
            Ok(Outcome::Screen(state)) => shown(&flow, state),
            Ok(Outcome::Complete { payload, .. }) => Ok(Led::Done(Value::Object(payload))),
            Ok(Outcome::DataExchange { .. }) => Err(asks_its_endpoint()),
            Ok(Outcome::OpenUrl { url }) => Ok(Led::Link(url)),
            Err(StepError::Inputs(errors)) => Ok(Led::Inputs(json!(errors))),
            Err(error) => Err(Refused::Invalid(error.to_string())),
        }
    }

    /// The screen before, as it was left.
    pub(crate) fn back(&self, state: State) -> Result<Led, Refused> {
        let before = state.back().ok_or_else(|| Refused::Invalid("there is no screen before".to_owned()))?;
        shown(&self.flow()?, before)
    }

    fn flow(&self) -> Result<Flow, Refused> {
        Flow::parse(&self.json).map_err(|report| Refused::Invalid(format!("the Flow JSON has {} errors", report.errors.len())))
    }
}

fn shown(flow: &Flow, state: State) -> Result<Led, Refused> {
    let screen = render(flow, &state.screen, &json!(state.data), &json!(state.form), &state.seen);
    let screen = screen.ok_or(Refused::NoSuchThing("such screen in the Flow"))?;
    Ok(Led::Screen { screen: json!(screen), state })
}

/// The answers go to the business, as an answer to its message.
pub(crate) fn submit(
    world: &mut World,
    (wa_id, to): (&WaId, &PhoneNumberId),
    wamid: &Wamid,
    answers: Value,
    now: DateTime<Utc>,
) -> Result<Wamid, Refused> {
    let opening = opening(world, (wa_id, to), wamid)?;
    let saying = Saying::NfmReply { answers, flow_token: opening.token };
    world.say(wa_id, &Message { to: to.clone(), reply_to: Some(wamid.clone()), forwarded: false, saying }, now)
}

fn asks_its_endpoint() -> Refused {
    Refused::Invalid("the Flow asks its endpoint, which is not called from here".to_owned())
}
