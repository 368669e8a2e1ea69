//! Products of a catalogue: one, some, or the catalogue as a whole.

use super::list::section_title;
use super::named;
use crate::strict::{Node, Object};

const CATALOG_ID_MAX: usize = 32;
/// Ours: how a shop names its product.
const RETAILER_ID_MAX: usize = 256;
const SECTIONS_MAX: usize = 10;
/// In all sections together.
const PRODUCTS_MAX: usize = 30;

pub(super) fn check_one(action: &Object<'_>) {
    catalog_id(action);
    retailer_id(action);
}

pub(super) fn check_list(action: &Object<'_>) {
    catalog_id(action);
    if let Some(list) = action.required("sections") {
        sections(&list);
    }
}

pub(super) fn check_catalog(action: &Object<'_>) {
    named(action, "catalog_message");
    if let Some(parameters) = action.optional("parameters").and_then(|parameters| parameters.object())
        && let Some(thumbnail) = parameters.optional("thumbnail_product_retailer_id")
    {
        thumbnail.line(RETAILER_ID_MAX);
    }
}

/// Also in the button of a template with several products.
pub(in crate::outbound) fn sections(list: &Node<'_>) {
    let sections = list.list("section", 1..=SECTIONS_MAX);
    let mut products = 0;
    for section in &sections {
        let Some(object) = section.object() else { continue };
        section_title(&object, sections.len());
        let Some(items) = object.required("product_items") else { continue };
        products += items.value().as_array().map_or(0, Vec::len);
        for item in items.list("product", 1..=PRODUCTS_MAX) {
            if let Some(item) = item.object() {
                retailer_id(&item);
            }
        }
    }
    list.count(products, "product", 0..=PRODUCTS_MAX);
}

fn catalog_id(object: &Object<'_>) {
    if let Some(id) = object.required("catalog_id") {
        id.digits(CATALOG_ID_MAX);
    }
}

fn retailer_id(object: &Object<'_>) {
    if let Some(id) = object.required("product_retailer_id") {
        id.line(RETAILER_ID_MAX);
    }
}
