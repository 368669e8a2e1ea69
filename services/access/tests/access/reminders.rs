//! Reminders of what is due: who is mailed what, once, also after restarts; what does not matter any more is not mailed; and who cannot be
//! reached is in nobody's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use access::{Mailer, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    BillingEvent, Context, CycleStarted, Event, EventId, OperationId, Owed, PaymentId, ProjectId, ReminderDue, Stream, Subject,
    SubscriptionClosed, SubscriptionExpired, SubscriptionPastDue,
};
use journal::{Erasure, Expect};
use testbed::found;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::killed::start;
use crate::world::{World, settings};

const GRACE: TimeDelta = TimeDelta::days(7);

/// Says what billing says.
async fn bill(world: &World, project: ProjectId, events: Vec<BillingEvent>) {
    let new = |event: BillingEvent| event.into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.clock.now(), Context::default());
    let events = events.into_iter().map(new).collect();
    world.journal.append(&Subject::billing(project), Expect::Any, events).await.unwrap();
}

fn reminder(number: u32, since: DateTime<Utc>, amount_minor: u64) -> BillingEvent {
    let owed = Owed { amount_minor, currency: "ZAR".into(), grace_ends_at: since + GRACE };
    ReminderDue { number, at: since, owed: Some(owed) }.into()
}

/// A cycle ends now and is not paid.
fn past_due(since: DateTime<Utc>, amount_minor: u64) -> Vec<BillingEvent> {
    vec![SubscriptionPastDue { since, grace_ends_at: since + GRACE }.into(), reminder(1, since, amount_minor)]
}

fn paid(world: &World) -> BillingEvent {
    let now = world.clock.now();
    CycleStarted { payment: PaymentId::from_ulid(world.ids.ulid()), starts_at: now, ends_at: now + TimeDelta::days(30) }.into()
}

/// The reminders to somebody, the youngest first.
async fn reminders(world: &World, to: &str) -> Vec<String> {
    world.mails(to).await.into_iter().filter(|mail| mail.contains("is not paid")).collect()
}

async fn until_reminded(world: &World, to: &str, count: usize) -> Vec<String> {
    let what = format!("{count} reminders to {to}");
    found(&what, async || reminders(world, to).await, |found: &Vec<String>| found.len() == count).await
}

/// Until every event of billing was followed and no reminder waits for its turn.
async fn until_quiet(world: &World) {
    let counts = async || {
        let said = world.journal.state(Stream::Billing).await.unwrap().messages;
        let query = "SELECT (SELECT count(*) FROM access.audit WHERE stream = 'billing'),
                            (SELECT count(*) FROM access.reminders WHERE next_at IS NOT NULL)";
        let (followed, waiting): (i64, i64) = sqlx::query_as(query).fetch_one(&world.pool).await.unwrap();
        (u64::try_from(followed).unwrap(), said, waiting)
    };
    let is_quiet = |(followed, said, waiting): &(u64, u64, i64)| followed == said && *waiting == 0;
    found("every event is followed and no reminder waits", counts, is_quiet).await;
}

#[tokio::test]
async fn owner_and_admins_are_told_which_project_how_much_until_when_and_where_to_pay() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let own = world.project(&ada.personal, &ada.id).await;
    bill(&world, own, past_due(world.clock.now(), 57_000)).await;
    let told = until_reminded(&world, "ada@example.com", 1).await.remove(0);
    let until = (world.clock.now() + GRACE).format("%-d %B %Y, %H:%M UTC").to_string();
    for part in ["\"Bot\"", &own.to_string(), "ZAR 570.00", &until, &format!("https://paige.example/projects/{own}/billing")] {
        assert!(told.contains(part), "no {part} in {told}");
    }

    let team = world.team(&ada).await;
    world.join(&ada, &team, "bob", "admin").await;
    world.join(&ada, &team, "cy", "member").await;
    let shared = world.project(&team, &ada.id).await;
    bill(&world, shared, past_due(world.clock.now(), 1)).await;
    assert!(until_reminded(&world, "bob@example.com", 1).await[0].contains(&shared.to_string()));
    assert!(until_reminded(&world, "ada@example.com", 2).await[0].contains(&shared.to_string()));
    until_quiet(&world).await;
    assert_eq!(reminders(&world, "cy@example.com").await, Vec::<String>::new(), "who may not pay is not told");
    world.end().await;
}

#[tokio::test]
async fn a_reminder_is_mailed_once_whatever_is_delivered_again() {
    let mut world = World::new().await;
    let ada = world.sign_in("ada").await;
    let project = world.project(&ada.personal, &ada.id).await;
    bill(&world, project, past_due(world.clock.now(), 57_000)).await;
    until_reminded(&world, "ada@example.com", 1).await;
    until_quiet(&world).await;
    world.stop().await;
    // The position is forgotten: every event is delivered again. Whoever erases looks whether webhooks come in.
    world.journal.open(&[Stream::Webhook]).await.unwrap();
    let pattern = "position.access.billing".to_owned();
    assert!(world.journal.erase(&Erasure { stream: Stream::Position, pattern, overwrite: false }).await.unwrap() > 0);
    let settings = settings(&world.clock);
    let world = world.again(settings).await;
    world.advance(TimeDelta::days(3));
    bill(&world, project, vec![reminder(2, world.clock.now() - TimeDelta::days(3), 57_000)]).await;
    let told = until_reminded(&world, "ada@example.com", 1).await;
    assert!(told[0].contains("reminder 2"), "{told:?}");
    until_quiet(&world).await;
    assert_eq!(reminders(&world, "ada@example.com").await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn what_does_not_matter_any_more_when_its_turn_comes_is_not_mailed() {
    let mut world = World::new().await;
    let ada = world.sign_in("ada").await;
    let mut projects = Vec::new();
    for _ in 0..6 {
        projects.push(world.project(&ada.personal, &ada.id).await);
    }
    let [settled, expired, deleted, late, unknown, again] = projects[..] else { panic!("six") };
    world.stop().await;
    // While nobody follows.
    let since = world.clock.now();
    for project in [settled, expired, deleted, again] {
        bill(&world, project, past_due(since, 57_000)).await;
    }
    bill(&world, settled, vec![paid(&world)]).await;
    bill(&world, expired, vec![SubscriptionExpired { at: since }.into()]).await;
    bill(&world, deleted, vec![SubscriptionClosed { operation: OperationId::from_ulid(world.ids.ulid()) }.into()]).await;
    bill(&world, late, past_due(since - GRACE, 57_000)).await;
    bill(&world, unknown, vec![ReminderDue { number: 1, at: since, owed: None }.into()]).await;
    bill(&world, again, vec![reminder(2, since, 57_000), reminder(3, since, 57_000)]).await;
    let settings = settings(&world.clock);
    let world = world.again(settings).await;
    let told = until_reminded(&world, "ada@example.com", 1).await;
    assert!(told[0].contains(&again.to_string()) && told[0].contains("reminder 3"), "only the youngest of the one that is due: {told:?}");
    until_quiet(&world).await;
    assert_eq!(reminders(&world, "ada@example.com").await, told);
    // A new cycle that is not paid either is a new matter.
    bill(&world, settled, past_due(world.clock.now(), 57_000)).await;
    assert!(until_reminded(&world, "ada@example.com", 2).await[0].contains(&settled.to_string()));
    world.end().await;
}

#[tokio::test]
async fn a_project_that_is_erased_leaves_no_reminder_and_gets_none_late() {
    let mut world = World::new().await;
    let ada = world.sign_in("ada").await;
    let project = world.project(&ada.personal, &ada.id).await;
    bill(&world, project, past_due(world.clock.now(), 57_000)).await;
    until_reminded(&world, "ada@example.com", 1).await;
    world.erase(project, "system").await;
    let rows = "SELECT count(*) FROM access.reminders";
    let left = async || sqlx::query_scalar::<_, i64>(rows).fetch_one(&world.pool).await.unwrap();
    found("no row is left", left, |left: &i64| *left == 0).await;
    let other = world.project(&ada.personal, &ada.id).await;
    bill(&world, project, vec![reminder(2, world.clock.now(), 57_000)]).await;
    bill(&world, other, past_due(world.clock.now(), 1)).await;
    assert!(until_reminded(&world, "ada@example.com", 2).await[0].contains(&other.to_string()));
    world.stop().await;
    let left: i64 = sqlx::query_scalar(rows).fetch_one(&world.pool).await.unwrap();
    assert_eq!(left, 1, "the neighbour's alone");
    world.end().await;
}

/// What a mail server has to do with one that it was handed.
#[derive(Clone, Copy)]
enum Mood {
    /// Takes what is for anybody but bob, whom it does not take for now.
    NotBob,
    /// Never says a word.
    Mute,
}

/// A mail server; counts the mails that it took, and those of bob's that it did not or the callers that it does not answer.
async fn server(mood: Mood) -> (String, Arc<[AtomicUsize; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counted = Arc::clone(&counts);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                match mood {
                    Mood::NotBob => talk(stream, &counted).await,
                    Mood::Mute => {
                        counted[1].fetch_add(1, Ordering::SeqCst);
                        std::future::pending().await
                    }
                }
            });
        }
    });
    (url, counts)
}

async fn talk(stream: tokio::net::TcpStream, counted: &[AtomicUsize; 2]) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.unwrap();
    let mut in_data = false;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.split(' ').next().unwrap_or_default() {
            _ if in_data && line != "." => continue,
            "." => {
                in_data = false;
                counted[0].fetch_add(1, Ordering::SeqCst);
                "250 ok"
            }
            "RCPT" if line.contains("bob@") => {
                counted[1].fetch_add(1, Ordering::SeqCst);
                "451 later"
            }
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
    }
}

async fn until_counted(counts: &[AtomicUsize; 2], wanted: [usize; 2]) {
    let so_far = async || [0, 1].map(|n| counts[n].load(Ordering::SeqCst));
    found(&format!("{wanted:?} mails taken and not taken"), so_far, |so_far: &[usize; 2]| *so_far == wanted).await;
}

#[tokio::test]
async fn who_cannot_be_reached_holds_up_nobody_and_is_tried_again_as_long_as_it_matters() {
    let (url, counts) = server(Mood::NotBob).await;
    let mut world = World::new().await;
    let (ada, bob) = (world.sign_in("ada").await, world.sign_in("bob").await);
    let (of_bob, of_ada) = (world.project(&bob.personal, &bob.id).await, world.project(&ada.personal, &ada.id).await);
    world.stop().await;
    let to_server = Settings { mailer: Mailer::smtp(&url, "paige@example.com").unwrap(), ..settings(&world.clock) };
    let world = world.again(to_server).await;
    bill(&world, of_bob, past_due(world.clock.now(), 57_000)).await;
    until_counted(&counts, [0, 1]).await;
    bill(&world, of_ada, past_due(world.clock.now(), 57_000)).await;
    until_counted(&counts, [1, 1]).await;
    // The second try is put down for a minute later.
    let next = async || {
        let next = sqlx::query_scalar::<_, Option<DateTime<Utc>>>("SELECT max(next_at) FROM access.reminders");
        next.fetch_one(&world.pool).await.unwrap()
    };
    let in_a_minute = Some(world.clock.now() + TimeDelta::minutes(1));
    found("the second try is in a minute", next, |next: &Option<DateTime<Utc>>| *next == in_a_minute).await;
    world.advance(TimeDelta::minutes(1));
    until_counted(&counts, [1, 2]).await;
    bill(&world, of_bob, vec![paid(&world)]).await;
    let waiting = async || {
        let waiting = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM access.reminders WHERE next_at > $1");
        waiting.bind(world.clock.now()).fetch_one(&world.pool).await.unwrap()
    };
    found("one waits", waiting, |waiting: &i64| *waiting == 1).await;
    world.advance(TimeDelta::hours(1));
    until_quiet(&world).await;
    until_counted(&counts, [1, 2]).await;
    world.end().await;
}

#[tokio::test]
async fn killed_while_a_mail_server_has_it_a_reminder_is_not_mailed_again_and_the_next_one_is() {
    let (url, counts) = server(Mood::Mute).await;
    let mut world = World::new().await;
    let ada = world.sign_in("ada").await;
    let project = world.project(&ada.personal, &ada.id).await;
    world.stop().await;
    let database_url = testbed::fresh_database().await;
    let mut process = start(&world, &database_url, &[("PAIGE_SMTP_URL", &url)]);
    bill(&world, project, past_due(world.clock.now(), 57_000)).await;
    until_counted(&counts, [0, 1]).await;
    process.kill();
    world.pool = sqlx::PgPool::connect(&database_url).await.unwrap();
    let mailbox = settings(&world.clock);
    let world = world.again(mailbox).await;
    until_quiet(&world).await;
    assert_eq!(reminders(&world, "ada@example.com").await, Vec::<String>::new());
    bill(&world, project, vec![reminder(2, world.clock.now(), 57_000)]).await;
    assert!(until_reminded(&world, "ada@example.com", 1).await[0].contains("reminder 2"));
    world.end().await;
}
