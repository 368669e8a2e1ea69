//! What is missing holds up nobody else: numbers that nobody has connected, a project database that refuses, a Postgres that is gone.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use contract::{HoldKind, ProjectId, Stream};
use e2e::{Stage, bodies};
use projections::database_name;
use projections::rebuild::{Options, Rebuild};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const SECOND: i64 = 1_794_992_403;
const PHONE: &str = "16505550142";

/// Everything said to a project, in the order in which it was recorded.
async fn said(stage: &Stage, project: ProjectId) -> Vec<String> {
    let query = "SELECT text FROM public.messages ORDER BY sequence";
    sqlx::query_scalar(query).fetch_all(&stage.tables(project)).await.unwrap_or_default()
}

async fn send(stage: &Stage, number: &str, words: &[String]) {
    for word in words {
        assert_eq!(stage.webhook(bodies::text(number, PHONE, &wamid(number, word), SECOND, word)).await, 200);
    }
}

fn wamid(number: &str, word: &str) -> String {
    format!("wamid.{number}.{}", word.replace(' ', "."))
}

fn words(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{name} {index:03}")).collect()
}

async fn verified(stage: &Stage, project: ProjectId) {
    let report = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default()).verify(project).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.tables);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_a_number_that_nobody_has_wait_counted_until_somebody_has_it() {
    const UNKNOWN: &str = "207358419203899";
    const KNOWN: &str = "207358419203801";
    let mut stage = Stage::start().await;
    let neighbour = stage.connected("neighbour", KNOWN).await;
    let before = words("before", 30);
    send(&stage, UNKNOWN, &before).await;
    send(&stage, KNOWN, &words("neighbour", 5)).await;
    stage.settle().await;
    assert_eq!(said(&stage, neighbour).await, words("neighbour", 5), "the neighbour is not held up");
    let held = e2e::parked(&stage.journal).await;
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!((held[0].service.as_str(), held[0].stream, held[0].kind), ("recorder", Stream::Webhook, HoldKind::Parked));
    assert!(held[0].key.contains(UNKNOWN) && held[0].cause.contains("belongs to no project"), "{held:?}");
    let metrics = stage.http.get(format!("{}/metrics", stage.base)).send().await.unwrap().text().await.unwrap();
    let counted =
        metrics.lines().find_map(|line| line.strip_prefix("recorder_unknown_number_total")?.rsplit(' ').next()?.parse::<f64>().ok());
    assert!(counted.is_some_and(|counted| counted >= 1.0), "not counted: {metrics}");

    // It waits through a restart, and more comes behind it.
    stage.restart().await;
    let behind = words("behind", 30);
    send(&stage, UNKNOWN, &behind).await;
    let project = stage.project("late").await;
    assert_eq!(said(&stage, project).await, Vec::<String>::new());
    stage.connect(project, UNKNOWN).await;
    let after = words("after", 5);
    send(&stage, UNKNOWN, &after).await;
    let all = [before, behind, after].concat();
    stage.until("everything is recorded", async || said(&stage, project).await.len() == all.len()).await;
    stage.settle().await;
    assert_eq!(said(&stage, project).await, all, "in the order in which it came");
    verified(&stage, project).await;
    stage.until("nothing is held", async || stage.journal.parked().await.unwrap().is_empty()).await;
    stage.finish(0).await;
}

/// Nobody may connect, and who is connected is thrown out.
async fn lock(stage: &Stage, project: ProjectId, open: bool) {
    let name = database_name(project);
    let mut admin = PgConnection::connect(stage.database_url()).await.unwrap();
    let run = async |admin: &mut PgConnection, sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await.unwrap();
    };
    run(&mut admin, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {open}")).await;
    if !open {
        run(&mut admin, format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_whose_database_is_down_is_caught_up_and_the_others_go_on() {
    let (down, up) = ("207358419203801", "207358419203802");
    let mut stage = Stage::start().await;
    let (broken, fine) = (stage.connected("broken", down).await, stage.connected("fine", up).await);
    let mut expected = words("before", 10);
    send(&stage, down, &expected).await;
    stage.settle().await;

    lock(&stage, broken, false).await;
    for round in 0..3 {
        let more = words(&format!("down {round}"), 20);
        send(&stage, down, &more).await;
        expected.extend(more);
        send(&stage, up, &words(&format!("round {round}"), 20)).await;
        stage.until("the other project is recorded", async || said(&stage, fine).await.len() == (round + 1) * 20).await;
    }
    stage
        .until("it is held, for as long as it takes", async || {
            let held = stage.journal.parked().await.unwrap();
            !held.is_empty() && held.iter().all(|held| held.kind == HoldKind::SetAside)
        })
        .await;
    // Also through a restart of everything else.
    stage.restart().await;
    let more = words("restarted", 5);
    send(&stage, down, &more).await;
    expected.extend(more);

    lock(&stage, broken, true).await;
    stage.until("it is caught up", async || said(&stage, broken).await.len() == expected.len()).await;
    stage.until("nothing is held", async || stage.journal.parked().await.unwrap().is_empty()).await;
    stage.settle().await;
    assert_eq!(said(&stage, broken).await, expected);
    verified(&stage, broken).await;
    verified(&stage, fine).await;
    stage.finish(0).await;
}

/// The recorder is behind when a number changes hands: what came before belongs to whom it was sent to.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_changes_hands_takes_no_message_along() {
    const NUMBER: &str = "207358419203801";
    let stage = Stage::start().await;
    let (first, second) = (stage.connected("first", NUMBER).await, stage.project("second").await);
    let mut expected = words("before", 5);
    send(&stage, NUMBER, &expected).await;
    stage.settle().await;
    lock(&stage, first, false).await;
    let behind = words("behind", 5);
    send(&stage, NUMBER, &behind).await;
    expected.extend(behind);
    stage.until("it is held", async || !stage.journal.parked().await.unwrap().is_empty()).await;

    stage.call(reqwest::Method::DELETE, &format!("/v1/projects/{first}/number"), None).await;
    stage.connect(second, NUMBER).await;
    let after = words("after", 5);
    send(&stage, NUMBER, &after).await;
    lock(&stage, first, true).await;
    stage.until("everything is recorded", async || said(&stage, first).await.len() + said(&stage, second).await.len() == 15).await;
    assert_eq!(said(&stage, second).await, after, "the second owner sees what was said to the first");
    assert_eq!(said(&stage, first).await, expected);
    stage.until("nothing is held", async || stage.journal.parked().await.unwrap().is_empty()).await;
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_taken_in_while_postgres_is_killed_and_while_nats_comes_back() {
    const NUMBER: &str = "207358419203801";
    let mut stage = Stage::with_own_postgres().await;
    let project = stage.connected("bot", NUMBER).await;
    let mut expected = words("before", 5);
    send(&stage, NUMBER, &expected).await;
    for round in 0..2 {
        stage.postgres.as_mut().unwrap().kill().await;
        let more = words(&format!("without postgres {round}"), 10);
        send(&stage, NUMBER, &more).await;
        expected.extend(more);
        stage.nats.kill().await;
        let refused = words(&format!("without nats {round}"), 1);
        let body = bodies::text(NUMBER, PHONE, &wamid(NUMBER, &refused[0]), SECOND, &refused[0]);
        assert_eq!(stage.webhook(body).await, 503);
        stage.nats.restart().await.unwrap();
        stage
            .until("ingress is back", async || {
                stage.webhook(bodies::text(NUMBER, PHONE, &format!("wamid.back{round}"), SECOND, "back")).await == 200
            })
            .await;
        expected.push("back".to_owned());
        send(&stage, NUMBER, &refused).await;
        expected.extend(refused);
        stage.postgres.as_mut().unwrap().restart().await.unwrap();
    }
    stage.until("it is caught up", async || said(&stage, project).await.len() >= expected.len()).await;
    stage.until("nothing is held", async || stage.journal.parked().await.unwrap().is_empty()).await;
    stage.settle().await;
    let mut recorded = said(&stage, project).await;
    // What got no answer may have been stored before it was sent again.
    recorded.sort();
    expected.sort();
    assert_eq!(recorded, expected);
    verified(&stage, project).await;
    stage.finish(0).await;
}
