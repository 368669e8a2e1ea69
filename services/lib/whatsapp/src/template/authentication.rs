//! Templates that bring a code. Their text is Meta's; only what stands around it can be chosen.

use serde_json::Value;

use super::components::{Component, Part, no_variables, read};
use crate::field_error::Code;
use crate::strict::{Node, Object};

const EXPIRY_MINUTES_MAX: i64 = 90;
const LABEL_MAX: usize = 25;
const APPS_MAX: usize = 5;
/// Android's limit on the name of a package.
const PACKAGE_NAME_MAX: usize = 224;
/// A hash of Android's SMS Retriever.
const SIGNATURE_HASH_LENGTH: usize = 11;

/// How the code gets from the message to where it is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otp {
    CopyCode,
    OneTap,
    ZeroTap,
}

impl Otp {
    const ALL: [Self; 3] = [Self::CopyCode, Self::OneTap, Self::ZeroTap];

    fn name(self) -> &'static str {
        match self {
            Self::CopyCode => "COPY_CODE",
            Self::OneTap => "ONE_TAP",
            Self::ZeroTap => "ZERO_TAP",
        }
    }
}

/// Whether components without a category are of such a template: only these have a button of type OTP.
pub(super) fn is_meant(components: &Value) -> bool {
    let buttons = components.as_array().into_iter().flatten().filter_map(|component| component.get("buttons")?.as_array());
    let mut kinds = buttons.flatten().filter_map(|button| button.get("type")?.as_str());
    kinds.any(|kind| kind.eq_ignore_ascii_case("OTP"))
}

pub(super) fn check(list: &Node<'_>) {
    let components = read(list, &Part::OF_AUTHENTICATION);
    for Component { part, object } in &components {
        match part {
            Part::Body => {
                object.forbidden("text", "must be left out: the text of a template in the category AUTHENTICATION is Meta's");
                if let Some(flag) = object.optional("add_security_recommendation") {
                    flag.flag();
                }
            }
            Part::Footer => {
                object.forbidden("text", "must be left out: the footer says when the code expires");
                if let Some(minutes) = object.required("code_expiration_minutes") {
                    minutes.integer(1..=EXPIRY_MINUTES_MAX);
                }
            }
            Part::Buttons => {
                if let Some(buttons) = object.required("buttons") {
                    buttons.list("button", 1..=1).iter().for_each(check_button);
                }
            }
            // not among the parts of such a template
            Part::Header | Part::Carousel | Part::Offer | Part::CallPermission => {}
        }
    }
    for needed in [Part::Body, Part::Buttons] {
        if list.value().is_array() && !components.iter().any(|component| component.part == needed) {
            list.refuse(Code::Required, format!("must have a component of type {}", needed.name()));
        }
    }
}

fn check_button(button: &Node<'_>) {
    let Some(object) = button.object() else { return };
    let is_otp = object.required("type").and_then(|name| name.choice_in_any_case(&["OTP"], |name| name)).is_some();
    let otp = is_otp.then(|| object.required("otp_type")).flatten();
    let Some(otp) = otp.and_then(|name| name.choice_in_any_case(&Otp::ALL, Otp::name)) else {
        return object.leave_the_rest();
    };
    label(&object, "text");
    match otp {
        Otp::CopyCode => {}
        Otp::OneTap => check_apps(&object),
        Otp::ZeroTap => {
            check_apps(&object);
            if let Some(accepted) = object.required("zero_tap_terms_accepted")
                && accepted.flag() == Some(false)
            {
                accepted.refuse(Code::Value, "must be true: Meta's terms for codes without a tap are accepted");
            }
        }
    }
}

fn check_apps(button: &Object<'_>) {
    label(button, "autofill_text");
    let Some(apps) = button.required("supported_apps") else { return };
    for app in apps.list("app", 1..=APPS_MAX) {
        let Some(object) = app.object() else { continue };
        if let Some(name) = object.required("package_name")
            && let Some(text) = name.line(PACKAGE_NAME_MAX)
        {
            name.matches(text, is_package(text), "must be the name of an Android package, such as com.example.app");
        }
        if let Some(hash) = object.required("signature_hash")
            && let Some(text) = hash.string()
        {
            let fits =
                text.len() == SIGNATURE_HASH_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
            hash.matches(text, fits, "must be the 11 characters of the app's signing key hash");
        }
    }
}

fn label(button: &Object<'_>, key: &'static str) {
    if let Some(node) = button.optional(key)
        && let Some(text) = node.line(LABEL_MAX)
    {
        no_variables(&node, text);
    }
}

/// Two or more parts with dots between them, each a letter followed by letters, digits and underscores.
fn is_package(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.contains('.') && text.split('.').all(is_part)
}
