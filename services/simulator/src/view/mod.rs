//! What a phone shows of a message of the business: its texts, its files, and what can be tapped on.

mod choices;
mod offers;
mod template;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use whatsapp::outbound::Outbound;

use crate::graph::Template;

/// What there is beside the text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Look {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What opens the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct File {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// Fetched from `/sim/api/media/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The simulator fetches nothing: it is shown as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A place on a map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Place {
    pub latitude: f64,
    pub longitude: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A card of a carousel; what can be tapped on it names it by its index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Card {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
}

/// What can be tapped on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Choice {
    /// Type of the answer: `button_reply`, `list_reply`, `button`, `nfm_reply`, `location`, `order`, `address`, `call_permission_reply`,
    /// `contacts`, `call`; or what only the phone does: `url`, `phone`, `copy_code`.
    pub answer: &'static str,
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    /// The section of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The card that it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<usize>,
}

/// A message as a phone shows it.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) text: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) look: Look,
}

impl View {
    /// `template` is the one that the message is made of.
    pub(crate) fn of(message: &Outbound, template: Option<&Template>) -> Self {
        let (kind, json) = (message.kind(), message.json());
        let content = &json[kind];
        if let Some(template) = template {
            return template::fill(template, content);
        }
        let mut view = Self { text: message.text().unwrap_or_default(), ..Self::default() };
        match kind {
            "image" | "video" | "audio" | "document" | "sticker" => view.look.file = Some(file(kind, content)),
            "location" => view.look.place = Some(place(content)),
            "contacts" => view.text = contact_names(content),
            "interactive" => {
                view.look = look(content);
                if view.text.is_empty() {
                    view.text = offers::text(content).unwrap_or_default();
                }
                view.choices = choices::of(content);
            }
            _ => {}
        }
        view
    }
}

fn look(interactive: &Value) -> Look {
    let header = &interactive["header"];
    let kind = header["type"].as_str().unwrap_or_default();
    let cards = interactive["action"]["cards"].as_array().map(Vec::as_slice).unwrap_or_default();
    Look {
        header: text(&header["text"]),
        footer: text(&interactive["footer"]["text"]),
        file: matches!(kind, "image" | "video" | "document").then(|| file(kind, &header[kind])),
        place: None,
        list: match interactive["type"].as_str() {
            Some("list") => text(&interactive["action"]["button"]),
            Some("product_list") => Some(offers::VIEW_ITEMS.to_owned()),
            _ => None,
        },
        cards: cards.iter().map(card).collect(),
    }
}

fn card(card: &Value) -> Card {
    let kind = card["header"]["type"].as_str().unwrap_or_default();
    Card { text: text(&card["body"]["text"]).unwrap_or_default(), file: (!kind.is_empty()).then(|| file(kind, &card["header"][kind])) }
}

fn file(kind: &str, object: &Value) -> File {
    File { kind: kind.to_owned(), id: text(&object["id"]), link: text(&object["link"]), name: text(&object["filename"]) }
}

fn place(object: &Value) -> Place {
    let degrees = |name: &str| object[name].as_f64().unwrap_or_default();
    Place { latitude: degrees("latitude"), longitude: degrees("longitude"), address: text(&object["address"]) }
}

fn contact_names(contacts: &Value) -> String {
    let names = contacts.as_array().into_iter().flatten().filter_map(|contact| contact["name"]["formatted_name"].as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
