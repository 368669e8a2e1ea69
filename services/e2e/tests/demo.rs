//! `paige demo billing`, as it is typed: it goes through to its end by itself, and says what happened in the order in which it had to.

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

#[test]
fn the_billing_demo_tells_four_months_in_order_and_leaves_nothing() {
    let paige = binary("paige");
    let began = Instant::now();
    let program = Command::new(paige).args(["demo", "billing"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&program.stdout);
    assert!(program.status.success(), "{said}\n{}", String::from_utf8_lossy(&program.stderr));
    assert!(began.elapsed() < DEMO_TIME_MAX, "it took {:?}", began.elapsed());
    let mut rest: &str = &said;
    for word in STORY {
        let Some(at) = rest.find(word) else { panic!("{word} is missing, or not in its place:\n{said}") };
        rest = &rest[at + word.len()..];
    }
    assert!(!said.contains("AUTH_"), "what can be charged again is a secret:\n{said}");
}
