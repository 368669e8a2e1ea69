//! What the whole document says, gathered leniently before anything is judged: which screens there are, what data each takes, which inputs it
//! has, where its buttons lead.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::component::{Component, Role, input_type};
use crate::data_type::DataType;
use crate::expression::{Reference, Source};
use crate::json::{Member, Node, Object};
use crate::version::Version;

/// Pickers of one screen that are compared with the `init-values` of each of its Forms. One is allowed.
const PICKERS_KEPT: usize = 8;

pub(super) struct Facts<'a> {
    pub(super) version: Version,
    /// Whether the Flow speaks with a server.
    pub(super) endpoint: bool,
    /// From which screen to which the routing model leads; None: there is no such model.
    pub(super) routes: Option<HashSet<(&'a str, &'a str)>>,
    pub(super) screens: Vec<Screen<'a>>,
    by_id: HashMap<&'a str, usize>,
}

pub(super) struct Screen<'a> {
    /// Position in the list of screens.
    pub(super) index: usize,
    pub(super) id: &'a str,
    pub(super) object: &'a Object,
    pub(super) node: &'a Node,
    pub(super) terminal: bool,
    /// None: the screen has no data model.
    pub(super) data: Option<BTreeMap<String, DataType>>,
    pub(super) inputs: HashMap<&'a str, Input<'a>>,
    /// The first of them, by name, with their component.
    pub(super) pickers: Vec<(&'a str, &'static str)>,
    pub(super) forms: HashSet<&'a str>,
    /// Screens to which an action leads, and whether it is a Footer's.
    pub(super) routes: Vec<(&'a str, bool)>,
    /// Whether an action may end the Flow here, or have a server choose what comes next.
    pub(super) may_end: bool,
    pub(super) has_footer: bool,
    /// In all branches.
    pub(super) carousels: usize,
}

pub(super) struct Input<'a> {
    pub(super) object: &'a Object,
    pub(super) component: &'static Component,
    pub(super) data_type: DataType,
}

/// Why a reference stands for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The screen has no such field or input.
    Name,
    /// The name is that of a Form.
    Form,
    /// No such screen.
    Screen,
    /// The screen is the one on which the reference stands.
    Itself,
}

impl<'a> Facts<'a> {
    pub(super) fn of(top: &'a Object, version: Version) -> Self {
        let nodes = top.list("screens").unwrap_or_default();
        let screens: Vec<Screen<'a>> = nodes.iter().enumerate().filter_map(|(index, node)| Screen::of(index, node)).collect();
        let mut by_id = HashMap::new();
        for (index, screen) in screens.iter().enumerate() {
            by_id.entry(screen.id).or_insert(index);
        }
        let routes = top.object("routing_model").map(|model| model.iter().flat_map(routes_of).collect());
        Self { version, endpoint: top.has("data_api_version"), routes, screens, by_id }
    }

    pub(super) fn screen(&self, id: &str) -> Option<&Screen<'a>> {
        self.by_id.get(id).map(|index| &self.screens[*index])
    }

    /// What a reference on a screen stands for.
    pub(super) fn resolve(&self, screen: &'a Screen<'a>, reference: &Reference) -> Result<&DataType, Missing> {
        let screen = match reference.screen.as_deref() {
            None => screen,
            Some(id) if id == screen.id => return Err(Missing::Itself),
            Some(id) => self.screen(id).ok_or(Missing::Screen)?,
        };
        let first = match reference.source {
            Source::Data => screen.data.as_ref().and_then(|data| data.get(reference.name())),
            Source::Form => screen.inputs.get(reference.name()).map(|input| &input.data_type),
        };
        let Some(first) = first else {
            let is_form = reference.source == Source::Form && screen.forms.contains(reference.name());
            return Err(if is_form { Missing::Form } else { Missing::Name });
        };
        reference.path[1..].iter().try_fold(first, |found, step| found.property(step)).ok_or(Missing::Name)
    }

    /// The input that a reference names, on this screen or another.
    pub(super) fn input(&self, screen: &'a Screen<'a>, reference: &Reference) -> Option<&Input<'a>> {
        let screen = reference.screen.as_deref().map_or(Some(screen), |id| self.screen(id))?;
        (reference.source == Source::Form).then(|| screen.inputs.get(reference.name())).flatten()
    }
}

impl<'a> Screen<'a> {
    fn of(index: usize, node: &'a Node) -> Option<Self> {
        let object = node.object()?;
        let data = object
            .object("data")
            .map(|fields| fields.iter().map(|member| (member.key.clone(), DataType::of_definition(&member.node))).collect());
        let mut screen = Self {
            index,
            id: object.text("id").unwrap_or_default(),
            object,
            node,
            terminal: object.is_true("terminal"),
            data,
            inputs: HashMap::new(),
            pickers: Vec::new(),
            forms: HashSet::new(),
            routes: Vec::new(),
            may_end: false,
            has_footer: false,
            carousels: 0,
        };
        screen.gather(object.object("layout").and_then(|layout| layout.list("children")).unwrap_or_default());
        Some(screen)
    }

    fn gather(&mut self, children: &'a [Node]) {
        for object in children.iter().filter_map(Node::object) {
            if let Some(component) = object.text("type").and_then(Component::find) {
                self.gather_one(object, component);
            }
            below(object).for_each(|children| self.gather(children));
        }
    }

    fn gather_one(&mut self, object: &'a Object, component: &'static Component) {
        self.has_footer |= component.role == Role::Footer;
        self.carousels += usize::from(component.name == "ImageCarousel");
        if let Some(name) = object.text("name") {
            match component.role {
                Role::Form => drop(self.forms.insert(name)),
                Role::Input | Role::Picker => {
                    // The first of a name is the one; that there are others is found elsewhere.
                    if let Entry::Vacant(place) = self.inputs.entry(name) {
                        place.insert(Input { object, component, data_type: input_type(component, object) });
                        if component.role == Role::Picker && self.pickers.len() < PICKERS_KEPT {
                            self.pickers.push((name, component.name));
                        }
                    }
                }
                Role::Shown | Role::Footer | Role::Branch => {}
            }
        }
        let items = object.list("list-items").unwrap_or_default().iter().filter_map(Node::object);
        for holder in std::iter::once(object).chain(items) {
            for key in ["on-click-action", "on-select-action"] {
                let Some(action) = holder.object(key) else { continue };
                self.may_end |= matches!(action.text("name"), Some("data_exchange" | "complete"));
                let target = action.object("next").and_then(|next| next.text("name"));
                if let (Some("navigate"), Some(target)) = (action.text("name"), target) {
                    self.routes.push((target, component.role == Role::Footer));
                }
            }
        }
    }
}

fn routes_of(source: &Member) -> impl Iterator<Item = (&str, &str)> {
    source.node.list().unwrap_or_default().iter().filter_map(move |target| Some((source.key.as_str(), target.text()?)))
}

/// The lists of components inside a component.
pub(super) fn below(object: &Object) -> impl Iterator<Item = &[Node]> {
    let cases = object.object("cases").into_iter().flat_map(Object::iter).filter_map(|member| member.node.list());
    ["children", "then", "else"].into_iter().filter_map(|key| object.list(key)).chain(cases)
}
