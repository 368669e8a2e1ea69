//! `paige demo` and `paige demo billing`, as they are typed: each goes through to its end by itself, says what happened in the order in which
//! it had to, and leaves no process and no file behind.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::{ContactId, ConversationId, MessageId, ProjectId};
use e2e::installation::Installation;
use e2e::process::Program;
use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};

/// How long one that is interrupted may take to its end.
const STOP_MAX: Duration = Duration::from_secs(30);
/// On a machine that also builds and runs other tests.
const DEMO_TIME_MAX: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(20);

/// Of a conversation; other lines may stand between, as everywhere.
const CONVERSATION: [&str; 12] = [
    "1. A project",
    " is ready",
    "2. A number",
    "phone number id 207358419203847",
    "3. Someone writes on a phone",
    "4. The rows",
    "+16505550142",
    "3 messages",
    "text: Hi! Do you have a table for two tonight?",
    "image: This one by the window?",
    "Yes, please",
    "5. The proof",
];

/// Of four months of a subscription.
const BILLING: [&str; 28] = [
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

/// A folder in which a demonstration finds its place for everything temporary.
struct Place {
    installation: Installation,
    temporary: PathBuf,
}

impl Place {
    fn new() -> Self {
        let installation = Installation::new(None);
        let temporary = installation.folder().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        // Postgres' user must get in.
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { installation, temporary }
    }

    fn program(&self, args: &[&str]) -> Program {
        let mut program = Program { args: args.iter().map(|arg| (*arg).to_owned()).collect(), ..self.installation.program.clone() };
        program.env.push(("TMPDIR".to_owned(), self.temporary.display().to_string()));
        program
    }

    /// Runs it to its end. Gives what it said, after a look for what it left.
    async fn shown(&self, args: &[&str]) -> String {
        let program = self.program(args);
        let mut process = program.start();
        let (pid, began) = (process.pid(), Instant::now());
        let (mut seen, mut in_memory, mut most) = (BTreeSet::new(), BTreeSet::new(), 0);
        let status = loop {
            seen.extend(entries(&self.temporary));
            in_memory.extend(seen.iter().flat_map(|folder: &PathBuf| batches(folder)));
            most = most.max(self.installation.processes(pid).len());
            if let Some(status) = process.exited() {
                break status;
            }
            assert!(began.elapsed() < DEMO_TIME_MAX, "it still runs: {}", process.said());
            sleep(POLL).await;
        };
        let said = std::fs::read_to_string(&program.log).unwrap();
        assert!(status.success(), "{status}: {said}");

        // What was there is looked at, so that nothing is found gone that never was.
        assert!(most >= 3, "itself and two servers at least, not {most}");
        assert!(seen.len() >= 3, "two servers and the objects have a folder each: {seen:?}");
        self.installation.all_gone(pid).await;
        assert_eq!(entries(&self.temporary), Vec::<PathBuf>::new(), "left behind");
        let left: Vec<_> = in_memory.iter().filter(|folder| folder.exists()).collect();
        assert!(left.is_empty(), "left in memory: {left:?}");
        said
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Where the broker of a folder gathers its batches, if that is outside of it.
fn batches(folder: &Path) -> Vec<PathBuf> {
    let streams = entries(&folder.join("nats/store/jetstream/$G/streams"));
    let links = streams.iter().filter_map(|stream| std::fs::read_link(stream.join("batches")).ok());
    links.filter_map(|link| link.parent().map(Path::to_path_buf)).collect()
}

/// Every word is there, in this order.
fn tells(said: &str, story: &[&str]) {
    let mut rest = said;
    for word in story {
        let Some(at) = rest.find(word) else { panic!("{word} is missing, or not in its place:\n{said}") };
        rest = &rest[at + word.len()..];
    }
}

/// The second words of lines that begin so.
fn ids<T: std::str::FromStr>(said: &str, first: &str) -> Vec<T> {
    let of_line = |line: &str| line.trim().strip_prefix(first)?.split_whitespace().next()?.parse().ok();
    said.lines().filter_map(of_line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_the_whole_idea_and_leaves_nothing() {
    let said = Place::new().shown(&["demo"]).await;
    tells(&said, &CONVERSATION);
    let project = said.lines().find_map(|line| line.trim().strip_suffix(" is ready")?.parse::<ProjectId>().ok());
    let project = project.unwrap_or_else(|| panic!("no project is ready:\n{said}"));
    assert_eq!(ids::<ContactId>(&said, "contact ").len(), 1, "{said}");
    assert_eq!(ids::<ConversationId>(&said, "conversation ").len(), 1, "{said}");
    assert_eq!(ids::<MessageId>(&said, "message ").len(), 3, "one of them came twice:\n{said}");
    let (_, proof) = said.split_once("5. The proof").unwrap();
    let verdict = proof.lines().find(|line| line.contains(" rows equal the log up to ")).unwrap_or_else(|| panic!("not proved:\n{said}"));
    assert!(verdict.contains(&project.to_string()), "the proof of another project: {verdict}");
    tells(proof, &["That was everything."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_billing_demo_tells_four_months_in_order_and_leaves_nothing() {
    let said = Place::new().shown(&["demo", "billing"]).await;
    tells(&said, &BILLING);
    assert!(!said.contains("AUTH_"), "what can be charged again is a secret:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_interrupted_while_it_starts_leaves_nothing_either() {
    // The first server's folder is there; both servers' and the one for objects are.
    for folders in [1, 3] {
        let place = Place::new();
        let mut process = place.program(&["demo"]).start();
        let (pid, began) = (process.pid(), Instant::now());
        while entries(&place.temporary).len() < folders {
            assert!(began.elapsed() < DEMO_TIME_MAX, "never {folders} folders: {}", process.said());
            sleep(POLL).await;
        }
        process.signal_group(Signal::SIGINT);
        process.ended_within(STOP_MAX).await;
        place.installation.all_gone(pid).await;
        assert_eq!(entries(&place.temporary), Vec::<PathBuf>::new(), "left behind with {folders} folders");
    }
}
