//! Who writes, to whom it belongs, and what became of it: one contact for a hundred first messages, two projects that never meet, every
//! order of statuses.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;

use contract::ProjectId;
use e2e::dice::{Dice, orders};
use e2e::{Stage, bodies};
use futures::StreamExt;
use futures::future::join_all;
use projections::rebuild::{Options, Rebuild};
use sqlx::Row;

const SECOND: i64 = 1_794_992_403;

async fn verified(stage: &Stage, project: ProjectId) {
    let report = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default()).verify(project).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.tables);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_first_messages_at_once_make_one_contact_and_one_conversation() {
    let stage = Stage::start().await;
    let project = stage.connected("bot", "207358419203847").await;
    for sender in ["16505550142", "16505550143", "16505550144"] {
        let bodies = (0..100).map(|index| bodies::text("207358419203847", sender, &format!("wamid.{sender}.{index}"), SECOND, "hello"));
        let answers = join_all(bodies.map(|body| stage.webhook(body))).await;
        assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    }
    stage.settle().await;
    let counted = "SELECT c.wa_id, count(DISTINCT m.conversation_id), count(DISTINCT m.wamid), count(*) FROM public.contacts c
        JOIN public.messages m ON m.contact_id = c.id GROUP BY c.wa_id ORDER BY c.wa_id";
    let counted = sqlx::query(counted).fetch_all(&stage.tables(project)).await.unwrap();
    let counted: Vec<(String, i64, i64, i64)> = counted.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let each = |sender: &str| (sender.to_owned(), 1, 100, 100);
    assert_eq!(counted, [each("16505550142"), each("16505550143"), each("16505550144")]);
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.contacts").await, 3);
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.conversations").await, 3);
    assert_eq!(stage.count(project, "SELECT sum(message_count)::bigint FROM public.conversations").await, 300);
    verified(&stage, project).await;
    stage.finish(0).await;
}

/// Everything that a project's database holds, as text, and every id in it.
async fn everything_in(stage: &Stage, project: ProjectId) -> (String, BTreeSet<String>) {
    let pool = stage.tables(project);
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_catalog.pg_tables WHERE schemaname IN ('public', 'paige')";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&pool).await.unwrap();
    assert!(tables.len() >= 8, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        let rows = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t");
        all += &sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(rows)).fetch_one(&pool).await.unwrap();
        all.push(' ');
    }
    let is_id = |word: &&str| ["prj_", "con_", "cnv_", "msg_", "evt_", "wamid."].iter().any(|prefix| word.starts_with(prefix));
    let words = all.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').filter(is_id);
    let ids = words.map(str::to_owned).collect();
    (all, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_with_five_hundred_senders_each_never_meet() {
    const SENDERS: usize = 500;
    let stage = Stage::start().await;
    let numbers = ["207358419203801", "207358419203802"];
    let projects = [stage.connected("red", numbers[0]).await, stage.connected("blue", numbers[1]).await];
    let marks = ["redword", "blueword"];
    let mut all = Vec::new();
    for sender in 0..SENDERS {
        for side in [0, 1] {
            // Half of the people write to both bots.
            let phone = if sender % 2 == 0 { format!("1650556{sender:04}") } else { format!("1650557{side}{sender:03}") };
            for index in 0..2 {
                let wamid = format!("wamid.{}{sender:04}{index}", marks[side]);
                all.push(bodies::text(numbers[side], &phone, &wamid, SECOND + index, &format!("{} {sender}", marks[side])));
            }
            let wamid = format!("wamid.{}out{sender:04}", marks[side]);
            all.push(bodies::echo(numbers[side], &phone, &wamid, SECOND, marks[side]));
            all.push(bodies::status(numbers[side], &phone, &wamid, "delivered", SECOND));
        }
    }
    Dice::new(1).shuffle(&mut all);
    let statuses: Vec<u16> = futures::stream::iter(all).map(|body| stage.webhook(body)).buffer_unordered(64).collect().await;
    assert!(statuses.iter().all(|status| *status == 200));
    stage.settle().await;

    let (red, red_ids) = everything_in(&stage, projects[0]).await;
    let (blue, blue_ids) = everything_in(&stage, projects[1]).await;
    assert_eq!(red_ids.intersection(&blue_ids).collect::<Vec<_>>(), Vec::<&String>::new(), "ids in both");
    assert!(red_ids.len() > SENDERS * 5 && blue_ids.len() > SENDERS * 5, "{} and {} ids", red_ids.len(), blue_ids.len());
    for (own, other, other_mark, other_number, other_project) in
        [(&red, 0, marks[1], numbers[1], projects[1]), (&blue, 1, marks[0], numbers[0], projects[0])]
    {
        assert!(own.contains(marks[other]), "the search is broken");
        assert!(!own.contains(other_mark) && !own.contains(other_number), "another's words or number");
        let ulid = other_project.to_string().to_lowercase();
        assert!(!own.to_lowercase().contains(ulid.trim_start_matches("prj_")), "another's project id");
    }
    for project in projects {
        assert_eq!(stage.count(project, "SELECT count(*) FROM public.contacts").await, SENDERS as i64);
        assert_eq!(stage.count(project, "SELECT count(*) FROM public.messages").await, 3 * SENDERS as i64);
        assert_eq!(stage.count(project, "SELECT count(*) FROM public.messages WHERE status = 'delivered'").await, SENDERS as i64);
        verified(&stage, project).await;
    }
    stage.finish(0).await;
}

/// Each order of the four statuses, with the message itself at each place among them: 120 messages. A second of time stamps apart, as
/// Meta stamps them, however they arrive.
#[tokio::test(flavor = "multi_thread")]
async fn every_order_of_statuses_gives_the_same_summary_and_a_complete_ledger() {
    const NUMBER: &str = "207358419203847";
    let stage = Stage::start().await;
    let project = stage.connected("bot", NUMBER).await;
    let stamp = |what: &str| SECOND + ["echo", "sent", "delivered", "read", "failed"].iter().position(|name| *name == what).unwrap() as i64;
    let everything = orders(&["echo", "sent", "delivered", "read", "failed"]);
    assert_eq!(everything.len(), 120);
    let lives = everything.iter().enumerate().map(async |(index, order)| {
        // Some share a contact, so that orders also interleave within one.
        let phone = format!("165055501{:02}", index % 40);
        let wamid = format!("wamid.order{index:03}");
        for what in order {
            let body = match *what {
                "echo" => bodies::echo(NUMBER, &phone, &wamid, stamp(what), "hello"),
                status => bodies::status(NUMBER, &phone, &wamid, status, stamp(what)),
            };
            assert_eq!(stage.webhook(body).await, 200);
        }
    });
    join_all(lives).await;
    stage.settle().await;
    let summaries = "SELECT status, error_code, extract(epoch FROM status_at)::bigint, count(*) FROM public.messages GROUP BY 1, 2, 3";
    let summaries = sqlx::query(summaries).fetch_all(&stage.tables(project)).await.unwrap();
    let summaries: Vec<(String, i64, i64, i64)> = summaries.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    assert_eq!(summaries, [("failed".to_owned(), 131_026, stamp("failed"), 120)]);
    let ledgers =
        "SELECT wamid, string_agg(status || ' ' || extract(epoch FROM at)::bigint, ', ' ORDER BY at) FROM paige.statuses GROUP BY 1";
    let ledgers = sqlx::query(ledgers).fetch_all(&stage.tables(project)).await.unwrap();
    let ledgers: BTreeSet<String> = ledgers.iter().map(|row| row.get(1)).collect();
    let whole = ["sent", "delivered", "read", "failed"].map(|status| format!("{status} {}", stamp(status))).join(", ");
    assert_eq!(ledgers, BTreeSet::from([whole]));
    assert_eq!(stage.count(project, "SELECT count(*) FROM paige.statuses").await, 480);
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.contacts").await, 40);
    verified(&stage, project).await;
    stage.finish(0).await;
}
