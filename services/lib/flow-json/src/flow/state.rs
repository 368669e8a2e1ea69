//! Where someone is in a Flow. Plain data: it goes to a client and comes back, so nothing in it is trusted.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Id of the screen that is open.
    pub screen: String,
    /// What the screen was opened with.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// What has been entered on it, by the names of inputs.
    #[serde(default)]
    pub form: Map<String, Value>,
    #[serde(default)]
    pub seen: Screens,
}

/// The screens before, in the order in which they were left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Screens(pub Vec<Seen>);

/// A screen as it was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub screen: String,
    #[serde(default)]
    pub data: Map<String, Value>,
    #[serde(default)]
    pub form: Map<String, Value>,
}

impl Screens {
    /// The screen as it was left last.
    pub fn find(&self, screen: &str) -> Option<&Seen> {
        self.0.iter().rev().find(|seen| seen.screen == screen)
    }
}

impl State {
    /// The screen before, as it was left; None on the first.
    pub fn back(mut self) -> Option<Self> {
        let Seen { screen, data, form } = self.seen.0.pop()?;
        Some(Self { screen, data, form, seen: self.seen })
    }
}
