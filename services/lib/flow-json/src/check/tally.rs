//! How many of each component a screen has. Of an If or a Switch one branch shows at a time, so the fullest counts; all branches together
//! count where the document itself is limited.

use super::Judge;
use super::facts::{Screen, below};
use super::top::opening;
use crate::json::{Node, Object, Span};
use crate::place::Place;
use crate::version::Version;

const COMPONENTS_MAX: usize = 50;
const FOOTERS_MAX: usize = 1;
const NAVIGATION_LISTS_MAX: usize = 2;
const PICKERS_MAX: usize = 1;
const CAROUSELS_MAX: usize = 2;
const CAROUSELS_OF_FLOW_MAX: usize = 3;
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

    /// Of all screens together. `at` is where the screens begin.
    pub(super) fn carousels(&mut self, at: Span) {
        let found: usize = self.facts.screens.iter().map(|screen| screen.carousels).sum();
        if found > CAROUSELS_OF_FLOW_MAX {
            let message = format!("Maximum number of ImageCarousel allowed per Flow is {CAROUSELS_OF_FLOW_MAX} but found {found}.");
            self.beyond_limit(message, at, &Place::ROOT.key("screens"));
        }
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

    /// Components that stand on a screen of their own. They are counted once, however many there are.
    fn alone(&mut self, screen: &Screen<'_>, children: &[Node], place: &Place<'_>) {
        let standing = standing(children);
        let count = |wanted: &str| standing.iter().filter(|one| one.name == wanted).count();
        let lists = count("NavigationList");
        let footers = if self.facts.version >= RICH_TEXT_WITH_FOOTER { count("Footer") } else { 0 };
        for one in &standing {
            let others = match one.name {
                "RichText" => standing.len() - 1 - footers,
                "NavigationList" => standing.len() - lists,
                _ => continue,
            };
            let message = if others > 0 {
                format!("Component '{}' must be the only component of its screen.", one.name)
            } else if one.name == "NavigationList" && screen.terminal {
                "Component 'NavigationList' is not allowed on a terminal screen.".to_owned()
            } else {
                continue;
            };
            let (at, outer) = (opening(one.node.span), place.index(one.index));
            match one.inner {
                None => self.beyond_limit(message, at, &outer),
                Some(inner) => self.beyond_limit(message, at, &outer.key("children").index(inner)),
            }
            if others > 0 || self.collected.is_full() {
                return;
            }
        }
    }
}

/// A component as it stands on the screen.
struct Standing<'n> {
    node: &'n Node,
    name: &'n str,
    /// Among the screen's components.
    index: usize,
    /// Among those of the Form there.
    inner: Option<usize>,
}

/// What stands on the screen at once: a Form shows nothing of its own, its children stand there in its place.
fn standing(children: &[Node]) -> Vec<Standing<'_>> {
    let mut found = Vec::new();
    for (index, node) in children.iter().enumerate() {
        let Some((object, name)) = node.object().and_then(|object| Some((object, object.text("type")?))) else { continue };
        if name != "Form" {
            found.push(Standing { node, name, index, inner: None });
            continue;
        }
        let of_form = object.list("children").unwrap_or_default().iter().enumerate();
        found.extend(
            of_form.filter_map(|(inner, node)| Some(Standing { node, name: node.object()?.text("type")?, index, inner: Some(inner) })),
        );
    }
    found
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
