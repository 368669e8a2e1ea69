//! Another name, another setting.

use contract::{ProjectUpdated, SendingPolicySet};

use super::{Fact, Refusal, on, staying};
use crate::project::Project;
use crate::project::settings::Changes;

pub(super) fn update(project: &Project, changes: &Changes) -> Result<Vec<Fact>, Refusal> {
    staying(project)?;
    let name = changes.name.as_ref().map_or_else(|| project.name.clone(), |name| name.as_str().to_owned());
    let conversation_idle_seconds = changes.conversation_idle_seconds.unwrap_or(project.conversation_idle_seconds);
    let mut facts = Vec::new();
    if name != project.name || conversation_idle_seconds != project.conversation_idle_seconds {
        facts.push(on(project.id, ProjectUpdated { name, conversation_idle_seconds }));
    }
    if let Some(unknown_outcome) = changes.unknown_outcome.filter(|wanted| *wanted != project.unknown_outcome) {
        facts.push(on(project.id, SendingPolicySet { unknown_outcome }));
    }
    Ok(facts)
}
