//! A transaction and its JSON, with every field that Paystack documents for it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has paid, so far.
    Abandoned,
    Success,
    Failed,
    /// It was paid, and the money went back.
    Reversed,
}

/// One sum and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) id: u64,
    pub(crate) reference: String,
    pub(crate) status: Status,
    /// In hundredths.
    pub(crate) amount: u64,
    pub(crate) currency: &'static str,
    pub(crate) gateway_response: &'static str,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) paid_at: Option<DateTime<Utc>>,
    pub(crate) metadata: Value,
    pub(crate) callback_url: Option<String>,
    /// What it was paid with.
    pub(crate) authorization: Option<Authorization>,
    pub(crate) customer: Customer,
}

/// A card that paid, as the account may use it again.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) code: String,
    pub(crate) signature: String,
    pub(crate) email: String,
    pub(crate) reusable: bool,
    /// Whether charging it again works.
    pub(crate) has_money_later: bool,
}

/// Who pays.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: u64,
    pub(crate) code: String,
    pub(crate) email: String,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
        }
    }
}

impl Transaction {
    /// As verify, list and webhooks show it.
    pub(crate) fn json(&self) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let paid_at = self.paid_at.map(time);
        json!({
            "id": self.id,
            "domain": "test",
            "status": self.status.as_str(),
            "reference": self.reference,
            "receipt_number": null,
            "amount": self.amount,
            "message": null,
            "gateway_response": self.gateway_response,
            "paid_at": paid_at,
            "created_at": time(self.created_at),
            "channel": "card",
            "currency": self.currency,
            "ip_address": "127.0.0.1",
            "metadata": self.metadata,
            "log": null,
            "fees": self.fees(),
            "fees_split": null,
            "authorization": self.authorization.as_ref().map_or_else(|| json!({}), Authorization::json),
            "customer": self.customer.json(),
            "plan": null,
            "split": {},
            "order_id": null,
            "paidAt": paid_at,
            "createdAt": time(self.created_at),
            "requested_amount": self.amount,
            "pos_transaction_data": null,
            "source": null,
            "fees_breakdown": null,
            "transaction_date": time(self.created_at),
            "plan_object": {},
            "subaccount": {},
        })
    }

    /// Its refund, as webhooks and the answer to who asked for it show it: the transaction is named by another field.
    pub(crate) fn refund_json(&self) -> Value {
        json!({
            "status": "processed",
            "transaction_reference": self.reference,
            "refund_reference": null,
            "amount": self.amount,
            "currency": self.currency,
            "customer": self.customer.json(),
            "domain": "test",
        })
    }

    /// 2.9 % and one major unit, as in South Africa; none unless paid.
    fn fees(&self) -> Option<u64> {
        (self.status == Status::Success).then(|| self.amount * 29 / 1_000 + 100)
    }
}

impl Authorization {
    fn json(&self) -> Value {
        json!({
            "authorization_code": self.code,
            "bin": "408408",
            "last4": "4081",
            "exp_month": "12",
            "exp_year": "2030",
            "channel": "card",
            "card_type": "visa",
            "bank": "TEST BANK",
            "country_code": "ZA",
            "brand": "visa",
            "reusable": self.reusable,
            "signature": self.signature,
            "account_name": null,
        })
    }
}

impl Customer {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "first_name": null,
            "last_name": null,
            "email": self.email,
            "customer_code": self.code,
            "phone": null,
            "metadata": null,
            "risk_action": "default",
            "international_format_phone": null,
        })
    }
}
