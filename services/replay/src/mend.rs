//! `repair` and `rebuild`: make the tables what the log says. A dry run unless `--yes`.

use contract::ProjectId;
use projections::rebuild::{Rebuild, Report};

use crate::cli::Mend;
use crate::error::tables_exit;
use crate::filter::FilterArgs;
use crate::projects::with_tables;
use crate::servers::Servers;
use crate::verify::{compare, failed};
use crate::{Error, Exit, Out, bars, plan, tables};

pub(crate) async fn repair(servers: &Servers, filter: &FilterArgs, mend: &Mend, out: &mut Out) -> Result<Exit, Error> {
    let projects = with_tables(servers, filter).await?;
    if !mend.yes {
        let exit = compare(servers, &projects, filter.contact, &mend.how, "would be mended", None, out).await?;
        out.text("dry run: nothing was changed; --yes does it")?;
        return Ok(exit);
    }
    let work = async |rebuild: Rebuild, project| match filter.contact {
        Some(contact) => rebuild.repair_contact(project, contact).await,
        None => rebuild.repair(project).await,
    };
    each(servers, filter, mend, "mended", out, work).await
}

/// The rebuild reads back every row that it wrote before it commits: that is its verification.
pub(crate) async fn rebuild(servers: &Servers, filter: &FilterArgs, mend: &Mend, out: &mut Out) -> Result<Exit, Error> {
    if !mend.yes {
        let exit = plan::plan(servers, filter, &mend.how, out).await?;
        out.text("dry run: nothing was changed; --yes does it")?;
        return Ok(exit);
    }
    each(servers, filter, mend, "rebuilt", out, async |rebuild, project| rebuild.rebuild(project).await).await
}

async fn each(
    servers: &Servers,
    filter: &FilterArgs,
    mend: &Mend,
    verb: &str,
    out: &mut Out,
    work: impl AsyncFn(Rebuild, ProjectId) -> Result<Report, projections::Error>,
) -> Result<Exit, Error> {
    let mut exit = Exit::Fine;
    for project in behind(with_tables(servers, filter).await?, mend.after)? {
        let (bar, follow) = bars::follow(out.watched);
        let result = work(tables::rebuild(servers, &mend.how)?.watched(follow), project).await;
        bar.finish_and_clear();
        match result {
            Ok(report) => tables::print(&report, if report.is_clean() { "equal" } else { verb }, mend.how.reading.show_content, out)?,
            Err(error) => {
                exit = exit.and(tables_exit(&error));
                failed(project, &error, out)?;
            }
        }
    }
    Ok(exit)
}

/// What is left of a run that told this project last.
fn behind(mut projects: Vec<ProjectId>, last: Option<ProjectId>) -> Result<Vec<ProjectId>, Error> {
    let Some(last) = last else { return Ok(projects) };
    match projects.iter().position(|project| *project == last) {
        Some(place) => Ok(projects.split_off(place + 1)),
        None => Err(Error::NotFound(format!("{last} is none of the projects that are asked for"))),
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_run_goes_on_behind_the_last_project_that_was_told() {
        let project = |number| ProjectId::from_ulid(Ulid::from_parts(1, number));
        let all: Vec<ProjectId> = (0..4).map(project).collect();
        let left = |last| behind(all.clone(), last).unwrap();
        assert_eq!(left(None), all);
        assert_eq!(left(Some(project(0))), all[1..]);
        assert_eq!(left(Some(project(2))), all[3..]);
        assert_eq!(left(Some(project(3))), []);
        assert!(matches!(behind(all.clone(), Some(project(4))), Err(Error::NotFound(_))));
    }
}
