//! What must be true of what was entered, before a tap leaves the screen.

use serde::Serialize;
use serde_json::{Map, Value};

use super::render::{Active, list, text};
use super::scope::Scope;

/// Characters of a TextInput and a TextArea that say nothing else.
const INPUT_CHARACTERS_MAX: u64 = 80;
const AREA_CHARACTERS_MAX: u64 = 600;
const FILES_MAX: u64 = 30;
/// Digits of a telephone number, by E.164 and by what is a number at all.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// One input that is not as it must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputError {
    /// Of the input.
    pub name: String,
    pub fault: InputFault,
    /// For a developer; a screen has its own words.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFault {
    /// The screen has no input of this name.
    Unknown,
    /// Text where a list should be, and the like.
    WrongType,
    Required,
    TooShort,
    TooLong,
    NotANumber,
    NotAnEmail,
    NotAPhone,
    PatternMismatch,
    TooFew,
    TooMany,
    NoSuchOption,
    NotADate,
    TooEarly,
    TooLate,
    Unavailable,
}

type Checked = Result<(), (InputFault, String)>;

/// All faults, in the order of the screen. `leaves`: whether the tap leaves the screen and everything must be there; otherwise only what was
/// entered must be of the right type.
pub(super) fn check_inputs(scope: &Scope<'_>, on_screen: &[Active<'_>], leaves: bool) -> Vec<InputError> {
    let unknown = scope.form.keys().filter(|name| !scope.screen.inputs.contains_key(*name));
    let mut faults: Vec<InputError> =
        unknown.map(|name| fault(name, InputFault::Unknown, "the screen has no such input".to_owned())).collect();
    for active in on_screen.iter().filter(|active| active.shown.visible) {
        let (shown, name) = (&active.shown, text(active.written, "name"));
        let Some(value) = &shown.value else { continue };
        let checked =
            right_type(&shown.kind, value).and_then(|()| if leaves { check(&shown.kind, &shown.properties, value) } else { Ok(()) });
        if let Err((kind, detail)) = checked {
            faults.push(fault(name, kind, detail));
        }
    }
    faults
}

fn fault(name: &str, fault: InputFault, detail: String) -> InputError {
    InputError { name: name.to_owned(), fault, detail }
}

fn right_type(kind: &str, value: &Value) -> Checked {
    let (fits, wanted) = match kind {
        "OptIn" => (value.is_boolean(), "true or false"),
        "CheckboxGroup" | "ChipsSelector" => (value.as_array().is_some_and(|list| list.iter().all(Value::is_string)), "a list of ids"),
        "PhotoPicker" | "DocumentPicker" => (value.is_array(), "a list of files"),
        "TextInput" => (value.is_string() || value.is_number(), "text"),
        "CalendarPicker" => (value.is_string() || value.is_object(), "a date or two"),
        _ => (value.is_string(), "text"),
    };
    if fits { Ok(()) } else { Err((InputFault::WrongType, format!("must be {wanted}"))) }
}

fn check(kind: &str, properties: &Map<String, Value>, value: &Value) -> Checked {
    if is_nothing(value) {
        let picker_min =
            ["min-uploaded-photos", "min-uploaded-documents"].iter().any(|key| number(properties, key).is_some_and(|min| min > 0));
        return match properties.get("required") == Some(&Value::Bool(true)) || picker_min {
            true => Err((InputFault::Required, "must be filled in".to_owned())),
            false => Ok(()),
        };
    }
    match kind {
        "TextInput" => typed(properties, &crate::expression::text(value)),
        "TextArea" => length(&crate::expression::text(value), 0, number(properties, "max-length").unwrap_or(AREA_CHARACTERS_MAX)),
        "CheckboxGroup" | "ChipsSelector" => {
            count(list(Some(value)).len(), number(properties, "min-selected-items"), number(properties, "max-selected-items"))?;
            list(Some(value)).iter().try_for_each(|id| option(properties, id))
        }
        "RadioButtonsGroup" | "Dropdown" => option(properties, value),
        "PhotoPicker" => files(properties, value, "min-uploaded-photos", "max-uploaded-photos"),
        "DocumentPicker" => files(properties, value, "min-uploaded-documents", "max-uploaded-documents"),
        "DatePicker" => date(properties, value),
        "CalendarPicker" => match value {
            Value::Object(range) => range.values().try_for_each(|day| date(properties, day)),
            day => date(properties, day),
        },
        _ => Ok(()),
    }
}

/// Left alone, or emptied. An OptIn that is not ticked agrees to nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn number(properties: &Map<String, Value>, key: &str) -> Option<u64> {
    properties.get(key).and_then(Value::as_u64)
}

fn typed(properties: &Map<String, Value>, entered: &str) -> Checked {
    length(entered, number(properties, "min-chars").unwrap_or_default(), number(properties, "max-chars").unwrap_or(INPUT_CHARACTERS_MAX))?;
    let (fits, fault, wanted) = match text(properties, "input-type") {
        "number" => (entered.trim().parse::<f64>().is_ok_and(f64::is_finite), InputFault::NotANumber, "a number"),
        "passcode" => (entered.bytes().all(|byte| byte.is_ascii_digit()), InputFault::NotANumber, "digits"),
        "email" => (is_email(entered), InputFault::NotAnEmail, "an e-mail address"),
        "phone" => (is_phone(entered), InputFault::NotAPhone, "a telephone number"),
        _ => (true, InputFault::WrongType, "text"),
    };
    if !fits {
        return Err((fault, format!("must be {wanted}")));
    }
    let pattern = properties.get("pattern").and_then(Value::as_str).and_then(crate::pattern::compile);
    match pattern.is_some_and(|pattern| !pattern.is_match(entered)) {
        true => Err((InputFault::PatternMismatch, "must match the pattern".to_owned())),
        false => Ok(()),
    }
}

fn length(entered: &str, min: u64, max: u64) -> Checked {
    let length = entered.chars().count() as u64;
    if length < min {
        return Err((InputFault::TooShort, format!("must have at least {min} characters, has {length}")));
    }
    if length > max {
        return Err((InputFault::TooLong, format!("must have at most {max} characters, has {length}")));
    }
    Ok(())
}

/// One `@` between something and a host with a dot. Whether it exists only a mail can tell.
fn is_email(entered: &str) -> bool {
    let Some((local, host)) = entered.trim().rsplit_once('@') else { return false };
    let host_fits = host.split('.').count() > 1 && host.split('.').all(|label| !label.is_empty());
    !local.is_empty() && !local.contains('@') && host_fits && !entered.trim().contains(char::is_whitespace)
}

fn is_phone(entered: &str) -> bool {
    let rest = entered.trim();
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    PHONE_DIGITS.contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'))
}

fn count(count: usize, min: Option<u64>, max: Option<u64>) -> Checked {
    let count = count as u64;
    match (min, max) {
        (Some(min), _) if count < min => Err((InputFault::TooFew, format!("must be at least {min}, are {count}"))),
        (_, Some(max)) if count > max => Err((InputFault::TooMany, format!("must be at most {max}, are {count}"))),
        _ => Ok(()),
    }
}

fn files(properties: &Map<String, Value>, value: &Value, min: &str, max: &str) -> Checked {
    count(list(Some(value)).len(), number(properties, min), number(properties, max).or(Some(FILES_MAX)))
}

/// One that is listed and can be chosen.
fn option(properties: &Map<String, Value>, id: &Value) -> Checked {
    let options = list(properties.get("data-source")).iter();
    let mut chosen = options.filter(|option| option.get("id") == Some(id) && option.get("enabled") != Some(&Value::Bool(false)));
    match chosen.next() {
        Some(_) => Ok(()),
        None => Err((InputFault::NoSuchOption, "must be the id of an option that can be chosen".to_owned())),
    }
}

fn date(properties: &Map<String, Value>, value: &Value) -> Checked {
    let day = value.as_str().and_then(crate::date::parse);
    let Some(day) = day else { return Err((InputFault::NotADate, "must be a day, YYYY-MM-DD".to_owned())) };
    let bound = |key: &str| properties.get(key).and_then(Value::as_str).and_then(crate::date::parse);
    if bound("min-date").is_some_and(|min| day < min) {
        return Err((InputFault::TooEarly, "is before the first day".to_owned()));
    }
    if bound("max-date").is_some_and(|max| day > max) {
        return Err((InputFault::TooLate, "is after the last day".to_owned()));
    }
    match list(properties.get("unavailable-dates")).contains(value) {
        true => Err((InputFault::Unavailable, "is a day that cannot be chosen".to_owned())),
        false => Ok(()),
    }
}
