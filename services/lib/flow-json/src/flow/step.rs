//! One tap: inputs are checked, then the action of what was tapped is followed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Flow;
use super::act::act;
use super::input::{InputError, check_inputs};
use super::render::{Active, active, list, text};
use super::scope::Scope;
use super::state::State;

/// What someone did on the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The tapped component's `path` in what was rendered.
    pub component: String,
    #[serde(default)]
    pub trigger: Trigger,
    /// The option or item, if one was tapped, by its id.
    #[serde(default)]
    pub option: Option<String>,
    /// What is entered now, by the names of inputs. It replaces what the state holds; None: that counts.
    #[serde(default)]
    pub form: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    #[default]
    Click,
    Select,
    Unselect,
}

/// What a tap led to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A screen: the next one, or this one with other data or entries.
    Screen(State),
    /// The Flow is done; the payload is what the business gets.
    Complete {
        payload: Map<String, Value>,
        success: bool,
    },
    /// The Flow's server decides what follows: [`Flow::answer`].
    DataExchange {
        payload: Map<String, Value>,
    },
    OpenUrl {
        url: String,
    },
}

/// Why a tap leads nowhere.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StepError {
    /// The state is of another Flow.
    #[error("the flow has no screen {0:?}")]
    UnknownScreen(String),
    /// The state is of another moment: what was tapped is not on the screen.
    #[error("the screen shows no component at {0:?}")]
    UnknownComponent(String),
    #[error("the component at {0:?} cannot be tapped now")]
    Disabled(String),
    #[error("the component at {0:?} does nothing on this")]
    NoAction(String),
    /// The person must correct these.
    #[error("{} inputs are not filled in as they must be", .0.len())]
    Inputs(Vec<InputError>),
    #[error("the payload is larger than a flow can carry")]
    TooLarge,
}

pub fn step(flow: &Flow, state: &State, action: &Step) -> Result<Outcome, StepError> {
    let screen = flow.screen(&state.screen).ok_or_else(|| StepError::UnknownScreen(state.screen.clone()))?;
    let before = State { form: action.form.clone().unwrap_or_else(|| state.form.clone()), ..state.clone() };
    let actions = {
        let scope = Scope::new(screen, &before.data, &before.form, &before.seen);
        let on_screen = active(&scope);
        let unknown = || StepError::UnknownComponent(action.component.clone());
        let tapped = on_screen.iter().find(|active| active.shown.path == action.component && active.shown.visible).ok_or_else(unknown)?;
        if tapped.shown.properties.get("enabled") == Some(&Value::Bool(false)) {
            return Err(StepError::Disabled(action.component.clone()));
        }
        // as on a phone, only the button that leaves the screen asks for everything
        let leaves = tapped.shown.kind == "Footer";
        let faults = check_inputs(&scope, &on_screen, leaves);
        if !faults.is_empty() {
            return Err(StepError::Inputs(faults));
        }
        actions_of(tapped, action)
    };
    if actions.is_empty() {
        return Err(StepError::NoAction(action.component.clone()));
    }
    let mut now = before.clone();
    for written in actions {
        match act(flow, screen, &now, written)? {
            Outcome::Screen(next) if next.screen == now.screen => now = next,
            outcome => return Ok(outcome),
        }
    }
    Ok(Outcome::Screen(now))
}

/// The option's own action comes first, then that of the whole.
fn actions_of<'a>(tapped: &Active<'a>, step: &Step) -> Vec<&'a Value> {
    let key = match step.trigger {
        Trigger::Click => "on-click-action",
        Trigger::Select => "on-select-action",
        Trigger::Unselect => "on-unselect-action",
    };
    let written = tapped.written;
    let options = list(written.get("data-source")).iter().chain(list(written.get("list-items"))).filter_map(Value::as_object);
    let option = options.filter(|option| Some(text(option, "id")) == step.option.as_deref()).find_map(|option| option.get(key));
    option.into_iter().chain(written.get(key)).collect()
}
