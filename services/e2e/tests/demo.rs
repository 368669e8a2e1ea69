//! `paige demo` and `paige demo billing`, as they are typed: each goes through to its end by itself, and says what happened in the order in which it had to.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use e2e::binaries::binary;

/// On a machine that also builds and runs other tests.
const DEMO_TIME_MAX: Duration = Duration::from_secs(120);

/// What must be said, in this order; other lines may stand between.
const STORY: [&str; 28] = [
    "billing.trial_started",
    "billing.subscription_expired",
    "billing.entitlement_changed",
    "project.project_suspended",
    "billing.payment_requested",
    "billing.payment_succeeded",
    "billing.cycle_started",
    "project.project_restored",
    "billing.pause_scheduled",
    "billing.subscription_paused",
    "project.project_suspended",
    "billing.payment_succeeded",
    "billing.cycle_started",
    "project.project_restored",
    "billing.payment_requested",
    "billing.payment_succeeded",
    "billing.cycle_started",
    "billing.payment_failed",
    "billing.reminder_due",
    "billing.reminder_due",
    "billing.reminder_due",
    "billing.subscription_expired",
    "project.project_suspended",
    "billing.payment_requested",
    "billing.payment_succeeded",
    "billing.cycle_started",
    "project.project_restored",
    "That was everything.",
];

/// The same of the conversation.
const TALK: [&str; 12] = [
    "1. A project",
    "is ready",
    "2. A number",
    "3. Someone writes",
    "4. The rows",
    "contact ",
    "conversation ",
    "message ",
    "Yes, please",
    "5. The proof",
    " rows equal the log, ",
    "That was everything.",
];

#[test]
fn the_billing_demo_tells_four_months_in_order_and_leaves_nothing() {
    let said = told(&["demo", "billing"], &STORY);
    assert!(!said.contains("AUTH_"), "what can be charged again is a secret:\n{said}");
}

#[test]
fn the_demo_ends_with_the_proof() {
    told(&["demo"], &TALK);
}

/// Runs it; what it said has all of the story, in its order.
fn told(arguments: &[&str], story: &[&str]) -> String {
    let paige = binary("paige");
    let began = Instant::now();
    let program = Command::new(paige).args(arguments).stdin(Stdio::null()).output().expect("paige runs");
    let said = String::from_utf8_lossy(&program.stdout).into_owned();
    assert!(program.status.success(), "{said}\n{}", String::from_utf8_lossy(&program.stderr));
    assert!(began.elapsed() < DEMO_TIME_MAX, "it took {:?}", began.elapsed());
    let mut rest: &str = &said;
    for word in story {
        let Some(at) = rest.find(word) else { panic!("{word} is missing, or not in its place:\n{said}") };
        rest = &rest[at + word.len()..];
    }
    said
}
