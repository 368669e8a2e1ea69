//! What is around the action: header, body, footer, as the type allows them.

use crate::field_error::Code;
use crate::outbound::{MediaKind, media};
use crate::strict::{Node, Object};

const HEADER_MAX: usize = 60;
const FOOTER_MAX: usize = 60;

pub(super) struct Frame {
    pub(super) header: Header,
    pub(super) body: Body,
    pub(super) footer: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Header {
    None,
    Text,
    TextRequired,
    TextOrMedia,
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    Required(usize),
    Optional(usize),
}

/// What a header shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Text,
    Media(MediaKind),
}

impl Shown {
    const FILES: [MediaKind; 3] = [MediaKind::Image, MediaKind::Video, MediaKind::Document];
    pub(super) const ALL: [Self; 4] = [Self::Text, Self::Media(Self::FILES[0]), Self::Media(Self::FILES[1]), Self::Media(Self::FILES[2])];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Media(kind) => kind.name(),
        }
    }
}

impl Frame {
    pub(super) fn check(&self, interactive: &Object<'_>) {
        self.check_header(interactive);
        let body = match self.body {
            Body::Required(length_max) => interactive.required("body").map(|body| (body, length_max)),
            Body::Optional(length_max) => interactive.optional("body").map(|body| (body, length_max)),
        };
        if let Some((body, length_max)) = body {
            text_of(&body, length_max);
        }
        if !self.footer {
            interactive.forbidden("footer", "must be left out: this type has no footer");
        } else if let Some(footer) = interactive.optional("footer")
            && let Some(object) = footer.object()
            && let Some(text) = object.required("text")
        {
            text.line(FOOTER_MAX);
        }
    }

    fn check_header(&self, interactive: &Object<'_>) {
        let (header, shows): (_, &[Shown]) = match self.header {
            Header::None => return interactive.forbidden("header", "must be left out: this type has no header"),
            Header::Text => (interactive.optional("header"), &[Shown::Text]),
            Header::TextRequired => (interactive.required("header"), &[Shown::Text]),
            Header::TextOrMedia => (interactive.optional("header"), &Shown::ALL),
        };
        let Some(object) = header.and_then(|header| header.object()) else { return };
        let Some(shown) = object.required("type").and_then(|name| name.choice(shows, Shown::name)) else {
            return object.leave_the_rest();
        };
        let Some(content) = object.required(shown.name()) else { return };
        match shown {
            Shown::Text => {
                content.line(HEADER_MAX);
            }
            Shown::Media(kind) => media::check_bare(&content, kind),
        }
    }
}

/// `{"text":"…"}`
pub(super) fn text_of<'a>(node: &Node<'a>, length_max: usize) -> Option<&'a str> {
    node.object()?.required("text")?.prose(length_max)
}

/// At most so many line breaks.
pub(super) fn line_breaks(node: &Node<'_>, text: &str, breaks_max: usize) {
    let breaks = text.matches('\n').count();
    if breaks > breaks_max {
        node.refuse(Code::TooMany, format!("must have at most {breaks_max} line breaks, has {breaks}"));
    }
}
