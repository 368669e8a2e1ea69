//! The HTTP routes of flow-sync, one file each.

mod answer;
mod body;
mod check_json;
mod choose_drift;
mod create_flow;
mod delete_flow;
mod deprecate_flow;
mod list_flows;
mod preview_flow;
mod publish_flow;
mod replace_json;
mod show_flow;
mod show_json;
mod sync_flows;
mod update_flow;

use std::sync::Arc;

use answer::FlowAnswer;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use chassis::{Caller, Json, Problem, RequestId, etag};
use contract::{FlowId, ProjectId};
use projects::{Life, Project};
use tower::limit::GlobalConcurrencyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::FlowSync;
use crate::command::Origin;
use crate::decide::{DRAFT, PUBLISHED};
use crate::error::Error;
use crate::flow::{Flow, Id};

/// Bodies with a Flow JSON that are read at the same time; the next ones wait before they are read.
const UPLOADS_MAX: usize = 4;
/// Previews that are made at the same time.
const PREVIEWS_MAX: usize = 4;

/// A Flow, with its revision in the header.
type Shown = ([(HeaderName, String); 1], Json<FlowAnswer>);

/// The revision that an answer shows, 0 for none.
fn tag(flow: &Flow) -> [(HeaderName, String); 1] {
    etag(flow.current().map_or(0, |current| current.revision))
}

/// All routes; the frame around them (callers, limits, health) is `chassis::Site`'s.
pub fn routes(flow_sync: FlowSync) -> OpenApiRouter {
    let upload = OpenApiRouter::new()
        .routes(routes!(create_flow::create_flow))
        .routes(routes!(show_json::show_json, replace_json::replace_json))
        .routes(routes!(check_json::check_json))
        .routes(routes!(check_json::check_flow))
        .layer(DefaultBodyLimit::max(body::BODY_BYTES_MAX))
        .layer(GlobalConcurrencyLimitLayer::new(UPLOADS_MAX));
    let preview = OpenApiRouter::new()
        .routes(routes!(preview_flow::preview_flow))
        .routes(routes!(preview_flow::take_step))
        .layer(GlobalConcurrencyLimitLayer::new(PREVIEWS_MAX));
    OpenApiRouter::new()
        .routes(routes!(list_flows::list_flows))
        .routes(routes!(show_flow::show_flow, update_flow::update_flow, delete_flow::delete_flow))
        .routes(routes!(show_flow::show_revision))
        .routes(routes!(show_json::show_revision_json))
        .routes(routes!(show_json::show_drift_json))
        .routes(routes!(publish_flow::publish_flow))
        .routes(routes!(deprecate_flow::deprecate_flow))
        .routes(routes!(choose_drift::choose_drift))
        .routes(routes!(sync_flows::sync_flows))
        .routes(routes!(sync_flows::sync_flow))
        .merge(upload)
        .merge(preview)
        .with_state(flow_sync)
}

/// Who asks, for the log.
fn origin<'a>(caller: &'a Caller, request: &'a RequestId) -> Origin<'a> {
    Origin::Request { id: request.as_str(), actor: caller.actor() }
}

impl FlowSync {
    /// A project that may be changed now.
    async fn open_project(&self, project: ProjectId) -> Result<Arc<Project>, Problem> {
        let known = self.projects.fresh(project).await.map_err(Error::from)?;
        let known = known.ok_or_else(|| Problem::not_found("there is no such project"))?;
        if known.life == Life::Leaving {
            return Err(Problem::conflict("project_ends", "the deletion of the project has begun"));
        }
        if known.suspended {
            return Err(Problem::conflict("project_suspended", "the project is suspended: its Flows can be read, not changed"));
        }
        Ok(known)
    }

    /// A Flow that was made here once.
    async fn made(&self, project: ProjectId, flow: FlowId) -> Result<(Id, Flow), Problem> {
        let id = Id { project, flow };
        let state = self.flow(id).await?;
        if state.created.is_none() {
            return Err(crate::Refusal::NotFound.into());
        }
        Ok((id, state))
    }

    /// Refuses what would take a Flow from people unasked: somebody published it in Meta's own pages, and that is not heard yet. `status` is what
    /// Meta says now.
    fn unless_published(&self, project: ProjectId, status: Option<&str>) -> Result<(), crate::Refusal> {
        if status != Some(PUBLISHED) {
            return Ok(());
        }
        self.asked.ask(project);
        Err(crate::Refusal::Published)
    }

    /// Brings a change to Meta right away, if Meta can be asked. What does not work now is gone on with later: the change itself is kept.
    async fn push_now(&self, project: &Project, id: Id, origin: Origin<'_>) -> Result<(Flow, Option<String>), Problem> {
        let line = match self.line(project).await {
            Ok(line) => line,
            Err(Error::NoLine(none)) => return Ok((self.flow(id).await?, Some(format!("not uploaded: {none}")))),
            Err(error) => return Ok((self.flow(id).await?, Some(later(&error)))),
        };
        let _lock = self.locks.of(id).await;
        match self.push(id, &line, None, origin).await {
            Ok(pushed) => Ok((pushed.flow, pushed.held.then(|| HELD.to_owned()))),
            Err(error) => {
                self.asked.ask(id.project);
                Ok((self.flow(id).await?, Some(later(&error))))
            }
        }
    }

    /// The same, with the answer to whoever changed the Flow that stood as in `before`.
    async fn push_and_answer(&self, project: &Project, id: Id, before: &Flow, origin: Origin<'_>) -> Result<Shown, Problem> {
        let (flow, notice) = self.push_now(project, id, origin).await?;
        let notice = notice.or_else(|| back_to_draft(before, &flow));
        let differences = self.drifted(id, &flow).await?;
        Ok((tag(&flow), Json(FlowAnswer::of(id.flow, flow, differences, notice))))
    }

    /// Whatever a request wrote that was overtaken by the deletion of its project is taken away again.
    async fn unless_gone<T>(&self, project: ProjectId, done: Result<T, Problem>) -> Result<T, Problem> {
        if self.ends(project).await? {
            self.forget(project).await?;
        }
        done
    }
}

/// What the answer says to whoever took a published Flow back to draft.
fn back_to_draft(before: &Flow, after: &Flow) -> Option<String> {
    let is_back = before.status() == Some(PUBLISHED) && after.status() == Some(DRAFT);
    is_back.then(|| "the Flow is back to DRAFT at Meta: users cannot open it until it is published again, so publish it".to_owned())
}

const HELD: &str = "not uploaded: the Flow was published meanwhile, and Meta would put it back to draft; put the JSON again with \
                    \"new_version\": true";

fn later(error: &Error) -> String {
    match error {
        Error::Meta { step, source } if source.class() == whatsapp::graph::Class::Final => {
            let problem = crate::meta::problem(step, source);
            format!("not uploaded: {}", problem.detail.clone().unwrap_or_else(|| problem.code.clone()))
        }
        error => format!("not uploaded yet, it is tried again by itself: {error}"),
    }
}

impl From<crate::Refusal> for Problem {
    fn from(refusal: crate::Refusal) -> Self {
        Error::Refused(refusal).into()
    }
}
