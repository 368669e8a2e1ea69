//! `POST /v1/projects/{project}/flows`: makes a Flow, with or without its JSON.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{FlowDetails, FlowId, ProjectId};
use journal::AppendError;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::FlowAnswer;
use super::body::{Given, message};
use super::{origin, tag};
use crate::command::Origin;
use crate::decide::{self, Refusal, Revise};
use crate::document::Document;
use crate::error::Error;
use crate::flow::{Flow, Id};
use crate::flow_name::FlowName;
use crate::{FlowSync, details, keep, store};

/// Flows of a project. Meta's own limit is of the account.
const FLOWS_MAX: usize = 500;
/// How often it is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 8;

/// A new Flow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateFlow {
    /// 1 to 64 letters, digits, `_` and `-`; unique in the project, and for ever this Flow's. At Meta it is followed by the Flow's id, because
    /// names are unique in an account and several projects may share one.
    #[schema(example = "booking")]
    name: String,
    /// What it is for: SIGN_UP, SIGN_IN, APPOINTMENT_BOOKING, LEAD_GENERATION, CONTACT_US, CUSTOMER_SUPPORT, SURVEY, OTHER.
    #[schema(example = json!(["APPOINTMENT_BOOKING"]))]
    categories: Vec<String>,
    /// Where Meta asks for its data; only for a Flow with an endpoint.
    endpoint_uri: Option<String>,
    /// An object, kept as it is written, or a text that holds one; at most 10 MB.
    flow_json: Option<Given>,
    /// What it is, for people.
    message: Option<String>,
}

/// Makes a Flow
///
/// It is kept here and uploaded to Meta as a draft, if the project has a number; else as soon as one is connected. A Flow JSON with errors
/// is kept and uploaded as well, with what is wrong with it; it cannot be published.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows",
    tag = "flows",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = CreateFlow,
    responses(
        (status = 201, description = "It is made; `notice` says why Meta does not have it, if so", body = FlowAnswer, headers(("ETag" = String, description = "The revision"), ("Location" = String, description = "The Flow"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`name_taken`; `too_many_flows`; `project_suspended`; `project_ends`"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_body`; `invalid_flow_json`: it is no JSON object, see `findings`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn create_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(body): Json<CreateFlow>,
) -> Result<impl IntoResponse, Problem> {
    let name: FlowName = body
        .name
        .parse()
        .map_err(|error: crate::flow_name::FlowNameError| details::refused().field("/name", "invalid", error.to_string()))?;
    let categories = details::categories(&body.categories)?;
    let endpoint_uri = body.endpoint_uri.as_deref().map(details::endpoint).transpose()?;
    let message = message(body.message.as_deref())?;
    let document = match body.flow_json {
        Some(given) => Some(given.document(&flow_sync.aside).await?),
        None => None,
    };
    let known = flow_sync.open_project(project).await?;
    let id = Id { project, flow: FlowId::of_name(project, name.as_str()) };
    let origin = origin(&caller, &request);
    let wish = document.as_ref().map(|document| Revise { document, message, expected: None, new_version: false });
    let made = async {
        let made = flow_sync.create(id, &name, &FlowDetails { categories, endpoint_uri }, wish.as_ref(), origin).await;
        flow_sync.unless_gone(project, made.map_err(Problem::from)).await?;
        flow_sync.push_now(&known, id, origin).await
    };
    let (flow, notice) = flow_sync.unabandoned(project, made).await?;
    let location = (LOCATION, format!("/v1/projects/{project}/flows/{}", id.flow));
    Ok((StatusCode::CREATED, [location], tag(&flow), Json(FlowAnswer::of(id.flow, flow, (Vec::new(), false), notice))))
}

impl FlowSync {
    async fn create(
        &self,
        id: Id,
        name: &FlowName,
        details: &FlowDetails,
        first: Option<&Revise<'_>>,
        origin: Origin<'_>,
    ) -> Result<Flow, Error> {
        if store::living(&self.pool, id.project).await?.len() >= FLOWS_MAX {
            return Err(Refusal::TooMany(FLOWS_MAX).into());
        }
        for _ in 0..ATTEMPTS_MAX {
            let flow = self.flow(id).await?;
            let holder = self.taker(id, &flow).await?;
            let events = decide::create(id.flow, &flow, holder.as_ref(), name, details, first)?;
            if let Some(Document { sha256, bytes, .. }) = first.map(|wish| wish.document) {
                keep::store(&self.storage, id.project, sha256, bytes).await?;
            }
            let append = self.append_of(id, &flow, events, origin);
            match self.journal.append(&append.subject, append.expect, append.events).await {
                Ok(_) => return self.shown(id).await,
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// The Flow that was renamed to the name of this one.
    pub(crate) async fn taker(&self, id: Id, flow: &Flow) -> Result<Option<Flow>, Error> {
        match flow.taken_by {
            Some(by) => self.flow(Id { flow: by, ..id }).await.map(Some),
            None => Ok(None),
        }
    }
}
