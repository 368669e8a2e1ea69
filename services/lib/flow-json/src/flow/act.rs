//! One action, followed.

use serde_json::{Map, Value};

use super::Flow;
use super::model::Screen;
use super::render::text;
use super::scope::Scope;
use super::state::{Screens, Seen, State};
use super::step::{Outcome, StepError};
use crate::component::Action;

pub(super) fn act(flow: &Flow, screen: &Screen, state: &State, written: &Value) -> Result<Outcome, StepError> {
    let none = || StepError::NoAction(state.screen.clone());
    let written = written.as_object().ok_or_else(none)?;
    let scope = Scope::new(screen, &state.data, &state.form, &state.seen);
    let payload = || {
        let payload = scope.resolve(written.get("payload").unwrap_or(&Value::Null));
        if scope.is_spent() { Err(StepError::TooLarge) } else { Ok(as_object(payload)) }
    };
    match Action::parse(text(written, "name")).ok_or_else(none)? {
        Action::Navigate => {
            let target = written.get("next").and_then(|next| next.get("name")?.as_str()).ok_or_else(none)?;
            flow.screen(target).ok_or_else(|| StepError::UnknownScreen(target.to_owned()))?;
            Ok(Outcome::Screen(leave(screen, state, target, payload()?)))
        }
        Action::Complete => Ok(Outcome::Complete { payload: payload()?, success: screen.is_success() }),
        Action::DataExchange => Ok(Outcome::DataExchange { payload: payload()? }),
        Action::UpdateData => {
            let mut next = state.clone();
            next.data.extend(payload()?);
            Ok(Outcome::Screen(next))
        }
        Action::OpenUrl => {
            let url = scope.resolve(written.get("url").unwrap_or(&Value::Null));
            // an address that comes from data is judged only now
            let url = url.as_str().filter(|url| crate::check::is_url(url)).ok_or_else(none)?;
            Ok(Outcome::OpenUrl { url: url.to_owned() })
        }
    }
}

/// The next screen, with this one remembered as it stands.
pub(super) fn leave(screen: &Screen, state: &State, target: &str, data: Map<String, Value>) -> State {
    let form = Scope::new(screen, &state.data, &state.form, &state.seen).all_entered();
    let mut seen = state.seen.0.clone();
    seen.retain(|seen| seen.screen != state.screen);
    seen.push(Seen { screen: state.screen.clone(), data: state.data.clone(), form });
    State { screen: target.to_owned(), data, form: Map::new(), seen: Screens(seen) }
}

fn as_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
