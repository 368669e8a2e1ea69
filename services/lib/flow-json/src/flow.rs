//! A valid document as something to walk through: its screens, what stands on them, what a tap leads to.
//!
//! This is what a phone does with a Flow, without the looks: [`render`] gives a screen with every reference replaced, [`step`] follows a tap.
//! Between two steps there is only [`State`], plain data, so that who serves it need not keep anything. What a Flow's own server answers to
//! `data_exchange` comes from outside, by [`Flow::answer`].

mod act;
mod input;
mod model;
mod render;
mod scope;
mod state;
mod step;

use std::collections::HashMap;

use serde_json::{Map, Value};

pub use input::{InputError, InputFault};
pub use model::Screen;
pub use render::{Rendered, Shown, ShownAction, render};
pub use state::{Screens, Seen, State};
pub use step::{Outcome, Step, StepError, Trigger, step};

use crate::check::judged;
use crate::report::Report;
use crate::version::Version;

/// A document without errors.
#[derive(Debug, Clone)]
pub struct Flow {
    version: Version,
    screens: Vec<Screen>,
    by_id: HashMap<String, usize>,
    entry: usize,
    endpoint: bool,
}

impl Flow {
    /// Only valid documents: of any other, what is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, Report> {
        let (report, root) = judged(text);
        let version = report.version;
        let document = root.filter(|_| report.is_valid()).map(|root| root.to_json());
        document.zip(version).and_then(|(document, version)| Self::of(&document, version)).ok_or(report)
    }

    fn of(document: &Value, version: Version) -> Option<Self> {
        let screens: Vec<Screen> = document.get("screens")?.as_array()?.iter().filter_map(|screen| Screen::of(screen, version)).collect();
        let by_id: HashMap<String, usize> = screens.iter().enumerate().map(|(index, screen)| (screen.id().to_owned(), index)).collect();
        let mut entered = vec![false; screens.len()];
        let model = document.get("routing_model").and_then(Value::as_object);
        let modelled = model.into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        let navigated = screens.iter().flat_map(Screen::routes);
        for target in modelled.chain(navigated).filter_map(|target| by_id.get(target)) {
            entered[*target] = true;
        }
        let entry = entered.iter().position(|entered| !entered)?;
        Some(Self { version, screens, by_id, entry, endpoint: document.get("data_api_version").is_some() })
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// In the order of the document.
    pub fn screens(&self) -> &[Screen] {
        &self.screens
    }

    pub fn screen(&self, id: &str) -> Option<&Screen> {
        self.by_id.get(id).map(|index| &self.screens[*index])
    }

    /// The screen to which no other leads.
    pub fn entry(&self) -> &str {
        self.screens[self.entry].id()
    }

    /// Whether the Flow speaks with a server of its own.
    pub fn endpoint(&self) -> bool {
        self.endpoint
    }

    /// The Flow as it opens: on its entry, or on the screen that the message names. Without data, the screen's examples stand in.
    pub fn start(&self, screen: Option<&str>, data: Option<Map<String, Value>>) -> Result<State, StepError> {
        let id = screen.unwrap_or_else(|| self.entry());
        let screen = self.screen(id).ok_or_else(|| StepError::UnknownScreen(id.to_owned()))?;
        let data = data.unwrap_or_else(|| screen.examples());
        Ok(State { screen: id.to_owned(), data, form: Map::new(), seen: Screens::default() })
    }

    /// What follows when the Flow's server has answered a `data_exchange` with a screen and its data. The same screen keeps what was entered.
    pub fn answer(&self, state: &State, screen: &str, data: Map<String, Value>) -> Result<State, StepError> {
        if self.screen(screen).is_none() {
            return Err(StepError::UnknownScreen(screen.to_owned()));
        }
        if screen == state.screen {
            let mut next = state.clone();
            next.data.extend(data);
            return Ok(next);
        }
        let from = self.screen(&state.screen).ok_or_else(|| StepError::UnknownScreen(state.screen.clone()))?;
        Ok(act::leave(from, state, screen, data))
    }
}
