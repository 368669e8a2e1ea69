//! The ways through a Flow: forward alone, from one entry, to a terminal screen. With an endpoint the routing model says them, without one the
//! navigate actions do.

use std::collections::HashMap;

use super::Judge;
use super::facts::{Facts, Screen};
use super::routes::Routes;
use super::top::opening;
use crate::json::{Member, Object, Span};
use crate::place::Place;
use crate::report::shortened;

const CODE: &str = "INVALID_ROUTING_MODEL";
const BRANCHES_MAX: usize = 10;
/// Screens that one message lists.
const LISTED_MAX: usize = 20;

/// Screens by their first appearance: an id that stands twice is one screen here.
struct Known<'a> {
    screens: Vec<&'a Screen<'a>>,
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Judge<'a> {
    pub(super) fn routing(&mut self, top: &Object) {
        let facts: &'a Facts<'a> = self.facts;
        let mut known = Known { screens: Vec::new(), by_id: HashMap::new() };
        for screen in facts.screens.iter().filter(|screen| !screen.id.is_empty()) {
            known.by_id.entry(screen.id).or_insert_with(|| {
                known.screens.push(screen);
                known.screens.len() - 1
            });
        }
        match (top.member("routing_model"), facts.endpoint) {
            (Some(member), _) => {
                let place = Place::ROOT.key("routing_model");
                let Some(model) = self.object(&member.node, &place) else { return };
                let ways = self.modelled(&known, member, model, &place);
                self.connections(&known, &Routes::new(known.screens.len(), ways), member.key_span, &place, true);
            }
            // that the model is missing is told already
            (None, true) => {}
            (None, false) => {
                let Some(member) = top.member("screens") else { return };
                let ways = self.navigated(&known);
                let place = Place::ROOT.key("screens");
                self.connections(&known, &Routes::new(known.screens.len(), ways), member.key_span, &place, false);
            }
        }
    }

    fn modelled(&mut self, known: &Known<'a>, member: &Member, model: &Object, place: &Place<'_>) -> Vec<(usize, usize)> {
        let mut ways = Vec::new();
        let mut named: Vec<bool> = vec![false; known.screens.len()];
        for route in model.iter() {
            let at = place.key(&route.key);
            let from = known.by_id.get(route.key.as_str()).copied();
            match from {
                None => {
                    let message = format!("Invalid screens found in the routing model: ({}).", shortened(&route.key));
                    self.error(CODE, route.key_span, &at, message);
                }
                Some(from) => named[from] = true,
            }
            let Some(targets) = self.list(&route.node, &at) else { continue };
            if targets.len() > BRANCHES_MAX {
                let message =
                    format!("Number of branches exceeds the max limit of {BRANCHES_MAX} for screen: ({}).", shortened(&route.key));
                self.error(CODE, route.node.span, &at, message);
            }
            for (index, node) in targets.iter().enumerate() {
                let at = at.index(index);
                let Some(target) = node.text() else {
                    self.wrong_type(node, &at, "string");
                    continue;
                };
                match (from, known.by_id.get(target).copied()) {
                    (_, None) => {
                        let message = format!("Invalid screen found in the routing model: {}.", shortened(target));
                        self.error(CODE, node.span, &at, message);
                    }
                    (Some(from), Some(to)) if from == to => {
                        let message = format!("Loop detected in the routing model for screens: ({}).", shortened(target));
                        self.error(CODE, node.span, &at, message);
                    }
                    (from, Some(to)) => {
                        named[to] = true;
                        ways.extend(from.map(|from| (from, to)));
                    }
                }
            }
        }
        let missing: Vec<usize> = (0..named.len()).filter(|screen| !named[*screen]).collect();
        if !missing.is_empty() && known.screens.len() > 1 {
            let message = format!("Following screens are missing in the routing model: ({}).", known.listed(&missing));
            self.error(CODE, member.key_span, place, message);
        }
        ways
    }

    fn navigated(&mut self, known: &Known<'a>) -> Vec<(usize, usize)> {
        let mut ways = Vec::new();
        let screens = Place::ROOT.key("screens");
        for (from, screen) in known.screens.iter().enumerate() {
            let mut targets: Vec<usize> = screen.routes.iter().filter_map(|(target, _)| known.by_id.get(target).copied()).collect();
            targets.sort_unstable();
            targets.dedup();
            if targets.len() > BRANCHES_MAX {
                let message = format!(
                    "Number of branches exceeds the max limit of {BRANCHES_MAX} for screen: ({}). Reduce navigate actions for the screen.",
                    shortened(screen.id)
                );
                self.error(CODE, opening(screen.node.span), &screens.index(screen.index), message);
            }
            ways.extend(targets.into_iter().map(|to| (from, to)));
        }
        ways
    }

    /// `at` is where to tell what concerns the whole; `modelled` whether the routing model says the ways.
    fn connections(&mut self, known: &Known<'a>, routes: &Routes, at: Span, place: &Place<'_>, modelled: bool) {
        if known.screens.is_empty() {
            return;
        }
        let backward = routes.both_ways();
        for (from, next) in &backward {
            let (from, next) = (known.id(*from), known.id(*next));
            let message = format!(
                "Backward route [{next}->{from}] corresponding to forward route [{from}->{next}] is not allowed in the routing model. Only forward routes can be specified."
            );
            self.error(CODE, at, place, message);
        }
        let looped = routes.looped();
        if backward.is_empty() && !looped.is_empty() {
            let message = format!("Loop detected in the routing model for screens: ({}).", known.listed(&looped));
            self.error(CODE, at, place, message);
        }
        let Some(entry) = routes.entry() else {
            let wanted = match modelled {
                true => "Expected a screen with no inbound edges as the entry screen.",
                false => "Add a screen that is not used as the next screen in any of the navigate actions.",
            };
            return self.error(CODE, at, place, format!("No entry screen found in the routing model. {wanted}"));
        };
        self.cut_off(known, routes, entry, at, place, modelled);
        self.dead_ends(known, routes);
    }

    fn cut_off(&mut self, known: &Known<'a>, routes: &Routes, entry: usize, at: Span, place: &Place<'_>, modelled: bool) {
        let mut unreachable = routes.unreachable_from(entry);
        if !modelled && known.screens.len() > 1 {
            let lone = routes.lone();
            if !lone.is_empty() {
                let names = known.listed(&lone);
                let message = format!(
                    "Following screens are not connected to any of the screens: ({names}). A connection is formed by the navigate screen action."
                );
                self.error(CODE, at, place, message);
            }
            // from a lone entry nothing can be reached, which says nothing new
            if lone.contains(&entry) {
                return;
            }
            unreachable.retain(|screen| !lone.contains(screen));
        }
        if !unreachable.is_empty() {
            let by = if modelled { "" } else { " via navigate screen action" };
            let names = known.listed(&unreachable);
            let message = format!(
                "Following screens are not connected with the rest of the screens{by}: ({names}). All screens should be connected."
            );
            self.error(CODE, at, place, message);
        }
    }

    /// Reports screens from which no way leads on to a terminal screen. A screen that only informs, opened from a link or an OptIn, may
    /// have no way on, because the user goes back from it.
    fn dead_ends(&mut self, known: &Known<'a>, routes: &Routes) {
        if !known.screens.iter().any(|screen| screen.terminal) {
            return;
        }
        let mut from_footer = vec![false; known.screens.len()];
        let mut from_link = vec![false; known.screens.len()];
        for (target, is_footer) in known.screens.iter().flat_map(|screen| &screen.routes) {
            if let Some(target) = known.by_id.get(target) {
                from_footer[*target] |= is_footer;
                from_link[*target] |= !is_footer;
            }
        }
        let screens = Place::ROOT.key("screens");
        for (index, screen) in known.screens.iter().enumerate() {
            let ends = routes.from(index).is_empty() && screen.routes.is_empty() && !screen.terminal && !screen.may_end;
            let informs = from_link[index] && !from_footer[index];
            if ends && !informs {
                let message = format!("Following screens do not lead to a terminal screen: ({}).", shortened(screen.id));
                self.error(CODE, opening(screen.node.span), &screens.index(screen.index), message);
            }
        }
    }
}

impl Known<'_> {
    fn id(&self, screen: usize) -> String {
        shortened(self.screens[screen].id)
    }

    fn listed(&self, screens: &[usize]) -> String {
        let mut text = screens.iter().take(LISTED_MAX).map(|screen| self.id(*screen)).collect::<Vec<_>>().join(", ");
        if screens.len() > LISTED_MAX {
            text.push_str(&format!(", and {} more", screens.len() - LISTED_MAX));
        }
        text
    }
}
