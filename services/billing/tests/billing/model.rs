//! Billing, told a second time and as simply as possible: strings, milliseconds, one step after another. The rules and the whole service are
//! compared with it after every step of generated sequences. It shares no code with what it judges.

use super::ops::{Op, When};

pub(crate) const DAY: i64 = 86_400_000;
pub(crate) const TRIAL: i64 = 14 * DAY;
pub(crate) const CYCLE: i64 = 30 * DAY;
pub(crate) const GRACE: i64 = 7 * DAY;
pub(crate) const REMINDERS: [i64; 3] = [0, 3 * DAY, 6 * DAY];
pub(crate) const PACK: u64 = 500;
const OPEN_MAX: usize = 50;

/// A payment: what for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paying {
    pub(crate) purpose: &'static str,
    pub(crate) status: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) now: i64,
    pub(crate) state: &'static str,
    pub(crate) since: i64,
    trial_end: i64,
    pub(crate) cycle: Option<(i64, i64)>,
    grace_end: i64,
    pub(crate) reminders: usize,
    pub(crate) card: bool,
    pub(crate) payments: Vec<Paying>,
    pub(crate) credits: i64,
    uses: Vec<(u8, u64)>,
    /// Every change of the entitlement, and its instant.
    pub(crate) switches: Vec<(&'static str, i64)>,
    pub(crate) closed: bool,
    /// Every step that was taken: state, what there is to charge, what happened, state then.
    pub(crate) edges: Vec<[&'static str; 4]>,
}

impl Model {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            now,
            state: "trialing",
            since: now,
            trial_end: now + TRIAL,
            cycle: None,
            grace_end: 0,
            reminders: 0,
            card: false,
            payments: Vec::new(),
            credits: 0,
            uses: Vec::new(),
            switches: Vec::new(),
            closed: false,
            edges: Vec::new(),
        }
    }

    pub(crate) fn entitlement(&self) -> &'static str {
        if ["paused", "cancelled", "expired"].contains(&self.state) { "suspended" } else { "live" }
    }

    /// The payment that an op means: counted from the youngest.
    pub(crate) fn named(&self, which: usize) -> Option<usize> {
        self.payments.len().checked_sub(1).map(|last| last - which % self.payments.len())
    }

    pub(crate) fn instant(&self, when: When) -> i64 {
        match when {
            When::Now => self.now,
            When::Ago(ago) => self.now - ago,
            When::SinceChange(after) => self.since + after,
        }
    }

    /// Where the clock is to go; `None` if the op is about something else.
    pub(crate) fn target(&self, op: &Op) -> Option<i64> {
        match op {
            Op::Boundary { off, .. } => Some((self.boundary() + off).max(self.now)),
            Op::Forward { by, .. } => Some(self.now + by),
            _ => None,
        }
    }

    fn boundary(&self) -> i64 {
        match self.state {
            "trialing" => self.trial_end,
            "active" | "pausing" | "cancelling" => self.cycle.unwrap().1,
            "past_due" => {
                let started = self.grace_end - GRACE;
                let reminders = REMINDERS.iter().map(|after| started + after);
                reminders.chain([self.grace_end]).find(|at| *at > self.now).unwrap_or(self.grace_end)
            }
            _ => self.now + DAY,
        }
    }

    /// Lets an op happen; the code of its refusal.
    pub(crate) fn apply(&mut self, op: &Op) -> Option<&'static str> {
        if let Some(target) = self.target(op) {
            self.now = target;
        }
        self.pass();
        let (before, what) = (self.here(), self.what(op));
        let refused = self.happen(op);
        what.into_iter().for_each(|what| self.note(before, what));
        self.pass();
        refused
    }

    /// The state, and what there is to charge.
    fn here(&self) -> [&'static str; 2] {
        match (self.closed, self.charging(), self.card) {
            (true, ..) => ["closed", ""],
            (false, true, _) => [self.state, "charging"],
            (false, false, true) => [self.state, "stored"],
            (false, false, false) => [self.state, "none"],
        }
    }

    fn note(&mut self, [state, card]: [&'static str; 2], what: &'static str) {
        self.edges.push([state, card, what, self.here()[0]]);
    }

    /// What happens, in the words of the table; `None` if it is but time, or about a payment that there is not.
    fn what(&self, op: &Op) -> Option<&'static str> {
        let charge = |paying: &Paying| ["renew", "resume"].contains(&paying.purpose);
        Some(match op {
            Op::Boundary { .. } | Op::Forward { .. } => return None,
            Op::Page => "opens the page to pay",
            Op::Buy => "opens the page to buy credits",
            Op::Paid { which, right, .. } => match &self.payments[self.named(*which)?] {
                paying if paying.status == "succeeded" => "a report that says nothing new",
                _ if !right => "payment of another sum",
                paying if paying.purpose == "credits" => "credits are paid",
                paying if charge(paying) => "charge succeeds",
                _ => "payment succeeds",
            },
            Op::Failed { which } => match &self.payments[self.named(*which)?] {
                paying if paying.status != "open" => "a report that says nothing new",
                paying if charge(paying) => "charge fails",
                _ => "payment fails",
            },
            Op::Pause => "pause",
            Op::Cancel => "cancel",
            Op::Withdraw => "withdraw",
            Op::Resume => "resume",
            Op::Use { name, credits } => match self.uses.iter().find(|(known, _)| known == name) {
                None => "credits are used",
                Some((_, charged)) if charged == credits => "the same use again",
                Some(_) => "the same use, other credits",
            },
            Op::Close => "project deleted",
        })
    }

    fn happen(&mut self, op: &Op) -> Option<&'static str> {
        match op {
            Op::Boundary { .. } | Op::Forward { .. } => return None,
            Op::Close => {
                self.closed = true;
                return None;
            }
            _ if self.closed => return Some("subscription_closed"),
            _ => {}
        }
        let paid = ["active", "pausing", "cancelling"].contains(&self.state);
        match op {
            Op::Page => self.ask("subscribe"),
            Op::Buy => self.ask("credits"),
            Op::Paid { which, when, right, reusable } => {
                let (named, at) = (self.named(*which), self.instant(*when));
                named.and_then(|index| self.paid(index, at, *right, *reusable))
            }
            Op::Failed { which } => {
                let named = self.named(*which);
                if let Some(paying) = named.map(|index| &mut self.payments[index]).filter(|paying| paying.status == "open") {
                    paying.status = "failed";
                }
                None
            }
            Op::Pause | Op::Cancel => {
                let wanted = if matches!(op, Op::Pause) { "pausing" } else { "cancelling" };
                if !paid {
                    return Some("no_paid_cycle");
                }
                if self.state != "active" && self.state != wanted {
                    return Some("already_scheduled");
                }
                self.state = wanted;
                None
            }
            Op::Withdraw if paid && self.state != "active" => {
                self.state = "active";
                None
            }
            Op::Withdraw => Some("nothing_scheduled"),
            Op::Resume => self.resume(paid),
            Op::Use { name, credits } => self.take(*name, *credits),
            Op::Boundary { .. } | Op::Forward { .. } | Op::Close => None,
        }
    }

    fn ask(&mut self, purpose: &'static str) -> Option<&'static str> {
        if self.payments.iter().filter(|paying| paying.status == "open").count() >= OPEN_MAX {
            return Some("too_many_open_payments");
        }
        self.payments.push(Paying { purpose, status: "open" });
        None
    }

    fn paid(&mut self, index: usize, at: i64, right: bool, reusable: bool) -> Option<&'static str> {
        let Paying { purpose, status } = self.payments[index].clone();
        if status == "succeeded" {
            return None;
        }
        if !right {
            self.payments[index].status = "mismatched";
            return None;
        }
        self.payments[index].status = "succeeded";
        if purpose == "credits" {
            self.credits += i64::try_from(PACK).unwrap();
            return None;
        }
        self.card |= reusable;
        if ["active", "pausing", "cancelling"].contains(&self.state) {
            let (start, end) = self.cycle.unwrap();
            self.cycle = Some((start, end + CYCLE));
        } else {
            let start = at.min(self.now).max(self.since);
            self.enter("active", start);
            self.cycle = Some((start, start + CYCLE));
        }
        None
    }

    fn resume(&mut self, paid: bool) -> Option<&'static str> {
        if paid {
            self.state = "active";
        } else if self.state != "trialing" && !self.charging() {
            if !self.card {
                return Some("payment_required");
            }
            self.payments.push(Paying { purpose: "resume", status: "open" });
        }
        None
    }

    fn take(&mut self, name: u8, credits: u64) -> Option<&'static str> {
        match self.uses.iter().find(|(known, _)| *known == name) {
            Some((_, charged)) if *charged == credits => None,
            Some(_) => Some("use_reused"),
            None => {
                self.credits -= i64::try_from(credits).unwrap();
                self.uses.push((name, credits));
                None
            }
        }
    }

    pub(crate) fn charging(&self) -> bool {
        self.payments.iter().any(|paying| paying.status == "open" && ["renew", "resume"].contains(&paying.purpose))
    }

    /// Time has come to now: what happens by itself.
    fn pass(&mut self) {
        while let Some(what) = self.due().filter(|_| !self.closed) {
            let before = self.here();
            match what {
                "reminder" => self.reminders += 1,
                "cycle ends" => self.end_cycle(self.cycle.unwrap().1),
                "trial ends" => self.enter("expired", self.trial_end),
                _ => self.enter("expired", self.grace_end),
            }
            self.note(before, what);
        }
    }

    fn due(&self) -> Option<&'static str> {
        match self.state {
            "trialing" if self.trial_end <= self.now => Some("trial ends"),
            "active" | "pausing" | "cancelling" if self.cycle.unwrap().1 <= self.now => Some("cycle ends"),
            "past_due" if self.reminder_is_due() => Some("reminder"),
            // Nobody is suspended while the bank has not answered.
            "past_due" if self.grace_end <= self.now && !self.charging() => Some("grace ends"),
            _ => None,
        }
    }

    fn end_cycle(&mut self, end: i64) {
        match self.state {
            "pausing" => self.enter("paused", end),
            "cancelling" => self.enter("cancelled", end),
            _ => {
                self.enter("past_due", end);
                self.grace_end = end + GRACE;
                if self.card {
                    self.payments.push(Paying { purpose: "renew", status: "open" });
                }
            }
        }
    }

    fn reminder_is_due(&self) -> bool {
        let next = REMINDERS.get(self.reminders).map(|after| self.grace_end - GRACE + after);
        !self.charging() && next.is_some_and(|at| at <= self.now)
    }

    fn enter(&mut self, state: &'static str, at: i64) {
        let before = self.entitlement();
        (self.state, self.since, self.reminders) = (state, at, 0);
        if self.entitlement() != before {
            self.switches.push((self.entitlement(), at));
        }
    }
}
