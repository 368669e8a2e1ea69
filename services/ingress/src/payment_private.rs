//! Removes private data from a payment report before it is stored: what a card could be charged with again, and who paid. So nobody who
//! follows the log can read it, and whoever needs it can ask the provider about the payment.
//!
//! A body that contains none of this is stored byte for byte. So is a body that is not JSON, because nothing can be found in it.

use bytes::Bytes;
use serde_json::Value;

/// Objects of which nothing is kept.
const WHOLE: [&str; 1] = ["authorization"];
/// What identifies the person, wherever it stands.
const PERSON: [&str; 6] = ["email", "phone", "international_format_phone", "first_name", "last_name", "ip_address"];

/// The body without it.
pub(crate) fn without_private(body: Bytes) -> Bytes {
    let Ok(mut report) = serde_json::from_slice::<Value>(&body) else { return body };
    if !blank(&mut report) {
        return body;
    }
    Bytes::from(report.to_string())
}

/// Whether something was there.
fn blank(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let mut found = false;
            for (name, value) in fields {
                found |= match name.as_str() {
                    name if WHOLE.contains(&name) => empty(value),
                    name if PERSON.contains(&name) => take(value),
                    _ => blank(value),
                };
            }
            found
        }
        Value::Array(values) => {
            let mut found = false;
            for value in values {
                found |= blank(value);
            }
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn empty(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let found = !fields.is_empty();
            fields.clear();
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => take(value),
    }
}

fn take(value: &mut Value) -> bool {
    !value.take().is_null()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::without_private;

    fn kept(body: &Value) -> Value {
        serde_json::from_slice(&without_private(body.to_string().into())).unwrap()
    }

    #[test]
    fn card_and_person_are_taken_out_wherever_they_stand_and_the_rest_stays() {
        let charge = json!({"event": "charge.success", "data": {
            "id": 4_099_260_516_u64, "reference": "pay-1", "amount": 57_000, "ip_address": "10.0.0.1", "metadata": {"project": "prj_1"},
            "authorization": {"authorization_code": "AUTH_1", "last4": "4081", "bank": "B", "signature": "SIG_1"},
            "customer": {"id": 7, "email": "a@b.cd", "phone": "+27", "first_name": "Ada", "last_name": null, "customer_code": "CUS_1"},
        }});
        let expected = json!({"event": "charge.success", "data": {
            "id": 4_099_260_516_u64, "reference": "pay-1", "amount": 57_000, "ip_address": null, "metadata": {"project": "prj_1"},
            "authorization": {},
            "customer": {"id": 7, "email": null, "phone": null, "first_name": null, "last_name": null, "customer_code": "CUS_1"},
        }});
        assert_eq!(kept(&charge), expected);
        let dispute = json!({"data": [{"transaction": {"reference": "pay-1", "authorization": {"authorization_code": "AUTH_1"}}}]});
        assert_eq!(kept(&dispute), json!({"data": [{"transaction": {"reference": "pay-1", "authorization": {}}}]}));
        assert_eq!(kept(&json!({"authorization": "AUTH_1"})), json!({"authorization": null}));
    }

    #[test]
    fn what_holds_nothing_of_it_and_what_cannot_be_read_is_kept_byte_for_byte() {
        for body in
            ["{ \"data\" : {\"amount\": 57000.0,\n\"authorization\": {}, \"customer\": {\"email\": null}}}", "not json", "", "[1, 2]"]
        {
            assert_eq!(without_private(body.into()), body);
        }
    }
}
