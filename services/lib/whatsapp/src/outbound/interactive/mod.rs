//! Messages that a person answers with a tap: one frame of header, body and footer, and an action that makes the difference.

mod address;
mod button;
mod call;
mod carousel;
mod cta_url;
mod flow;
mod frame;
mod list;
mod product;

use frame::{Body, Frame, Header};

use crate::strict::{Node, Object};

pub(super) use carousel::card_index;
pub(super) use flow::FLOW_TOKEN_MAX;
pub(super) use product::sections as product_sections;

/// The name of Flows among the types.
pub(super) const FLOW: &str = "flow";

/// Most types: what fits on a screen beside buttons.
const BODY_MAX: usize = 1024;
/// A list has its choices on a screen of their own.
const BODY_OF_LIST_MAX: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subtype {
    Button,
    List,
    CtaUrl,
    LocationRequest,
    Flow,
    Carousel,
    Product,
    ProductList,
    Catalog,
    Address,
    CallPermission,
    VoiceCall,
    ContactInfo,
}

pub(super) fn check(interactive: &Node<'_>) {
    let Some(object) = interactive.object() else { return };
    let Some(subtype) = object.required("type").and_then(|name| name.choice(&Subtype::ALL, Subtype::name)) else {
        return object.leave_the_rest();
    };
    subtype.frame().check(&object);
    let Some(action) = object.required("action").and_then(|action| action.object()) else { return };
    subtype.check(&action);
}

impl Subtype {
    const ALL: [Self; 13] = [
        Self::Button,
        Self::List,
        Self::CtaUrl,
        Self::LocationRequest,
        Self::Flow,
        Self::Carousel,
        Self::Product,
        Self::ProductList,
        Self::Catalog,
        Self::Address,
        Self::CallPermission,
        Self::VoiceCall,
        Self::ContactInfo,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::List => "list",
            Self::CtaUrl => "cta_url",
            Self::LocationRequest => "location_request_message",
            Self::Flow => FLOW,
            Self::Carousel => "carousel",
            Self::Product => "product",
            Self::ProductList => "product_list",
            Self::Catalog => "catalog_message",
            Self::Address => "address_message",
            Self::CallPermission => "call_permission_request",
            Self::VoiceCall => "voice_call",
            Self::ContactInfo => "request_contact_info",
        }
    }

    fn frame(self) -> Frame {
        let body = Body::Required(BODY_MAX);
        match self {
            Self::Button | Self::CtaUrl | Self::Flow => Frame { header: Header::TextOrMedia, body, footer: true },
            Self::List => Frame { header: Header::Text, body: Body::Required(BODY_OF_LIST_MAX), footer: true },
            Self::ProductList => Frame { header: Header::TextRequired, body, footer: true },
            Self::Address => Frame { header: Header::Text, body, footer: true },
            Self::Catalog => Frame { header: Header::None, body, footer: true },
            Self::Product => Frame { header: Header::None, body: Body::Optional(BODY_MAX), footer: true },
            Self::CallPermission => Frame { header: Header::None, body: Body::Optional(BODY_MAX), footer: false },
            Self::LocationRequest | Self::Carousel | Self::VoiceCall | Self::ContactInfo => {
                Frame { header: Header::None, body, footer: false }
            }
        }
    }

    fn check(self, action: &Object<'_>) {
        match self {
            Self::Button => button::check(action),
            Self::List => list::check(action),
            Self::CtaUrl => cta_url::check(action),
            Self::LocationRequest => named(action, "send_location"),
            Self::Flow => flow::check(action),
            Self::Carousel => carousel::check(action),
            Self::Product => product::check_one(action),
            Self::ProductList => product::check_list(action),
            Self::Catalog => product::check_catalog(action),
            Self::Address => address::check(action),
            Self::CallPermission => call::check_permission(action),
            Self::VoiceCall => call::check_voice(action),
            Self::ContactInfo => named(action, "request_contact_info"),
        }
    }
}

/// An action that says no more than its name.
fn named(action: &Object<'_>, name: &'static str) {
    if let Some(found) = action.required("name") {
        found.fixed(name);
    }
}
