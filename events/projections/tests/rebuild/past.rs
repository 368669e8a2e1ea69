//! The rows of a moment, in however many passes they are folded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::ContactId;
use projections::Error;
use projections::rebuild::{Options, Past, Row, Step};

use crate::fixture::Fixture;

/// In the middle of the conversations of sixty people.
const THROUGH: u64 = 700;

/// The rows as text, sorted, and how often it was said that the end is reached: twice in each pass.
async fn rows(fixture: &Fixture, contact: Option<ContactId>, memory_bytes_max: usize) -> (Vec<String>, u64) {
    let ends = Arc::new(AtomicU64::new(0));
    let counted = ends.clone();
    let past = Past::new(fixture.journal.clone(), Options { memory_bytes_max, ..Options::default() }).watched(move |step| {
        if matches!(step, Step::Reading { sequence: THROUGH, .. }) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut rows = Vec::new();
    let told = |row: Row| {
        rows.push(format!("{row:?}"));
        Ok::<(), Error>(())
    };
    assert_eq!(past.rows(fixture.project, contact, THROUGH, &[], told).await.unwrap(), THROUGH);
    rows.sort();
    (rows, ends.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_the_same_in_one_pass_in_several_and_contact_by_contact() {
    let fixture = Fixture::start().await;
    let people = fixture.add_people(0..60).await;
    let (whole, ends) = rows(&fixture, None, usize::MAX).await;
    assert_eq!(ends, 2);
    let (parts, ends) = rows(&fixture, None, 200_000).await;
    assert!(ends > 2, "it was meant to take several passes");
    assert_eq!(parts, whole);
    let mut alone = Vec::new();
    for person in &people {
        alone.extend(rows(&fixture, Some(person.contact), 200_000).await.0);
    }
    alone.sort();
    assert_eq!(alone, whole);
}
