//! Screens and the ways between them, as a graph.

use std::collections::VecDeque;

pub(super) struct Routes {
    /// To which screens each leads, every one once.
    to: Vec<Vec<usize>>,
}

impl Routes {
    pub(super) fn new(screens: usize, mut ways: Vec<(usize, usize)>) -> Self {
        ways.sort_unstable();
        ways.dedup();
        let mut to = vec![Vec::new(); screens];
        ways.into_iter().filter(|(from, next)| from != next).for_each(|(from, next)| to[from].push(next));
        Self { to }
    }

    pub(super) fn from(&self, screen: usize) -> &[usize] {
        &self.to[screen]
    }

    fn has(&self, from: usize, next: usize) -> bool {
        self.to[from].binary_search(&next).is_ok()
    }

    /// Ways that are also gone backwards, each pair once.
    pub(super) fn both_ways(&self) -> Vec<(usize, usize)> {
        let ways = self.to.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |next| (from, *next)));
        ways.filter(|(from, next)| from < next && self.has(*next, *from)).collect()
    }

    /// The first screen to which no other leads.
    pub(super) fn entry(&self) -> Option<usize> {
        let mut entered = vec![false; self.to.len()];
        self.to.iter().flatten().for_each(|next| entered[*next] = true);
        entered.iter().position(|entered| !entered)
    }

    /// Screens with no way to or from.
    pub(super) fn lone(&self) -> Vec<usize> {
        let mut touched: Vec<bool> = self.to.iter().map(|to| !to.is_empty()).collect();
        self.to.iter().flatten().for_each(|next| touched[*next] = true);
        (0..self.to.len()).filter(|screen| !touched[*screen]).collect()
    }

    pub(super) fn unreachable_from(&self, entry: usize) -> Vec<usize> {
        let mut seen = vec![false; self.to.len()];
        seen[entry] = true;
        let mut next = VecDeque::from([entry]);
        while let Some(screen) = next.pop_front() {
            for target in self.to[screen].iter().copied() {
                if !std::mem::replace(&mut seen[target], true) {
                    next.push_back(target);
                }
            }
        }
        (0..self.to.len()).filter(|screen| !seen[*screen]).collect()
    }

    /// Screens on or behind a loop that no order of screens can have: what is left when screens without a way in are taken away, one after
    /// the other, and then those without a way out.
    pub(super) fn looped(&self) -> Vec<usize> {
        let forward = peel(&self.to);
        let mut back = vec![Vec::new(); self.to.len()];
        for (from, to) in self.to.iter().enumerate().filter(|(from, _)| forward[*from]) {
            to.iter().filter(|next| forward[**next]).for_each(|next| back[*next].push(from));
        }
        let backward = peel(&back);
        (0..self.to.len()).filter(|screen| forward[*screen] && backward[*screen]).collect()
    }
}

/// Which are left.
fn peel(to: &[Vec<usize>]) -> Vec<bool> {
    let mut entries = vec![0_usize; to.len()];
    to.iter().flatten().for_each(|next| entries[*next] += 1);
    let mut free: Vec<usize> = (0..to.len()).filter(|screen| entries[*screen] == 0).collect();
    let mut left = vec![true; to.len()];
    while let Some(screen) = free.pop() {
        left[screen] = false;
        for next in to[screen].iter().copied() {
            entries[next] -= 1;
            if entries[next] == 0 {
                free.push(next);
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_knows_its_entry_its_loops_and_what_is_cut_off() {
        let straight = Routes::new(3, vec![(0, 1), (1, 2), (0, 1)]);
        assert_eq!((straight.entry(), straight.looped(), straight.unreachable_from(0)), (Some(0), vec![], vec![]));
        let looped = Routes::new(5, vec![(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]);
        assert_eq!((looped.entry(), looped.looped(), looped.both_ways()), (Some(0), vec![1, 2, 3], vec![]));
        let back = Routes::new(4, vec![(0, 1), (1, 0), (2, 2)]);
        assert_eq!((back.both_ways(), back.lone(), back.unreachable_from(0)), (vec![(0, 1)], vec![2, 3], vec![2, 3]));
        assert_eq!(Routes::new(2, vec![(0, 1), (1, 0)]).entry(), None);
    }
}
