//! Which workspace a template belongs to. Several projects may have numbers of the same WhatsApp Business Account, and their workspaces may
//! not know each other. A template that a project made belongs to its workspace, and other workspaces neither take it in nor change it. A
//! template that was made elsewhere belongs to everybody who has a number in the account.

use std::sync::Arc;

use contract::{ProjectId, TemplateId, TemplateRefused};
use projects::{Line, Project};
use whatsapp::graph::TemplateFacts;

use crate::Templates;
use crate::command::Origin;
use crate::decide::Refusal;
use crate::error::Error;
use crate::template::{Id, Template};

impl Templates {
    /// Projects of other workspaces that have a number of this account. Everything is known then that the log has of their templates.
    pub(crate) async fn strangers(&self, project: &Project, waba: &str) -> Result<Vec<ProjectId>, Error> {
        let others = self.projects.by_waba(waba).into_iter().filter_map(|other| self.projects.get(other));
        let strangers: Vec<_> = others.filter(|other| other.workspace != project.workspace).map(|other| other.id).collect();
        for stranger in &strangers {
            self.library.catch_up(*stranger).await?;
        }
        Ok(strangers)
    }

    /// Whether one of them made what Meta listed, or is making it now.
    pub(crate) fn is_strangers(&self, strangers: &[ProjectId], waba: &str, facts: &TemplateFacts) -> bool {
        let made = |template: Arc<Template>| template.meta_id.as_ref().map_or(template.pending.is_some(), |known| *known == facts.id);
        self.asked_by(strangers, waba, &facts.name, &facts.language).any(made)
    }

    /// Before this project changes a template.
    ///
    /// # Errors
    /// [`Refusal::OfOtherWorkspace`], of one that was found and that a project of another workspace made.
    pub(crate) async fn must_be_ours(&self, project: &Project, template: &Template) -> Result<(), Error> {
        if template.asked.is_some() {
            return Ok(());
        }
        let waba = template.waba_id.as_str();
        let strangers = self.strangers(project, waba).await?;
        let made = |theirs: Arc<Template>| theirs.meta_id.is_some() && theirs.meta_id == template.meta_id;
        let is_theirs = self.asked_by(&strangers, waba, &template.name, &template.language).any(made);
        if is_theirs { Err(Refusal::OfOtherWorkspace.into()) } else { Ok(()) }
    }

    /// Meta has a template of the name that was asked for. If it is another workspace's, ours was not taken.
    ///
    /// # Errors
    /// [`Refusal::OfOtherWorkspace`], which the log has then.
    pub(crate) async fn unless_strangers(&self, id: Id, line: &Line, facts: &TemplateFacts, origin: &Origin) -> Result<(), Error> {
        let Some(project) = self.projects.get(id.project) else { return Ok(()) };
        let waba = line.waba.as_str();
        let strangers = self.strangers(&project, waba).await?;
        let made = |theirs: Arc<Template>| theirs.meta_id.as_ref() == Some(&facts.id);
        if !self.asked_by(&strangers, waba, &facts.name, &facts.language).any(made) {
            return Ok(());
        }
        let (code, reason) = ("template_of_other_workspace".to_owned(), Refusal::OfOtherWorkspace.to_string());
        self.refuse(id, &TemplateRefused { step: "create".to_owned(), code, meta_code: None, reason }, origin).await?;
        Err(Refusal::OfOtherWorkspace.into())
    }

    /// Templates of that name and language that these projects asked for and that are there.
    fn asked_by(&self, projects: &[ProjectId], waba: &str, name: &str, language: &str) -> impl Iterator<Item = Arc<Template>> {
        let id = move |project: &ProjectId| Id { project: *project, template: TemplateId::of_name(*project, waba, name, language) };
        let asked = projects.iter().filter_map(move |project| self.library.get(id(project)));
        asked.filter(|template| template.is_there() && template.asked.is_some())
    }
}
