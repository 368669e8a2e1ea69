//! Whether a message may still be sent when its turn comes, which can be weeks after it was asked for: whether Meta still sends its
//! template and its Flow, and whether the contact still wants it. These are the rules that the request was judged by, in the same order and
//! with the same codes. Pure.
//!
//! The message itself does not change, so its contents are not judged again. That it expires with its window, and whether the project may
//! and can send at all, is checked elsewhere (`lane`, `send`).

use std::sync::Arc;

use contract::{FlowUse, MessageRequested, SendFailure, TemplateUse};
use projects::{Catalogue, Flow, Project, Template};

/// A rule that stands in the way by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// With which the request would be refused now.
    pub(crate) code: SendFailure,
    pub(crate) reason: String,
}

/// What is known when its turn comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ground {
    /// The template that the message names, in its language.
    template: Option<Arc<Template>>,
    /// The Flow that it opens.
    flow: Option<Arc<Flow>>,
    /// The contact stopped messages that advertise.
    has_stopped: bool,
}

impl Ground {
    /// Looks up what a message of a project needs.
    pub(crate) fn of(message: &MessageRequested, project: &Project, catalogue: &Catalogue, has_stopped: bool) -> Self {
        let waba = project.number.as_ref().and_then(|number| number.waba_id.as_deref());
        let named = |used: &TemplateUse| Template::best(&catalogue.templates(project.id, &used.name, waba), &used.language);
        Self {
            template: message.template.as_ref().and_then(named),
            flow: message.flow.as_ref().and_then(|used| catalogue.flow(project.id, used.flow)),
            has_stopped,
        }
    }
}

/// # Errors
/// The first rule that stands in the way.
pub(crate) fn judge(message: &MessageRequested, ground: &Ground) -> Result<(), Refusal> {
    if let Some(used) = &message.template {
        template(used, ground)?;
    }
    message.flow.as_ref().map_or(Ok(()), |used| flow(used, ground))
}

fn template(TemplateUse { name, language, .. }: &TemplateUse, ground: &Ground) -> Result<(), Refusal> {
    let Some(template) = &ground.template else {
        return refuse(SendFailure::TemplateNotFound, format!("there is no template {name:?} in {language} any more"));
    };
    if !template.is_approved() {
        let reason = format!("the template {name:?} is {} by now, and only approved ones can be sent", word(&template.status));
        return refuse(SendFailure::TemplateNotApproved, reason);
    }
    if template.is_marketing() && ground.has_stopped {
        return refuse(SendFailure::OptedOut, "the contact stopped messages that advertise".to_owned());
    }
    Ok(())
}

fn flow(used: &FlowUse, ground: &Ground) -> Result<(), Refusal> {
    let Some(flow) = &ground.flow else {
        return refuse(SendFailure::FlowNotFound, format!("there is no Flow {} in the project any more", used.flow));
    };
    if !flow.is_sendable() {
        let reason = format!("the Flow {:?} is {} by now, and none in that status is sent", flow.name, word(&flow.status));
        return refuse(SendFailure::FlowNotSendable, reason);
    }
    Ok(())
}

fn refuse(code: SendFailure, reason: String) -> Result<(), Refusal> {
    Err(Refusal { code, reason })
}

fn word(status: &Option<String>) -> &str {
    status.as_deref().unwrap_or("not at Meta")
}

#[cfg(test)]
mod tests {
    use contract::{CalledAtMeta, FlowId, TemplateId};
    use serde_json::Value;
    use ulid::Ulid;

    use super::*;

    fn template_of(status: Option<&str>, category: &str) -> Template {
        Template {
            id: TemplateId::from_ulid(Ulid::from_parts(1, 1)),
            name: "sale".into(),
            language: "en".into(),
            category: category.into(),
            waba_id: Some("104".into()),
            status: status.map(str::to_owned),
            reason: None,
            components: Value::Null,
        }
    }

    fn flow_of(status: Option<&str>) -> Flow {
        Flow {
            id: FlowId::from_ulid(Ulid::from_parts(1, 2)),
            name: "booking".into(),
            called: CalledAtMeta::default(),
            meta_id: Some("812".into()),
            status: status.map(str::to_owned),
            published: Some(1),
        }
    }

    fn code(judged: Result<(), Refusal>) -> Option<SendFailure> {
        judged.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_template_is_still_there_approved_and_wanted() {
        let used = TemplateUse { name: "sale".into(), language: "en".into(), template: None };
        let judged = |known: Option<Template>, has_stopped: bool| {
            code(template(&used, &Ground { template: known.map(Arc::new), flow: None, has_stopped }))
        };
        for (status, category, has_stopped, refused) in [
            (Some("APPROVED"), "MARKETING", false, None),
            (Some("APPROVED"), "UTILITY", true, None),
            (Some("APPROVED"), "MARKETING", true, Some(SendFailure::OptedOut)),
            (Some("PAUSED"), "MARKETING", true, Some(SendFailure::TemplateNotApproved)),
            (Some("PAUSED"), "UTILITY", false, Some(SendFailure::TemplateNotApproved)),
            (Some("PENDING"), "UTILITY", false, Some(SendFailure::TemplateNotApproved)),
            (Some("A_NEW_WORD"), "UTILITY", false, Some(SendFailure::TemplateNotApproved)),
            (None, "UTILITY", false, Some(SendFailure::TemplateNotApproved)),
        ] {
            let known = Some(template_of(status, category));
            assert_eq!(judged(known, has_stopped), refused, "{status:?} {category}, stopped: {has_stopped}");
        }
        assert_eq!(judged(None, false), Some(SendFailure::TemplateNotFound));
    }

    #[test]
    fn a_flow_is_still_there_and_one_that_is_sent() {
        let used = FlowUse { flow: FlowId::from_ulid(Ulid::from_parts(1, 2)), revision: 1, flow_id: "812".into() };
        let judged = |known: Option<Flow>| code(flow(&used, &Ground { flow: known.map(Arc::new), ..Ground::default() }));
        for (status, refused) in [
            (Some("PUBLISHED"), None),
            (Some("THROTTLED"), None),
            (Some("A_NEW_WORD"), None),
            (Some("DRAFT"), Some(SendFailure::FlowNotSendable)),
            (Some("DEPRECATED"), Some(SendFailure::FlowNotSendable)),
            (Some("BLOCKED"), Some(SendFailure::FlowNotSendable)),
            (None, Some(SendFailure::FlowNotSendable)),
        ] {
            assert_eq!(judged(Some(flow_of(status))), refused, "{status:?}");
        }
        assert_eq!(judged(None), Some(SendFailure::FlowNotFound));
    }
}
