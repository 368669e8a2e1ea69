//! The value of an expression.
//!
//! A form is filled in step by step, so a reference may stand for nothing yet. Nothing is `null`: it equals only itself, counts as false, and
//! shows as no text. Nothing here fails; what cannot be computed, such as a division by zero, is nothing too.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Expression, Operator, Reference};

/// Bytes of a text that was put together; no screen shows more than a few thousand characters.
const TEXT_BYTES_MAX: usize = 100_000;

/// What references stand for.
pub(crate) trait Names {
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>>;
}

pub(crate) fn evaluate(expression: &Expression, names: &dyn Names) -> Value {
    match expression {
        Expression::Text(text) => Value::from(text.as_str()),
        Expression::Number(number) => number_of(*number),
        Expression::Bool(truth) => Value::from(*truth),
        Expression::Reference(reference) => names.value(reference).map_or(Value::Null, Cow::into_owned),
        Expression::Not(operand, _) => Value::from(!truth(&evaluate(operand, names))),
        Expression::Negative(operand, _) => number(&evaluate(operand, names)).map_or(Value::Null, |number| number_of(-number)),
        Expression::Binary { operator, left, right, .. } => binary(*operator, left, right, names),
        Expression::Concatenation(parts) => Value::from(cut(parts.iter().map(|part| text(&evaluate(part, names))).collect::<String>())),
    }
}

/// Whether a value counts as true: `true` alone does.
pub(crate) fn truth(value: &Value) -> bool {
    *value == Value::Bool(true)
}

fn binary(operator: Operator, left: &Expression, right: &Expression, names: &dyn Names) -> Value {
    let left = evaluate(left, names);
    // `&&` and `||` need not look at the other side; it has no effects, so looking costs time alone.
    let right = evaluate(right, names);
    let compared = || number(&left).zip(number(&right)).and_then(|(left, right)| left.partial_cmp(&right));
    match operator {
        Operator::Or => Value::from(truth(&left) || truth(&right)),
        Operator::And => Value::from(truth(&left) && truth(&right)),
        Operator::Equal => Value::from(equal(&left, &right)),
        Operator::Unequal => Value::from(!equal(&left, &right)),
        Operator::Less => Value::from(compared() == Some(Ordering::Less)),
        Operator::LessOrEqual => Value::from(matches!(compared(), Some(Ordering::Less | Ordering::Equal))),
        Operator::Greater => Value::from(compared() == Some(Ordering::Greater)),
        Operator::GreaterOrEqual => Value::from(matches!(compared(), Some(Ordering::Greater | Ordering::Equal))),
        Operator::Plus if left.is_string() || right.is_string() => plus(&left, &right),
        Operator::Plus => arithmetic(&left, &right, |a, b| a + b),
        Operator::Minus => arithmetic(&left, &right, |a, b| a - b),
        Operator::Times => arithmetic(&left, &right, |a, b| a * b),
        Operator::Divided => arithmetic(&left, &right, |a, b| a / b),
    }
}

/// The text of an input for numbers counts as a number; other text is put together.
fn plus(left: &Value, right: &Value) -> Value {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => number_of(left + right),
        _ => Value::from(cut(format!("{}{}", text(left), text(right)))),
    }
}

/// Without this a text that is put together with itself, screen after screen, grows without end.
fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

fn arithmetic(left: &Value, right: &Value, compute: impl Fn(f64, f64) -> f64) -> Value {
    number(left).zip(number(right)).map_or(Value::Null, |(left, right)| number_of(compute(left, right)))
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), _) | (_, Value::Number(_)) => number(left).is_some_and(|left| Some(left) == number(right)),
        _ => left == right,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A whole number is written without a fraction; what is no number is nothing.
fn number_of(number: f64) -> Value {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within the exact range of a float")]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(elements) => elements.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Mode, parse};
    use super::*;

    struct Known;

    impl Names for Known {
        fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>> {
            let value = match reference.name() {
                "age" => json!("18"),
                "count" => json!(3),
                "name" => json!("Ana"),
                "agreed" => json!(true),
                "topics" => json!(["a", "b"]),
                _ => return None,
            };
            Some(Cow::Owned(value))
        }
    }

    #[test]
    fn expressions_have_the_value_that_they_say() {
        for (text, expected) in [
            ("`'Hello ' ${form.name} '!'`", json!("Hello Ana!")),
            ("`${form.age} >= 18`", json!(true)),
            ("`${form.age} == 18 && ${form.age} == '18'`", json!(true)),
            ("`(${data.count} + 1) * 2 - 3 / 2`", json!(6.5)),
            ("`${data.count} / 0`", json!(null)),
            ("`${data.count} + ${form.age}`", json!(21)),
            ("`${form.name} + '!'`", json!("Ana!")),
            ("`-${data.count}`", json!(-3)),
            ("`'n: ' ${data.count} + 1`", json!("n: 4")),
            ("`${form.missing} == 'x'`", json!(false)),
            ("`${form.missing} != 'x'`", json!(true)),
            ("`${form.missing} > 1 || !${form.missing}`", json!(true)),
            ("`'<' ${form.missing} '>'`", json!("<>")),
            ("`${form.topics}`", json!(["a", "b"])),
            ("`${form.name} < 3`", json!(false)),
            ("`${form.agreed} && !(${data.count} <= 2)`", json!(true)),
        ] {
            assert_eq!(evaluate(&parse(text, Mode::Ticks).unwrap(), &Known), expected, "{text}");
        }
    }
}
