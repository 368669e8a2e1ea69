//! Two to ten cards beside each other, all built alike.

use super::frame::{Shown, line_breaks, text_of};
use super::{button, cta_url};
use crate::field_error::Code;
use crate::outbound::{MediaKind, media};
use crate::strict::{Node, Object};

const CARDS_MIN: usize = 2;
const CARDS_MAX: usize = 10;
const BODY_MAX: usize = 160;
const BODY_BREAKS_MAX: usize = 2;
const REPLIES_MAX: usize = 3;
const REPLY_ID_MAX: usize = 20;

/// What must be the same on all cards.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Build {
    shown: Option<Shown>,
    tap: Option<Tap>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tap {
    Link,
    Replies(usize),
}

pub(super) fn check(action: &Object<'_>) {
    let Some(list) = action.required("cards") else { return };
    let mut first = None;
    for (index, card) in list.list("card", CARDS_MIN..=CARDS_MAX).iter().enumerate() {
        let Some(object) = card.object() else { continue };
        card_index(&object, index);
        let build = check_card(&object);
        if *first.get_or_insert(build) != build {
            card.refuse(Code::Value, "must be built like the first card: the same type of header and the same buttons");
        }
    }
}

/// The cards are numbered from 0 in their order.
pub(in crate::outbound) fn card_index(card: &Object<'_>, index: usize) {
    let Some(node) = card.required("card_index") else { return };
    let found = node.integer(0..=9);
    if found.is_some_and(|found| usize::try_from(found) != Ok(index)) {
        node.refuse(Code::Value, format!("must be {index}: cards are numbered from 0 in their order"));
    }
}

fn check_card(card: &Object<'_>) -> Build {
    let shown = card.required("header").and_then(|header| check_header(&header));
    if let Some(body) = card.optional("body")
        && let Some(text) = text_of(&body, BODY_MAX)
    {
        line_breaks(&body, text, BODY_BREAKS_MAX);
    }
    let kind = card.optional("type");
    if let Some(kind) = &kind {
        kind.fixed("cta_url");
    }
    let Some(action) = card.required("action").and_then(|action| action.object()) else { return Build { shown, tap: None } };
    let Some(buttons) = action.optional("buttons") else {
        if kind.is_none() {
            card.missing("type", "is required on a card with a link");
        }
        cta_url::check(&action);
        return Build { shown, tap: Some(Tap::Link) };
    };
    button::replies(&buttons, "quick_reply", REPLIES_MAX, REPLY_ID_MAX);
    Build { shown, tap: buttons.value().as_array().map(|buttons| Tap::Replies(buttons.len())) }
}

fn check_header(header: &Node<'_>) -> Option<Shown> {
    let object = header.object()?;
    let shows = [Shown::Media(MediaKind::Image), Shown::Media(MediaKind::Video)];
    let Some(shown) = object.required("type").and_then(|name| name.choice(&shows, Shown::name)) else {
        object.leave_the_rest();
        return None;
    };
    if let Some(content) = object.required(shown.name()) {
        media::check_linked(&content);
    }
    Some(shown)
}
