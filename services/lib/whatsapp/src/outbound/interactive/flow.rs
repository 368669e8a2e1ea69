//! A button that opens a Flow. Which Flow that is and whether it has the screen is for others to say.

use super::named;
use crate::field_error::Code;
use crate::strict::{Node, Object};

const CTA_MAX: usize = 30;
/// Meta's ids are digits; ours, which are exchanged for Meta's when the message is sent, are longer.
const FLOW_ID_MAX: usize = 128;
const FLOW_NAME_MAX: usize = 200;
/// Ours: Meta names none.
pub(in crate::outbound) const FLOW_TOKEN_MAX: usize = 512;
const SCREEN_MAX: usize = 128;
const VERSION: &str = "3";

#[derive(Clone, Copy, PartialEq, Eq)]
enum FlowAction {
    Navigate,
    DataExchange,
}

impl FlowAction {
    const ALL: [Self; 2] = [Self::Navigate, Self::DataExchange];

    fn name(self) -> &'static str {
        match self {
            Self::Navigate => "navigate",
            Self::DataExchange => "data_exchange",
        }
    }
}

pub(super) fn check(action: &Object<'_>) {
    named(action, super::FLOW);
    let Some(parameters) = action.required("parameters").and_then(|parameters| parameters.object()) else { return };
    if let Some(version) = parameters.required("flow_message_version") {
        version.fixed(VERSION);
    }
    let (id, name) = parameters.either("flow_id", "flow_name");
    if let Some(id) = id {
        id.token(FLOW_ID_MAX);
    }
    if let Some(name) = name {
        name.line(FLOW_NAME_MAX);
    }
    if let Some(cta) = parameters.required("flow_cta")
        && let Some(text) = cta.line(CTA_MAX)
    {
        cta.matches(text, !text.contains(is_emoji), "must have no emoji");
    }
    if let Some(token) = parameters.optional("flow_token") {
        token.line(FLOW_TOKEN_MAX);
    }
    if let Some(mode) = parameters.optional("mode") {
        mode.choice(&["published", "draft"], |name| name);
    }
    let flow_action = parameters.optional("flow_action").and_then(|name| name.choice(&FlowAction::ALL, FlowAction::name));
    match (parameters.optional("flow_action_payload"), flow_action) {
        (Some(payload), Some(FlowAction::DataExchange)) => {
            payload.refuse(Code::NotAllowed, "must be left out: with data_exchange the endpoint names the first screen");
        }
        (Some(payload), Some(FlowAction::Navigate) | None) => check_payload(&payload),
        (None, _) => {}
    }
}

fn check_payload(payload: &Node<'_>) {
    let Some(object) = payload.object() else { return };
    if object.is_empty() {
        payload.refuse(Code::TooFew, "must have a screen or data; leave it out if there is neither");
    }
    if let Some(screen) = object.optional("screen") {
        screen.id(SCREEN_MAX);
    }
    if let Some(data) = object.optional("data") {
        data.free_object();
    }
}

/// The blocks of pictographs, the clocks and keys of players among the technical signs, and what joins or colours them.
fn is_emoji(c: char) -> bool {
    matches!(
        u32::from(c),
        0x1F000..=0x1FAFF | 0x231A..=0x231B | 0x23E9..=0x23F3 | 0x23F8..=0x23FA | 0x25FD..=0x27BF | 0x2B05..=0x2B55 | 0xFE0F | 0x20E3
    )
}
