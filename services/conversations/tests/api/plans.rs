//! How Postgres answers with many rows: by the indexes that were made for it, and in a time that does not grow with the tables.

use contract::ProjectId;
use sqlx::Row;

use crate::fixture::World;
use crate::stage::{hello, number_connected, number_offered};

/// 60,000 conversations of 20,000 contacts with 120,000 messages. Written straight into the tables: only their size matters.
const FILL: [&str; 7] = [
    "INSERT INTO public.contacts (id, phone, wa_id, bsuid, preferences, first_seen_at, last_message_at, profile_at, version)
     SELECT 'con_' || lpad(n::text, 26, '0'), '+' || n, n::text, 'US.' || n, '{}', to_timestamp(n), to_timestamp(n), now(), n
       FROM generate_series(1, 20000) AS n",
    "INSERT INTO paige.identities (kind, value, contact_id, current, linked_at, sequence)
     SELECT 'phone', n::text, 'con_' || lpad(n::text, 26, '0'), true, now(), n FROM generate_series(1, 20000) AS n",
    "INSERT INTO public.conversations (id, contact_id, state, state_version, opened_at, closed_at, last_message_at, message_count, version)
     SELECT 'cnv_' || lpad(n::text, 26, '0'), 'con_' || lpad((n % 20000 + 1)::text, 26, '0'), 'state ' || n % 10, 0, to_timestamp(n),
            CASE WHEN n % 20 <> 0 THEN now() END, to_timestamp(n), 2, n
       FROM generate_series(1, 60000) AS n",
    "INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, type, text, sent_at, recorded_at, content, sequence)
     SELECT 'msg_' || lpad(n::text, 26, '0'), 'cnv_' || lpad((n % 60000 + 1)::text, 26, '0'), 'con_' || lpad((n % 20000 + 1)::text, 26, '0'),
            'wamid.' || n, 'inbound', 'live', 'text', 'hello', to_timestamp(n), now(), '{}', n
       FROM generate_series(1, 120000) AS n",
    "INSERT INTO paige.submissions (message_id, contact_id, conversation_id, flow_id, response, at, sequence)
     SELECT 'msg_' || lpad(n::text, 26, '0'), 'con_' || lpad((n % 20000 + 1)::text, 26, '0'), 'cnv_' || lpad((n % 60000 + 1)::text, 26, '0'),
            'flw_' || lpad((n % 10)::text, 26, '0'), '{}', to_timestamp(n), n
       FROM generate_series(1, 60000) AS n",
    "VACUUM ANALYZE public.conversations",
    "ANALYZE",
];

async fn big(world: &World) -> ProjectId {
    let project = world.project().await;
    for statement in FILL {
        world.write(project, statement).await;
    }
    project
}

/// What was read of a table since the statistics were last set to nothing: rows by sequential scans, rows by index scans.
async fn read(world: &World, project: ProjectId) -> (i64, i64) {
    // Sessions tell what they did when they have nothing to do, or at once when told to.
    let pool = world.databases.pool(project);
    let mut sessions = Vec::new();
    while let Some(mut session) = pool.try_acquire() {
        sqlx::query("SELECT pg_stat_force_next_flush()").execute(&mut *session).await.expect("a flush");
        sessions.push(session);
    }
    drop(sessions);
    let row = sqlx::query(
        "SELECT sum(seq_tup_read)::bigint, sum(coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
          WHERE relname IN ('contacts', 'conversations', 'messages', 'identities', 'submissions')",
    );
    let row = row.fetch_one(&pool).await.expect("statistics");
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_reads_a_table_from_end_to_end() {
    let world = World::start().await;
    let project = big(&world).await;
    let con = "con_00000000000000000000000777";
    let cnv = "cnv_00000000000000000000000777";
    let msg = "msg_00000000000000000000000777";
    let first = world.found(&format!("/v1/projects/{project}/conversations?limit=50")).await;
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let paths = [
        "contacts".to_owned(),
        "contacts?phone=777".to_owned(),
        format!("contacts/{con}"),
        format!("contacts/{con}/conversations"),
        format!("contacts/{con}/messages"),
        format!("contacts/{con}/messages?order=desc"),
        "conversations".to_owned(),
        format!("conversations?cursor={cursor}"),
        "conversations?status=open".to_owned(),
        "conversations?status=closed".to_owned(),
        "conversations?state=state%203".to_owned(),
        "conversations?state=".to_owned(),
        "conversations?state=state%200&status=open".to_owned(),
        format!("conversations/{cnv}"),
        format!("conversations/{cnv}/messages"),
        format!("conversations/{cnv}/messages?order=desc"),
        format!("messages/{msg}"),
        "messages?wamid=wamid.777".to_owned(),
        format!("messages/{msg}/statuses"),
        "conversations/states".to_owned(),
        "flows/flw_00000000000000000000000007/submissions".to_owned(),
        format!("contacts/{con}/submissions"),
    ];
    for path in paths {
        let before = read(&world, project).await;
        // More than the five after which Postgres may settle on one plan for all values.
        for _ in 0..8 {
            world.found(&format!("/v1/projects/{project}/{path}")).await;
        }
        let after = read(&world, project).await;
        assert_eq!(after.0 - before.0, 0, "{path} read rows by sequential scans");
        // A scan would fetch tens of thousands. Postgres counts late, so a neighbour's rows may be among these.
        assert!(after.1 - before.1 <= 8 * 500, "{path} fetched {} rows for 8 answers", after.1 - before.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_to_speak_reads_a_table_from_end_to_end() {
    let world = World::start().await;
    let project = big(&world).await;
    world.tell_project(project, vec![number_offered().into(), number_connected().into()]).await;
    world.write(project, "UPDATE public.contacts SET wa_id = '1' WHERE id = 'con_00000000000000000000000777'").await;
    world.clock.set(chrono::DateTime::from_timestamp(100_000, 0).unwrap());
    world
        .write(
            project,
            "UPDATE public.conversations SET last_inbound_at = to_timestamp(99999) WHERE contact_id = 'con_00000000000000000000000777'",
        )
        .await;
    world.write(project, "INSERT INTO paige.checkpoint VALUES ('conversation', now(), 1000000, NULL)").await;
    let con = "con_00000000000000000000000777";
    let message = hello();
    let reaction = serde_json::json!({"type": "reaction", "reaction": {"message_id": "wamid.776", "emoji": "👍"}});
    let before = read(&world, project).await;
    for n in 0..8 {
        let path = format!("/v1/projects/{project}/contacts/{con}/messages?dry_run=true");
        world.post(&path, message.clone()).await.done(200);
        world.post(&path, reaction.clone()).await.done(200);
        let path = format!("/v1/projects/{project}/conversations/cnv_00000000000000000000000776/messages?dry_run=true");
        world.post(&path, message.clone()).await;
        let path = format!("/v1/projects/{project}/contacts");
        world.post(&path, serde_json::json!({"phone": format!("+1{n}777")})).await.done(200);
        let path = format!("/v1/projects/{project}/messages/msg_0000000000000000000000077{n}/read");
        world.ask(axum::http::Method::POST, &path, &[("idempotency-key", "k")], &serde_json::json!({})).await.done(202);
        let path = format!("/v1/projects/{project}/conversations/cnv_00000000000000000000000777");
        world.ask(axum::http::Method::PATCH, &path, &[("if-match", "*")], &serde_json::json!({"state": "state 7"})).await.done(200);
    }
    let after = read(&world, project).await;
    assert_eq!(after.0 - before.0, 0, "rows were read by sequential scans");
    assert!(after.1 - before.1 <= 8 * 500, "{} rows were fetched for 48 answers", after.1 - before.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_counted_up_to_a_limit_and_say_so() {
    let world = World::start().await;
    let project = big(&world).await;
    world.write(project, "UPDATE public.conversations SET state = 'crowded', closed_at = NULL WHERE state < 'state 3'").await;
    world.write(project, "UPDATE public.conversations SET state = 'rare' WHERE state = 'state 5' AND version % 200 = 5").await;
    world.write(project, "VACUUM ANALYZE public.conversations").await;
    let states = world.found(&format!("/v1/projects/{project}/conversations/states")).await;
    let states = states["data"].as_array().unwrap();
    let of = |name: &str| states.iter().find(|state| state["state"] == name).unwrap();
    let expected = serde_json::json!({"state": "state 3", "open": 0, "open_exact": true, "all": 1_000, "all_exact": false});
    assert_eq!(of("state 3"), &expected);
    let expected = serde_json::json!({"state": "rare", "open": 0, "open_exact": true, "all": 300, "all_exact": true});
    assert_eq!(of("rare"), &expected);
    let expected = serde_json::json!({"state": "crowded", "open": 10_000, "open_exact": false, "all": 10_000, "all_exact": false});
    assert_eq!(of("crowded"), &expected);
}
