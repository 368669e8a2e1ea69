//! What Meta calls the templates and Flows that the project made: what it says of them names their account, and no number. A template that
//! was found at Meta is the account's, which another project may share.

use contract::{Event, FlowEvent, ProjectId, Recorded, Stream, TemplateEvent};
use futures::StreamExt;
use journal::{Filter, Journal, Range};

use crate::error::Error;

/// Meta's ids of all that it ever made, as far as its events are still there: they go after what they name.
pub(super) async fn ids(journal: &Journal, project: ProjectId) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for stream in [Stream::Template, Stream::Flow] {
        let pattern = format!("{stream}.{project}.>");
        let mut events = std::pin::pin!(journal.replay(stream, Range::ALL, Filter::subjects([&*pattern])));
        while let Some(event) = events.next().await {
            let event = event?;
            ids.extend(if stream == Stream::Template { of_template(&event)? } else { of_flow(&event)? });
        }
    }
    Ok(ids)
}

fn of_template(recorded: &Recorded) -> Result<Option<String>, Error> {
    Ok(match TemplateEvent::read(recorded)? {
        TemplateEvent::TemplateSubmitted(submitted) => Some(submitted.template_id),
        TemplateEvent::TemplateRequested(_)
        | TemplateEvent::TemplateFound(_)
        | TemplateEvent::TemplateRefused(_)
        | TemplateEvent::TemplateEditRequested(_)
        | TemplateEvent::TemplateEdited(_)
        | TemplateEvent::TemplateStatusReported(_)
        | TemplateEvent::TemplateCategoryReported(_)
        | TemplateEvent::TemplateQualityReported(_)
        | TemplateEvent::TemplateComponentsReported(_)
        | TemplateEvent::TemplateDeleteRequested(_)
        | TemplateEvent::TemplateDeleted(_)
        | TemplateEvent::TemplatesErased(_) => None,
    })
}

fn of_flow(recorded: &Recorded) -> Result<Option<String>, Error> {
    Ok(match FlowEvent::read(recorded)? {
        FlowEvent::FlowLinked(linked) => Some(linked.flow_id),
        FlowEvent::FlowSpaceCreated(_)
        | FlowEvent::FlowSpaceErased(_)
        | FlowEvent::FlowCreated(_)
        | FlowEvent::FlowUpdated(_)
        | FlowEvent::FlowNameTaken(_)
        | FlowEvent::FlowRevised(_)
        | FlowEvent::FlowUploaded(_)
        | FlowEvent::FlowPublished(_)
        | FlowEvent::FlowStatusReported(_)
        | FlowEvent::FlowDeleted(_)
        | FlowEvent::FlowSyncFailed(_)
        | FlowEvent::FlowDriftFound(_)
        | FlowEvent::FlowDriftResolved(_)
        | FlowEvent::FlowHealthReported(_) => None,
    })
}
