//! Asking Meta for a project, and what its errors mean for a request and for the log.

use chassis::Problem;
use contract::TemplateRefused;
use projects::{Line, Project, meta_problem};
use whatsapp::graph::{Error as GraphError, TemplateFacts};

use crate::Templates;
use crate::error::Error;
use crate::template::Template;

impl Templates {
    /// The way to Meta.
    ///
    /// # Errors
    /// [`Error::NoLine`]; [`Error::Token`] if the log does not answer or the master key is another.
    pub(crate) async fn line(&self, project: &Project) -> Result<Line, Error> {
        Line::of(self.graph.as_ref(), &self.tokens, project).await
    }
}

/// The template as Meta has it, by its name and language: Meta has one of each in an account.
pub(crate) async fn look(line: &Line, template: &Template) -> Result<Option<TemplateFacts>, GraphError> {
    let named = line.graph.templates_named(&line.token, &line.waba, &template.name).await?;
    Ok(named.into_iter().find(|facts| facts.language == template.language))
}

/// The template as Meta has it, by Meta's id. None: it is not there, or not for us.
pub(crate) async fn show(line: &Line, meta_id: &str) -> Result<Option<TemplateFacts>, GraphError> {
    match line.graph.template(&line.token, meta_id).await {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.is_no_such_object() => Ok(None),
        Err(error) => Err(error),
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
    meta_problem(error, code_of(error))
}
