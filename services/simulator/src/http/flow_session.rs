//! A person opens a Flow, fills it in and submits it.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::flow_session::{EndpointAnswer, Led, Opening, opening, preview as preview_of, submit};
use crate::{Refused, Simulator};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenFlow {
    /// The message that carries it.
    #[schema(value_type = String)]
    wamid: Wamid,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowStep {
    #[schema(value_type = String)]
    wamid: Wamid,
    /// As it was answered last; absent: from the start.
    #[schema(value_type = Option<Object>)]
    state: Option<flow_json::State>,
    /// What was tapped, by its `path`, with what is entered; without `form` and `answer` too: back to the screen before.
    #[schema(value_type = Option<Object>)]
    step: Option<flow_json::Step>,
    /// What is entered now, while nothing is tapped: the screen as it looks then.
    #[schema(value_type = Option<Object>)]
    form: Option<Map<String, Value>>,
    /// What the Flow's endpoint says to a `data_exchange`.
    answer: Option<EndpointAnswer>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowSubmission {
    #[schema(value_type = String)]
    wamid: Wamid,
    #[schema(value_type = Object)]
    answers: Value,
}

/// Where the person is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[schema(as = FlowOutcome)]
pub(crate) enum FlowAnswer {
    /// A screen to show; `state` comes back with the next step.
    Screen {
        flow_id: String,
        name: String,
        #[schema(value_type = Object)]
        state: flow_json::State,
        #[schema(value_type = Object)]
        screen: Value,
    },
    /// The Flow asks its endpoint, which is not called: `answer` says what it says, and `state` comes back with it.
    DataExchange {
        flow_id: String,
        name: String,
        /// Absent where the endpoint is to open the Flow.
        #[schema(value_type = Option<Object>)]
        state: Option<flow_json::State>,
        /// What the endpoint would get, deciphered.
        #[schema(value_type = Object)]
        request: Value,
        /// Its screens: `id`, and an example of their `data`.
        #[schema(value_type = Vec<Object>)]
        screens: Value,
    },
    /// What must be corrected first.
    Inputs {
        #[schema(value_type = Vec<Object>)]
        errors: Value,
    },
    /// The answers are on their way to the business.
    Submitted {
        #[schema(value_type = String)]
        wamid: Wamid,
    },
    /// It would be submitted with these; a preview is nobody's.
    Completed {
        #[schema(value_type = Object)]
        answers: Value,
    },
    /// The phone opens a page.
    OpenUrl { url: String },
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewStep {
    /// Of the link.
    token: String,
    /// As it was answered last; absent: from the start.
    #[schema(value_type = Option<Object>)]
    state: Option<flow_json::State>,
    /// Without `form` and `answer` too: back to the screen before.
    #[schema(value_type = Option<Object>)]
    step: Option<flow_json::Step>,
    /// What is entered now, while nothing is tapped: the screen as it looks then.
    #[schema(value_type = Option<Object>)]
    form: Option<Map<String, Value>>,
    /// What the Flow's endpoint says to a `data_exchange`.
    answer: Option<EndpointAnswer>,
}

/// Opens the Flow of a message: its first screen.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/flow", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = OpenFlow, responses((status = 200, body = FlowAnswer)))]
pub(crate) async fn open(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    Json(asked): Json<OpenFlow>,
) -> Result<Json<FlowAnswer>, Refused> {
    let opening = opening(&simulator.world(), (&wa_id, &to), &asked.wamid)?;
    // The document is read outside of the lock.
    let led = opening.open()?;
    answer(&simulator, (&wa_id, &to), &asked.wamid, opening, led)
}

/// Follows a tap on a screen, or an answer of the Flow's endpoint; the last one submits the Flow.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/flow/step", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = FlowStep, responses((status = 200, body = FlowAnswer)))]
pub(crate) async fn step(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    Json(asked): Json<FlowStep>,
) -> Result<Json<FlowAnswer>, Refused> {
    let opening = opening(&simulator.world(), (&wa_id, &to), &asked.wamid)?;
    let led = opening.go(asked.state, asked.step.as_ref(), asked.form, asked.answer)?;
    answer(&simulator, (&wa_id, &to), &asked.wamid, opening, led)
}

/// Submits the Flow of a message without walking through its screens: the answers are not checked.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/flow/submission", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = FlowSubmission, responses((status = 201, body = FlowAnswer)))]
pub(crate) async fn submission(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    Json(new): Json<FlowSubmission>,
) -> Result<(StatusCode, Json<FlowAnswer>), Refused> {
    let wamid = simulator.change(|world, now| submit(world, (&wa_id, &to), &new.wamid, new.answers, now))?;
    Ok((StatusCode::CREATED, Json(FlowAnswer::Submitted { wamid })))
}

/// A Flow as its preview shows it; nothing is submitted.
#[utoipa::path(post, path = "/sim/api/flows/{flow_id}/preview", tag = "simulator", params(("flow_id" = String, Path)), request_body = PreviewStep, responses((status = 200, body = FlowAnswer)))]
pub(crate) async fn preview(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Json(asked): Json<PreviewStep>,
) -> Result<Json<FlowAnswer>, Refused> {
    let opening = preview_of(&simulator.world(), &id, &asked.token, simulator.now())?;
    let led = opening.go(asked.state, asked.step.as_ref(), asked.form, asked.answer)?;
    Ok(Json(shown(opening, led, |answers| Ok::<_, Refused>(FlowAnswer::Completed { answers }))?))
}

fn answer(
    simulator: &Simulator,
    chat: (&WaId, &PhoneNumberId),
    wamid: &Wamid,
    opening: Opening,
    led: Led,
) -> Result<Json<FlowAnswer>, Refused> {
    let submitted = |answers| {
        let wamid = simulator.change(|world, now| submit(world, chat, wamid, answers, now))?;
        Ok(FlowAnswer::Submitted { wamid })
    };
    shown(opening, led, submitted).map(Json)
}

fn shown(opening: Opening, led: Led, done: impl FnOnce(Value) -> Result<FlowAnswer, Refused>) -> Result<FlowAnswer, Refused> {
    match led {
        Led::Screen { state, screen } => Ok(FlowAnswer::Screen { flow_id: opening.flow_id, name: opening.name, state, screen }),
        Led::Asks { state, request, screens } => {
            Ok(FlowAnswer::DataExchange { flow_id: opening.flow_id, name: opening.name, state, request, screens })
        }
        Led::Inputs(errors) => Ok(FlowAnswer::Inputs { errors }),
        Led::Link(url) => Ok(FlowAnswer::OpenUrl { url }),
        Led::Done(answers) => done(answers),
    }
}
