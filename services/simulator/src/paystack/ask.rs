//! What is asked of Paystack, read as strictly as Paystack reads it.

use serde_json::Value;

use super::refusal::Refusal;

/// Currencies of the account, with the least amount of each, in hundredths also where ISO 4217 knows none. Source: Paystack, "Currency".
const CURRENCIES: [(&str, u64); 6] = [("NGN", 5_000), ("ZAR", 100), ("GHS", 10), ("KES", 300), ("USD", 200), ("XOF", 100)];
/// What an amount is in when nobody says.
const CURRENCY_DEFAULT: &str = "ZAR";
/// Ten million in major units. Source: Paystack, error codes of transactions.
const AMOUNT_MAX: u64 = 1_000_000_000;
const REFERENCE_BYTES_MAX: usize = 100;
const EMAIL_BYTES_MAX: usize = 254;

/// A sum that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) email: String,
    /// In hundredths.
    pub(crate) amount: u64,
    pub(crate) currency: &'static str,
    /// The caller's name for it; Paystack makes one if there is none.
    pub(crate) reference: Option<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) metadata: Value,
}

impl Ask {
    pub(crate) fn read(body: &Value) -> Result<Self, Refusal> {
        let email = body["email"].as_str().ok_or(Refusal::Missing("email"))?;
        let (name, domain) = email.split_once('@').ok_or(Refusal::Email)?;
        if name.is_empty() || !domain.contains('.') || email.len() > EMAIL_BYTES_MAX || email.contains(char::is_whitespace) {
            return Err(Refusal::Email);
        }
        let currency = body["currency"].as_str().unwrap_or(CURRENCY_DEFAULT);
        let (currency, least) = CURRENCIES.into_iter().find(|(code, _)| *code == currency).ok_or(Refusal::Currency)?;
        let amount = amount(&body["amount"])?;
        match amount {
            amount if amount < least => return Err(Refusal::TooLittle),
            amount if amount > AMOUNT_MAX => return Err(Refusal::TooMuch),
            _ => {}
        }
        let reference = body["reference"].as_str().filter(|reference| !reference.is_empty()).map(str::to_owned);
        if reference.as_ref().is_some_and(|reference| !is_reference(reference)) {
            return Err(Refusal::Reference);
        }
        let callback_url = body["callback_url"].as_str().map(str::to_owned);
        Ok(Self { email: email.to_owned(), amount, currency, reference, callback_url, metadata: body["metadata"].clone() })
    }
}

/// Whole hundredths, as a number or as a text.
fn amount(value: &Value) -> Result<u64, Refusal> {
    let amount = match value {
        Value::Null => return Err(Refusal::Missing("amount")),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    amount.filter(|amount| *amount > 0).ok_or(Refusal::Amount)
}

fn is_reference(text: &str) -> bool {
    text.len() <= REFERENCE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.,=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sum_is_read_as_strictly_as_paystack_reads_it() {
        let with = |field: &str, value: Value| {
            let mut body = json!({"email": "ada@example.com", "amount": 57_000, "currency": "ZAR", "reference": "pay-1"});
            body[field] = value;
            Ask::read(&body).map(|ask| ask.amount)
        };
        assert_eq!(with("amount", json!("57000")), Ok(57_000));
        for (field, value, refusal) in [
            ("amount", json!(570.0), Refusal::Amount),
            ("amount", json!("570.00"), Refusal::Amount),
            ("amount", json!(-1), Refusal::Amount),
            ("amount", json!(0), Refusal::Amount),
            ("amount", Value::Null, Refusal::Missing("amount")),
            ("amount", json!(99), Refusal::TooLittle),
            ("amount", json!(1_000_000_001_u64), Refusal::TooMuch),
            ("currency", json!("EUR"), Refusal::Currency),
            ("currency", json!("zar"), Refusal::Currency),
            ("email", Value::Null, Refusal::Missing("email")),
            ("email", json!("ada"), Refusal::Email),
            ("email", json!("ada @example.com"), Refusal::Email),
            ("reference", json!("pay_1"), Refusal::Reference),
            ("reference", json!("a b"), Refusal::Reference),
        ] {
            assert_eq!(with(field, value.clone()), Err(refusal), "{field} {value}");
        }
    }
}
