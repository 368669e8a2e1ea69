//! Who held the project's numbers: forgotten where nobody else ever did. A number that another project has now, or had, keeps its history of
//! claims, which names numbers and projects and nothing else.

use contract::{Event, ProjectEvent, ProjectId};
use journal::Journal;

use super::numbers::{Numbers, is_of};
use crate::error::Error;
use crate::number::MetaId;

pub(super) async fn erase(journal: &Journal, project: ProjectId, numbers: &Numbers, overwrite: bool) -> Result<(), Error> {
    for id in numbers.by_id.keys().filter_map(|id| id.parse::<MetaId>().ok()) {
        let subject = id.claim();
        let claims = journal.entity(&subject).await?;
        let ours = claims.iter().map(ProjectEvent::read).collect::<Result<Vec<_>, _>>()?.iter().all(|claim| is_of(claim, project));
        // Only as far as was looked: a claim that somebody made since is on the condition of what was seen here, and stays.
        if let (true, Some(last)) = (ours, claims.last()) {
            for claim in claims.iter().filter(|_| overwrite) {
                journal.overwrite(subject.stream(), claim.sequence).await?;
            }
            journal.purge_through(&subject, last.sequence).await?;
        }
    }
    Ok(())
}
