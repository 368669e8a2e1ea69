//! A place on the map, as a message and as a template's header.

use crate::strict::Node;

const LATITUDE_MAX: f64 = 90.0;
const LONGITUDE_MAX: f64 = 180.0;
/// Ours: Meta names no limit for a place's name and address.
const TEXT_MAX: usize = 1000;

pub(super) fn check(place: &Node<'_>) {
    let Some(object) = place.object() else { return };
    if let Some(latitude) = object.required("latitude") {
        latitude.coordinate(LATITUDE_MAX);
    }
    if let Some(longitude) = object.required("longitude") {
        longitude.coordinate(LONGITUDE_MAX);
    }
    for key in ["name", "address"] {
        if let Some(text) = object.optional(key) {
            text.prose(TEXT_MAX);
        }
    }
}
