//! `verify`: are the tables what the log says?

use contract::{ContactId, ProjectId, Stream};
use projections::rebuild::Report;
use serde_json::{Value, json};

use crate::cli::{How, Verify};
use crate::error::tables_exit;
use crate::filter::FilterArgs;
use crate::projects::with_tables;
use crate::servers::Servers;
use crate::verdicts::Verdicts;
use crate::{Error, Exit, Out, bars, tables};

pub(crate) async fn verify(servers: &Servers, filter: &FilterArgs, verify: &Verify, out: &mut Out) -> Result<Exit, Error> {
    let mut projects = with_tables(servers, filter).await?;
    let (contact, how) = (filter.contact, &verify.how);
    let Some(name) = &verify.out else { return compare(servers, &projects, contact, how, "differ", None, out).await };
    let log = servers.journal.state(Stream::Conversation).await?.created;
    let mut verdicts = Verdicts::open(name, verify.resume, log)?;
    let earlier = verdicts.tell(&mut projects, out)?;
    let exit = compare(servers, &projects, contact, how, "differ", Some(&mut verdicts), out).await?;
    verdicts.finish()?;
    Ok(earlier.and(exit))
}

/// Compares the rows of everybody or of one contact, says of each project what was found as soon as it is, and how all of it ended. `verb`
/// is what is said of rows that differ.
pub(crate) async fn compare(
    servers: &Servers,
    projects: &[ProjectId],
    contact: Option<ContactId>,
    how: &How,
    verb: &str,
    mut verdicts: Option<&mut Verdicts>,
    out: &mut Out,
) -> Result<Exit, Error> {
    let (bar, follow) = bars::follow(out.watched);
    let mut exit = Exit::Fine;
    let mut tell = |project, report: Result<Report, projections::Error>| match report {
        Ok(report) => {
            let (found, said) = if report.is_clean() { (Exit::Fine, "equal") } else { (Exit::Found, verb) };
            exit = exit.and(found);
            if let Some(verdicts) = &mut verdicts {
                verdicts.keep(tables::told(&report, said, how.reading.show_content))?;
            }
            tables::print(&report, said, how.reading.show_content, out)
        }
        Err(error) => {
            exit = exit.and(tables_exit(&error));
            if let Some(verdicts) = &mut verdicts {
                verdicts.keep(failure(project, &error))?;
            }
            failed(project, &error, out)
        }
    };
    let rebuild = tables::rebuild(servers, how)?.watched(follow);
    // What is told is not written into the bar.
    let mut told = |project, report| bar.suspend(|| tell(project, report));
    match contact {
        None => rebuild.verify_all(projects, told).await?,
        Some(contact) => {
            for project in projects {
                told(*project, rebuild.verify_contact(*project, contact).await)?;
            }
        }
    }
    bar.finish_and_clear();
    Ok(exit)
}

fn failure(project: ProjectId, error: &projections::Error) -> Value {
    json!({ "project": project, "result": "failed", "error": error.to_string() })
}

/// One project's failure does not keep the others from being looked at.
pub(crate) fn failed(project: ProjectId, error: &projections::Error, out: &mut Out) -> Result<(), Error> {
    out.line(format!("{project}  {error}"), &failure(project, error))
}
