//! `verify`: are the tables what the log says?

use contract::ProjectId;
use serde_json::json;

use crate::cli::How;
use crate::error::tables_exit;
use crate::filter::FilterArgs;
use crate::projects::with_tables;
use crate::servers::Servers;
use crate::{Error, Exit, Out, bars, tables};

pub(crate) async fn verify(servers: &Servers, filter: &FilterArgs, how: &How, out: &mut Out) -> Result<Exit, Error> {
    let projects = with_tables(servers, filter).await?;
    compare(servers, &projects, how, "differ", out).await
}

/// Compares, prints, and says how it ended. `verb` is what is said of rows that differ.
pub(crate) async fn compare(servers: &Servers, projects: &[ProjectId], how: &How, verb: &str, out: &mut Out) -> Result<Exit, Error> {
    let (bar, follow) = bars::follow(out.watched);
    let reports = tables::rebuild(servers, how)?.watched(follow).verify_all(projects).await?;
    bar.finish_and_clear();
    let mut exit = Exit::Fine;
    for (project, report) in reports {
        match report {
            Ok(report) => {
                tables::print(&report, if report.is_clean() { "equal" } else { verb }, how.show_content, out)?;
                exit = exit.and(if report.is_clean() { Exit::Fine } else { Exit::Found });
            }
            Err(error) => {
                exit = exit.and(tables_exit(&error));
                failed(project, &error, out)?;
            }
        }
    }
    Ok(exit)
}

/// One project's failure does not keep the others from being looked at.
pub(crate) fn failed(project: ProjectId, error: &projections::Error, out: &mut Out) -> Result<(), Error> {
    out.line(format!("{project}  {error}"), &json!({ "project": project, "result": "failed", "error": error.to_string() }))
}
