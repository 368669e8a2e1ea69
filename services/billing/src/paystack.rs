//! The payment provider: Paystack's HTTP API, as far as billing uses it, and what it reports. The one file here that speaks HTTP as a client,
//! and with its `report` the one that knows Paystack's words; a provider that is not Paystack would be another with the same functions.
//!
//! Source: https://paystack.com/docs/api/transaction/ and /docs/api/errors/. A charge is named by a *reference* of ours, which Paystack
//! takes once: whatever happens to an answer, asking again never charges twice. A reference may hold letters, digits and `-.,=` alone, so
//! a payment's `_` is written `-`.
//!
//! An amount is in hundredths, also of the franc XOF, which has none ("developers must multiply the amount by 100 regardless", "Supported
//! currency"): 570 francs, which are 570 minor units by ISO 4217, are 57000 here. Nothing but this file knows that.

mod report;

use std::time::Duration;

use chassis::Secret;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use contract::{PaymentId, ProjectId, minor_digits};
use futures::StreamExt;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use report::Report;

/// As events and subjects name it.
pub(crate) const NAME: &str = "paystack";
/// How long Paystack may take for one answer. Charges of cards are slow; our own callers wait half a minute.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an answer: a page of transactions has some 2 kB each.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Transactions on a page of a list.
const PAGE_TRANSACTIONS: usize = 100;
/// Longest part of Paystack's words that is kept.
const WORDS_CHARS_MAX: usize = 200;
/// Precision of instants in the log and in the tables.
const TIME_DIGITS: u16 = 6;

/// Why Paystack did not do as told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, too many requests, their fault, or our key is wrong: nobody knows what was done. Ask what became of it, then again.
    #[error("the payment provider is unavailable: {0}")]
    Unavailable(String),
    /// It answered, and not as it is documented to. Nobody knows what was done, and waiting does not mend it: others need not wait for this one.
    #[error("the payment provider's answer cannot be used: {0}")]
    Unreadable(String),
    /// It understood and said no; asking again gives the same answer.
    #[error("the payment provider refused: {0}")]
    Refused(String),
}

/// A client of Paystack. Cheap to clone.
#[derive(Clone)]
pub struct Paystack {
    client: Client,
    base: String,
    key: Secret,
}

/// Where a transaction stands, by Paystack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    Success,
    Failed,
    /// The customer has left the page, so far.
    Abandoned,
    /// Not decided.
    Pending,
    /// The money went back.
    Reversed,
}

/// A transaction as Paystack tells it.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) reference: String,
    pub(crate) status: TransactionStatus,
    pub(crate) amount_minor: u64,
    pub(crate) currency: String,
    pub(crate) paid_at: Option<DateTime<Utc>>,
    /// Why it failed, in Paystack's words.
    pub(crate) words: String,
    /// What it can be charged with again, if it can.
    pub(crate) authorisation: Option<Authorisation>,
}

/// What a customer is charged with again. Paystack takes the code only together with the e-mail address that it was made for.
#[derive(Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(crate) struct Authorisation {
    pub(crate) code: String,
    pub(crate) email: String,
}

impl std::fmt::Debug for Authorisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorisation([redacted])")
    }
}

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum<'a> {
    pub(crate) payment: PaymentId,
    /// Repeated in webhooks, so that those about a project can be found when it is erased.
    pub(crate) project: ProjectId,
    pub(crate) amount_minor: u64,
    pub(crate) currency: &'a str,
}

/// The one currency without hundredths of which Paystack says how it counts it.
const FRANC: &str = "XOF";

/// How many of Paystack's hundredths one minor unit of this currency is. `None`: nothing can be charged in it, because it is not documented
/// how Paystack counts an amount in it.
pub(crate) fn hundredths_of_minor_unit(currency: &str) -> Option<u64> {
    match minor_digits(currency)? {
        2 => Some(1),
        0 if currency == FRANC => Some(100),
        _ => None,
    }
}

impl Sum<'_> {
    fn hundredths(self) -> Result<u64, ProviderError> {
        let hundredths = hundredths_of_minor_unit(self.currency).and_then(|one| self.amount_minor.checked_mul(one));
        hundredths.ok_or_else(|| ProviderError::Refused(format!("a sum in {} cannot be said in hundredths", self.currency)))
    }
}

/// As many minor units as were paid whole. Of a currency in which nothing was asked for, as Paystack counts.
fn in_minor_units(hundredths: u64, currency: &str) -> u64 {
    hundredths / hundredths_of_minor_unit(currency).unwrap_or(1)
}

/// A payment's name at Paystack.
pub(crate) fn reference(payment: PaymentId) -> String {
    payment.to_string().replace('_', "-")
}

/// The payment of a reference, if it is one of ours.
pub(crate) fn payment_of(reference: &str) -> Option<PaymentId> {
    reference.replacen('-', "_", 1).parse().ok()
}

impl Paystack {
    /// # Errors
    /// The client cannot be built, in words.
    pub fn new(base: &str, key: Secret) -> Result<Self, String> {
        let client = Client::builder()
            .timeout(ANSWER_LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent("paige-billing")
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), key })
    }

    /// A page at which the customer pays. Its address.
    pub(crate) async fn initialise(&self, sum: Sum<'_>, email: &str, callback: Option<&str>) -> Result<String, ProviderError> {
        let mut body = json!({
            "email": email, "amount": sum.hundredths()?, "currency": sum.currency, "reference": reference(sum.payment),
            "metadata": {"project": sum.project},
        });
        if let Some(callback) = callback {
            body["callback_url"] = callback.into();
        }
        let data = self.call(Method::POST, "/transaction/initialize", Some(&body)).await?;
        data["data"]["authorization_url"].as_str().map(str::to_owned).ok_or_else(|| unreadable("no authorization_url"))
    }

    /// Charges what is stored. The outcome may be open still.
    pub(crate) async fn charge(&self, sum: Sum<'_>, authorisation: &Authorisation) -> Result<Transaction, ProviderError> {
        let body = json!({
            "email": authorisation.email, "amount": sum.hundredths()?, "currency": sum.currency,
            "authorization_code": authorisation.code, "reference": reference(sum.payment), "metadata": {"project": sum.project},
        });
        let answer = self.call(Method::POST, "/transaction/charge_authorization", Some(&body)).await;
        match answer {
            Ok(answer) => transaction(&answer["data"]),
            // It was charged before, and the answer was lost: what became of it is asked for.
            Err(ProviderError::Refused(words)) if words.to_lowercase().contains("duplicate") => Err(ProviderError::Unavailable(words)),
            Err(error) => Err(error),
        }
    }

    /// What became of a payment; `None` if Paystack has never heard of it.
    pub(crate) async fn verify(&self, payment: PaymentId) -> Result<Option<Transaction>, ProviderError> {
        match self.call(Method::GET, &format!("/transaction/verify/{}", reference(payment)), None).await {
            Ok(answer) => transaction(&answer["data"]).map(Some),
            Err(ProviderError::Refused(words)) if words.to_lowercase().contains("not found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A page of transactions that were begun in `[from, to]`, from page 1 on, and whether there is another.
    pub(crate) async fn list(&self, from: DateTime<Utc>, to: DateTime<Utc>, page: u32) -> Result<(Vec<Transaction>, bool), ProviderError> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let path = format!("/transaction?perPage={PAGE_TRANSACTIONS}&page={page}&from={}&to={}", time(from), time(to));
        let answer = self.call(Method::GET, &path, None).await?;
        let found = answer["data"].as_array().ok_or_else(|| unreadable("no list of transactions"))?;
        let more = found.len() >= PAGE_TRANSACTIONS;
        // One that cannot be read must not hide the others.
        Ok((found.iter().filter_map(|value| transaction(value).ok()).collect(), more))
    }

    /// Whether it answers at all: what goes wrong with one payment need not be an outage.
    pub(crate) async fn answers(&self, now: DateTime<Utc>) -> bool {
        self.list(now, now, 1).await.is_ok()
    }

    /// Calls Paystack; its answer says `status: true`.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ProviderError> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(self.key.expose());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| ProviderError::Unavailable(error.without_url().to_string()))?;
        let status = answer.status();
        let mut bytes = Vec::new();
        let mut parts = answer.bytes_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| ProviderError::Unavailable(error.without_url().to_string()))?;
            if bytes.len() + part.len() > ANSWER_BYTES_MAX {
                return Err(unreadable("the answer is too large"));
            }
            bytes.extend_from_slice(&part);
        }
        judge(status, &bytes)
    }
}

/// What an answer means. Which failures are final is decided here and nowhere else.
fn judge(status: StatusCode, bytes: &[u8]) -> Result<Value, ProviderError> {
    let answer: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let words: String = answer["message"].as_str().unwrap_or("no message").chars().take(WORDS_CHARS_MAX).collect();
    match status.as_u16() {
        200..300 if answer["status"] == true => Ok(answer),
        200..300 => Err(unreadable(&words)),
        400 | 404 | 422 if answer["status"] == false => Err(ProviderError::Refused(words)),
        // Also 401 and 403: our key is for an operator to mend, not for a customer to pay for.
        code => Err(ProviderError::Unavailable(format!("{code}: {words}"))),
    }
}

fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unreadable(what.to_owned())
}

#[derive(Deserialize)]
struct Wire {
    reference: String,
    status: String,
    amount: u64,
    currency: String,
    #[serde(default)]
    paid_at: Option<DateTime<Utc>>,
    #[serde(default)]
    gateway_response: Option<String>,
    #[serde(default)]
    authorization: Option<Value>,
    #[serde(default)]
    customer: Option<Value>,
}

fn transaction(value: &Value) -> Result<Transaction, ProviderError> {
    let wire = Wire::deserialize(value).map_err(|error| unreadable(&error.to_string()))?;
    let status = match wire.status.as_str() {
        "success" => TransactionStatus::Success,
        "failed" => TransactionStatus::Failed,
        "abandoned" => TransactionStatus::Abandoned,
        "reversed" => TransactionStatus::Reversed,
        // ongoing, pending, processing, queued, and what Paystack may add: nobody knows yet.
        _ => TransactionStatus::Pending,
    };
    let authorization = wire.authorization.unwrap_or_default();
    let customer = wire.customer.unwrap_or_default();
    let code = authorization["authorization_code"].as_str().filter(|_| authorization["reusable"] == true);
    let authorisation = code.zip(customer["email"].as_str()).map(|(code, email)| Authorisation { code: code.into(), email: email.into() });
    let words = wire.gateway_response.unwrap_or(wire.status).chars().take(WORDS_CHARS_MAX).collect();
    Ok(Transaction {
        reference: wire.reference,
        status,
        amount_minor: in_minor_units(wire.amount, &wire.currency),
        currency: wire.currency,
        paid_at: wire.paid_at.map(|at| at.trunc_subsecs(TIME_DIGITS)),
        words,
        authorisation,
    })
}

#[cfg(test)]
mod tests;
