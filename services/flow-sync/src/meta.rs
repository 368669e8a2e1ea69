//! Asking Meta for a project: with which token and in which account, and what its errors mean for a request and for the log.

use axum::http::StatusCode;
use chassis::Problem;
use contract::FlowSyncFailed;
use projects::{Life, Project};
use whatsapp::WabaId;
use whatsapp::graph::{Class, Error as GraphError, Graph, Token};

use crate::FlowSync;
use crate::command::Origin;
use crate::decide::failed;
use crate::error::Error;
use crate::flow::Id;

/// `Retry-After` while Meta does not answer, or wants fewer calls.
const RETRY_AFTER_S: u32 = 5;
const RETRY_LATER_S: u32 = 60;
/// A Flow from before November 2024 that was published can never be changed. Meta also says so while it cannot process a JSON.
pub(crate) const NOT_UPDATABLE: i64 = 139_001;
/// A name that is taken, an id that nobody has, and more.
pub(crate) const INVALID_PARAMETER: i64 = 100;

/// With what Meta is asked for a project.
pub(crate) struct Line {
    pub(crate) graph: Graph,
    pub(crate) token: Token,
    pub(crate) waba: WabaId,
}

/// Why Meta cannot be asked for a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLine {
    /// This installation has no app at Meta.
    #[error("this installation has no app at Meta")]
    NotConfigured,
    /// The project has no number, or one that was only claimed.
    #[error("the project has no number that is connected with a token of Meta's: connect one by signing up")]
    NotConnected,
}

impl NoLine {
    pub(crate) fn problem(self) -> Problem {
        match self {
            Self::NotConfigured => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "meta_not_configured").detail(self.to_string()),
            Self::NotConnected => Problem::conflict("number_not_connected", self.to_string()),
        }
    }
}

impl FlowSync {
    /// The way to Meta.
    ///
    /// # Errors
    /// [`Error::NoLine`]; [`Error::Token`] if the log does not answer or the master key is another.
    pub(crate) async fn line(&self, project: &Project) -> Result<Line, Error> {
        let graph = self.graph.clone().ok_or(NoLine::NotConfigured)?;
        let number = project.number.as_ref().filter(|_| project.life != Life::Leaving).ok_or(NoLine::NotConnected)?;
        let waba = number.waba_id.as_deref().and_then(WabaId::parse).ok_or(NoLine::NotConnected)?;
        let token = self.tokens.open(project).await?;
        Ok(Line { graph, token, waba })
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
    match error.class() {
        Class::Transient | Class::Unclear => Problem::unavailable("meta_unavailable", RETRY_AFTER_S, error),
        Class::RateLimited => Problem::unavailable("meta_rate_limited", RETRY_LATER_S, error),
        Class::Final if error.code().is_some() => {
            let code = code_of(step, error);
            let detail = if code == "flow_immutable" {
                let why = "Meta does not let this Flow be changed: it was published before November 2024, or Meta cannot process the JSON. \
                           If this stays, make another Flow with the same JSON and send that one";
                format!("{why}. Meta says: {}", error.for_people())
            } else {
                error.for_people()
            };
            Problem::unprocessable(code, detail)
        }
        Class::Final => Problem::new(StatusCode::BAD_GATEWAY, "meta_unreadable").cause(error),
    }
}
