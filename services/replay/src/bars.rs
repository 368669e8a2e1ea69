//! Progress: a bar with rate and time left on a terminal, nothing elsewhere.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use projections::rebuild::Step;

const READING: &str = "{msg:28} {bar:30} {pos}/{len} {per_sec} ETA {eta}";

/// A bar over sequences or rows.
pub(crate) fn bar(watched: bool, what: &str, length: u64) -> ProgressBar {
    let target = if watched { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    if let Ok(style) = ProgressStyle::with_template(READING) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// A bar that follows a comparison or a rebuild.
pub(crate) fn follow(watched: bool) -> (ProgressBar, impl Fn(Step) + Send + Sync + 'static) {
    let bar = Arc::new(bar(watched, "", 0));
    let shown = (*bar).clone();
    let follow = move |step| match step {
        Step::Reading { sequence, through } => {
            if bar.length() != Some(through) || sequence < bar.position() {
                bar.reset();
                bar.set_length(through);
                bar.set_message("reading the log");
            }
            bar.set_position(sequence);
        }
        Step::Filling { events, of, .. } => {
            bar.set_length(of);
            bar.set_position(events);
            bar.set_message("writing the tables");
        }
        Step::Comparing { table, .. } => bar.set_message(format!("comparing {table}")),
        Step::Writing { table, rows, of, .. } => {
            bar.set_length(of);
            bar.set_position(rows);
            bar.set_message(format!("writing {table}"));
        }
    };
    (shown, follow)
}
