//! A text that must not be seen: keys, passwords, URLs that carry passwords.
//!
//! It has no `Serialize` and prints as `[redacted]`, so that a `Debug` of a configuration or an error cannot leak it.
//! It does not wipe memory.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;

/// A secret text. Cheap to clone; shown by [`Secret::expose`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<Arc<str>>) -> Secret {
        Secret(text.into())
    }

    /// The text itself. Call it where the secret is used, never where something is logged.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Secret, Infallible> {
        Ok(Secret::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads a secret for clap under a rule; unlike clap's own parsers it does not print a value that breaks the rule.
///
/// `#[arg(value_parser = SecretParser(rule))]`, where `rule` says what a usable value is when it is given another.
#[derive(Clone, Copy)]
pub struct SecretParser(pub fn(&str) -> Result<(), &'static str>);

impl TypedValueParser for SecretParser {
    type Value = Secret;

    fn parse_ref(&self, cmd: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<Secret, clap::Error> {
        let checked = value.to_str().ok_or("it is UTF-8").and_then(|text| (self.0)(text).map(|()| text));
        checked.map(Secret::new).map_err(|rule| {
            let name = arg.map(ToString::to_string).unwrap_or_default();
            cmd.clone().error(ErrorKind::ValueValidation, format!("unusable value for '{name}' (not shown): {rule}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret: Secret = "hunter2".parse().expect("infallible");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "[redacted] [redacted] Some([redacted])");
        assert_eq!(secret.expose(), "hunter2");
    }
}
