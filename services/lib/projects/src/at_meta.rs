//! Asking Meta for a project: with which token and in which account, and what is answered where Meta did not do it.

use axum::http::StatusCode;
use chassis::Problem;
use whatsapp::WabaId;
use whatsapp::graph::{Class, Error, Graph, Token};

use crate::{Life, Project, TokenError, Tokens};

/// `Retry-After` while Meta does not answer, or wants fewer calls.
const RETRY_AFTER_S: u32 = 5;
const RETRY_LATER_S: u32 = 60;

/// With what Meta is asked for a project.
#[derive(Clone)]
pub struct Line {
    /// Meta.
    pub graph: Graph,
    /// Of the project's number.
    pub token: Token,
    /// The number's account.
    pub waba: WabaId,
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

impl Line {
    /// The way to Meta, if an app is configured.
    ///
    /// # Errors
    /// [`NoLine`]; [`TokenError`] if the log does not answer or the master key is another.
    pub async fn of<E: From<NoLine> + From<TokenError>>(graph: Option<&Graph>, tokens: &Tokens, project: &Project) -> Result<Self, E> {
        let graph = graph.cloned().ok_or(NoLine::NotConfigured)?;
        let number = project.number.as_ref().filter(|_| project.life != Life::Leaving).ok_or(NoLine::NotConnected)?;
        let waba = number.waba_id.as_deref().and_then(WabaId::parse).ok_or(NoLine::NotConnected)?;
        let token = tokens.open(project).await?;
        Ok(Self { graph, token, waba })
    }
}

impl From<NoLine> for Problem {
    fn from(none: NoLine) -> Self {
        match none {
            NoLine::NotConfigured => Self::new(StatusCode::SERVICE_UNAVAILABLE, "meta_not_configured").detail(none.to_string()),
            NoLine::NotConnected => Self::conflict("number_not_connected", none.to_string()),
        }
    }
}

/// What is answered to a request that Meta did not carry out. `code` is the stable name for what Meta will never do.
pub fn meta_problem(error: &Error, code: &str) -> Problem {
    match error.class() {
        Class::Transient | Class::Unclear => Problem::unavailable("meta_unavailable", RETRY_AFTER_S, error),
        Class::RateLimited => Problem::unavailable("meta_rate_limited", RETRY_LATER_S, error),
        Class::Final if error.code().is_some() => Problem::unprocessable(code, error.for_people()),
        Class::Final => Problem::new(StatusCode::BAD_GATEWAY, "meta_unreadable").cause(error),
    }
}
