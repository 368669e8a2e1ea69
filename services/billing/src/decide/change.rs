//! A decision in the making: events so far, and the account as they leave it. Says when the entitlement changes, so that no rule can
//! forget it.

use chrono::{DateTime, Utc};
use contract::{BillingEvent, EntitlementChanged};

use crate::account::Account;
use crate::subscription::{State, entitlement};

pub(super) struct Change {
    pub(super) account: Account,
    pub(super) events: Vec<BillingEvent>,
}

impl Change {
    pub(super) fn new(account: &Account) -> Self {
        Self { account: account.clone(), events: Vec::new() }
    }

    pub(super) fn state(&self) -> Option<State> {
        self.account.subscription.as_ref().map(|subscription| subscription.state)
    }

    pub(super) fn cycle_end(&self) -> Option<DateTime<Utc>> {
        self.account.subscription.as_ref()?.cycle.map(|cycle| cycle.ends_at)
    }

    /// Since when the subscription is in its state.
    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        self.account.subscription.as_ref().map(|subscription| subscription.since)
    }

    pub(super) fn push(&mut self, event: impl Into<BillingEvent>) {
        let before = self.state().map(entitlement);
        self.take(event.into());
        let after = self.state().map(entitlement);
        // A project without a subscription is live: its trial changes nothing.
        if let (Some(before), Some(after), Some(at)) = (before, after, self.since())
            && before != after
        {
            self.take(EntitlementChanged { entitlement: after, at }.into());
        }
    }

    fn take(&mut self, event: BillingEvent) {
        // What an event of a decision is numbered and dated with is known once it is in the log; no rule looks at it.
        let sequence = self.account.sequence;
        self.account.apply(sequence, DateTime::UNIX_EPOCH, &event);
        self.events.push(event);
    }
}
