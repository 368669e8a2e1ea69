//! What the tool prints: text for people, or JSON, one object a line, for programs. Results on standard output, complaints on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};

use crate::Error;

/// Where results go.
pub struct Out {
    json: bool,
    /// Whether rows are JSON: asked for, or there is no terminal, and a program reads them.
    pub(crate) json_rows: bool,
    to: Box<dyn Write + Send>,
    /// Whether somebody watches: progress is drawn on standard error.
    pub(crate) watched: bool,
}

impl Out {
    /// Standard output.
    pub fn stdout(json: bool) -> Self {
        let json_rows = json || !io::stdout().is_terminal();
        Self { json, json_rows, to: Box::new(io::stdout()), watched: !json && io::stderr().is_terminal() }
    }

    /// Somewhere else; nobody watches.
    pub fn new(json: bool, to: impl Write + Send + 'static) -> Self {
        Self { json, json_rows: json, to: Box::new(to), watched: false }
    }

    /// One result, in both forms.
    pub(crate) fn line(&mut self, text: impl AsRef<str>, object: &Value) -> Result<(), Error> {
        if self.json {
            writeln!(self.to, "{object}")?
        } else {
            writeln!(self.to, "{}", text.as_ref())?
        }
        self.to.flush()?;
        Ok(())
    }

    /// Something that only people need.
    pub(crate) fn text(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        if !self.json {
            writeln!(self.to, "{}", text.as_ref())?;
        }
        Ok(())
    }

    /// One event of a dump: JSON in both forms.
    pub(crate) fn raw(&mut self, object: &Value) -> Result<(), Error> {
        writeln!(self.to, "{object}")?;
        Ok(())
    }

    /// One row of a table, in the form that [`Self::json_rows`] says.
    pub(crate) fn row(&mut self, row: impl Display) -> Result<(), Error> {
        writeln!(self.to, "{row}")?;
        Ok(())
    }

    pub(crate) fn complain(&mut self, error: &Error) {
        let complaint = if self.json {
            json!({ "error": error.to_string(), "exit_code": error.exit().code() }).to_string()
        } else {
            format!("replay: {error}")
        };
        let _ = writeln!(io::stderr(), "{complaint}");
    }
}
