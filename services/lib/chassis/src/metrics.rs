//! Numbers about the process, in Prometheus' text form at `/metrics`.
//!
//! Services count with the macros of the `metrics` crate; here is only the one recorder of the process behind them.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// How often histograms are folded when nobody reads them; without it they would grow for ever.
const UPKEEP_PAUSE: Duration = Duration::from_secs(10);

/// Upper bounds of every histogram's buckets, in seconds (or whatever the histogram counts).
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

static INSTALLED: OnceLock<Metrics> = OnceLock::new();
static INSTALLING: Mutex<()> = Mutex::new(());

/// The metrics of this process could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Another recorder is installed, or the buckets are refused.
    #[error("install the metrics recorder")]
    Recorder(#[source] metrics_exporter_prometheus::BuildError),
    /// No thread for the upkeep.
    #[error("start the thread that folds histograms")]
    Thread(#[source] std::io::Error),
}

/// The process' metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder; later calls, from other services of the process, give the same one.
    ///
    /// # Errors
    /// Only on the first call: see [`MetricsError`].
    pub fn install() -> Result<Metrics, MetricsError> {
        let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = INSTALLED.get() {
            return Ok(metrics.clone());
        }
        let handle =
            PrometheusBuilder::new().set_buckets(&BUCKETS).and_then(PrometheusBuilder::install_recorder).map_err(MetricsError::Recorder)?;
        let upkeep = handle.clone();
        // A thread, because the recorder outlives any one runtime of the process.
        std::thread::Builder::new()
            .name("metrics-upkeep".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || {
                loop {
                    std::thread::sleep(UPKEEP_PAUSE);
                    upkeep.run_upkeep();
                }
            })
            .map_err(MetricsError::Thread)?;
        Ok(INSTALLED.get_or_init(|| Metrics(handle)).clone())
    }

    /// Everything counted so far, in Prometheus' text form 0.0.4.
    pub fn render(&self) -> String {
        self.0.render()
    }
}
