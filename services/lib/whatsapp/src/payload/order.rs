//! An order from the catalogue.

use crate::lenient::{Object, elements};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Order {
    pub catalog_id: Option<String>,
    /// What the person wrote with it.
    pub text: Option<String>,
    pub items: Vec<OrderItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    pub product_retailer_id: Option<String>,
    pub quantity: Option<i64>,
    /// Price of one, as Meta wrote the number.
    pub item_price: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

impl Order {
    pub(crate) fn read(order: &Object<'_>) -> Self {
        let items = order.get("product_items").and_then(elements).unwrap_or_default();
        Self {
            catalog_id: order.string("catalog_id"),
            text: order.string("text"),
            items: items.into_iter().filter_map(Object::read).map(|item| OrderItem::read(&item)).collect(),
        }
    }
}

impl OrderItem {
    fn read(item: &Object<'_>) -> Self {
        Self {
            product_retailer_id: item.string("product_retailer_id"),
            quantity: item.integer("quantity"),
            item_price: item.string("item_price"),
            currency: item.string("currency"),
        }
    }
}
