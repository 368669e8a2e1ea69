//! One button of a template.

use super::buttons::Kind;
use super::components::{Rules, no_variables};
use super::{example, variables};
use crate::Phone;
use crate::field_error::Code;
use crate::strict::{Distinct, Node, Object};

const LABEL_MAX: usize = 25;
const URL_MAX: usize = 2000;
const PHONE_NUMBER_MAX: usize = 20;
const CODE_MAX: usize = 20;
/// 30 days.
const TTL_MINUTES_MAX: i64 = 43_200;
/// Meta's ids are digits; ours are exchanged for Meta's when the template is made.
const FLOW_ID_MAX: usize = 128;
const FLOW_NAME_MAX: usize = 200;
const FLOW_JSON_MAX: usize = 60_000;
const SCREEN_MAX: usize = 128;

pub(super) fn check<'a>(button: &Object<'a>, kind: Kind, rules: Rules, labels: &mut Distinct<'a>) {
    let label = match kind {
        Kind::CopyCode | Kind::ContactInfo => button.optional("text"),
        Kind::QuickReply | Kind::Url | Kind::PhoneNumber | Kind::Flow => button.required("text"),
        Kind::Catalog | Kind::Mpm | Kind::Spm | Kind::VoiceCall => button.required("text"),
    };
    if let Some(node) = label
        && let Some(text) = node.line(LABEL_MAX)
    {
        no_variables(&node, text);
        labels.see(&node, text);
    }
    match kind {
        Kind::Url => check_url(button, rules),
        Kind::PhoneNumber => check_phone(button),
        Kind::CopyCode => {
            if let Some(code) = button.required("example") {
                example::of_button(&code, |code| _ = code.id(CODE_MAX));
            }
        }
        Kind::Flow => check_flow(button),
        Kind::VoiceCall => {
            if let Some(minutes) = button.optional("ttl_minutes") {
                minutes.integer(1..=TTL_MINUTES_MAX);
            }
        }
        Kind::QuickReply | Kind::Catalog | Kind::Mpm | Kind::Spm | Kind::ContactInfo => {}
    }
}

/// A link, with at most one variable and that at its end.
fn check_url(button: &Object<'_>, rules: Rules) {
    let is_filled = button.required("url").and_then(|url| {
        let text = url.link(URL_MAX)?;
        let found = variables::check(&url, text, rules.format)?;
        if found.len() > 1 || found.len() == 1 && !text.ends_with("}}") {
            url.refuse(Code::NotAllowed, "must have at most 1 variable, at its end");
        }
        Some(!found.is_empty())
    });
    match is_filled {
        Some(true) => {
            if let Some(example) = button.required("example") {
                example::of_button(&example, |text| _ = text.line(URL_MAX));
            }
        }
        Some(false) => button.forbidden("example", "must be left out: the url has no variable"),
        None => _ = button.optional("example"),
    }
}

fn check_phone(button: &Object<'_>) {
    if let Some(number) = button.required("phone_number")
        && let Some(text) = number.line(PHONE_NUMBER_MAX)
    {
        number.matches(text, Phone::parse(text).is_some(), "must be a phone number with its country code");
    }
}

fn check_flow(button: &Object<'_>) {
    let flows = ["flow_id", "flow_name", "flow_json"].map(|key| button.optional(key));
    match flows.iter().flatten().count() {
        0 => button.node().refuse(Code::Required, "must have flow_id, flow_name or flow_json"),
        1 => {}
        _ => button.node().refuse(Code::NotAllowed, "must have only one of flow_id, flow_name and flow_json"),
    }
    let [id, name, json] = flows;
    each(id, |id| _ = id.token(FLOW_ID_MAX));
    each(name, |name| _ = name.line(FLOW_NAME_MAX));
    each(json, |json| _ = json.prose(FLOW_JSON_MAX));
    each(button.optional("navigate_screen"), |screen| _ = screen.id(SCREEN_MAX));
    each(button.optional("flow_action"), |action| _ = action.choice_in_any_case(&["navigate", "data_exchange"], |name| name));
    each(button.optional("icon"), |icon| _ = icon.choice_in_any_case(&["DOCUMENT", "PROMOTION", "REVIEW"], |name| name));
}

fn each(node: Option<Node<'_>>, check: fn(&Node<'_>)) {
    if let Some(node) = node {
        check(&node);
    }
}
