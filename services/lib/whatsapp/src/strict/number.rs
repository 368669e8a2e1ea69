//! Numbers in their ranges.

use std::ops::RangeInclusive;

use super::Node;
use crate::field_error::Code;

impl Node<'_> {
    pub(crate) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = self.value.as_i64() else {
            let code = if self.value.is_number() { Code::Value } else { Code::Type };
            self.refuse(code, format!("must be a whole number from {} to {}", range.start(), range.end()));
            return None;
        };
        let fits = range.contains(&number);
        if !fits {
            self.refuse(Code::Value, format!("must be from {} to {}", range.start(), range.end()));
        }
        fits.then_some(number)
    }

    /// A number between `-bound` and `bound`, or text that is one.
    pub(crate) fn coordinate(&self, bound: f64) -> Option<f64> {
        let read = self.value.as_f64().or_else(|| decimal(self.value.as_str()?));
        let Some(number) = read else {
            let code = if self.value.is_string() { Code::Format } else { Code::Type };
            self.refuse(code, format!("must be a number from -{bound} to {bound}"));
            return None;
        };
        let fits = number.is_finite() && (-bound..=bound).contains(&number);
        if !fits {
            self.refuse(Code::Value, format!("must be from -{bound} to {bound}"));
        }
        fits.then_some(number)
    }
}

/// `-12.5`; not `inf`, `1e3`, `.5` or ` 1`.
fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = (1..=24).contains(&digits.len())
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if fits { text.parse().ok() } else { None }
}
