//! A Flow on a phone: opened from the message that carries it, walked through screen by screen, submitted.
//!
//! Nothing is kept between two steps: the state goes to the page and comes back. Endpoints are not called: what a Flow would ask its endpoint
//! is shown, and whoever holds the phone answers in its place. The screen before is shown as it was left, also where the Flow says
//! `refresh_on_back`.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flow_json::{Flow, Outcome, State, Step, StepError, render};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::graph::FlowStatus;
use crate::tap::message;
use crate::world::World;
use crate::{Message, Refused, Saying};

/// What an endpoint names instead of a screen when the Flow is over.
const OVER: &str = "SUCCESS";

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

/// What somebody says in the place of a Flow's endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointAnswer {
    /// The screen that follows; `SUCCESS` ends the Flow.
    screen: String,
    /// What it is opened with; of `SUCCESS` the answers, as `extension_message_response.params`.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// Where a step led.
#[derive(Debug)]
pub(crate) enum Led {
    Screen {
        state: State,
        screen: Value,
    },
    /// The endpoint says what follows. Without a state it says what comes first.
    Asks {
        state: Option<State>,
        request: Value,
        screens: Value,
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
    /// What follows from what the endpoint says, from a tap, or from what is entered; without any of these the screen before, and without a
    /// state the first one.
    pub(crate) fn go(
        &self,
        state: Option<State>,
        step: Option<&Step>,
        form: Option<Map<String, Value>>,
        answer: Option<EndpointAnswer>,
    ) -> Result<Led, Refused> {
        match (answer, state, step, form) {
            (Some(answer), state, ..) => self.answered(state.as_ref(), answer),
            (None, None, ..) => self.open(),
            (None, Some(state), Some(step), _) => self.step(&state, step),
            (None, Some(state), None, Some(form)) => shown(&self.flow()?, State { form, ..state }),
            (None, Some(state), None, None) => self.back(state),
        }
    }

    /// The first screen.
    pub(crate) fn open(&self) -> Result<Led, Refused> {
        let flow = self.flow()?;
        if self.asks {
            self.speaks(&flow)?;
            return Ok(self.question(&flow, "INIT", None, None));
        }
        let state = flow.start(self.screen.as_deref(), self.data.clone()).map_err(|error| Refused::Invalid(error.to_string()))?;
        shown(&flow, state)
    }

    /// One tap on a screen.
    fn step(&self, state: &State, step: &Step) -> Result<Led, Refused> {
        let flow = self.flow()?;
        match flow_json::step(&flow, state, step) {
            Ok(Outcome::Screen(state)) => shown(&flow, state),
            Ok(Outcome::Complete { payload, .. }) => Ok(Led::Done(Value::Object(payload))),
            Ok(Outcome::DataExchange { payload }) => {
                let form = step.form.clone().unwrap_or_else(|| state.form.clone());
                Ok(self.question(&flow, "data_exchange", Some(State { form, ..state.clone() }), Some(payload)))
            }
            Ok(Outcome::OpenUrl { url }) => Ok(Led::Link(url)),
            Err(StepError::Inputs(errors)) => Ok(Led::Inputs(json!(errors))),
            Err(error) => Err(Refused::Invalid(error.to_string())),
        }
    }

    /// What the endpoint would get, deciphered, and what it may answer with: the screens, each with an example of its data.
    fn question(&self, flow: &Flow, action: &str, state: Option<State>, data: Option<Map<String, Value>>) -> Led {
        let document: Value = serde_json::from_slice(&self.json).unwrap_or_default();
        let token = self.token.as_deref().unwrap_or("unused");
        let mut request = json!({"version": document["data_api_version"], "action": action, "flow_token": token});
        if let Some(state) = &state {
            request["screen"] = json!(state.screen);
        }
        if let Some(data) = data {
            request["data"] = Value::Object(data);
        }
        let screens = flow.screens().iter().map(|screen| json!({"id": screen.id(), "data": screen.examples()})).collect();
        Led::Asks { state, request, screens }
    }

    fn answered(&self, state: Option<&State>, answer: EndpointAnswer) -> Result<Led, Refused> {
        let flow = self.flow()?;
        self.speaks(&flow)?;
        if answer.screen == OVER {
            let params = answer.data.get("extension_message_response").and_then(|response| response.get("params"));
            let params = params.filter(|params| params.is_object()).cloned();
            return params.map(Led::Done).ok_or_else(|| {
                Refused::Invalid("SUCCESS brings the answers as an object, data.extension_message_response.params".to_owned())
            });
        }
        let next = match state {
            Some(state) => flow.answer(state, &answer.screen, answer.data),
            None => flow.start(Some(&answer.screen), Some(answer.data)),
        };
        shown(&flow, next.map_err(|error| Refused::Invalid(error.to_string()))?)
    }

    fn speaks(&self, flow: &Flow) -> Result<(), Refused> {
        if flow.endpoint() { Ok(()) } else { Err(Refused::Invalid(format!("the Flow {} has no endpoint", self.name))) }
    }

    /// The screen before, as it was left.
    fn back(&self, state: State) -> Result<Led, Refused> {
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
