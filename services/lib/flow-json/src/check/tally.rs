//! How many of each component a screen has. Of an If or a Switch one branch shows at a time, so the fullest counts; all branches together
//! count where the document itself is limited.

use super::Judge;
use super::facts::{Screen, below};
use super::top::opening;
use crate::json::{Node, Object};
use crate::place::Place;
use crate::version::Version;

const COMPONENTS_MAX: usize = 50;
const FOOTERS_MAX: usize = 1;
const NAVIGATION_LISTS_MAX: usize = 2;
const PICKERS_MAX: usize = 1;
const CAROUSELS_MAX: usize = 2;
/// From which on a Footer may stand beside a RichText.
const RICH_TEXT_WITH_FOOTER: Version = Version::of(6, 3);
/// Component, how many, the code for more.
const LIMITS: [(&str, usize, &str); 5] = [
    ("EmbeddedLink", 2, "MAX_EMBEDDED_LINK_PER_SCREEN"),
    ("Image", 3, "MAX_IMAGE_PER_SCREEN"),
    ("OptIn", 5, "MAX_OPT_IN_PER_SCREEN"),
    ("NavigationList", NAVIGATION_LISTS_MAX, "INVALID_PROPERTY_VALUE"),
    ("ImageCarousel", CAROUSELS_MAX, "INVALID_PROPERTY_VALUE"),
];

impl Judge<'_> {
    pub(super) fn tally(&mut self, screen: &Screen<'_>, children: &[Node], place: &Place<'_>) {
        for (component, max, code) in LIMITS {
            let found = fullest(children, &|name| name == component);
            if found > max {
                let at = last(children, component).unwrap_or(screen.node);
                let message = format!("Maximum number of {component} allowed per screen is {max} but found {found}.");
                self.error(code, opening(at.span), place, message);
            }
        }
        let pickers = fullest(children, &|name| matches!(name, "PhotoPicker" | "DocumentPicker"));
        if pickers > PICKERS_MAX {
            let both = ["PhotoPicker", "DocumentPicker"].into_iter().filter_map(|picker| last(children, picker));
            let at = both.max_by_key(|node| node.span.start).unwrap_or(screen.node);
            let message =
                format!("Maximum number of PhotoPicker and DocumentPicker allowed per screen is {PICKERS_MAX} but found {pickers}.");
            self.beyond_limit(message, opening(at.span), place);
        }
        let all = count(children);
        if all > COMPONENTS_MAX {
            let message = format!("Maximum number of components allowed per screen is {COMPONENTS_MAX} but found {all}.");
            self.beyond_limit(message, opening(screen.node.span), place);
        }
        self.footers(children, place);
        self.alone(screen, children, place);
    }

    fn footers(&mut self, children: &[Node], place: &Place<'_>) {
        let plain = fixed(children, "Footer");
        let found = fullest(children, &|name| name == "Footer");
        let Some(at) = last(children, "Footer").filter(|_| found > FOOTERS_MAX) else { return };
        if found == plain {
            let message = format!("Maximum number of Footer allowed per screen is {FOOTERS_MAX} but found {found}.");
            self.error("MAX_FOOTER_PER_SCREEN", opening(at.span), place, message);
        } else {
            let message = format!("Maximum number of Footer component allowed per screen is {FOOTERS_MAX}.");
            self.error("MORE_THAN_ONE_FOOTER", opening(at.span), place, message);
        }
    }

    /// Components that stand on a screen of their own.
    fn alone(&mut self, screen: &Screen<'_>, children: &[Node], place: &Place<'_>) {
        for (index, child) in children.iter().enumerate() {
            let Some(name) = child.object().and_then(|object| object.text("type")) else { continue };
            let footer_fits = self.facts.version >= RICH_TEXT_WITH_FOOTER;
            let fits = |other: &str| match name {
                "RichText" => footer_fits && other == "Footer",
                "NavigationList" => other == "NavigationList",
                _ => true,
            };
            let others =
                children.iter().enumerate().filter(|(other, _)| *other != index).filter_map(|(_, node)| node.object()?.text("type"));
            if matches!(name, "RichText" | "NavigationList") && !others.into_iter().all(fits) {
                let message = format!("Component '{name}' must be the only component of its screen.");
                return self.beyond_limit(message, opening(child.span), &place.index(index));
            }
            if name == "NavigationList" && screen.terminal {
                let message = "Component 'NavigationList' is not allowed on a terminal screen.".to_owned();
                self.beyond_limit(message, opening(child.span), &place.index(index));
            }
        }
    }
}

fn objects(children: &[Node]) -> impl Iterator<Item = (&Node, &Object, &str)> {
    children.iter().filter_map(|node| {
        let object = node.object()?;
        Some((node, object, object.text("type").unwrap_or_default()))
    })
}

/// As many as can show at once.
fn fullest(children: &[Node], counts: &impl Fn(&str) -> bool) -> usize {
    let below = |object: &Object, name: &str| match name {
        "If" | "Switch" => below(object).map(|branch| fullest(branch, counts)).max().unwrap_or_default(),
        _ => below(object).map(|children| fullest(children, counts)).sum(),
    };
    objects(children).map(|(_, object, name)| usize::from(counts(name)) + below(object, name)).sum()
}

/// Outside of branches.
fn fixed(children: &[Node], component: &str) -> usize {
    let inside = |object: &Object| object.list("children").map_or(0, |children| fixed(children, component));
    objects(children).map(|(_, object, name)| usize::from(name == component) + inside(object)).sum()
}

fn count(children: &[Node]) -> usize {
    children.len() + objects(children).map(|(_, object, _)| below(object).map(count).sum::<usize>()).sum::<usize>()
}

/// The last of its kind: the one that is too many.
fn last<'n>(children: &'n [Node], component: &str) -> Option<&'n Node> {
    let direct = objects(children).filter(|(_, _, name)| *name == component).map(|(node, ..)| node).last();
    direct.or_else(|| objects(children).filter_map(|(_, object, _)| below(object).filter_map(|inner| last(inner, component)).last()).last())
}
