//! Another project of the same house, whose webhooks come all the time.

use std::cell::Cell;
use std::time::Duration;

use contract::ProjectId;
use e2e::erased::until;
use hdrhistogram::Histogram;

use super::house::House;
use crate::windows::Window;

const NUMBER: &str = "207358419203847";
const RATE: f64 = 100.0;
/// Webhooks of one window: 10 seconds.
const WEBHOOKS: usize = 1_000;
/// What was acknowledged last is a row soon.
const RECORDED_MAX: Duration = Duration::from_secs(120);

pub(crate) struct Neighbour<'a> {
    house: &'a House,
    project: ProjectId,
    numbers: [String; 1],
    acknowledged: Cell<u64>,
    refused: Cell<u64>,
}

impl<'a> Neighbour<'a> {
    pub(crate) async fn move_in(house: &'a House) -> Self {
        let project = house.doors.project("Corner shop").await;
        house.doors.connect(project, NUMBER).await;
        Self { house, project, numbers: [NUMBER.to_owned()], acknowledged: Cell::new(0), refused: Cell::new(0) }
    }

    /// One window after another, as long as that is wanted of so many.
    pub(crate) async fn windows(&self, name: &str, wanted: impl Fn(usize) -> bool) -> Vec<Histogram<u64>> {
        let mut measured = Vec::new();
        while wanted(measured.len()) {
            let came = self.window().pass(&format!("{name}-{}-", measured.len())).await;
            self.acknowledged.set(self.acknowledged.get() + came.latencies.len());
            self.refused.set(self.refused.get() + came.refused);
            measured.push(came.latencies);
        }
        measured
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.window().seconds()
    }

    fn window(&self) -> Window<'_> {
        let app_secret = self.house.doors.keys.meta_app_secret.expose();
        Window { address: self.house.address, app_secret, numbers: &self.numbers, rate: RATE, webhooks: WEBHOOKS }
    }

    /// As text. Meta sends again what was refused; here nobody does.
    pub(crate) fn came(&self) -> String {
        format!(
            "beside {RATE} webhooks a second of the neighbour, {} acknowledged and {} refused",
            self.acknowledged.get(),
            self.refused.get()
        )
    }

    /// Waits until everything that was acknowledged is in its tables.
    pub(crate) async fn is_whole(&self) {
        until("the neighbour has every message", RECORDED_MAX, async || {
            let mut tables = self.house.tables(self.project).await;
            let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM public.messages").fetch_one(&mut tables).await.expect("a count");
            if rows.unsigned_abs() >= self.acknowledged.get() { Ok(()) } else { Err(format!("{rows} of {}", self.acknowledged.get())) }
        })
        .await;
    }
}
