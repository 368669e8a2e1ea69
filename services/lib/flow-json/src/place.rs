//! Where in a document something stands, in the two notations that Meta uses.

use std::fmt;

use crate::report::shortened;

/// A way from the root, as a list from the inside out: going deeper costs nothing until someone asks for the text.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(crate) const ROOT: Place<'static> = Place { outer: None, step: Step::Root };

    pub(crate) fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { outer: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Place<'a> {
        Place { outer: Some(self), step: Step::Index(index) }
    }

    /// `screens[0].layout.children[2]`, as pointers have it.
    pub(crate) fn dotted(&self) -> String {
        let mut text = String::new();
        for step in self.steps() {
            match step {
                Step::Root => {}
                Step::Key(key) if text.is_empty() => text.push_str(&shortened(key)),
                Step::Key(key) => text.push_str(&format!(".{}", shortened(key))),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps: Vec<Step<'a>> = std::iter::successors(Some(self), |place| place.outer).map(|place| place.step).collect();
        steps.reverse();
        steps
    }
}

/// `$root/screens/0/layout/children/2`, as messages have it.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps() {
            match step {
                Step::Root => f.write_str("$root")?,
                Step::Key(key) => write!(f, "/{}", shortened(key))?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_two_notations() {
        let screens = Place::ROOT.key("screens");
        let (screen, children);
        screen = screens.index(0);
        children = screen.key("layout");
        let children = children.key("children");
        assert_eq!(children.index(2).dotted(), "screens[0].layout.children[2]");
        assert_eq!(children.index(2).to_string(), "$root/screens/0/layout/children/2");
        assert_eq!((Place::ROOT.dotted(), Place::ROOT.to_string()), (String::new(), "$root".to_owned()));
    }
}
