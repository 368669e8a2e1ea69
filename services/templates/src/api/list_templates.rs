//! `GET /v1/projects/{project}/templates`: the templates of a project, by name and language.

use std::sync::Arc;

use axum::extract::State;
use chassis::{Json, PageLimit, Path, Problem, Query, cursor};
use contract::{ProjectId, TemplateId};
use projects::Project;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::TemplateSummary;
use crate::Templates;
use crate::error::Error;
use crate::template::Template;

/// Instead of an account: every account.
const EVERY: &str = "all";

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Only those that stand like this at Meta: `APPROVED`, `PENDING`, …; `none`: those that Meta does not have.
    status: Option<String>,
    /// Only those of this category.
    category: Option<String>,
    /// Only those in this language, as `en_US`.
    language: Option<String>,
    /// Only those of exactly this name.
    name: Option<String>,
    /// Those of another WhatsApp Business Account, by Meta's id; `all`: of every account that the project ever had. Absent: of the connected
    /// number's, or of every one while no number is connected.
    waba: Option<String>,
    /// 1 to 100 templates a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of templates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplatePage {
    data: Vec<TemplateSummary>,
    /// For the next page; null: this is the last one.
    next_cursor: Option<String>,
}

/// A place in this list alone.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct Place {
    template_name: String,
    template_language: String,
    template: TemplateId,
}

/// Lists templates
///
/// Those of the account of the connected number, each with how it stands and what a reader sees of it. Those that were deleted are not among
/// them, nor those that a project of another workspace made which has a number of the same account.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/templates",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Part),
    responses(
        (status = 200, description = "Templates, by name and language", body = TemplatePage),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["templates:read"])),
)]
pub(crate) async fn list_templates(
    State(templates): State<Templates>,
    Path(project): Path<ProjectId>,
    Query(part): Query<Part>,
) -> Result<Json<TemplatePage>, Problem> {
    let limit = PageLimit::parse(part.limit)?;
    let after = part.cursor.as_deref().map(cursor::decode::<Place>).transpose()?;
    let known = templates.readable(project).await?;
    templates.library.catch_up(project).await.map_err(Error::from)?;
    let waba = part.waba(&known);
    let fitting = templates.library.all(project).into_iter().filter(|template| part.fits(template, waba.as_deref()));
    let mut found: Vec<(Place, Arc<Template>)> = fitting.map(|template| (Place::of(&template), template)).collect();
    found.retain(|(place, _)| after.as_ref().is_none_or(|after| place > after));
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let next_cursor = limit.cut(&mut found, |(_, template)| Place::of(template))?;
    Ok(Json(TemplatePage { data: found.iter().map(|(_, template)| TemplateSummary::of(template)).collect(), next_cursor }))
}

impl Place {
    fn of(template: &Template) -> Self {
        Self { template_name: template.name.clone(), template_language: template.language.clone(), template: template.id }
    }
}

impl Part {
    /// The account whose templates are meant; none: every one.
    fn waba(&self, project: &Project) -> Option<String> {
        match self.waba.as_deref() {
            Some(EVERY) => None,
            Some(waba) => Some(waba.to_owned()),
            None => project.number.as_ref().and_then(|number| number.waba_id.clone()),
        }
    }

    fn fits(&self, template: &Template, waba: Option<&str>) -> bool {
        let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked.eq_ignore_ascii_case(value));
        let language = self.language.as_ref().map(|language| language.replace('-', "_"));
        template.is_there()
            && waba.is_none_or(|waba| waba == template.waba_id)
            && is(&self.status, template.status.as_deref().unwrap_or("none"))
            && is(&self.category, &template.category)
            && is(&language, &template.language)
            && self.name.as_ref().is_none_or(|name| *name == template.name)
    }
}
