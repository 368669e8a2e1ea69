//! Where a message comes from: the message it answers, a forward, an advertisement.

use serde_json::value::RawValue;

use crate::lenient::Object;
use crate::{WaId, Wamid};

/// A reply has `id`; a forward has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Whose message is answered.
    pub from: Option<WaId>,
    pub id: Option<Wamid>,
    /// Up to five times.
    pub forwarded: bool,
    /// More than five times.
    pub frequently_forwarded: bool,
    /// `referred_product.product_retailer_id` of a product enquiry.
    pub product_retailer_id: Option<String>,
    /// `referred_product.catalog_id` of a product enquiry.
    pub catalog_id: Option<String>,
}

/// The advertisement or post that a first message came through.
#[derive(Debug, Clone)]
pub struct Referral {
    pub source_url: Option<String>,
    pub source_id: Option<String>,
    /// `ad` or `post`.
    pub source_type: Option<String>,
    pub headline: Option<String>,
    pub body: Option<String>,
    /// Absent for ads in the status.
    pub ctwa_clid: Option<String>,
    /// All of it, media and welcome message included.
    pub raw: Box<RawValue>,
}

impl Context {
    pub(crate) fn read(context: &Object<'_>) -> Self {
        let product = context.object("referred_product");
        Self {
            from: context.parsed("from", WaId::parse),
            id: context.parsed("id", Wamid::parse),
            forwarded: context.flag("forwarded").unwrap_or(false),
            frequently_forwarded: context.flag("frequently_forwarded").unwrap_or(false),
            product_retailer_id: product.as_ref().and_then(|product| product.string("product_retailer_id")),
            catalog_id: product.as_ref().and_then(|product| product.string("catalog_id")),
        }
    }
}

impl Referral {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let referral = Object::read(json)?;
        Some(Self {
            source_url: referral.string("source_url"),
            source_id: referral.string("source_id"),
            source_type: referral.string("source_type"),
            headline: referral.string("headline"),
            body: referral.string("body"),
            ctwa_clid: referral.string("ctwa_clid"),
            raw: json.to_owned(),
        })
    }
}
