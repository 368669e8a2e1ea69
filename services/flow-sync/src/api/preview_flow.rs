//! `GET …/flows/{flow}/preview` and `POST …/flows/{flow}/preview/steps`: a Flow as a phone would show it, without a phone and without Meta.
//!
//! Nothing is kept between two steps: the state goes to the caller and comes back. What a Flow's own endpoint would answer, the caller says.

use axum::extract::State;
use bytes::Bytes;
use chassis::{Json, Path, Problem, Query};
use contract::{FlowId, ProjectId};
use flow_json::{Flow, Outcome, StepError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::decide::Refusal;
use crate::{FlowSync, keep};

/// What is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// A revision; absent: the current one.
    revision: Option<u32>,
    /// The screen; absent: the one that the Flow begins with.
    screen: Option<String>,
    /// What the screen is opened with, a JSON object; absent: its examples.
    #[param(example = r#"{"name":"Ana"}"#)]
    data: Option<String>,
}

/// A tap, or whatever else leads on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeStep {
    /// A revision; absent: the current one.
    revision: Option<u32>,
    /// Where one is, as the last answer said; absent: at the beginning.
    #[schema(value_type = Option<Object>)]
    state: Option<flow_json::State>,
    action: Action,
}

/// What is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Action {
    /// Something on the screen is tapped, with what is entered: `component` is its `path`, `trigger` is `click`, `select` or `unselect`,
    /// `option` the id of a tapped option, `form` what is entered by the names of inputs.
    Tap {
        #[serde(flatten)]
        #[schema(value_type = Object)]
        step: flow_json::Step,
    },
    /// To the screen before, as it was left, also where the Flow says `refresh_on_back`.
    Back,
    /// What the Flow's endpoint answers to a `data_exchange`.
    Answer {
        screen: String,
        #[serde(default)]
        #[schema(value_type = Object)]
        data: Map<String, Value>,
    },
}

/// A screen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewAnswer {
    /// What is shown.
    revision: u32,
    /// `screen`; `complete`: the Flow is done; `data_exchange`: its endpoint says what follows; `open_url`.
    #[schema(example = "screen")]
    outcome: &'static str,
    /// Where one is; to be sent back with the next step.
    #[schema(value_type = Object)]
    state: flow_json::State,
    /// The screen, with every reference replaced: `title`, `terminal`, `components` in order, `footer`. What a component does is in its
    /// `actions`; one with an `option` is what that option does by itself.
    #[schema(value_type = Object)]
    screen: flow_json::Rendered,
    /// What is sent, where the outcome sends something.
    #[schema(value_type = Option<Object>)]
    payload: Option<Map<String, Value>>,
    /// Whether the end is a good one.
    success: Option<bool>,
    /// What is opened.
    url: Option<String>,
    /// Ids of all screens.
    screens: Vec<String>,
}

/// Shows a screen of a Flow
///
/// As a phone would show it, as data. Only of a Flow JSON that our validator finds nothing wrong with.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/preview",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        Which,
    ),
    responses(
        (status = 200, description = "The screen", body = PreviewAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_has_no_json`; `flow_invalid`, with `findings`"),
        (status = 422, description = "`step_impossible`: there is no such screen"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn preview_flow(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Query(which): Query<Which>,
) -> Result<Json<PreviewAnswer>, Problem> {
    let wrong = |error: serde_json::Error| Problem::invalid_query("/data", format!("must be a JSON object: {error}"));
    let data = which.data.as_deref().map(serde_json::from_str::<Map<String, Value>>).transpose().map_err(wrong)?;
    let (revision, bytes) = flow_sync.previewed(project, flow, which.revision).await?;
    let shown = flow_sync.aside.run(move || {
        let flow = parse(&bytes)?;
        let state = flow.start(which.screen.as_deref(), data).map_err(impossible)?;
        answer(revision, &flow, state, Ended::default())
    });
    shown.await?.map(Json)
}

/// Takes a step in a Flow
///
/// What follows from a tap with what was entered; inputs are checked as a phone checks them. Nothing is kept: `state` is sent back with the
/// next step.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/preview/steps",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    request_body = TakeStep,
    responses(
        (status = 200, description = "Where it leads", body = PreviewAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_has_no_json`; `flow_invalid`, with `findings`"),
        (status = 422, description = "`invalid_body`; `inputs_invalid`, with a pointer to each input; `step_impossible`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn take_step(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Json(body): Json<TakeStep>,
) -> Result<Json<PreviewAnswer>, Problem> {
    let (revision, bytes) = flow_sync.previewed(project, flow, body.revision).await?;
    let taken = flow_sync.aside.run(move || {
        let flow = parse(&bytes)?;
        let state = match body.state {
            Some(state) => state,
            None => flow.start(None, None).map_err(impossible)?,
        };
        let (state, ended) = match body.action {
            Action::Back => (state.back().ok_or_else(|| no("this is the first screen"))?, Ended::default()),
            Action::Answer { .. } if !flow.endpoint() => return Err(no("the Flow has no endpoint that answers")),
            Action::Answer { screen, data } => (flow.answer(&state, &screen, data).map_err(impossible)?, Ended::default()),
            Action::Tap { step } => match flow_json::step(&flow, &state, &step).map_err(impossible)? {
                Outcome::Screen(next) => (next, Ended::default()),
                Outcome::Complete { payload, success } => {
                    (filled(state, step), Ended { outcome: "complete", payload: Some(payload), success: Some(success), url: None })
                }
                Outcome::DataExchange { payload } => {
                    (filled(state, step), Ended { outcome: "data_exchange", payload: Some(payload), ..Ended::default() })
                }
                Outcome::OpenUrl { url } => (filled(state, step), Ended { outcome: "open_url", url: Some(url), ..Ended::default() }),
            },
        };
        answer(revision, &flow, state, ended)
    });
    taken.await?.map(Json)
}

/// What came of a step beside a screen.
struct Ended {
    outcome: &'static str,
    payload: Option<Map<String, Value>>,
    success: Option<bool>,
    url: Option<String>,
}

impl Default for Ended {
    fn default() -> Self {
        Self { outcome: "screen", payload: None, success: None, url: None }
    }
}

/// The screen stays, with what was entered.
fn filled(state: flow_json::State, step: flow_json::Step) -> flow_json::State {
    let form = step.form.unwrap_or_else(|| state.form.clone());
    flow_json::State { form, ..state }
}

impl FlowSync {
    async fn previewed(&self, project: ProjectId, flow: FlowId, revision: Option<u32>) -> Result<(u32, Bytes), Problem> {
        let (id, flow) = self.made(project, flow).await?;
        let revision = match revision {
            Some(number) => self.revision(id, &flow, number).await?,
            None => flow.current().cloned().ok_or(Refusal::NoJson)?,
        };
        Ok((revision.revision, keep::load(&self.storage, project, &revision.sha256).await?))
    }
}

fn parse(bytes: &[u8]) -> Result<Flow, Problem> {
    Flow::parse(bytes).map_err(|report| {
        let problem = Problem::conflict("flow_invalid", "a Flow JSON with errors cannot be shown: see `findings`");
        problem.with("findings", serde_json::to_value(&report.errors).unwrap_or_default())
    })
}

fn answer(revision: u32, flow: &Flow, state: flow_json::State, ended: Ended) -> Result<PreviewAnswer, Problem> {
    let data = Value::Object(state.data.clone());
    let screen = flow_json::render(flow, &state.screen, &data, &Value::Object(state.form.clone()), &state.seen);
    let screen = screen.ok_or_else(|| impossible(StepError::UnknownScreen(state.screen.clone())))?;
    let screens = flow.screens().iter().map(|screen| screen.id().to_owned()).collect();
    let Ended { outcome, payload, success, url } = ended;
    Ok(PreviewAnswer { revision, outcome, state, screen, payload, success, url, screens })
}

fn no(detail: &str) -> Problem {
    Problem::unprocessable("step_impossible", detail)
}

fn impossible(error: StepError) -> Problem {
    let detail = error.to_string();
    match error {
        StepError::Inputs(faults) => faults.into_iter().fold(Problem::unprocessable("inputs_invalid", detail), |problem, fault| {
            let name = fault.name.replace('~', "~0").replace('/', "~1");
            let code = serde_json::to_value(fault.fault).ok().and_then(|code| code.as_str().map(str::to_owned));
            problem.field(format!("/action/form/{name}"), code.unwrap_or_else(|| "invalid".to_owned()), fault.detail)
        }),
        StepError::UnknownScreen(_)
        | StepError::UnknownComponent(_)
        | StepError::Disabled(_)
        | StepError::NoAction(_)
        | StepError::TooLarge => no(&detail),
    }
}
