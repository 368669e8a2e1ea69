//! What a comparison finds, and that it is exact while the tables move on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use projections::rebuild::{ColumnDifference, DifferenceKind, Report};

use crate::fixture::{Fixture, another_project, counts};

fn only_difference<'a>(report: &'a Report, table: &str) -> (&'a [(&'static str, String)], &'a DifferenceKind) {
    let [difference] = &report.tables.iter().find(|found| found.table == table).expect("reported").differences[..] else {
        panic!("not exactly one difference in {table}: {report:?}")
    };
    (&difference.key, &difference.kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_the_projector_wrote_agree_with_the_log() {
    let (fixture, people) = Fixture::with_people(60).await;
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let report = rebuild.verify(fixture.project).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.events, 20 * people.len() as u64);
        assert_eq!(report.rows(), fixture.dump().await.len() as u64);
    }
    assert!(fixture.rebuild_in_parts().verify(fixture.project).await.unwrap().passes > 3, "it was meant to take several passes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_named_with_its_column_and_both_values() {
    let (fixture, people) = Fixture::with_people(5).await;
    let contact = people[3].contact;
    fixture.execute(&format!("UPDATE public.contacts SET name = 'Mallory' WHERE id = '{contact}'")).await;
    let report = fixture.rebuild().verify(fixture.project).await.unwrap();
    assert_eq!(counts(&report), [("public.contacts", 0, 0, 1)]);
    let (key, kind) = only_difference(&report, "public.contacts");
    assert_eq!(key, [("id", contact.to_string())]);
    let expected = ColumnDifference { column: "name", log: Some("Person 16500000003".into()), stored: Some("Mallory".into()) };
    assert_eq!(kind, &DifferenceKind::Changed(vec![expected]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_deleted_and_added_by_hand_are_found_in_every_table() {
    let (fixture, people) = Fixture::with_people(5).await;
    let (contact, conversation) = (people[0].contact, people[0].conversation);
    fixture.execute(&format!("DELETE FROM public.contacts WHERE id = '{contact}'")).await;
    fixture.execute(&format!("DELETE FROM paige.identities WHERE contact_id = '{contact}' AND kind = 'phone'")).await;
    fixture.execute(&format!("DELETE FROM paige.state_changes WHERE conversation_id = '{conversation}'")).await;
    let copy = "INSERT INTO paige.statuses SELECT wamid, 'played', participant, contact_id, at, error_code, content, sequence FROM paige.statuses WHERE status = 'read' AND contact_id";
    fixture.execute(&format!("{copy} = '{contact}'")).await;
    fixture.execute("INSERT INTO paige.unassigned VALUES ('nonsense', 1, 'errors', now(), '{}')").await;
    fixture.execute("INSERT INTO public.conversations SELECT 'not an id', contact_id, group_id, state, state_version, inherited_from, opened_at, closed_at, close_reason, last_message_at, last_inbound_at, message_count, version FROM public.conversations LIMIT 1").await;
    let expected = [
        ("public.contacts", 1, 0, 0),
        ("public.conversations", 0, 1, 0),
        ("paige.identities", 1, 0, 0),
        ("paige.statuses", 0, 1, 0),
        ("paige.state_changes", 1, 0, 0),
        ("paige.unassigned", 0, 1, 0),
    ];
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let report = rebuild.verify(fixture.project).await.unwrap();
        assert_eq!(counts(&report), expected);
        assert_eq!(only_difference(&report, "paige.unassigned"), (&[("id", "nonsense".to_owned())][..], &DifferenceKind::Surplus));
        assert_eq!(only_difference(&report, "public.contacts"), (&[("id", contact.to_string())][..], &DifferenceKind::Missing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_under_another_wamid_is_one_changed_row() {
    let (fixture, people) = Fixture::with_people(3).await;
    fixture.execute(&format!("UPDATE public.messages SET wamid = 'wamid.other' WHERE wamid = '{}'", people[1].wamid(3))).await;
    let report = fixture.rebuild().verify(fixture.project).await.unwrap();
    assert_eq!(counts(&report), [("public.messages", 0, 0, 1)]);
    let (key, kind) = only_difference(&report, "public.messages");
    assert_eq!(key[0].0, "id");
    let DifferenceKind::Changed(columns) = kind else { panic!("{kind:?}") };
    assert_eq!(columns.iter().map(|column| column.column).collect::<Vec<_>>(), ["wamid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_is_exact_while_events_are_appended_and_applied() {
    let (fixture, _) = Fixture::with_people(10).await;
    let fixture = Arc::new(fixture);
    let stop = Arc::new(AtomicBool::new(false));
    let (writer, stopped) = (fixture.clone(), stop.clone());
    let writing = tokio::spawn(async move {
        let mut number = 1_000;
        while !stopped.load(Ordering::Relaxed) {
            writer.add_people(number..number + 3).await;
            writer.project_all().await;
            number += 3;
        }
    });
    let mut checkpoints = Vec::new();
    while checkpoints.len() < 6 {
        let rebuild = if checkpoints.len() % 2 == 0 { fixture.rebuild() } else { fixture.rebuild_in_parts() };
        let report = rebuild.verify(fixture.project).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        if checkpoints.last() != Some(&report.checkpoint) {
            checkpoints.push(report.checkpoint);
        }
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_projects_are_compared_by_one_reading_and_one_that_is_away_stops_nobody() {
    let (mut fixture, _) = Fixture::with_people(5).await;
    let first = fixture.project;
    fixture.project = another_project(&fixture.databases).await;
    fixture.add_people(0..5).await;
    fixture.project_all().await;
    fixture.execute("DELETE FROM public.contacts").await;
    let nobody = contract::ProjectId::from_ulid(ulid::Ulid::from_parts(9, 9));
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let mut reports = Vec::new();
        let told = |project, report: Result<Report, projections::Error>| {
            reports.push((project, report));
            Ok::<(), projections::Error>(())
        };
        rebuild.verify_all(&[first, nobody, fixture.project], told).await.unwrap();
        assert_eq!(reports.len(), 3);
        for (project, report) in reports {
            match report {
                Ok(report) if project == first => assert!(report.is_clean() && report.at.is_some()),
                Ok(report) if project == fixture.project => assert_eq!(counts(&report), [("public.contacts", 5, 0, 0)]),
                Err(projections::Error::NoDatabase(_)) if project == nobody => {}
                other => panic!("{project}: {other:?}"),
            }
        }
    }
}
