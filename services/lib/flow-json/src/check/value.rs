//! One value by the kind that the table says: literal of the right type and within its limits, or a reference.

use super::{Here, Judge};
use crate::component::{Component, Kind, input_type};
use crate::data_type::DataType;
use crate::expression::{EXPRESSIONS_SINCE, Written};
use crate::json::{Member, Node, Object, Value};
use crate::place::Place;
use crate::version::JUDGED;

impl<'a> Judge<'a> {
    /// `owner` is the object in which the member stands.
    pub(super) fn value(&mut self, here: &Here<'a>, owner: &'a Object, member: &'a Member, kind: Kind, place: &Place<'_>) {
        let (key, node) = (member.key.as_str(), &member.node);
        match kind {
            Kind::Text(max) => self.text(here, key, node, max, place),
            Kind::Texts(max) => self.texts(here, key, node, max, place),
            Kind::Name => self.name(key, node, place),
            Kind::Bool => self.boolean(here, key, node, place),
            Kind::Whole(min, max) => self.whole(here, key, node, min, max, place),
            Kind::Decimal => self.decimal(here, key, node, place),
            Kind::Choice(choices) => self.choice(here, key, node, choices, place),
            Kind::Date => self.date(here, key, node, place),
            Kind::Dates => self.each(here, key, node, place, Self::date),
            Kind::TextList => {
                self.each(here, key, node, place, |judge, here, key, node, place| judge.text(here, key, node, usize::MAX, place))
            }
            Kind::Options { min, max, with_images_max } => self.options(here, key, node, (min, max, with_images_max), place),
            Kind::Action(allowed) => self.action(here, node, allowed, place),
            Kind::Components(min) => {
                let inner = match key {
                    "children" => Here { in_form: true, ..*here },
                    _ => Here { branches: here.branches + 1, ..*here },
                };
                self.components(&inner, key, node, min, place);
            }
            Kind::Cases => self.cases(here, node, place),
            Kind::Condition => self.condition(here, node, place),
            Kind::Subject => self.subject(here, key, node, place),
            Kind::InitValue => {
                let wanted = Component::find(here.component).map_or(DataType::Any, |component| input_type(component, owner));
                self.init_value(here, key, node, &wanted, place);
            }
            Kind::InitValues => self.init_values(here, key, node, place),
            Kind::ErrorMessages => self.error_messages(here, key, node, place),
            Kind::Picture => self.picture(here, key, node, place),
            Kind::Thumbnail => self.thumbnail(here, key, node, place),
            Kind::Colour => self.colour(here, key, node, place),
            Kind::Pattern => self.pattern(here, key, node, place),
            Kind::Items(min, max) => self.items_between(here, key, node, (min, max), place),
            Kind::Unjudged => self.unjudged(here, key, node, place),
        }
    }

    /// At least a reference in it stands for something.
    fn unjudged(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        if node.text().is_some() {
            self.reference_or(here, key, node, &DataType::Any, place, |_| {});
        }
    }

    fn items_between(&mut self, here: &Here<'a>, key: &str, node: &Node, limits: (usize, usize), place: &Place<'_>) {
        let (Some(items), (min, max)) = (node.list(), limits) else { return self.unjudged(here, key, node, place) };
        if items.len() < min {
            self.too_few(key, min, node.span, place);
        }
        if items.len() > max {
            self.too_many(here, key, items.len(), max, node, place);
        }
    }

    pub(super) fn too_many(&mut self, here: &Here<'a>, key: &str, found: usize, max: usize, node: &Node, place: &Place<'_>) {
        let message = format!("Property {key} has {found} items, at most {max} are allowed at {}.", here.component);
        self.beyond_limit(message, node.span, place);
    }

    /// Judges a text: what is written as a reference here, a literal by `literal`.
    pub(super) fn reference_or(
        &mut self,
        here: &Here<'a>,
        key: &str,
        node: &Node,
        wanted: &DataType,
        place: &Place<'_>,
        literal: impl FnOnce(&mut Self),
    ) {
        let text = node.text().unwrap_or_default();
        match Written::read(text, self.facts.version) {
            Written::Literal => literal(self),
            Written::Dynamic(expression) => self.dynamic(here, node, &expression, wanted, place),
            Written::Malformed(why) if text.starts_with('`') && self.facts.version >= EXPRESSIONS_SINCE => {
                self.error("INVALID_PROPERTY_VALUE", node.span, place, why);
            }
            Written::Malformed(_) => self.not_dynamic(key, node, wanted, place),
        }
    }

    fn not_dynamic(&mut self, key: &str, node: &Node, wanted: &DataType, place: &Place<'_>) {
        let wanted = wanted.name();
        let message = format!(
            "Property {key} should be of type '{wanted}' or have dynamic data format of the form ${{screen.data.your_value}} or ${{data.your_value}}."
        );
        self.error("PATTERN_MISMATCH", node.span, place, message);
    }

    pub(super) fn text(&mut self, here: &Here<'a>, key: &str, node: &Node, max: usize, place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        if text.trim().is_empty() && self.facts.version >= JUDGED {
            let message = format!("Property {key} should not be blank or empty string.");
            return self.error("PATTERN_MISMATCH", node.span, place, message);
        }
        self.reference_or(here, key, node, &DataType::Text, place, |judge| judge.length(key, node, text.chars().count(), max, place));
    }

    fn length(&mut self, key: &str, node: &Node, length: usize, max: usize, place: &Place<'_>) {
        if length > max {
            self.beyond_limit(format!("Property {key} has {length} characters, at most {max} are allowed."), node.span, place);
        }
    }

    fn texts(&mut self, here: &Here<'a>, key: &str, node: &Node, max: usize, place: &Place<'_>) {
        let Value::List(elements) = &node.value else {
            if node.text().is_some_and(|text| self.gives_list(here, text)) {
                return;
            }
            return self.text(here, key, node, max, place);
        };
        if elements.is_empty() {
            self.too_few(key, 1, node.span, place);
        }
        elements.iter().enumerate().for_each(|(index, element)| self.text(here, key, element, max, &place.index(index)));
        let length = elements.iter().filter_map(Node::text).map(|text| text.chars().count()).sum();
        self.length(key, node, length, max, place);
    }

    fn name(&mut self, key: &str, node: &Node, place: &Place<'_>) {
        match node.text() {
            None => self.wrong_type(node, place, "string"),
            Some(name) if name.trim().is_empty() => {
                self.error("PATTERN_MISMATCH", node.span, place, format!("Property {key} should not be blank or empty string."));
            }
            Some(name) if name.contains(['.', '}', '$', '{', '\'', '`']) || name.contains(char::is_whitespace) => {
                self.note(node.span, place, "No reference can name this: it holds spaces or signs that end a reference.".to_owned());
            }
            Some(_) => {}
        }
    }

    fn boolean(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        match &node.value {
            Value::Bool(_) => {}
            Value::Text(_) => self.reference_or(here, key, node, &DataType::Bool, place, |judge| judge.wrong_type(node, place, "boolean")),
            _ => self.wrong_type(node, place, "boolean"),
        }
    }

    fn number(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) -> Option<f64> {
        if node.text().is_some() {
            self.reference_or(here, key, node, &DataType::Number, place, |judge| judge.not_dynamic(key, node, &DataType::Number, place));
            return None;
        }
        if node.number().is_none() {
            self.wrong_type(node, place, "number");
        }
        node.number()
    }

    fn whole(&mut self, here: &Here<'a>, key: &str, node: &Node, min: u32, max: u32, place: &Place<'_>) {
        let Some(number) = self.number(here, key, node, place) else { return };
        if number.fract() != 0.0 {
            self.wrong_type(node, place, "integer");
        } else if number < f64::from(min) {
            let message = format!("The minimum value allowed for property '{key}' is {min}.");
            self.error("MINIMUM_VALUE_REQUIRED", node.span, place, message);
        } else if number > f64::from(max) {
            let message = format!("The maximum value allowed for property '{key}' is {max}.");
            self.error("MAXIMUM_VALUE_REQUIRED", node.span, place, message);
        }
    }

    fn decimal(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        if self.number(here, key, node, place).is_some_and(|number| number < 0.0) {
            let message = format!("The minimum value allowed for property '{key}' is 0.");
            self.error("MINIMUM_VALUE_REQUIRED", node.span, place, message);
        }
    }

    fn choice(&mut self, here: &Here<'a>, key: &str, node: &Node, choices: &[&str], place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        self.reference_or(here, key, node, &DataType::Text, place, |judge| {
            if !choices.contains(&text) {
                judge.not_one_of(node, choices, place);
            }
        });
    }

    pub(super) fn not_one_of(&mut self, node: &Node, choices: &[&str], place: &Place<'_>) {
        self.error("INVALID_ENUM_VALUE", node.span, place, format!("Value should be one of: [{}].", choices.join(", ")));
    }

    fn date(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        self.reference_or(here, key, node, &DataType::Text, place, |judge| {
            if crate::date::parse(text).is_none() {
                judge.bad_format(key, "YYYY-MM-DD", node, place);
            }
        });
    }

    pub(super) fn bad_format(&mut self, key: &str, format: &str, node: &Node, place: &Place<'_>) {
        let message = format!("Property '{key}' should be in '{format}' format.");
        self.error("INVALID_PROPERTY_VALUE_FORMAT", node.span, place, message);
    }

    /// A list, each element by `judge_one`, or a reference to a list of texts.
    fn each(
        &mut self,
        here: &Here<'a>,
        key: &str,
        node: &Node,
        place: &Place<'_>,
        judge_one: impl Fn(&mut Self, &Here<'a>, &str, &Node, &Place<'_>),
    ) {
        match &node.value {
            Value::List(elements) => {
                elements.iter().enumerate().for_each(|(index, element)| judge_one(self, here, key, element, &place.index(index)));
            }
            Value::Text(_) => {
                let wanted = DataType::List(Box::new(DataType::Text));
                self.reference_or(here, key, node, &wanted, place, |judge| judge.not_dynamic(key, node, &wanted, place));
            }
            _ => self.wrong_type(node, place, "array"),
        }
    }

    fn cases(&mut self, here: &Here<'a>, node: &'a Node, place: &Place<'_>) {
        let Some(cases) = self.object(node, place) else { return };
        if cases.is_empty() {
            self.too_few("cases", 1, node.span, place);
        }
        let here = Here { branches: here.branches + 1, in_switch: true, ..*here };
        for member in cases.iter() {
            self.components(&here, "cases", &member.node, 0, &place.key(&member.key));
        }
    }

    fn colour(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        self.reference_or(here, key, node, &DataType::Text, place, |judge| {
            let digits = text.strip_prefix('#').unwrap_or(text);
            if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let message = format!("Property {key} should match the pattern '^#?[0-9A-Fa-f]{{6}}$'.");
                judge.error("PATTERN_MISMATCH", node.span, place, message);
            }
        });
    }

    fn pattern(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        self.reference_or(here, key, node, &DataType::Text, place, |judge| {
            if crate::pattern::compile(text).is_none() {
                judge.note(node.span, place, "This pattern is not one that can be tried here; input is taken without it.".to_owned());
            }
        });
    }
}
