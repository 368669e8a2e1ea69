//! The audit log is read off several streams, each at its own pace: whichever comes first, the rows are the same.

use chrono::DateTime;
use contract::{ProjectId, Stream, WorkspaceId};
use embedded::Postgres;
use serde_json::Value;
use sqlx::PgPool;

use super::{audit, projects};
use crate::audit::{ActorKind, Entry};
use crate::ownership::Ownership;

fn project() -> ProjectId {
    ProjectId::from_ulid(ulid::Ulid::from_parts(1, 1))
}

fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId::from_ulid(ulid::Ulid::from_parts(2, n))
}

fn entry(stream: Stream, sequence: u64, event_type: &str, of: Option<WorkspaceId>) -> Entry {
    Entry {
        stream,
        sequence,
        event_id: format!("evt_{stream}_{sequence}"),
        at: DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
        actor_kind: ActorKind::System,
        actor_id: None,
        request_id: None,
        event_type: event_type.to_owned(),
        subject: "s".to_owned(),
        project: Some(project()),
        workspace: of,
    }
}

/// What one delivery does.
enum Step {
    /// Of the stream `project`: whose it is from then on, and the row of that event.
    Own(Ownership, Entry),
    /// Of any other stream.
    Say(Entry),
}

async fn rows(pool: &PgPool, steps: &[&Step]) -> Value {
    sqlx::query("TRUNCATE access.audit, access.projects").execute(pool).await.unwrap();
    for step in steps {
        match step {
            Step::Own(ownership, entry) => {
                projects::save(pool, project(), *ownership, entry.sequence).await.unwrap();
                audit::insert(pool, Some(project()), std::slice::from_ref(entry)).await.unwrap();
            }
            Step::Say(entry) => audit::insert(pool, Some(project()), std::slice::from_ref(entry)).await.unwrap(),
        }
    }
    let rows = "SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.stream, a.sequence), '[]') FROM access.audit a";
    sqlx::query_scalar(rows).fetch_one(pool).await.unwrap()
}

/// Every way to mix `late` into `ordered`, which keeps its order.
fn mixtures<'a>(ordered: &[&'a Step], late: &[&'a Step]) -> Vec<Vec<&'a Step>> {
    let Some((first, rest)) = late.split_first() else { return vec![ordered.to_vec()] };
    (0..=ordered.len())
        .flat_map(|at| {
            let mut mixed = ordered.to_vec();
            mixed.insert(at, first);
            mixtures(&mixed, rest)
        })
        .collect()
}

#[tokio::test]
async fn rows_do_not_depend_on_which_stream_is_read_first() {
    let url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    tables::migrate(&pool, "access", &crate::MIGRATIONS).await.unwrap();
    let owned = |n| Ownership { owner: Some(workspace(n)), erased: false };
    let created = Step::Own(owned(1), entry(Stream::Project, 1, "project.project_created.v2", None));
    let moved = Step::Own(owned(2), entry(Stream::Project, 2, "project.project_transferred.v1", None));
    let gone = Ownership { owner: Some(workspace(2)), erased: true };
    let erased = Step::Own(gone, entry(Stream::Project, 3, "project.project_erased.v1", None));
    let paid = Step::Say(entry(Stream::Billing, 7, "billing.payment_succeeded.v1", None));
    let granted = Step::Say(entry(Stream::Workspace, 9, "workspace.key_issued.v1", Some(workspace(1))));
    for (life, left) in [(vec![&created, &moved], 4), (vec![&created, &moved, &erased], 2)] {
        let expected = rows(&pool, &[life.clone(), vec![&paid, &granted]].concat()).await;
        assert_eq!(expected.as_array().unwrap().len(), left, "{expected}");
        let owner = expected.as_array().unwrap().iter().rfind(|row| row["stream"] == "project").map(|row| &row["workspace_id"]);
        assert_eq!(owner, Some(&Value::from(workspace(2).to_string())), "whoever owns it, or did last, reads what is left");
        for (n, steps) in mixtures(&life, &[&paid, &granted]).into_iter().enumerate() {
            assert_eq!(rows(&pool, &steps).await, expected, "mixture {n}");
            // Delivered again, all of it.
            assert_eq!(rows(&pool, &[steps.clone(), steps].concat()).await, expected, "mixture {n}, twice");
        }
    }
    // Read late, when the log says nothing of its owner any more.
    let late = Step::Own(Ownership { owner: None, erased: true }, entry(Stream::Project, 3, "project.project_erased.v1", None));
    assert_eq!(rows(&pool, &[&created, &moved, &late]).await, rows(&pool, &[&created, &moved, &erased]).await);
}
