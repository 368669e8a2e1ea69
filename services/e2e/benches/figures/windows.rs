//! Windows of webhooks at a steady pace, all alike, before something goes on, meanwhile and after: what they feel of it is told between them.
//!
//! They are short. A disk that stands still for a moment, as those of shared machines do, then spoils a window and not the comparison of those
//! in the middle; what comes seldom and is felt in few windows shows in all of them together.

use std::net::SocketAddr;
use std::sync::Arc;

use e2e::load::{self, Outcome, Pace};
use e2e::report::{self, Figure, Goal, Unit};
use e2e::webhooks::Webhooks;
use hdrhistogram::Histogram;
use tokio::time::Instant;

const CONNECTIONS: usize = 32;
/// How much of the quiet ones busy windows have to stay below: less than a tenth more.
const GROWTH: f64 = 1.1;

/// What comes in each.
pub(crate) struct Window<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) app_secret: &'a str,
    pub(crate) numbers: &'a [String],
    /// Webhooks a second.
    pub(crate) rate: f64,
    /// Webhooks in all.
    pub(crate) webhooks: usize,
}

impl Window<'_> {
    pub(crate) fn seconds(&self) -> f64 {
        self.webhooks as f64 / self.rate
    }

    /// One, under a name that no other of the run has.
    pub(crate) async fn pass(&self, name: &str) -> Outcome {
        let webhooks = Webhooks { name, numbers: self.numbers, count: self.webhooks };
        let requests = Arc::new(webhooks.requests(self.address, self.app_secret));
        load::run(self.address, CONNECTIONS, requests, Pace::PerSecond(self.rate), Instant::now()).await
    }
}

/// Prints busy windows beside quiet ones: those in the middle, then all together.
pub(crate) fn compare(what: &str, busy: &[Histogram<u64>], quiet: &[Histogram<u64>]) {
    let print = |figure: Figure, quiet: f64, percentile: f64| {
        let line = figure.beside("quiet", quiet);
        if percentile > 50.0 { line.ratio(Goal::Below(GROWTH)).print() } else { line.print() }
    };
    for percentile in [50.0, 99.0] {
        let figure = Figure::new(format!("{what}, p{percentile}"), middle(busy, percentile), Unit::Ms);
        print(figure, middle(quiet, percentile), percentile);
    }
    let (busy, quiet) = (together(busy), together(quiet));
    for percentile in [50.0, 99.0] {
        print(Figure::percentile("all windows together", &busy, percentile), report::ms(&quiet, percentile), percentile);
    }
}

/// Of the percentiles of windows, the one in the middle.
fn middle(windows: &[Histogram<u64>], percentile: f64) -> f64 {
    let mut all: Vec<f64> = windows.iter().map(|window| report::ms(window, percentile)).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn together(windows: &[Histogram<u64>]) -> Histogram<u64> {
    let mut all = report::histogram();
    windows.iter().for_each(|window| all.add(window).expect("histograms of one kind"));
    all
}
