//! Contact cards.

use crate::field_error::Code;
use crate::strict::{LINK_MAX, Node, Object};

const CARDS_MAX: usize = 257;
/// Ours: phones, addresses and so on of one card.
const ENTRIES_MAX: usize = 50;
/// Ours: one line of a card.
const LINE_MAX: usize = 500;

const NAME_PARTS: [&str; 5] = ["first_name", "last_name", "middle_name", "prefix", "suffix"];

pub(super) fn check(contacts: &Node<'_>) {
    for card in contacts.list("card", 1..=CARDS_MAX) {
        if let Some(object) = card.object() {
            check_card(&object);
        }
    }
}

fn check_card(card: &Object<'_>) {
    if let Some(name) = card.required("name").and_then(|name| name.object()) {
        check_name(&name);
    }
    if let Some(org) = card.optional("org").and_then(|org| org.object()) {
        lines(&org, &["company", "department", "title"]);
    }
    if let Some(birthday) = card.optional("birthday")
        && let Some(text) = birthday.string()
    {
        let is_date = text.len() == 10
            && text.starts_with(|c: char| c.is_ascii_digit())
            && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
        birthday.matches(text, is_date, "must be a date, YYYY-MM-DD");
    }
    each(card, "phones", |phone| {
        lines(phone, &["phone", "type"]);
        if let Some(wa_id) = phone.optional("wa_id") {
            wa_id.digits(20);
        }
        if !(phone.has("phone") || phone.has("wa_id")) {
            phone.missing("phone", "is required where wa_id is missing");
        }
    });
    each(card, "emails", |email| {
        lines(email, &["type"]);
        required_line(email, "email");
    });
    each(card, "addresses", |address| lines(address, &["street", "city", "state", "zip", "country", "country_code", "type"]));
    each(card, "urls", |url| {
        lines(url, &["type"]);
        if let Some(link) = url.required("url") {
            link.line(LINK_MAX);
        }
    });
}

fn check_name(name: &Object<'_>) {
    required_line(name, "formatted_name");
    lines(name, &NAME_PARTS);
    if !NAME_PARTS.iter().any(|part| name.has(part)) {
        name.node().refuse(Code::Required, format!("must have one more part of the name: {}", NAME_PARTS.join(", ")));
    }
}

fn each(card: &Object<'_>, key: &'static str, check: fn(&Object<'_>)) {
    let Some(entries) = card.optional(key) else { return };
    for entry in entries.list("element", 0..=ENTRIES_MAX) {
        if let Some(object) = entry.object() {
            check(&object);
        }
    }
}

fn required_line(object: &Object<'_>, key: &'static str) {
    if let Some(text) = object.required(key) {
        text.line(LINE_MAX);
    }
}

fn lines(object: &Object<'_>, keys: &[&'static str]) {
    for key in keys {
        if let Some(text) = object.optional(key) {
            text.prose(LINE_MAX);
        }
    }
}
