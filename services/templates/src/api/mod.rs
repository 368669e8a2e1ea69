//! The HTTP routes of templates, one file each.

mod answer;
mod body;
mod create_template;
mod delete_template;
mod edit_template;
mod list_templates;
mod show_template;
mod sync_templates;
mod unpause_template;
mod upload_example;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use chassis::{Caller, Problem, RequestId, etag};
use contract::{ProjectId, TemplateId};
use projects::{Life, Line, Project};
use tokio::time::timeout;
use tower::limit::GlobalConcurrencyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use whatsapp::graph::Class;

use crate::Templates;
use crate::command::{Lock, Origin};
use crate::error::Error;
use crate::push::Turn;
use crate::template::{Id, Template};

/// Files inside at the same time, each in memory; the next ones wait before they are read.
const UPLOADS_MAX: usize = 4;
/// For how long a request waits for Meta. What takes longer goes on without it.
const WAIT_MAX: Duration = Duration::from_secs(22);
/// For how long it waits for others who ask Meta about the same template.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);

/// The version that an answer shows.
fn tag(template: &Template) -> [(HeaderName, String); 1] {
    etag(template.sequence)
}

/// All routes; the frame around them (callers, limits, health) is `chassis::Site`'s.
pub fn routes(templates: Templates) -> OpenApiRouter {
    let upload = OpenApiRouter::new()
        .routes(routes!(upload_example::upload_example))
        .layer(DefaultBodyLimit::max(upload_example::FILE_BYTES_MAX))
        .layer(GlobalConcurrencyLimitLayer::new(UPLOADS_MAX));
    OpenApiRouter::new()
        .routes(routes!(list_templates::list_templates, create_template::create_template))
        .routes(routes!(show_template::show_template, edit_template::edit_template, delete_template::delete_template))
        .routes(routes!(unpause_template::unpause_template))
        .routes(routes!(sync_templates::sync_templates))
        .layer(DefaultBodyLimit::max(body::BODY_BYTES_MAX))
        .merge(upload)
        .with_state(templates)
}

/// Who asks, for the log.
fn origin(caller: &Caller, request: &RequestId) -> Origin {
    Origin::request(request.as_str(), caller.actor())
}

/// What came of asking Meta.
enum Brought {
    /// Meta said yes.
    Done(Arc<Template>),
    /// Nobody knows yet, and it goes on by itself.
    Waits(Arc<Template>),
}

impl Templates {
    /// A project whose templates may be read.
    async fn readable(&self, project: ProjectId) -> Result<Arc<Project>, Problem> {
        let known = self.projects.fresh(project).await.map_err(Error::from)?;
        known.ok_or_else(|| Problem::not_found("there is no such project"))
    }

    /// A project whose templates may be changed now.
    async fn writable(&self, project: ProjectId) -> Result<Arc<Project>, Problem> {
        let known = self.readable(project).await?;
        if known.life == Life::Leaving {
            return Err(crate::Refusal::ProjectEnds.into());
        }
        if known.suspended {
            return Err(Problem::conflict("project_suspended", "the project is suspended: its templates can be read, not changed"));
        }
        Ok(known)
    }

    /// A template that is there.
    async fn present(&self, project: ProjectId, template: TemplateId) -> Result<(Id, Arc<Template>), Problem> {
        let id = Id { project, template };
        let known = self.current(id).await?.filter(|template| template.is_there());
        Ok((id, known.ok_or(crate::Refusal::NotFound)?))
    }

    /// The way to Meta for a template that this project may change: through a number of its own account.
    async fn line_of(&self, project: &Project, template: &Template) -> Result<Line, Problem> {
        let line = self.line(project).await?;
        if line.waba.as_str() != template.waba_id {
            return Err(crate::Refusal::OtherAccount.into());
        }
        self.must_be_ours(project, template).await?;
        Ok(line)
    }

    /// Brings what was just asked for to Meta. A caller that goes away does not stop it.
    async fn ask_meta(&self, id: Id, line: Line, turn: Turn, origin: Origin, lock: Option<Lock>) -> Result<Brought, Problem> {
        let templates = self.clone();
        let task = self.begun.spawn(async move {
            match lock {
                Some(lock) => templates.push_locked(id, &line, turn, &origin, lock).await,
                None => templates.push(id, &line, turn, &origin).await,
            }
        });
        let came = match timeout(WAIT_MAX, task).await {
            Ok(joined) => joined.map_err(Problem::internal)?,
            Err(_) => return self.waits(id).await,
        };
        match came {
            Ok(template) if template.pending.is_none() => Ok(Brought::Done(template)),
            Ok(_) => self.waits(id).await,
            Err(Error::Meta { source, .. }) if source.ambiguous() || source.class() != Class::Final => self.waits(id).await,
            // Meta said no, and the log has it.
            Err(error) => Err(error.into()),
        }
    }

    /// The template's lock, from before something is said until Meta answered. None: somebody waits for Meta with it, and long.
    async fn lock(&self, id: Id) -> Option<Lock> {
        timeout(LOCK_WAIT_MAX, self.locks.of(id)).await.ok()
    }

    async fn waits(&self, id: Id) -> Result<Brought, Problem> {
        self.asked.ask(id.project);
        let template = self.current(id).await?.ok_or(crate::Refusal::ProjectEnds)?;
        Ok(if template.pending.is_some() { Brought::Waits(template) } else { Brought::Done(template) })
    }
}
