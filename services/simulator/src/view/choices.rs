//! What can be tapped on in an interactive message: reply buttons, rows, a link, a Flow, a request for a location, the buttons of cards.

use serde_json::Value;

use super::{Choice, offers};

pub(super) fn of(interactive: &Value) -> Vec<Choice> {
    let action = &interactive["action"];
    let mut found = of_action(action, None);
    found.extend(offers::of(interactive));
    for (index, card) in list(&action["cards"]).iter().enumerate() {
        found.extend(of_action(&card["action"], Some(index)));
    }
    found
}

fn of_action(action: &Value, card: Option<usize>) -> Vec<Choice> {
    let mut found = Vec::new();
    for button in list(&action["buttons"]) {
        let reply = ["reply", "quick_reply"].into_iter().map(|name| &button[name]).find(|reply| reply.is_object());
        found.extend(reply.map(|reply| Choice { card, ..choice("button_reply", &reply["id"], &reply["title"]) }));
        let link = &button["parameters"];
        if link["url"].is_string() {
            found.push(Choice { card, ..choice("url", &link["url"], &link["display_text"]) });
        }
    }
    for section in list(&action["sections"]) {
        found.extend(list(&section["rows"]).iter().map(|row| Choice {
            description: row["description"].as_str().map(str::to_owned),
            section: section["title"].as_str().map(str::to_owned),
            card,
            ..choice("list_reply", &row["id"], &row["title"])
        }));
    }
    let parameters = &action["parameters"];
    match action["name"].as_str() {
        Some("flow") => found.push(choice("nfm_reply", &parameters["flow_token"], &parameters["flow_cta"])),
        Some("send_location") => found.push(choice("location", &Value::Null, &Value::from("Send location"))),
        Some("cta_url") => found.push(Choice { card, ..choice("url", &parameters["url"], &parameters["display_text"]) }),
        _ if card.is_some() && parameters["url"].is_string() => {
            found.push(Choice { card, ..choice("url", &parameters["url"], &parameters["display_text"]) });
        }
        _ => {}
    }
    found
}

pub(super) fn choice(answer: &'static str, id: &Value, title: &Value) -> Choice {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Choice { answer, id: text(id), title: text(title), description: None, section: None, card: None }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
