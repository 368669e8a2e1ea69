//! How far everything is done: events are finished in any order, the position is the last one before which nothing is open.

use std::collections::VecDeque;

/// Sequences that were read, in order, and whether they are done.
pub(super) struct Progress {
    open: VecDeque<(u64, bool)>,
    position: u64,
}

impl Progress {
    /// Everything up to `position` is done.
    pub(super) fn new(position: u64) -> Self {
        Self { open: VecDeque::new(), position }
    }

    /// The last sequence that was read and before which all are done.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The last sequence that was read.
    pub(super) fn read_through(&self) -> u64 {
        self.open.back().map_or(self.position, |(sequence, _)| *sequence)
    }

    /// Sequences come in ascending order.
    pub(super) fn read(&mut self, sequence: u64) {
        debug_assert!(sequence > self.read_through(), "{sequence} after {}", self.read_through());
        self.open.push_back((sequence, false));
    }

    pub(super) fn done(&mut self, sequence: u64) {
        if let Ok(index) = self.open.binary_search_by_key(&sequence, |(sequence, _)| *sequence) {
            self.open[index].1 = true;
        }
        while let Some((sequence, true)) = self.open.front() {
            self.position = *sequence;
            self.open.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_waits_for_the_slowest() {
        let mut progress = Progress::new(10);
        for sequence in [11, 13, 14, 20] {
            progress.read(sequence);
        }
        let mut positions = Vec::new();
        for sequence in [14, 13, 11, 20] {
            progress.done(sequence);
            positions.push(progress.position());
        }
        assert_eq!(positions, [10, 10, 14, 20]);
        assert_eq!(progress.read_through(), 20);
    }
}
