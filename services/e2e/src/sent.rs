//! What became of messages that were asked for: the keys, the rows and the phones held against each other.
//!
//! Every key that was answered is one row. Its message is on the phone once and its row says so, or it is on no phone and its row says why.
//! Nothing is on a phone that has no row. A process that was killed may leave a message of which nobody knows; it is given up, which is an
//! end with a reason too, but then no phone may have it without the row saying so in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract::ProjectId;
use projections::ProjectDatabases;
use sqlx::Row;
use tokio::time::{Instant, sleep};

use crate::asking::Asked;
use crate::sim::{HELD, REFUSALS, Sim};

const POLL: Duration = Duration::from_millis(200);
/// Violations that are told one by one.
const TOLD_MAX: usize = 8;
/// How many arrive at least: one in a hundred calls is not done and says nothing, and some are cut off by a kill.
const ARRIVED_PERCENT_MIN: u64 = 80;
/// Most rows that are read of one project.
const ROWS_MAX: i64 = 1_000_000;

/// What is held against each other.
pub struct Sent<'a> {
    /// Phones.
    pub sim: &'a Sim,
    /// Rows.
    pub databases: &'a ProjectDatabases,
    /// Keys, of all projects.
    pub asked: &'a [Asked],
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many messages ended how.
    pub counts: BTreeMap<String, u64>,
    /// What should not be.
    pub violations: Vec<String>,
    /// How much went wrong on the way: without that it shows nothing that nothing was lost or doubled.
    pub trouble: Trouble,
}

/// Messages that had trouble on the way.
#[derive(Debug, Default)]
pub struct Trouble {
    /// All that were asked for.
    pub asked: u64,
    /// Those that arrived.
    pub arrived: u64,
    /// Those of which nobody knew for a while whether Meta has them.
    pub unknown: u64,
    /// Those of them of which a status told.
    pub settled: u64,
    /// Those of them whose call ended for want of time: it was held, and no status told of it meanwhile.
    pub hung: u64,
    /// Those that Meta refused and that were sent again, by Meta's first code.
    pub retried: BTreeMap<i64, u64>,
}

impl Trouble {
    /// What did not come about of [`Sim::one_in_ten_unanswered_and_one_refused`], or came about too often.
    pub fn amiss(&self) -> Vec<String> {
        let mut amiss = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                amiss.push(format!("{what}: {self:?}"))
            }
        };
        must(self.unknown > 0, "no outcome was unknown");
        must(self.settled > 0, "no unknown outcome was settled by a status");
        must(!self.retried.is_empty(), "none was refused and sent again");
        must(self.arrived * 100 >= self.asked * ARRIVED_PERCENT_MIN, "most did not arrive");
        amiss
    }

    /// What did not come about though it was to be met: each of the codes, and a call that was held. Fewer messages than some hundreds may be
    /// spared by chance.
    pub fn spared(&self) -> Vec<String> {
        let unmet = REFUSALS.iter().filter(|code| !self.retried.contains_key(*code));
        let mut spared: Vec<String> = unmet.map(ToString::to_string).collect();
        if self.hung == 0 {
            spared.push("a call that is held for longer than it has".to_owned());
        }
        spared.iter().map(|what| format!("{what} was not met: {self:?}")).collect()
    }
}

/// A message as the tables have it.
struct Stored {
    /// Meta's id, or ours.
    wamid: String,
    status: String,
    /// Every step of it, ours and Meta's.
    steps: Vec<String>,
    /// Why it ended without having arrived.
    reason: Option<String>,
    /// Meta's code, if it was refused and waited for another attempt.
    refused: Option<i64>,
    /// How many seconds after the start of its first call there was no answer to one.
    silence: Option<f64>,
}

impl Sent<'_> {
    /// Waits until every message has come to its end, for so long. Answers how long that took, or what is open.
    ///
    /// # Errors
    /// What had no end by then.
    pub async fn settled(&self, limit: Duration) -> Result<Duration, String> {
        let began = Instant::now();
        let mut hurried = began;
        loop {
            let open = self.open().await;
            if matches!(&open, Ok(open) if open.is_empty()) {
                return Ok(began.elapsed());
            }
            if began.elapsed() > limit {
                let undelivered = self.sim.undelivered().await;
                return Err(format!("{open:?}; {undelivered} webhooks are not acknowledged"));
            }
            if hurried.elapsed() > Duration::from_secs(1) {
                // Meta's pauses between two attempts grow to an hour.
                self.sim.hurry().await;
                hurried = Instant::now();
            }
            sleep(POLL).await;
        }
    }

    async fn open(&self) -> Result<BTreeMap<String, u64>, sqlx::Error> {
        let mut open: BTreeMap<String, u64> = BTreeMap::new();
        for (project, asked) in self.by_project() {
            let rows = self.stored(project).await?;
            for message in asked.keys() {
                let status = rows.get(message).map_or("without a row", |row| row.status.as_str());
                if !is_end(status) {
                    *open.entry(status.to_owned()).or_default() += 1;
                }
            }
        }
        if open.is_empty() {
            let times = self.sim.times_received().await;
            for (project, asked) in self.by_project() {
                let rows = self.stored(project).await?;
                let arrived = |message: &&String| times.contains_key(*message);
                let late = asked.keys().filter(arrived).filter(|message| rows.get(*message).is_none_or(|row| !has_arrived(&row.status)));
                let late = late.count() as u64;
                if late > 0 {
                    *open.entry("on a phone, and not known".to_owned()).or_default() += late;
                }
            }
        }
        Ok(open)
    }

    /// Holds everything against everything. [`Self::settled`] comes first.
    ///
    /// # Errors
    /// The tables do not answer.
    pub async fn verdict(&self) -> Result<Verdict, sqlx::Error> {
        let mut verdict = Verdict::default();
        let times = self.sim.times_received().await;
        let mut known: BTreeSet<String> = BTreeSet::new();
        for (project, asked) in self.by_project() {
            let rows = self.stored(project).await?;
            let surplus: Vec<&String> = rows.keys().filter(|message| !asked.contains_key(*message)).take(TOLD_MAX).collect();
            if !surplus.is_empty() {
                verdict.violations.push(format!("{project}: rows that nobody asked for: {surplus:?}"));
            }
            for (message, key) in &asked {
                verdict.judge(key, message, rows.get(message), times.get(message).copied().unwrap_or(0));
            }
            known.extend(rows.into_keys());
        }
        let strange: Vec<&String> = times.keys().filter(|callback| !known.contains(*callback)).take(TOLD_MAX).collect();
        if !strange.is_empty() {
            verdict.violations.push(format!("on phones and in no row: {strange:?}"));
        }
        verdict.count("messages asked for, each under its key", self.asked.len() as u64);
        verdict.count("messages on phones", times.values().sum());
        Ok(verdict)
    }

    /// Message to key, by project.
    fn by_project(&self) -> BTreeMap<ProjectId, BTreeMap<String, &str>> {
        let mut projects: BTreeMap<ProjectId, BTreeMap<String, &str>> = BTreeMap::new();
        for asked in self.asked {
            projects.entry(asked.project).or_default().insert(asked.message.to_string(), &asked.key);
        }
        projects
    }

    /// What was sent by us, by our id.
    async fn stored(&self, project: ProjectId) -> Result<BTreeMap<String, Stored>, sqlx::Error> {
        const QUERY: &str = "
            SELECT messages.id, messages.wamid, coalesce(messages.status, ''), ledger.steps, ledger.reason, ledger.refused,
                   extract(epoch FROM ledger.unanswered - ledger.started)::float8
              FROM public.messages
              LEFT JOIN LATERAL (
                   SELECT array_agg(statuses.status ORDER BY statuses.sequence) AS steps,
                          max(statuses.content->>'reason') FILTER (WHERE statuses.status IN ('failed', 'abandoned')) AS reason,
                          max(statuses.error_code) FILTER (WHERE statuses.status = 'waiting') AS refused,
                          min(statuses.at) FILTER (WHERE statuses.status = 'sending') AS started,
                          min(statuses.at) FILTER (WHERE statuses.status = 'unknown'
                                                     AND statuses.content->>'reason' = 'no answer from Meta') AS unanswered
                     FROM paige.statuses WHERE statuses.wamid IN (messages.id, messages.wamid)) AS ledger ON true
             WHERE messages.origin = 'api' LIMIT $1";
        let rows = sqlx::query(QUERY).bind(ROWS_MAX).fetch_all(&self.databases.pool(project)).await?;
        let stored = rows.iter().map(|row| {
            let steps = row.get::<Option<Vec<String>>, _>(3).unwrap_or_default();
            let (reason, refused, silence) = (row.get(4), row.get(5), row.get(6));
            (row.get(0), Stored { wamid: row.get(1), status: row.get(2), steps, reason, refused, silence })
        });
        Ok(stored.collect())
    }
}

impl Verdict {
    fn judge(&mut self, key: &str, message: &str, row: Option<&Stored>, times: u64) {
        let Some(row) = row else {
            return self.violations.push(format!("{message} of key {key} has no row, and is {times} times on phones"));
        };
        self.count(&format!("of which: {}", row.status), 1);
        let (unknown, arrived) = (row.steps.iter().any(|step| step == "unknown"), has_arrived(&row.status));
        self.trouble.note(row, unknown, arrived);
        match (arrived, unknown) {
            (true, true) if row.steps.iter().any(|step| step == "abandoned") => {
                self.count("  given up, and a late status told that it arrived", 1)
            }
            (true, true) => self.count("  of an unknown outcome that a status settled", 1),
            (true, false) | (false, _) => {}
        }
        let told = || format!("{message} of key {key} is {} after {:?}, and {times} times on phones", row.status, row.steps);
        let complete = ["accepted", "delivered"].iter().all(|step| row.steps.iter().any(|known| known == step));
        let wrong = match (arrived, times) {
            (true, 1) if !complete || row.wamid == message => Some("its ledger is not whole"),
            (true, 1) => None,
            (false, 0) if !is_end(&row.status) => Some("it has no end"),
            (false, 0) if row.reason.as_deref().is_none_or(str::is_empty) => Some("it ended without a reason"),
            (false, 0) => None,
            (_, _) => Some("its row and the phones differ"),
        };
        if let Some(wrong) = wrong {
            self.violations.push(format!("{wrong}: {}", told()));
        }
    }

    fn count(&mut self, what: &str, times: u64) {
        *self.counts.entry(what.to_owned()).or_default() += times;
    }
}

impl Trouble {
    fn note(&mut self, row: &Stored, unknown: bool, arrived: bool) {
        self.asked += 1;
        self.arrived += u64::from(arrived);
        self.unknown += u64::from(unknown);
        self.settled += u64::from(unknown && arrived);
        let once = row.steps.iter().all(|step| step != "waiting");
        self.hung += u64::from(once && row.silence.is_some_and(|seconds| seconds >= HELD.as_secs_f64()));
        if let Some(code) = row.refused {
            *self.retried.entry(code).or_default() += 1;
        }
    }
}

/// Nothing more is to come by itself.
fn is_end(status: &str) -> bool {
    has_arrived(status) || matches!(status, "failed" | "abandoned")
}

fn has_arrived(status: &str) -> bool {
    matches!(status, "delivered" | "read" | "played")
}
