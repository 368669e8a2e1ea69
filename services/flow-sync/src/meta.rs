//! Asking Meta for a project, and what its errors mean for a request and for the log.

use chassis::Problem;
use contract::FlowSyncFailed;
use projects::{Line, Project, meta_problem};
use whatsapp::graph::{Class, Error as GraphError};

use crate::FlowSync;
use crate::command::Origin;
use crate::decide::failed;
use crate::error::Error;
use crate::flow::Id;

/// A Flow from before November 2024 that was published can never be changed. Meta also says so while it cannot process a JSON.
pub(crate) const NOT_UPDATABLE: i64 = 139_001;
/// A name that is taken, an id that nobody has, and more.
pub(crate) const INVALID_PARAMETER: i64 = 100;

impl FlowSync {
    /// The way to Meta.
    ///
    /// # Errors
    /// [`Error::NoLine`]; [`Error::Token`] if the log does not answer or the master key is another.
    pub(crate) async fn line(&self, project: &Project) -> Result<Line, Error> {
        Line::of(self.graph.as_ref(), &self.tokens, project).await
    }

    /// Passes on what Meta answered; what it will never do is said in the log first. What Meta may have done at somebody's request is looked up,
    /// also if they do not ask again; own work comes back by itself.
    pub(crate) async fn noted<T>(
        &self,
        id: Id,
        step: &'static str,
        revision: Option<u32>,
        answer: Result<T, GraphError>,
        origin: Origin<'_>,
    ) -> Result<T, Error> {
        let source = match answer {
            Ok(answer) => return Ok(answer),
            Err(source) => source,
        };
        if source.ambiguous() && step != "read" && matches!(origin, Origin::Request { .. }) {
            self.asked.ask(id.project);
        }
        if source.class() == Class::Final {
            let (code, meta_code, reason) = (code_of(step, &source).to_owned(), source.code(), source.for_people());
            let failure = FlowSyncFailed { step: step.to_owned(), code, meta_code, reason, revision };
            self.carry_out(id, origin, |flow| Ok(failed(flow, failure.clone()))).await?;
        }
        Err(Error::Meta { step, source })
    }
}

/// Stable names for what owners can do something about.
pub(crate) fn code_of(step: &str, error: &GraphError) -> &'static str {
    match error.code() {
        Some(NOT_UPDATABLE) if step == "upload" || step == "update" => "flow_immutable",
        Some(139_000) => "blocked_by_integrity",
        Some(139_002) => "publish_refused",
        Some(139_003) => "deprecate_refused",
        Some(139_004) => "delete_refused",
        Some(_) if error.is_access_lost() => "access_lost",
        Some(_) => "meta_refused",
        None => "meta_unreadable",
    }
}

/// What is answered to a request that Meta did not carry out.
pub(crate) fn problem(step: &'static str, error: &GraphError) -> Problem {
    let code = code_of(step, error);
    let problem = meta_problem(error, code);
    if problem.code != "flow_immutable" {
        return problem;
    }
    let why = "Meta does not let this Flow be changed: it was published before November 2024, or Meta cannot process the JSON. If this stays, \
               make another Flow with the same JSON and send that one";
    problem.detail(format!("{why}. Meta says: {}", error.for_people()))
}
