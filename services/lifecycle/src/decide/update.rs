//! Another name, another setting.

use contract::ProjectUpdated;

use super::{Fact, Refusal, on, staying};
use crate::project::Project;
use crate::project::settings::Changes;

pub(super) fn update(project: &Project, changes: &Changes) -> Result<Vec<Fact>, Refusal> {
    staying(project)?;
    let name = changes.name.as_ref().map_or_else(|| project.name.clone(), |name| name.as_str().to_owned());
    let conversation_idle_seconds = changes.conversation_idle_seconds.unwrap_or(project.conversation_idle_seconds);
    if name == project.name && conversation_idle_seconds == project.conversation_idle_seconds {
        return Ok(Vec::new());
    }
    Ok(vec![on(project.id, ProjectUpdated { name, conversation_idle_seconds })])
}
