//! A template with its variables filled in, as the phone shows it.

use serde_json::Value;

use super::choices::{choice, list};
use super::{Card, Choice, File, Look, View, file, offers, place};
use crate::graph::Template;

/// What Meta writes where a template brings a code and has no text of its own.
const CODE_TEXT: &str = "{{1}} is your verification code.";
const CODE_ADVICE: &str = " For your security, do not share this code.";

/// `used` is the content of the message: which template, and what for its variables.
pub(super) fn fill(template: &Template, used: &Value) -> View {
    let given = list(&used["components"]);
    let mut view = View::default();
    fill_components(list(&template.components), given, None, &mut view);
    let cards = list(&template.components).iter().find(|component| is(component, "CAROUSEL"));
    let given_cards = given.iter().find(|component| is(component, "CAROUSEL")).map(|carousel| list(&carousel["cards"])).unwrap_or_default();
    for (index, card) in cards.map(|carousel| list(&carousel["cards"])).unwrap_or_default().iter().enumerate() {
        let mut of_card = View::default();
        let given = given_cards.iter().find(|card| card["card_index"].as_u64() == Some(index as u64)).or_else(|| given_cards.get(index));
        fill_components(
            list(&card["components"]),
            given.map(|card| list(&card["components"])).unwrap_or_default(),
            Some(index),
            &mut of_card,
        );
        view.look.cards.push(Card { text: of_card.text, file: of_card.look.file });
        view.choices.extend(of_card.choices);
    }
    view
}

fn fill_components(components: &[Value], given: &[Value], card: Option<usize>, view: &mut View) {
    for component in components {
        let parameters =
            |name: &str| given.iter().find(|given| is(given, name)).map(|given| list(&given["parameters"])).unwrap_or_default();
        match component["type"].as_str().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => header(component, parameters("HEADER"), &mut view.look),
            "BODY" => view.text = filled(&body_text(component), parameters("BODY")),
            "FOOTER" => view.look.footer = footer_text(component),
            "BUTTONS" => {
                for (index, button) in list(&component["buttons"]).iter().enumerate() {
                    let given = given.iter().find(|given| is(given, "BUTTON") && index_of(given) == Some(index));
                    let given = given.map(|given| list(&given["parameters"])).unwrap_or_default();
                    if is(button, "MPM") {
                        view.look.list = Some(button["text"].as_str().unwrap_or(offers::VIEW_ITEMS).to_owned());
                    }
                    let choices = button_choices(button, given, parameters("HEADER"));
                    view.choices.extend(choices.into_iter().map(|choice| Choice { card, ..choice }));
                }
            }
            "CALL_PERMISSION_REQUEST" => view.choices.extend(offers::permissions()),
            _ => {}
        }
    }
}

fn body_text(body: &Value) -> Value {
    if body["text"].is_string() {
        return body["text"].clone();
    }
    let advice = if body["add_security_recommendation"] == true { CODE_ADVICE } else { "" };
    Value::from([CODE_TEXT, advice].concat())
}

fn footer_text(footer: &Value) -> Option<String> {
    let expires = || footer["code_expiration_minutes"].as_u64().map(|minutes| format!("This code expires in {minutes} minutes."));
    footer["text"].as_str().map(str::to_owned).or_else(expires)
}

fn header(component: &Value, parameters: &[Value], look: &mut Look) {
    match component["format"].as_str().unwrap_or("TEXT") {
        "TEXT" => look.header = Some(filled(&component["text"], parameters)),
        "LOCATION" => look.place = parameters.first().map(|parameter| place(&parameter["location"])),
        format => {
            let kind = format.to_ascii_lowercase();
            let given =
                parameters.iter().find(|parameter| parameter["type"] == kind.as_str()).map(|parameter| file(&kind, &parameter[&kind]));
            look.file = Some(given.unwrap_or(File { kind, id: None, link: None, name: None }));
        }
    }
}

/// One, or a product each. `header` is what is given for the header beside the button.
fn button_choices(button: &Value, parameters: &[Value], header: &[Value]) -> Vec<Choice> {
    let (title, first) = (&button["text"], parameters.first().unwrap_or(&Value::Null));
    let one = match button["type"].as_str().unwrap_or_default().to_ascii_uppercase().as_str() {
        "QUICK_REPLY" => choice("button", first.get("payload").unwrap_or(title), title),
        "URL" => {
            let url = filled(&button["url"], parameters);
            choice("url", &Value::from(url), title)
        }
        "PHONE_NUMBER" => choice("phone", &button["phone_number"], title),
        "FLOW" => choice("nfm_reply", first.pointer("/action/flow_token").unwrap_or(&Value::from("unused")), title),
        "COPY_CODE" => choice("copy_code", first.get("coupon_code").unwrap_or(&Value::Null), &Value::from("Copy code")),
        "OTP" => choice("copy_code", first.get("text").unwrap_or(&Value::Null), &Value::from("Copy code")),
        "MPM" => return offers::products(&first["action"]["sections"]),
        "SPM" => choice("order", &header.first().unwrap_or(&Value::Null)["product"]["product_retailer_id"], title),
        "CATALOG" => choice("order", &first["action"]["thumbnail_product_retailer_id"], title),
        "VOICE_CALL" => offers::call(title),
        "REQUEST_CONTACT_INFO" => offers::own_card(title),
        _ => choice("phone", &Value::Null, title),
    };
    vec![one]
}

/// `{{1}}` or `{{name}}`, each with what was given for it.
fn filled(text: &Value, parameters: &[Value]) -> String {
    let mut filled = text.as_str().unwrap_or_default().to_owned();
    for (index, parameter) in parameters.iter().enumerate() {
        let name = parameter["parameter_name"].as_str().map_or_else(|| (index + 1).to_string(), str::to_owned);
        let value =
            ["/text", "/currency/fallback_value", "/date_time/fallback_value"].iter().find_map(|place| parameter.pointer(place)?.as_str());
        filled = filled.replace(&format!("{{{{{name}}}}}"), value.unwrap_or_default());
    }
    filled
}

fn is(component: &Value, name: &str) -> bool {
    component["type"].as_str().is_some_and(|is| is.eq_ignore_ascii_case(name))
}

fn index_of(component: &Value) -> Option<usize> {
    match &component["index"] {
        Value::String(text) => text.parse().ok(),
        number => usize::try_from(number.as_u64()?).ok(),
    }
}
