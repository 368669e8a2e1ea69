//! A place on the map that a person shares.

use crate::lenient::Object;

/// Degrees, WGS 84.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
    pub url: Option<String>,
}

impl Place {
    pub(crate) fn read(place: &Object<'_>) -> Option<Self> {
        Some(Self {
            latitude: place.number("latitude")?,
            longitude: place.number("longitude")?,
            name: place.string("name"),
            address: place.string("address"),
            url: place.string("url"),
        })
    }
}
