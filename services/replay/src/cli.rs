//! The grammar of the command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use contract::ProjectId;

use crate::at;
use crate::filter::{self, FilterArgs};

const EXIT_CODES: &str = "\
Exit codes:
  0  done; nothing differs, nothing is parked
  1  something was found: tables differ from the log, keys are parked
  2  the command line is wrong
  3  the log or a database does not answer
  4  refused: tables of another log or ahead of it, an event that cannot be read, no such project, row or key,
     a time before the log, a file that is there already, output that cannot be written
  130  interrupted

Everything that changes something is a dry run unless --yes is given.

A killed command leaves nothing half done, and goes on with
  verify --out FILE --resume: what it said of a project is told again, with the sequence and time that it is of, and counts in the
  exit code; the other projects are compared, and those that failed once more
  repair --yes --after PRJ, rebuild --yes --after PRJ: behind the project that it told last, each is one transaction
  log export --out FILE --resume: behind the last whole line
FILE is called FILE.part until it is whole, and is never overwritten. Whatever else only reads begins anew.";

/// Looks into the event log, proves that tables equal it, and mends them.
#[derive(Parser, Debug)]
#[command(name = "replay", version, about, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) servers: ServerArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Print JSON, one object a line, instead of text; a complaint too, on standard error, with `error` and `exit_code`, once the command
    /// line is understood
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where log and tables are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Servers")]
pub(crate) struct ServerArgs {
    /// NATS servers with JetStream, separated by commas: nats://[user:password@]host:port
    #[arg(long, env = "PAIGE_NATS_URL", hide_env_values = true, value_name = "URL", global = true)]
    pub(crate) nats_url: Option<String>,
    /// Platform database; project databases are on the same server: postgres://user:password@host:port/name
    #[arg(long, env = "PAIGE_DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    pub(crate) database_url: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Streams, followers and projects: how much there is, and how far everybody has come
    Status,
    /// What verify or rebuild would read and write: counts, time, disk
    Plan(How),
    /// Compare tables with the log, row by row and column by column; nothing stops, nothing changes
    Verify(Verify),
    /// Change exactly the rows that differ, in one transaction per project
    Repair(Mend),
    /// Fold the whole log and make the tables equal to it, whatever they hold
    Rebuild(Mend),
    /// The events that made a row, in order
    Explain(Explain),
    /// A project's rows as they were at a moment: what the log made of everything that it held by then. Changes nothing, and asks no database
    At(At),
    /// The events themselves
    #[command(subcommand)]
    Log(Log),
    /// Keys that a follower holds back
    #[command(subcommand)]
    Parked(Parked),
}

impl Command {
    /// As typed.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Plan(_) => "plan",
            Self::Verify(_) => "verify",
            Self::Repair(_) => "repair",
            Self::Rebuild(_) => "rebuild",
            Self::Explain(_) => "explain",
            Self::At(_) => "at",
            Self::Log(Log::Tail(_)) => "log tail",
            Self::Log(_) => "log",
            Self::Parked(_) => "parked",
        }
    }
}

/// How the log is folded.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// Read at most so many events a second; as fast as it goes when not given, slower while the log grows
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Memory for folded rows, in MiB; a project that needs more is done in several passes
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) memory: u32,
    /// Print values of rows: people's words and numbers
    #[arg(long)]
    pub(crate) show_content: bool,
}

/// How tables are compared.
#[derive(Args, Debug)]
pub(crate) struct How {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Differences told one by one, per table; all are counted
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    pub(crate) differences: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) how: How,
    /// Keep what is said of each project in this file too, one JSON object a line; it is FILE.part until something is said of all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the file of a killed run: what it said is told again, with sequence and time, and the other projects are compared
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Mend {
    #[command(flatten)]
    pub(crate) how: How,
    /// Do it; otherwise only say what would be done
    #[arg(long)]
    pub(crate) yes: bool,
    /// Go on behind this project, the last one that a killed run has told; projects are taken in the order of their creation, and the exit
    /// code speaks of those behind it
    #[arg(long, value_name = "PRJ", requires = "yes")]
    pub(crate) after: Option<ProjectId>,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A contact (con_…), conversation (cnv_…), message (msg_…) or Meta's message id (wamid.…)
    pub(crate) row: String,
    /// Print the events' data: people's words and numbers
    #[arg(long)]
    pub(crate) show_content: bool,
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// The moment, by the broker's clock: RFC 3339, or a time ago such as 90s, 10m, 2h, 3d. What the log took until then counts, whatever
    /// time the events themselves name
    #[arg(value_parser = filter::past)]
    pub(crate) time: DateTime<Utc>,
    /// Only this table: contacts, conversations, messages, identities, statuses, state_changes, submissions or unassigned; may be given
    /// several times
    #[arg(long, value_name = "TABLE", value_parser = at::table)]
    pub(crate) table: Vec<&'static str>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Log {
    /// How many events, by stream and type
    Count,
    /// Events of a stretch of the log
    Show(Show),
    /// Events as they come, until interrupted
    Tail(Tail),
    /// All events that match, one JSON object a line
    Export(Export),
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// At most so many
    #[arg(long, default_value_t = 20, value_name = "EVENTS")]
    pub(crate) limit: usize,
    /// Print the events' data: people's words and numbers
    #[arg(long)]
    pub(crate) show_content: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Tail {
    /// End after so many; otherwise never
    #[arg(long, value_name = "EVENTS")]
    pub(crate) limit: Option<usize>,
    /// Print the events' data: people's words and numbers
    #[arg(long)]
    pub(crate) show_content: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// File to write, FILE.part until it is whole; standard output when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Go on behind the last whole line of a killed export's file. Without a file: --from <sequence>
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,
    /// Include the events' data: people's words and numbers
    #[arg(long)]
    pub(crate) show_content: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Parked {
    /// Every key that is held, with its cause
    List,
    /// One key, and the events that wait
    Show(Key),
    /// Ask for another attempt
    Retry(Decide),
    /// Pass over one event of a key; needs a reason, which is kept in the log
    Skip(Skip),
}

/// Names a held key.
#[derive(Args, Debug)]
pub(crate) struct Key {
    /// The key: the leading tokens of the subjects that wait
    pub(crate) key: String,
    /// The service that holds it, if several hold the same
    #[arg(long)]
    pub(crate) service: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) key: Key,
    /// Do it; otherwise only say what would be done
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Skip {
    #[command(flatten)]
    pub(crate) key: Key,
    /// The event to pass over; the first one that waits when not given
    #[arg(long)]
    pub(crate) sequence: Option<u64>,
    /// Why, for whoever reads it later
    #[arg(long)]
    pub(crate) reason: String,
    /// Do it; otherwise only say what would be done
    #[arg(long)]
    pub(crate) yes: bool,
}
