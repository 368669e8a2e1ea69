//! Two properties that bound each other: the lower is not above the upper.

use super::{Here, Judge};
use crate::json::{Node, Object};
use crate::place::Place;
use crate::report::shortened;

const PAIRS: [(&str, &str); 6] = [
    ("min-chars", "max-chars"),
    ("min-selected-items", "max-selected-items"),
    ("min-uploaded-photos", "max-uploaded-photos"),
    ("min-uploaded-documents", "max-uploaded-documents"),
    ("min-date", "max-date"),
    ("min-days", "max-days"),
];

impl Judge<'_> {
    pub(super) fn pairs(&mut self, here: &Here<'_>, object: &Object, place: &Place<'_>) {
        for (lower, upper) in PAIRS {
            let (Some(min), Some(max)) = (object.get(lower), object.get(upper)) else { continue };
            if is_above(min, max) {
                let name = shortened(object.text("name").unwrap_or_default());
                let message = format!("{lower} cannot be greater than {upper} for {} {name}.", here.component);
                self.error("MIN_VALUE_GREATER_THAN_MAX", min.span, &place.key(lower), message);
            }
        }
    }
}

fn is_above(min: &Node, max: &Node) -> bool {
    let day = |node: &Node| node.text().and_then(crate::date::parse);
    let numbers = min.number().zip(max.number()).is_some_and(|(min, max)| min > max);
    numbers || day(min).zip(day(max)).is_some_and(|(min, max)| min > max)
}
