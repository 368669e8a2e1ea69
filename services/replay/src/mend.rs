//! `repair` and `rebuild`: make the tables what the log says. A dry run unless `--yes`.

use projections::rebuild::Report;

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
        let exit = compare(servers, &projects, &mend.how, "would be mended", out).await?;
        out.text("dry run: nothing was changed; --yes does it")?;
        return Ok(exit);
    }
    each(servers, filter, mend, "mended", out, async |rebuild, project| rebuild.repair(project).await).await
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
    work: impl AsyncFn(projections::rebuild::Rebuild, contract::ProjectId) -> Result<Report, projections::Error>,
) -> Result<Exit, Error> {
    let mut exit = Exit::Fine;
    for project in with_tables(servers, filter).await? {
        let (bar, follow) = bars::follow(out.watched);
        let result = work(tables::rebuild(servers, &mend.how)?.watched(follow), project).await;
        bar.finish_and_clear();
        match result {
            Ok(report) => tables::print(&report, if report.is_clean() { "equal" } else { verb }, mend.how.show_content, out)?,
            Err(error) => {
                exit = exit.and(tables_exit(&error));
                failed(project, &error, out)?;
            }
        }
    }
    Ok(exit)
}
