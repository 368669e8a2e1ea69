//! What fills one variable.

use std::ops::RangeInclusive;

use crate::field_error::Code;
use crate::outbound::interactive::{FLOW_TOKEN_MAX, product_sections};
use crate::outbound::{MediaKind, media, place};
use crate::strict::{Distinct, Node, Object};

const PAYLOAD_MAX: usize = 256;
const COUPON_CODE_MAX: usize = 20;
const FALLBACK_MAX: usize = 1024;
/// Ours: a thousandth of it is more money than there is.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000_000;
const PARAMETER_NAME_MAX: usize = 100;
const RETAILER_ID_MAX: usize = 256;
const CATALOG_ID_MAX: usize = 32;
/// 30 days.
const TTL_MINUTES_MAX: i64 = 43_200;
/// Meta refuses more in a row (132018).
const SPACES_MAX: usize = 4;
/// 9999-12-31, in milliseconds.
const EXPIRY_MS_MAX: i64 = 253_402_300_799_999;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    Text,
    Currency,
    DateTime,
    Media(MediaKind),
    Location,
    Product,
    Payload,
    CouponCode,
    LimitedTimeOffer,
    TtlMinutes,
    FlowAction,
    CatalogAction,
    ProductsAction,
}

impl Parameter {
    pub(super) const OF_BODY: [Self; 3] = [Self::Text, Self::Currency, Self::DateTime];
    pub(super) const OF_HEADER: [Self; 8] = [
        Self::Text,
        Self::Currency,
        Self::DateTime,
        Self::Media(MediaKind::Image),
        Self::Media(MediaKind::Video),
        Self::Media(MediaKind::Document),
        Self::Location,
        Self::Product,
    ];

    /// Meta's `type`, and the name of what it holds.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Currency => "currency",
            Self::DateTime => "date_time",
            Self::Media(kind) => kind.name(),
            Self::Location => "location",
            Self::Product => "product",
            Self::Payload => "payload",
            Self::CouponCode => "coupon_code",
            Self::LimitedTimeOffer => "limited_time_offer",
            Self::TtlMinutes => "ttl_minutes",
            Self::FlowAction | Self::CatalogAction | Self::ProductsAction => "action",
        }
    }

    fn check(self, content: &Node<'_>, text_max: usize) {
        match self {
            Self::Text => check_text(content, text_max),
            Self::Media(kind) => media::check_bare(content, kind),
            Self::Location => place::check(content),
            Self::Payload => {
                content.line(PAYLOAD_MAX);
            }
            Self::CouponCode => {
                content.id(COUPON_CODE_MAX);
            }
            Self::TtlMinutes => {
                content.integer(1..=TTL_MINUTES_MAX);
            }
            Self::Currency => within(content, check_currency),
            Self::DateTime => within(content, |object| required_line(object, "fallback_value", FALLBACK_MAX)),
            Self::Product => within(content, check_product),
            Self::LimitedTimeOffer => within(content, check_offer),
            Self::FlowAction => within(content, check_flow),
            Self::CatalogAction => within(content, thumbnail),
            Self::ProductsAction => within(content, check_products),
        }
    }
}

/// A list of parameters: named all of them, each name once, or none.
pub(super) fn check(list: &Node<'_>, count: RangeInclusive<usize>, allowed: &[Parameter], text_max: usize) {
    let mut names = Distinct::default();
    let (mut named, mut unnamed) = (0, 0);
    for parameter in list.list("parameter", count) {
        let Some(object) = parameter.object() else { continue };
        match object.optional("parameter_name") {
            None => unnamed += 1,
            Some(name) => {
                named += 1;
                if let Some(text) = name.id(PARAMETER_NAME_MAX) {
                    names.see(&name, text);
                }
            }
        }
        let Some(kind) = object.required("type").and_then(|name| name.choice(allowed, Parameter::name)) else {
            object.leave_the_rest();
            continue;
        };
        if let Some(content) = object.required(kind.name()) {
            kind.check(&content, text_max);
        }
    }
    if named > 0 && unnamed > 0 {
        list.refuse(Code::Value, "must have a parameter_name in all parameters or in none");
    }
}

fn check_text(content: &Node<'_>, text_max: usize) {
    if let Some(text) = content.line(text_max) {
        let spaced = text.contains(&" ".repeat(SPACES_MAX + 1));
        content.matches(text, !spaced, &format!("must have at most {SPACES_MAX} spaces in a row"));
    }
}

fn check_currency(object: &Object<'_>) {
    required_line(object, "fallback_value", FALLBACK_MAX);
    if let Some(code) = object.required("code")
        && let Some(text) = code.string()
    {
        let fits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        code.matches(text, fits, "must be the 3 capital letters of a currency, such as EUR");
    }
    if let Some(amount) = object.required("amount_1000") {
        amount.integer(-AMOUNT_MAX..=AMOUNT_MAX);
    }
}

fn check_product(object: &Object<'_>) {
    required_line(object, "product_retailer_id", RETAILER_ID_MAX);
    if let Some(id) = object.required("catalog_id") {
        id.digits(CATALOG_ID_MAX);
    }
}

fn check_products(object: &Object<'_>) {
    thumbnail(object);
    if let Some(sections) = object.required("sections") {
        product_sections(&sections);
    }
}

fn check_offer(object: &Object<'_>) {
    if let Some(expiry) = object.required("expiration_time_ms") {
        expiry.integer(1..=EXPIRY_MS_MAX);
    }
}

fn check_flow(object: &Object<'_>) {
    if let Some(token) = object.optional("flow_token") {
        token.line(FLOW_TOKEN_MAX);
    }
    if let Some(data) = object.optional("flow_action_data") {
        data.free_object();
    }
}

fn thumbnail(object: &Object<'_>) {
    if let Some(id) = object.optional("thumbnail_product_retailer_id") {
        id.line(RETAILER_ID_MAX);
    }
}

fn required_line(object: &Object<'_>, key: &'static str, length_max: usize) {
    if let Some(text) = object.required(key) {
        text.line(length_max);
    }
}

fn within(content: &Node<'_>, check: fn(&Object<'_>)) {
    if let Some(object) = content.object() {
        check(&object);
    }
}
