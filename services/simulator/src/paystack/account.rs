//! The account: its transactions, customers and authorizations, and what may be done with them. No I/O, no clock: `now` is an argument.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::refusal::Refusal;
use super::transaction::{Authorization, Customer, Status, Transaction};

/// Most transactions that are held.
const TRANSACTIONS_MAX: usize = 100_000;
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The card that somebody pays with at the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Pays, and can be charged again.
    #[default]
    Good,
    /// Is declined.
    InsufficientFunds,
    /// Pays once and cannot be charged again.
    SingleUse,
    /// Pays now; charging it again is declined.
    DeclinedLater,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// By id, which grows with time.
    transactions: BTreeMap<u64, Transaction>,
    references: HashMap<String, u64>,
    pages: HashMap<String, u64>,
    authorizations: HashMap<String, Authorization>,
    customers: HashMap<String, Customer>,
}

/// Which transactions a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
    pub(crate) status: Option<String>,
}

impl Account {
    /// Opens a page at which the sum can be paid; gives its access code and the transaction.
    pub(crate) fn initialise(&mut self, ask: Ask, now: DateTime<Utc>, dice: &mut StdRng) -> Result<(String, Transaction), Refusal> {
        let transaction = self.open(ask, now, dice)?;
        let access_code = random(15, dice);
        self.pages.insert(access_code.clone(), transaction.id);
        Ok((access_code, transaction))
    }

    /// Charges a card that paid before.
    pub(crate) fn charge(
        &mut self,
        ask: Ask,
        code: &str,
        money: bool,
        now: DateTime<Utc>,
        dice: &mut StdRng,
    ) -> Result<Transaction, Refusal> {
        let authorization = self.authorizations.get(code).cloned().ok_or(Refusal::NoSuchAuthorization)?;
        if !authorization.email.eq_ignore_ascii_case(&ask.email) {
            return Err(Refusal::OtherEmail);
        }
        if !authorization.reusable {
            return Err(Refusal::NotReusable);
        }
        let id = self.open(ask, now, dice)?.id;
        let money = money && authorization.has_money_later;
        Ok(self.decide(id, money, "Approved", authorization, now))
    }

    /// Somebody pays at the page, or tries to. After a card that was declined they may try another.
    pub(crate) fn pay(
        &mut self,
        access_code: &str,
        card: Card,
        money: bool,
        now: DateTime<Utc>,
        dice: &mut StdRng,
    ) -> Result<Transaction, Refusal> {
        let transaction = self.page(access_code)?;
        match transaction.status {
            Status::Success | Status::Reversed => return Err(Refusal::PaidAlready),
            Status::Abandoned | Status::Failed => {}
        }
        let authorization = Authorization {
            code: format!("AUTH_{}", random(10, dice)),
            signature: format!("SIG_{}", random(20, dice)),
            email: transaction.customer.email.clone(),
            reusable: card != Card::SingleUse,
            has_money_later: card == Card::Good,
        };
        let id = transaction.id;
        Ok(self.decide(id, money && card != Card::InsufficientFunds, "Successful", authorization, now))
    }

    /// Sends the money of a payment back, all of it.
    pub(crate) fn refund(&mut self, reference: &str) -> Result<Transaction, Refusal> {
        let found = self.references.get(reference).and_then(|id| self.transactions.get_mut(id));
        let transaction = found.ok_or(Refusal::NoSuchTransaction)?;
        match transaction.status {
            Status::Success => {}
            Status::Abandoned | Status::Failed => return Err(Refusal::NotPaid),
            Status::Reversed => return Err(Refusal::Reversed),
        }
        transaction.status = Status::Reversed;
        Ok(transaction.clone())
    }

    /// The transaction that is paid at a page.
    pub(crate) fn page(&self, access_code: &str) -> Result<&Transaction, Refusal> {
        self.pages.get(access_code).and_then(|id| self.transactions.get(id)).ok_or(Refusal::NoSuchPage)
    }

    pub(crate) fn verify(&self, reference: &str) -> Result<&Transaction, Refusal> {
        self.references.get(reference).and_then(|id| self.transactions.get(id)).ok_or(Refusal::NoSuchTransaction)
    }

    /// The newest first.
    pub(crate) fn list(&self, filter: &Filter) -> impl Iterator<Item = &Transaction> {
        let shown = move |transaction: &&Transaction| {
            filter.from.is_none_or(|from| transaction.created_at >= from)
                && filter.to.is_none_or(|to| transaction.created_at <= to)
                && filter.status.as_deref().is_none_or(|status| transaction.status.as_str() == status)
        };
        self.transactions.values().rev().filter(shown)
    }

    /// A reference is taken once, for ever.
    fn open(&mut self, ask: Ask, now: DateTime<Utc>, dice: &mut StdRng) -> Result<Transaction, Refusal> {
        let reference = ask.reference.unwrap_or_else(|| random(10, dice));
        if self.references.contains_key(&reference) {
            return Err(Refusal::DuplicateReference);
        }
        if self.transactions.len() >= TRANSACTIONS_MAX {
            return Err(Refusal::Full);
        }
        let id = 4_000_000_000 + self.transactions.len() as u64;
        let new = Customer {
            id: 100_000_000 + self.customers.len() as u64,
            code: format!("CUS_{}", random(15, dice)),
            email: ask.email.to_ascii_lowercase(),
        };
        let customer = self.customers.entry(new.email.clone()).or_insert(new).clone();
        let transaction = Transaction {
            id,
            reference: reference.clone(),
            status: Status::Abandoned,
            amount: ask.amount,
            currency: ask.currency,
            gateway_response: "The transaction was not completed",
            created_at: now,
            paid_at: None,
            metadata: ask.metadata,
            callback_url: ask.callback_url,
            authorization: None,
            customer,
        };
        self.references.insert(reference, id);
        self.transactions.insert(id, transaction.clone());
        Ok(transaction)
    }

    /// The card has the money, or it has not.
    fn decide(&mut self, id: u64, money: bool, words: &'static str, card: Authorization, now: DateTime<Utc>) -> Transaction {
        let transaction = self.transactions.get_mut(&id).expect("it was just found");
        if money {
            (transaction.status, transaction.gateway_response, transaction.paid_at) = (Status::Success, words, Some(now));
            self.authorizations.insert(card.code.clone(), card.clone());
        } else {
            (transaction.status, transaction.gateway_response) = (Status::Failed, "Insufficient Funds");
        }
        transaction.authorization = Some(card);
        transaction.clone()
    }
}

fn random(letters: usize, dice: &mut StdRng) -> String {
    (0..letters).map(|_| char::from(LETTERS[dice.random_range(0..LETTERS.len())])).collect()
}
