//! One grammar of filters for all verbs. A filter that means nothing to a verb is refused, never ignored.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use contract::{ContactId, ProjectId, Recorded, Stream, Subject};
use journal::{Filter, Range};

use crate::Error;
use crate::cli::{Command, Log};

/// Which events or projects.
#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// Only this project; may be given several times
    #[arg(long, value_name = "PRJ", global = true)]
    pub(crate) project: Vec<ProjectId>,
    /// Only this stream: webhook, project, database, conversation, workspace, billing, usage, bot, flow, template, media, parked or position
    #[arg(long, value_name = "STREAM", value_parser = stream, global = true)]
    pub(crate) stream: Vec<Stream>,
    /// Only events of this type; `*` at the end stands for anything: conversation.message_received.v1, conversation.message_*
    #[arg(long = "type", value_name = "TYPE", global = true)]
    pub(crate) event_type: Vec<String>,
    /// Only events, or rows, of this contact
    #[arg(long, value_name = "CON", global = true)]
    pub(crate) contact: Option<ContactId>,
    /// From this sequence on
    #[arg(long, value_name = "SEQUENCE", global = true)]
    pub(crate) from: Option<u64>,
    /// Up to this sequence
    #[arg(long, value_name = "SEQUENCE", global = true)]
    pub(crate) to: Option<u64>,
    /// Events that happened at this time or later: RFC 3339, or a time ago such as 90s, 10m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = time, global = true)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Events that happened before this time
    #[arg(long, value_name = "TIME", value_parser = time, global = true)]
    pub(crate) until: Option<DateTime<Utc>>,
}

fn stream(text: &str) -> Result<Stream, String> {
    Stream::parse(text).ok_or_else(|| format!("streams are {}", Stream::ALL.map(Stream::name).join(", ")))
}

#[expect(clippy::disallowed_methods, reason = "the operator's `2h` ago is counted from the operator's own clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A time that has been: nobody knows what the tables will hold.
pub(crate) fn past(text: &str) -> Result<DateTime<Utc>, String> {
    let time = time(text)?;
    if time > now() { Err("that is in the future".to_owned()) } else { Ok(time) }
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        TimeDelta::try_seconds(number.parse::<i64>().ok()?.checked_mul(seconds)?)
    };
    ago().and_then(|ago| now().checked_sub_signed(ago)).ok_or_else(|| "a time is 2026-11-20T18:00:00Z, or 90s, 10m, 2h, 3d ago".to_owned())
}

impl FilterArgs {
    /// Refuses what the verb cannot heed.
    pub(crate) fn check(&self, command: &Command) -> Result<(), Error> {
        let heeded: &[&str] = match command {
            Command::Status | Command::Plan(_) | Command::Rebuild(_) => &["--project"],
            Command::Verify(_) | Command::Repair(_) | Command::At(_) => &["--project", "--contact"],
            Command::Explain(_) => &["--project", "--from", "--to", "--since", "--until"],
            // Whoever waits for what comes would wait behind an end for ever.
            Command::Log(Log::Tail(_)) => &["--project", "--stream", "--type", "--contact", "--from", "--since"],
            Command::Log(Log::Count | Log::Show(_) | Log::Export(_)) => {
                &["--project", "--stream", "--type", "--contact", "--from", "--to", "--since", "--until"]
            }
            Command::Parked(_) => &["--project", "--stream"],
        };
        let given = [
            ("--project", !self.project.is_empty()),
            ("--stream", !self.stream.is_empty()),
            ("--type", !self.event_type.is_empty()),
            ("--contact", self.contact.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--since", self.since.is_some()),
            ("--until", self.until.is_some()),
        ];
        match given.iter().find(|(name, given)| *given && !heeded.contains(name)) {
            Some((name, _)) => {
                Err(Error::Usage(format!("{name} means nothing to `{}`, which heeds {}", command.name(), heeded.join(", "))))
            }
            None => self.check_together(command),
        }
    }

    /// Refuses what makes sense only with, or without, something else.
    fn check_together(&self, command: &Command) -> Result<(), Error> {
        let wrong = match command {
            Command::At(_) if self.project.len() != 1 => "`at` shows the rows of one project: name it with --project",
            Command::Verify(_) | Command::Repair(_) if self.contact.is_some() && self.project.len() != 1 => {
                "--contact is one of one project: name it with --project"
            }
            Command::Verify(verify) if self.contact.is_some() && verify.out.is_some() => {
                "--out keeps what is said of whole projects, and not of a --contact"
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(wrong.to_owned()))
    }

    /// The streams that can hold what is asked for.
    pub(crate) fn streams(&self) -> Result<Vec<Stream>, Error> {
        let named = |stream: &Stream| {
            let by_type = |event_type: &String| event_type.split('.').next().is_some_and(|first| matches(first, stream.name()));
            (self.stream.is_empty() || self.stream.contains(stream)) && (self.event_type.is_empty() || self.event_type.iter().any(by_type))
        };
        let streams: Vec<Stream> = Stream::ALL.into_iter().filter(named).filter(|stream| self.patterns(*stream).is_some()).collect();
        if streams.is_empty() {
            return Err(Error::Usage("no stream can hold events that match all of these filters".to_owned()));
        }
        Ok(streams)
    }

    /// The one stream that sequences are meant of.
    pub(crate) fn one_stream(&self) -> Result<Stream, Error> {
        match self.streams()?[..] {
            [stream] => Ok(stream),
            _ if self.stream.is_empty() => Ok(Stream::Conversation),
            _ => Err(Error::Usage("name one --stream".to_owned())),
        }
    }

    /// Which events of a stream; the rest of the filter is [`Self::wants`].
    pub(crate) fn subjects(&self, stream: Stream) -> Filter {
        match self.patterns(stream) {
            Some(patterns) if !patterns.is_empty() => Filter::subjects(patterns),
            _ => Filter::all(),
        }
    }

    /// Subject patterns; none for all of the stream, `None` when it cannot hold what is asked for.
    fn patterns(&self, stream: Stream) -> Option<Vec<String>> {
        let projects = || self.project.iter();
        match stream {
            Stream::Webhook | Stream::Workspace | Stream::Parked | Stream::Position => {
                (self.project.is_empty() && self.contact.is_none()).then(Vec::new)
            }
            Stream::Project
            | Stream::Database
            | Stream::Billing
            | Stream::Usage
            | Stream::Bot
            | Stream::Flow
            | Stream::Template
            | Stream::Media
                if self.contact.is_some() =>
            {
                None
            }
            Stream::Project => {
                Some(projects().flat_map(|id| [Subject::project(*id), Subject::data_key(*id)]).map(|of| of.to_string()).collect())
            }
            Stream::Database | Stream::Billing | Stream::Usage | Stream::Bot => {
                Some(projects().map(|project| format!("{stream}.{project}")).collect())
            }
            Stream::Flow | Stream::Template | Stream::Media => Some(projects().map(|project| format!("{stream}.{project}.>")).collect()),
            Stream::Conversation => Some(match (self.contact, self.project.is_empty()) {
                (None, _) => projects().map(|project| format!("{stream}.{project}.>")).collect(),
                (Some(contact), true) => vec![format!("{stream}.*.{contact}")],
                (Some(contact), false) => projects().map(|project| format!("{stream}.{project}.{contact}")).collect(),
            }),
        }
    }

    /// The sequences asked for.
    pub(crate) fn range(&self) -> Range {
        Range { from: self.from.unwrap_or(1), through: self.to }
    }

    /// Type and time.
    pub(crate) fn wants(&self, event: &Recorded) -> bool {
        let by_type = self.event_type.is_empty() || self.event_type.iter().any(|wanted| matches(wanted, event.event_type.as_str()));
        by_type && self.since.is_none_or(|since| event.time >= since) && self.until.is_none_or(|until| event.time < until)
    }

    /// Whether a project was asked for.
    pub(crate) fn wants_project(&self, project: ProjectId) -> bool {
        self.project.is_empty() || self.project.contains(&project)
    }
}

/// `*` at the end stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn check(line: &str) -> Result<Vec<Stream>, String> {
        let cli = crate::Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        cli.filter.check(&cli.command).and_then(|()| cli.filter.streams()).map_err(|error| error.to_string())
    }

    #[test]
    fn streams_follow_from_what_is_asked_for() {
        assert_eq!(check("replay log count"), Ok(Stream::ALL.to_vec()));
        assert_eq!(check("replay log count --type conversation.message_*"), Ok(vec![Stream::Conversation]));
        let project = "prj_00000000010000000000000001";
        assert_eq!(
            check(&format!("replay log count --project {project}")),
            Ok(vec![
                Stream::Project,
                Stream::Database,
                Stream::Conversation,
                Stream::Billing,
                Stream::Usage,
                Stream::Bot,
                Stream::Flow,
                Stream::Template,
                Stream::Media
            ])
        );
        assert!(check(&format!("replay log count --project {project} --stream webhook")).is_err(), "webhooks know no project");
    }

    #[test]
    fn every_stream_is_explained_and_a_projects_key_is_its_own() {
        let help = <crate::Cli as clap::CommandFactory>::command().render_long_help().to_string();
        let of_stream = help.split_once("--stream").and_then(|(_, rest)| rest.split("\n\n").next()).unwrap();
        for stream in Stream::ALL {
            assert!(of_stream.contains(stream.name()), "{stream} is not explained: {of_stream}");
        }
        let project: ProjectId = "prj_00000000010000000000000001".parse().unwrap();
        let filter = FilterArgs { project: vec![project], ..FilterArgs::default() };
        assert_eq!(filter.patterns(Stream::Project), Some(vec![format!("project.{project}"), format!("project.key.{project}")]));
    }

    #[test]
    fn a_filter_that_means_nothing_is_refused() {
        let refused = check("replay verify --type conversation.message_received.v1").unwrap_err();
        assert_eq!(refused, "--type means nothing to `verify`, which heeds --project, --contact");
        let (project, contact) = ("prj_00000000010000000000000001", "con_00000000010000000000000001");
        let refused = check(&format!("replay rebuild --project {project} --contact {contact}")).unwrap_err();
        assert_eq!(refused, "--contact means nothing to `rebuild`, which heeds --project");
        for verb in ["verify", "repair", "at 1h"] {
            assert!(check(&format!("replay {verb} --contact {contact}")).is_err_and(|refused| refused.contains("--project")), "{verb}");
            assert!(check(&format!("replay {verb} --project {project} --contact {contact}")).is_ok(), "{verb}");
        }
        assert!(check(&format!("replay verify --project {project} --contact {contact} --out file")).is_err());
        assert!(check(&format!("replay at 1h --project {project} --table contacts --table paige.statuses")).is_ok());
        assert!(check(&format!("replay at 1h --project {project} --table checkpoint")).is_err());
        assert!(check(&format!("replay at 2999-01-01T00:00:00Z --project {project}")).unwrap_err().contains("in the future"));
        assert!(check("replay log tail --since 2h --from 5").is_ok());
        assert_eq!(
            check("replay log tail --to 9").unwrap_err(),
            "--to means nothing to `log tail`, which heeds --project, --stream, --type, --contact, --from, --since"
        );
        assert!(check("replay log tail --until 1h").is_err());
        assert!(check("replay log count --stream nowhere").is_err());
        assert!(check("replay log count --since yesterday").is_err());
        assert!(check("replay log count --since 2h").is_ok());
        assert!(check("replay log count --since -2h").is_err());
    }
}
