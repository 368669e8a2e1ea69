//! What must hold afterwards, of what people wrote. Of what was sent to them: [`super::speaking`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use contract::{ConversationEvent, Event, ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use projections::rebuild::{Options, Rebuild};
use projections::{ProjectDatabases, database_name};
use sqlx::{Connection, PgConnection, PgPool, Row};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::Tally;
use super::meta::{Entries, Ledger};
use crate::apart::{Apart, Service};
use crate::binaries::binary;
use crate::process::is_ours;

/// How long the tables may take to hold everything, after everything was acknowledged.
const SETTLE_MAX: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);
/// How long the tool may take for all projects.
const VERIFY_MAX: Duration = Duration::from_secs(120);
/// Differences that are told one by one.
const TOLD_MAX: usize = 5;

pub(super) async fn everything(
    apart: &Apart,
    services: &[Service],
    journal: &Journal,
    databases: &ProjectDatabases,
    ledgers: &[Arc<Ledger>],
    built: &[ProjectId],
    tally: &mut Tally,
) {
    let started = Instant::now();
    settle(journal, databases, ledgers, tally).await;
    tally.count("ms until the tables held everything", u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    for ledger in ledgers {
        if let Err(error) = rows(databases, ledger, tally).await {
            tally.violation(format!("tables of {} cannot be read: {error}", ledger.project));
        }
    }
    log(journal, tally).await;
    let mut projects: Vec<ProjectId> = ledgers.iter().map(|ledger| ledger.project).collect();
    verify(journal, databases, &projects, tally).await;
    projects.extend(built);
    replay(apart, &projects, tally).await;
    tally.count("projects created meanwhile", built.len() as u64);
    left_over(apart, &projects, tally).await;
    let processes = services.iter().filter(|service| service.process.is_some()).count();
    tally.count("services run at the end", processes as u64);
}

/// Until every row is there and no key is held.
async fn settle(journal: &Journal, databases: &ProjectDatabases, ledgers: &[Arc<Ledger>], tally: &mut Tally) {
    let give_up = Instant::now() + SETTLE_MAX;
    loop {
        let missing = missing(journal, databases, ledgers).await;
        match missing {
            Ok(missing) if missing.is_empty() => return,
            missing if Instant::now() > give_up => {
                return tally.violation(format!("not settled within {SETTLE_MAX:?}: {missing:?}"));
            }
            _ => sleep(POLL).await,
        }
    }
}

async fn missing(journal: &Journal, databases: &ProjectDatabases, ledgers: &[Arc<Ledger>]) -> Result<Vec<String>, String> {
    let held = journal.parked().await.map_err(|error| error.to_string())?;
    let mut missing: Vec<String> = held.into_iter().map(|held| format!("{} is held: {}", held.key, held.cause)).collect();
    for ledger in ledgers {
        let counts = "
            SELECT (SELECT count(*) FROM public.messages WHERE origin <> 'api'),
                   (SELECT count(*) FROM paige.statuses WHERE wamid NOT IN
                       (SELECT unnest(ARRAY[id, wamid]) FROM public.messages WHERE origin = 'api')),
                   (SELECT count(*) FROM paige.unassigned)";
        let row = sqlx::query(counts).fetch_one(&databases.pool(ledger.project)).await.map_err(|error| error.to_string())?;
        let stored: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
        let entries = ledger.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let messages: usize = entries.messages.values().map(Vec::len).sum();
        let expected = [messages, entries.statuses.len(), entries.unassigned.len()];
        if expected.iter().zip(stored).any(|(expected, stored)| (*expected as i64) > stored) {
            missing.push(format!("{}: {stored:?} of {expected:?} messages, statuses, unassigned", ledger.project));
        }
    }
    Ok(missing)
}

/// Exactly what was acknowledged, and in its order.
async fn rows(databases: &ProjectDatabases, ledger: &Ledger, tally: &mut Tally) -> Result<(), sqlx::Error> {
    let pool = databases.pool(ledger.project);
    let stored = stored(&pool).await?;
    let expected = std::mem::take(&mut *ledger.entries.lock().unwrap_or_else(PoisonError::into_inner));
    let messages = expected.messages.values().map(Vec::len).sum::<usize>();
    tally.count(&format!("messages of {} acknowledged, each one row", ledger.number), messages as u64);
    for (phone, said) in &expected.messages {
        let rows = stored.messages.get(phone).map(Vec::as_slice).unwrap_or_default();
        if rows != said {
            let at = rows.iter().zip(said).take_while(|(row, said)| row == said).count();
            let around = |list: &[String]| list.iter().skip(at.saturating_sub(1)).take(TOLD_MAX).cloned().collect::<Vec<_>>();
            let (stored, sent, project) = (rows.len(), said.len(), ledger.project);
            let (rows, said) = (around(rows), around(said));
            tally.violation(format!("{phone} of {project}: {stored} rows for {sent} messages, from {at} on {rows:?} instead of {said:?}"));
        }
    }
    differ(tally, "people", &stored.messages.keys().collect(), &expected.messages.keys().collect());
    differ(tally, "statuses", &stored.statuses.iter().collect(), &expected.statuses.iter().collect());
    differ(tally, "unassigned items", &stored.unassigned.iter().collect(), &expected.unassigned.iter().collect());
    let heard =
        "SELECT count(*) FROM public.messages WHERE direction = 'outbound' AND origin <> 'api' AND status IS DISTINCT FROM 'read' AND 3 =
        (SELECT count(*) FROM paige.statuses WHERE statuses.wamid = messages.wamid)";
    let behind: i64 = sqlx::query_scalar(heard).fetch_one(&pool).await?;
    if behind > 0 {
        tally.violation(format!("{behind} messages were read and their summary does not say so"));
    }
    Ok(())
}

async fn stored(pool: &PgPool) -> Result<Entries, sqlx::Error> {
    let mut stored = Entries::default();
    let messages = "SELECT contacts.wa_id, messages.wamid FROM public.messages JOIN public.contacts ON contacts.id = messages.contact_id
        WHERE origin <> 'api' ORDER BY messages.sequence";
    for row in sqlx::query(messages).fetch_all(pool).await? {
        let phone = row.get::<Option<String>, _>(0).unwrap_or_default();
        stored.messages.entry(phone).or_default().push(row.get(1));
    }
    let statuses = "SELECT wamid, status FROM paige.statuses WHERE wamid NOT IN
        (SELECT unnest(ARRAY[id, wamid]) FROM public.messages WHERE origin = 'api')";
    for row in sqlx::query(statuses).fetch_all(pool).await? {
        stored.statuses.insert((row.get(0), row.get(1)));
    }
    let unassigned: Vec<String> = sqlx::query_scalar("SELECT content->>'message' FROM paige.unassigned").fetch_all(pool).await?;
    for message in unassigned {
        stored.unassigned.insert(message);
    }
    Ok(stored)
}

fn differ<T: Ord + std::fmt::Debug>(tally: &mut Tally, what: &str, stored: &BTreeSet<T>, expected: &BTreeSet<T>) {
    let missing: Vec<&T> = expected.difference(stored).take(TOLD_MAX).collect();
    let surplus: Vec<&T> = stored.difference(expected).take(TOLD_MAX).collect();
    if !missing.is_empty() || !surplus.is_empty() {
        tally.violation(format!("{what}: missing {missing:?}, too many {surplus:?}"));
    }
}

/// Nothing is said twice in the log either.
async fn log(journal: &Journal, tally: &mut Tally) {
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    let mut events = std::pin::pin!(journal.replay(Stream::Conversation, Range::ALL, Filter::all()));
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => return tally.violation(format!("the log cannot be read: {error}")),
        };
        let once = match ConversationEvent::decode(&event) {
            Ok(ConversationEvent::MessageReceived(message)) => message.0.wamid,
            Ok(ConversationEvent::MessageEchoed(message)) => message.0.wamid,
            Ok(ConversationEvent::MessageStatusReported(status)) => format!("{} {}", status.wamid, status.status),
            Ok(ConversationEvent::UnassignedItemReceived(item)) => item.raw.get().to_owned(),
            Ok(ConversationEvent::ContactFirstSeen(_)) => event.subject.to_string(),
            Ok(ConversationEvent::MessageRequested(asked)) => format!("{} requested", asked.message),
            Ok(ConversationEvent::SendStarted(started)) => format!("{} started for the {}th time", started.message, started.attempt),
            Ok(ConversationEvent::MessageAccepted(accepted)) => format!("{} accepted", accepted.message),
            Ok(ConversationEvent::MessageFailed(failed)) => format!("{} failed", failed.message),
            Ok(ConversationEvent::MessageAbandoned(abandoned)) => format!("{} abandoned", abandoned.message),
            Ok(
                ConversationEvent::ContactIdentityLinked(_)
                | ConversationEvent::ContactIdentityReplaced(_)
                | ConversationEvent::ContactIdentityUnlinked(_)
                | ConversationEvent::ContactProfileChanged(_)
                | ConversationEvent::ContactPreferenceChanged(_)
                | ConversationEvent::ContactMerged(_)
                | ConversationEvent::ContactAbsorbed(_)
                | ConversationEvent::MessageImported(_)
                | ConversationEvent::ConversationOpened(_)
                | ConversationEvent::ConversationClosed(_)
                | ConversationEvent::ConversationStateChanged(_)
                | ConversationEvent::ConversationReopened(_)
                | ConversationEvent::FlowSubmitted(_)
                | ConversationEvent::SendDeferred(_)
                | ConversationEvent::SendOutcomeUnknown(_)
                | ConversationEvent::ReadRequested(_)
                | ConversationEvent::ReadSettled(_),
            ) => continue,
            Err(error) => return tally.violation(format!("event {} cannot be read: {error}", event.sequence)),
        };
        *said.entry(once).or_default() += 1;
    }
    tally.count("events of messages, statuses, unassigned items and first sights", said.values().sum());
    let twice: Vec<_> = said.iter().filter(|(_, times)| **times > 1).take(TOLD_MAX).collect();
    if !twice.is_empty() {
        tally.violation(format!("said more than once in the log: {twice:?}"));
    }
}

async fn verify(journal: &Journal, databases: &ProjectDatabases, projects: &[ProjectId], tally: &mut Tally) {
    let rebuild = Rebuild::new(journal.clone(), databases.clone(), Options::default());
    for project in projects {
        match rebuild.verify(*project).await {
            Ok(report) if report.is_clean() => tally.count("rows verified against the log", report.rows()),
            Ok(report) => tally.violation(format!("{project}: tables differ from the log: {:?}", report.tables)),
            Err(error) => tally.violation(format!("{project} cannot be verified: {error}")),
        }
    }
}

/// The operator's tool says the same of all projects, also of those that were made meanwhile.
async fn replay(apart: &Apart, projects: &[ProjectId], tally: &mut Tally) {
    let mut command = Command::new(binary("replay"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.args(["--nats-url", &apart.nats.url(), "--database-url", &apart.database_url, "verify"]).kill_on_drop(true);
    let output = match timeout(VERIFY_MAX, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return tally.violation(format!("replay cannot be run: {error}")),
        Err(_) => return tally.violation(format!("replay verify takes longer than {VERIFY_MAX:?}")),
    };
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        tally.violation(format!("replay verify ends with {}: {said}{complained}", output.status));
    }
    let proved = |project: &&ProjectId| {
        let project = project.to_string();
        said.lines().any(|line| line.contains(&project) && line.contains(" rows equal the log up to "))
    };
    let unproved: Vec<&ProjectId> = projects.iter().filter(|project| !proved(project)).take(TOLD_MAX).collect();
    if !unproved.is_empty() {
        tally.violation(format!("replay verify proves nothing of {unproved:?}: {said}{complained}"));
    }
}

/// One database for each project, whole, and none beside them; each bot's roles too.
async fn left_over(apart: &Apart, projects: &[ProjectId], tally: &mut Tally) {
    let expected: BTreeSet<String> = projects.iter().map(|project| database_name(*project)).collect();
    let list = async |query: &'static str| -> Result<BTreeSet<String>, sqlx::Error> {
        let mut connection = PgConnection::connect(&apart.postgres.admin_url()).await?;
        let names: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut connection).await?;
        Ok(names.into_iter().collect())
    };
    match list(r"SELECT datname FROM pg_database WHERE datname LIKE 'paige\_prj%'").await {
        Ok(stored) => differ(tally, "project databases", &stored, &expected),
        Err(error) => tally.violation(format!("databases cannot be listed: {error}")),
    }
    let roles: BTreeSet<String> = expected.iter().flat_map(|name| [format!("{name}_owner"), format!("{name}_bot")]).collect();
    match list(r"SELECT rolname FROM pg_roles WHERE rolname LIKE 'paige\_prj%'").await {
        Ok(stored) => differ(tally, "roles", &stored, &roles),
        Err(error) => tally.violation(format!("roles cannot be listed: {error}")),
    }
}
