//! What a bench prints: a line per figure, with the goal and, measured in the same run, the limit beside it.

use std::time::Duration;

use hdrhistogram::Histogram;

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At least this much.
    AtLeast(f64),
    /// At most this much.
    AtMost(f64),
    /// Less than this much.
    Below(f64),
}

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// So many a second.
    PerSecond,
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Resident memory.
    MiB,
    /// Of one core.
    Percent,
    /// So many times.
    Times,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{}/s", thousands(value)),
            Self::Ms => format!("{value:.2} ms"),
            Self::Seconds => format!("{value:.1} s"),
            Self::MiB => format!("{value:.1} MiB"),
            Self::Percent => format!("{value:.2} %"),
            Self::Times => format!("{value:.2} ×"),
        }
    }
}

/// One line.
#[must_use = "a figure is there to be printed"]
pub struct Figure {
    name: String,
    measured: f64,
    unit: Unit,
    goal: Option<Goal>,
    limit: Option<(String, f64)>,
    ratio: Option<Goal>,
}

impl Figure {
    /// Something measured.
    pub fn new(name: impl Into<String>, measured: f64, unit: Unit) -> Self {
        Self { name: name.into(), measured, unit, goal: None, limit: None, ratio: None }
    }

    /// A percentile of a histogram of microseconds.
    pub fn percentile(name: impl Into<String>, histogram: &Histogram<u64>, percentile: f64) -> Self {
        Self::new(format!("{}, p{percentile}", name.into()), ms(histogram, percentile), Unit::Ms)
    }

    /// What it has to be.
    pub fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// What the machine gives at most (or at least), from the same run.
    pub fn beside(self, what: impl Into<String>, limit: f64) -> Self {
        Self { limit: Some((what.into(), limit)), ..self }
    }

    /// What share of the limit it has to be.
    pub fn ratio(self, ratio: Goal) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    /// Prints the line.
    #[expect(clippy::print_stdout, reason = "a bench prints")]
    pub fn print(self) {
        let Self { name, measured, unit, goal, limit, ratio } = self;
        let beside = limit.as_ref().map_or(String::new(), |(what, limit)| format!("{what} {}", unit.show(*limit)));
        let share = limit.as_ref().map(|(_, limit)| measured / limit);
        let wanted = goal.map_or(String::new(), |goal| goal.show(unit));
        let shown = match (share, ratio) {
            (Some(share), Some(ratio)) => format!("{share:.2} ({}) {}", ratio.show(Unit::Times), verdict(Some(ratio), share)),
            (Some(share), None) => format!("{share:.2}"),
            (None, _) => String::new(),
        };
        let line = format!("{name:<46} {:>14} {wanted:>14} {:<4} {beside:<44} {shown}", unit.show(measured), verdict(goal, measured));
        println!("{}", line.trim_end());
    }
}

impl Goal {
    fn show(self, unit: Unit) -> String {
        match self {
            Self::AtLeast(value) => format!("≥ {}", unit.show(value)),
            Self::AtMost(value) => format!("≤ {}", unit.show(value)),
            Self::Below(value) => format!("< {}", unit.show(value)),
        }
    }

    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(goal) => value >= goal,
            Self::AtMost(goal) => value <= goal,
            Self::Below(goal) => value < goal,
        }
    }
}

fn verdict(goal: Option<Goal>, value: f64) -> &'static str {
    match goal.map(|goal| goal.is_met(value)) {
        Some(true) => "met",
        Some(false) => "MISS",
        None => "",
    }
}

/// The head of a bench's lines.
#[expect(clippy::print_stdout, reason = "a bench prints")]
pub fn title(what: &str) {
    println!("\n{what}\n{:<46} {:>14} {:>14} {:<4} {:<44} ratio (goal)", "", "measured", "goal", "", "beside it, same run");
}

/// A line that explains.
#[expect(clippy::print_stdout, reason = "a bench prints")]
pub fn note(text: impl AsRef<str>) {
    println!("    {}", text.as_ref());
}

/// A histogram of microseconds, up to a minute.
///
/// # Panics
/// Never: the bounds are constants.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are right")
}

/// Microseconds, for a histogram.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A percentile of a histogram of microseconds, in milliseconds.
pub fn ms(histogram: &Histogram<u64>, percentile: f64) -> f64 {
    histogram.value_at_percentile(percentile) as f64 / 1e3
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (value, shown) in [(0.4, "0"), (999.0, "999"), (1_000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(thousands(value), shown);
        }
    }

    #[test]
    fn a_goal_is_met_on_its_own_side() {
        let verdicts = |goal, values: [f64; 3]| values.map(|value| verdict(Some(goal), value));
        let around = [1.9, 2.0, 2.1];
        assert_eq!(verdicts(Goal::AtLeast(2.0), around), ["MISS", "met", "met"]);
        assert_eq!(verdicts(Goal::AtMost(2.0), around), ["met", "met", "MISS"]);
        assert_eq!(verdicts(Goal::Below(2.0), around), ["met", "MISS", "MISS"]);
    }
}
