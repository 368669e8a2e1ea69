//! A contact card that a person shares. Only what a list of messages shows is read; the rest is in the message's raw form.

use serde_json::value::RawValue;

use crate::WaId;
use crate::lenient::{Object, elements};

/// Every group of a card is optional; a card that is no object is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    pub formatted_name: Option<String>,
    pub phones: Vec<CardPhone>,
    /// `contact_request` if we asked for it, `other`; since 2026.
    pub origin: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPhone {
    /// As the sender has it in the address book.
    pub phone: Option<String>,
    /// If the number is on WhatsApp.
    pub wa_id: Option<WaId>,
    /// `HOME`, `WORK`, …
    pub label: Option<String>,
}

impl Card {
    pub(crate) fn read(json: &RawValue) -> Self {
        let Some(card) = Object::read(json) else { return Self::default() };
        let phones = card.get("phones").and_then(elements).unwrap_or_default();
        Self {
            formatted_name: card.object("name").and_then(|name| name.string("formatted_name")),
            phones: phones.into_iter().filter_map(Object::read).map(|phone| CardPhone::read(&phone)).collect(),
            origin: card.string("origin"),
        }
    }
}

impl CardPhone {
    fn read(phone: &Object<'_>) -> Self {
        Self { phone: phone.string("phone"), wa_id: phone.parsed("wa_id", WaId::parse), label: phone.string("type") }
    }
}
