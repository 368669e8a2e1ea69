//! Runs a program to its end, with a limit on time, and gives what it printed. For `--version`, initdb, pip, npm, tar.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::account::Account;
use crate::error::{Error, Result};

/// A program that only prints something.
pub(crate) const QUICK_MAX: Duration = Duration::from_secs(20);
/// A program that writes a lot to disk, such as initdb.
pub(crate) const LOCAL_MAX: Duration = Duration::from_secs(120);
/// A program that downloads.
pub(crate) const DOWNLOAD_MAX: Duration = Duration::from_secs(300);
/// How much of a failed program's output an error carries, from its end.
const OUTPUT_MAX: usize = 2_000;

/// One run of one program.
pub(crate) struct Run {
    command: Command,
    program: String,
}

impl Run {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Run {
        let mut command = Command::new(program.as_ref());
        // The C locale keeps messages readable for us and spares programs a locale that the machine does not have.
        command.stdin(Stdio::null()).kill_on_drop(true).env("LC_ALL", "C");
        Run { command, program: Path::new(program.as_ref()).display().to_string() }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Run {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Run {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Run {
        self.command.env(name, value);
        self
    }

    /// As this user, from a folder that everybody may stand in.
    pub(crate) fn account(mut self, account: Option<&Account>) -> Run {
        if let Some(account) = account {
            self.command.uid(account.uid).gid(account.gid).current_dir("/");
        }
        self
    }

    /// Runs it and gives its standard output. Anything but success is an error with the end of what it printed.
    pub(crate) async fn output(mut self, limit: Duration) -> Result<String> {
        let program = self.program;
        let finished = tokio::time::timeout(limit, self.command.output()).await;
        let output = match finished {
            Err(_) => return Err(Error::TimedOut { program, after: limit }),
            Ok(Err(source)) => return Err(Error::File { doing: "run", path: program.into(), source }),
            Ok(Ok(output)) => output,
        };
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        Err(Error::Failed { program, status: output.status.to_string(), output: end_of(&said, OUTPUT_MAX) })
    }
}

/// The last `max` bytes or fewer of a text, on character borders, trimmed.
pub(crate) fn end_of(text: &str, max: usize) -> String {
    let text = text.trim();
    let mut from = text.len().saturating_sub(max);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_program_is_an_error_with_what_it_said() {
        let failed = Run::new("sh").args(["-c", "echo to be read >&2; exit 3"]).output(QUICK_MAX).await;
        let error = failed.unwrap_err().to_string();
        assert!(error.contains("to be read") && error.contains('3'), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_stopped() {
        let stuck = Run::new("sleep").arg("60").output(Duration::from_millis(50)).await;
        assert!(matches!(stuck, Err(Error::TimedOut { .. })), "{stuck:?}");
    }

    #[test]
    fn the_end_of_a_text_never_splits_a_character() {
        assert_eq!(end_of("aéé", 3), "é");
        assert_eq!(end_of("short\n", 100), "short");
    }
}
