//! Progress: a bar with rate and time left on a terminal, nothing elsewhere.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use projections::rebuild::Step;

/// The bar gets the room that is left: what is cut off on a narrow terminal is it, not the time left.
const READING: &str = "{msg:20} {wide_bar} {pos}/{len} {per_sec} ETA {eta}";

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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use contract::ProjectId;
    use indicatif::TermLike;

    use super::*;

    /// A terminal of 80 columns that remembers what was written.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn write(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
            Ok(())
        }

        /// What was written since the last time.
        fn shown(&self) -> String {
            std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write(line)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.write(text)
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_step_shows_what_is_done_how_fast_and_how_long_yet() {
        let (screen, (bar, follow)) = (Screen::default(), follow(true));
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        let project = ProjectId::from_ulid(1_u128.into());
        for (step, words) in [
            (Step::Reading { sequence: 250_000, through: 1_000_000 }, ["reading the log", "250000/1000000"]),
            (Step::Filling { project, events: 500_000, of: 1_000_000 }, ["writing the tables", "500000/1000000"]),
            (Step::Comparing { project, table: "public.contacts" }, ["comparing public.contacts", "500000/1000000"]),
            (Step::Writing { project, table: "paige.statuses", rows: 9, of: 10 }, ["writing paige.statuses", "9/10"]),
        ] {
            screen.shown();
            follow(step);
            let shown = screen.shown();
            for word in words.into_iter().chain(["/s ", "ETA "]) {
                assert!(shown.contains(word), "{step:?} shows {shown:?}");
            }
        }
    }

    #[test]
    fn nothing_is_drawn_where_nobody_watches() {
        assert!(bar(false, "counting", 10).is_hidden() && follow(false).0.is_hidden());
    }
}
