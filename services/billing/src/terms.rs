//! What is charged, and how long things last: values of configuration that the rules are given. Pure.

use chrono::TimeDelta;

use crate::paystack::hundredths_of_minor_unit;

/// The longest trial, cycle, grace or wait for a charge.
const DAYS_MAX: u32 = 366;
/// Most reminders in one time of grace.
const REMINDERS_MAX: usize = 16;
/// Most packs of credits.
const PACKS_MAX: usize = 32;
/// Most credits in a pack.
const CREDITS_MAX: u64 = 1_000_000_000;
/// Most that is charged at once, in minor units.
const AMOUNT_MINOR_MAX: u64 = 1_000_000_000_000;

/// Credits that are bought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack {
    /// How many.
    pub credits: u64,
    /// In minor units of the plan's currency.
    pub amount_minor: u64,
}

/// The plan and its times. A day is 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What a cycle costs, in minor units.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: String,
    /// How long a trial lasts.
    pub trial_days: u32,
    /// How long a paid cycle lasts.
    pub cycle_days: u32,
    /// How long an unpaid project stays live after its cycle.
    pub grace_days: u32,
    /// Days after the cycle's end at which its owner is reminded, rising.
    pub reminder_days: Vec<u32>,
    /// How long the outcome of a charge is waited for, from when it was asked for.
    pub charge_days: u32,
    /// What can be bought.
    pub packs: Vec<Pack>,
}

/// Why terms cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unusable billing terms: {0}")]
pub struct TermsError(&'static str);

impl Default for Terms {
    fn default() -> Self {
        Self {
            amount_minor: 57_000,
            currency: "ZAR".to_owned(),
            trial_days: 14,
            cycle_days: 30,
            grace_days: 7,
            reminder_days: vec![0, 3, 6],
            charge_days: 30,
            packs: vec![Pack { credits: 500, amount_minor: 10_000 }, Pack { credits: 2_500, amount_minor: 45_000 }],
        }
    }
}

impl Terms {
    /// # Errors
    /// Which value makes no sense.
    pub fn check(self) -> Result<Self, TermsError> {
        let span = |days: u32| (1..=DAYS_MAX).contains(&days);
        let amount = |minor: u64| (1..=AMOUNT_MINOR_MAX).contains(&minor);
        let rising = self.reminder_days.windows(2).all(|pair| pair[0] < pair[1]);
        let packs = self.packs.iter().all(|pack| (1..=CREDITS_MAX).contains(&pack.credits) && amount(pack.amount_minor));
        let distinct = self.packs.iter().enumerate().all(|(n, pack)| self.packs[..n].iter().all(|other| other.credits != pack.credits));
        let rules = [
            (amount(self.amount_minor), "the plan costs 1 to 10^12 minor units"),
            (hundredths_of_minor_unit(&self.currency).is_some(), "a currency is one of ISO 4217 that has hundredths, such as ZAR, or XOF"),
            (span(self.trial_days) && span(self.cycle_days) && span(self.grace_days), "trial, cycle and grace last 1 to 366 days"),
            (span(self.charge_days), "the outcome of a charge is waited for 1 to 366 days"),
            (rising && self.reminder_days.len() <= REMINDERS_MAX, "reminders are at most 16, on rising days"),
            (self.reminder_days.last().is_none_or(|last| *last < self.grace_days), "every reminder is before the grace ends"),
            (packs && distinct && self.packs.len() <= PACKS_MAX, "packs are at most 32, each of another number of credits"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(TermsError(rule)),
            None => Ok(self),
        }
    }

    pub(crate) fn trial(&self) -> TimeDelta {
        days(self.trial_days)
    }

    pub(crate) fn cycle(&self) -> TimeDelta {
        days(self.cycle_days)
    }

    pub(crate) fn grace(&self) -> TimeDelta {
        days(self.grace_days)
    }

    pub(crate) fn charge(&self) -> TimeDelta {
        days(self.charge_days)
    }

    /// When the reminder after `sent` others is due, from the cycle's end.
    pub(crate) fn reminder(&self, sent: u32) -> Option<TimeDelta> {
        self.reminder_days.get(usize::try_from(sent).ok()?).copied().map(days)
    }
}

/// So many times 24 hours.
fn days(number: u32) -> TimeDelta {
    TimeDelta::hours(i64::from(number) * 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_usable_and_nonsense_is_not() {
        assert!(Terms::default().check().is_ok());
        assert!(Terms { currency: "XOF".into(), ..Terms::default() }.check().is_ok());
        let wrong: [fn(&mut Terms); 12] = [
            |terms| terms.amount_minor = 0,
            |terms| terms.currency = "zar".into(),
            |terms| terms.currency = "QQQ".into(),
            |terms| terms.currency = "XAU".into(),
            |terms| terms.currency = "JPY".into(),
            |terms| terms.currency = "KWD".into(),
            |terms| terms.trial_days = 0,
            |terms| terms.charge_days = 0,
            |terms| terms.reminder_days = vec![3, 0],
            |terms| terms.reminder_days = vec![7],
            |terms| terms.packs[0].credits = 0,
            |terms| terms.packs[1].credits = 500,
        ];
        for spoil in wrong {
            let mut terms = Terms::default();
            spoil(&mut terms);
            assert!(terms.clone().check().is_err(), "{terms:?}");
        }
    }
}
