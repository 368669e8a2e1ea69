//! Asking Meta for a project: with which token and in which account, and what its errors mean for a request and for the log.

use axum::http::StatusCode;
use chassis::Problem;
use contract::TemplateRefused;
use projects::{Life, Project};
use whatsapp::WabaId;
use whatsapp::graph::{Class, Error as GraphError, Graph, TemplateFacts, Token};

use crate::Templates;
use crate::error::Error;
use crate::template::Template;

/// `Retry-After` while Meta does not answer, or wants fewer calls.
const RETRY_AFTER_S: u32 = 5;
const RETRY_LATER_S: u32 = 60;

/// With what Meta is asked for a project.
#[derive(Clone)]
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
    /// The template is of an account whose number is not connected any more.
    #[error("the template belongs to a WhatsApp Business Account whose number is not connected: connect a number of that account")]
    OtherAccount,
}

impl NoLine {
    pub(crate) fn problem(self) -> Problem {
        match self {
            Self::NotConfigured => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "meta_not_configured").detail(self.to_string()),
            Self::NotConnected => Problem::conflict("number_not_connected", self.to_string()),
            Self::OtherAccount => Problem::conflict("template_of_other_account", self.to_string()),
        }
    }
}

impl Templates {
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
}

impl Line {
    /// The template as Meta has it, by its name and language: Meta has one of each in an account.
    pub(crate) async fn look(&self, template: &Template) -> Result<Option<TemplateFacts>, GraphError> {
        let named = self.graph.templates_named(&self.token, &self.waba, &template.name).await?;
        Ok(named.into_iter().find(|facts| facts.language == template.language))
    }

    /// The template as Meta has it, by Meta's id. None: it is not there, or not for us.
    pub(crate) async fn show(&self, meta_id: &str) -> Result<Option<TemplateFacts>, GraphError> {
        match self.graph.template(&self.token, meta_id).await {
            Ok(facts) => Ok(Some(facts)),
            Err(error) if error.is_no_such_object() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the log says of a step that Meta will not do.
pub(crate) fn refused(step: &str, error: &GraphError) -> TemplateRefused {
    let (code, meta_code, reason) = (code_of(error).to_owned(), error.code(), error.for_people());
    TemplateRefused { step: step.to_owned(), code, meta_code, reason }
}

/// Stable names for what owners can do something about.
fn code_of(error: &GraphError) -> &'static str {
    match error.code() {
        Some(_) if error.is_access_lost() => "access_lost",
        Some(_) => "meta_refused",
        None => "meta_unreadable",
    }
}

/// What is answered to a request that Meta did not carry out.
pub(crate) fn problem(error: &GraphError) -> Problem {
    match error.class() {
        Class::Transient | Class::Unclear => Problem::unavailable("meta_unavailable", RETRY_AFTER_S, error),
        Class::RateLimited => Problem::unavailable("meta_rate_limited", RETRY_LATER_S, error),
        Class::Final if error.code().is_some() => Problem::unprocessable(code_of(error), error.for_people()),
        Class::Final => Problem::new(StatusCode::BAD_GATEWAY, "meta_unreadable").cause(error),
    }
}
