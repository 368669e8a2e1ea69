//! `PATCH /v1/projects/{project}/flows/{flow}`: another name, other categories, another endpoint.
//!
//! Meta is asked first how it has it, so that nothing is overwritten that somebody changed there, and told only what the request names. Then
//! the log is told: what Meta refuses is not said here. A request that is cut off between the two leaves a difference that the reconciler
//! finds, and the same request again ends it.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{FlowDetails, FlowEvent, FlowId, HeardFrom, ProjectId, flow_name_at_meta};
use journal::AppendError;
use projects::Line;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::answer::FlowAnswer;
use super::{origin, tag};
use crate::command::Origin;
use crate::decide::{PUBLISHED, Refusal, details_drift, drifted, editable, name_to_tell, redrafted, rename_claim, update};
use crate::error::Error;
use crate::flow::{Flow, Id, Link};
use crate::flow_name::{FlowName, FlowNameError};
use crate::{FlowSync, details};

/// How often it is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 8;

/// What is to be otherwise; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateFlow {
    /// Another name. The id stays, and the first name stays this Flow's as well. At Meta it is called by it, too, whatever it was called there:
    /// also by the name that it has here, where another one was taken from Meta.
    name: Option<String>,
    /// Other categories.
    categories: Option<Vec<String>>,
    /// Another endpoint; null: none, which Meta allows only before it knows the Flow.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    endpoint_uri: Option<Option<String>>,
    /// Of a published Flow: it goes back to DRAFT at Meta, where users cannot open it until it is published again.
    #[serde(default)]
    new_version: bool,
}

/// Tells null from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes a Flow's name, categories or endpoint
///
/// Here and at Meta, where nothing else is touched. A name, categories or an endpoint that somebody changed at Meta are not overwritten: choose
/// first. A Flow that is published is changed only with `"new_version": true`, as its JSON is: Meta then puts it back to DRAFT.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}/flows/{flow}",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    request_body = UpdateFlow,
    responses(
        (status = 200, description = "It is so; `notice` says that the Flow must be published again", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`name_taken`; `endpoint_stays`; `flow_drifted`: name, categories or endpoint were changed at Meta, choose what counts first; `flow_published`: say `new_version`; `flow_restricted`: Meta throttles or blocks it; `flow_deprecated`; `flow_deleted`; `number_not_connected`: Meta knows the Flow and cannot be told; `project_suspended`; `project_ends`"),
        (status = 422, description = "`invalid_body`; `meta_refused`, `flow_immutable`, `access_lost`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn update_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Json(body): Json<UpdateFlow>,
) -> Result<impl IntoResponse, Problem> {
    let refused = |error: FlowNameError| details::refused().field("/name", "invalid", error.to_string());
    let name = body.name.map(|name| name.parse::<FlowName>().map_err(refused)).transpose()?;
    let categories = body.categories.map(|given| details::categories(&given)).transpose()?;
    let endpoint = body.endpoint_uri.map(|given| given.map(|given| details::endpoint(&given)).transpose()).transpose()?;
    let known = flow_sync.open_project(project).await?;
    let (id, _) = flow_sync.made(project, flow).await?;
    let origin = origin(&caller, &request);
    let (name, new_version) = (name.as_ref(), body.new_version);
    let wish = |flow: &Flow| {
        let categories = categories.clone().unwrap_or_else(|| flow.categories.clone());
        let endpoint_uri = endpoint.clone().unwrap_or_else(|| flow.endpoint_uri.clone());
        FlowDetails { categories, endpoint_uri }
    };
    let said = async {
        let _lock = flow_sync.locks.of(id).await;
        let before = flow_sync.flow(id).await?;
        let wanted = wish(&before);
        let mut is_told = false;
        if update(id.flow, &before, name, &wanted)?.is_some() {
            editable(&before, new_version)?;
            if let Some(link) = &before.link {
                flow_sync.claim(id, &before, name).await?;
                let line = flow_sync.line(&known).await?;
                let status = flow_sync.unchanged_at_meta(id, &before, link, (name, &wanted), &line, origin).await?;
                if !new_version {
                    flow_sync.unless_published(project, status.as_deref())?;
                }
                let called = name_to_tell(id.flow, &before, name);
                let endpoint = endpoint.as_ref().and_then(Option::as_deref);
                let told = line.graph.update_flow(&line.token, &link.flow_id, called.as_deref(), categories.as_deref(), endpoint).await;
                flow_sync.noted(id, "update", None, told, origin).await?;
                is_told = true;
            }
        }
        let flow = flow_sync.say_update(id, name, &wish, is_told, origin).await?;
        Ok::<_, Problem>((before, flow, is_told))
    };
    let (before, flow, is_told) = flow_sync.unabandoned(project, said).await?;
    if !is_told || before.status() != Some(PUBLISHED) {
        return Ok((tag(&flow), Json(FlowAnswer::of(id.flow, flow, (Vec::new(), false), None))));
    }
    // How it stands now says Meta.
    flow_sync.unabandoned(project, flow_sync.push_and_answer(&known, id, &before, origin)).await
}

impl FlowSync {
    /// Refused if somebody changed at Meta what would be overwritten; that is said first, so that there is something to choose from. Gives how
    /// it stands there.
    async fn unchanged_at_meta(
        &self,
        id: Id,
        flow: &Flow,
        link: &Link,
        wanted: (Option<&FlowName>, &FlowDetails),
        line: &Line,
        origin: Origin<'_>,
    ) -> Result<Option<String>, Error> {
        let facts = self.noted(id, "read", None, line.graph.flow(&line.token, &link.flow_id).await, origin).await?;
        // What is wanted is there if a request like this one was cut off.
        let (name, details) = wanted;
        let details = details::said(&facts).filter(|theirs| !details::same(theirs, details));
        let wanted = flow_name_at_meta(name.map_or(flow.name.as_str(), FlowName::as_str), id.flow);
        let is_other = |theirs: &&str| *theirs != flow.name_at_meta(id.flow) && *theirs != wanted;
        let name = facts.name.as_deref().filter(is_other);
        let Some(found) = details_drift(flow, details.as_ref(), name) else { return Ok(facts.status) };
        self.carry_out(id, origin, |flow| Ok(drifted(flow, &found))).await?;
        Err(Refusal::Drifted.into())
    }

    /// That the name is another Flow's is refused before Meta is asked; what counts is the append.
    async fn claim(&self, id: Id, flow: &Flow, name: Option<&FlowName>) -> Result<Option<(Id, Flow, FlowEvent)>, Error> {
        let Some(name) = name else { return Ok(None) };
        let target = Id { flow: FlowId::of_name(id.project, name.as_str()), ..id };
        if name.as_str() == flow.name || target == id {
            return Ok(None);
        }
        let holder_of = self.flow(target).await?;
        let holder = self.taker(target, &holder_of).await?;
        let event = rename_claim(target.flow, &holder_of, holder.as_ref(), name, id.flow)?;
        Ok(Some((target, holder_of, event)))
    }

    /// The change, what it makes of a published Flow if Meta was told, and the claim of another name, together or not at all.
    async fn say_update(
        &self,
        id: Id,
        name: Option<&FlowName>,
        wish: &impl Fn(&Flow) -> FlowDetails,
        is_told: bool,
        origin: Origin<'_>,
    ) -> Result<Flow, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let flow = self.flow(id).await?;
            let Some(event) = update(id.flow, &flow, name, &wish(&flow))? else { return Ok(flow) };
            let claim = self.claim(id, &flow, name).await?;
            let back = if is_told { redrafted(&flow, HeardFrom::Request, self.clock.now()) } else { Vec::new() };
            let mut appends = vec![self.append_of(id, &flow, [vec![event], back].concat(), origin)];
            appends.extend(claim.map(|(target, state, event)| self.append_of(target, &state, vec![event], origin)));
            match self.journal.append_all(appends).await {
                Ok(_) => return self.shown(id).await,
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }
}
