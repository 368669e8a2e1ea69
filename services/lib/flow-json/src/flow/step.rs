//! One tap: inputs are checked, then the action of what was tapped is followed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Flow;
use super::act::act;
use super::input::{InputError, check_inputs};
use super::render::{Active, OPTIONS, active, text};
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
        actions_of(&scope, tapped, action)
    };
    if actions.is_empty() {
        return Err(StepError::NoAction(action.component.clone()));
    }
    let mut now = before.clone();
    for written in &actions {
        match act(flow, screen, &now, written)? {
            Outcome::Screen(next) if next.screen == now.screen => now = next,
            outcome => return Ok(outcome),
        }
    }
    Ok(Outcome::Screen(now))
}

/// The option's own action comes first, then that of the whole.
fn actions_of(scope: &Scope<'_>, tapped: &Active<'_>, step: &Step) -> Vec<Value> {
    let key = match step.trigger {
        Trigger::Click => "on-click-action",
        Trigger::Select => "on-select-action",
        Trigger::Unselect => "on-unselect-action",
    };
    let mut lists = OPTIONS.into_iter().filter_map(|name| tapped.written.get(name));
    let own = step.option.as_deref().and_then(|id| lists.find_map(|list| of_option(scope, list, id, key)));
    own.into_iter().chain(tapped.written.get(key).cloned()).collect()
}

/// `written` is a list, or says where in the data it is.
fn of_option(scope: &Scope<'_>, written: &Value, id: &str, key: &str) -> Option<Value> {
    let options: Cow<'_, Value> = if written.is_string() { Cow::Owned(scope.resolve(written)) } else { Cow::Borrowed(written) };
    let options = options.as_array().into_iter().flatten().filter_map(Value::as_object);
    let mut meant = options.filter(|option| text(option, "id") == id);
    meant.find_map(|option| option.get(key)).cloned()
}
