//! Verify and repair for the rows of one contact.
//!
//! All events of the project are read, not only the contact's own: a message that several contacts name belongs to the first of them. The
//! tables could not answer whose it is, because the rows of the other contacts have not been verified.

use contract::{ContactId, ProjectId, Stream};
use sqlx::Connection;

use super::compare::Differing;
use super::pass::{Folding, read};
use super::report::Report;
use super::skipped::skipped;
use super::{Rebuild, ahead};
use crate::{Error, checkpoint};

impl Rebuild {
    /// Compares the rows of one contact, as [`Self::verify`] does those of all. What names nobody is not looked at.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub async fn verify_contact(&self, project: ProjectId, contact: ContactId) -> Result<Report, Error> {
        Ok(self.compare_contact(project, contact).await?.0)
    }

    /// Compares, and changes what differs in one transaction that holds the checkpoint, which stays where it is. A row of another contact is
    /// touched only where it stands in the place of a row that is missing.
    ///
    /// The project's projector waits while what it applied since the comparison is read.
    ///
    /// # Errors
    /// As [`Self::repair`], and `WentBack` when the tables were put back meanwhile. Nothing is changed then.
    pub async fn repair_contact(&self, project: ProjectId, contact: ContactId) -> Result<Report, Error> {
        let (verified, mut foldings) = self.compare_contact(project, contact).await?;
        if verified.is_clean() {
            return Ok(verified);
        }
        let mut connection = self.connect(project).await?;
        let mut transaction = connection.begin().await?;
        let state = self.journal.state(Stream::Conversation).await?;
        let checkpoint = checkpoint::lock(&mut transaction, state.created).await?.sequence;
        ahead(checkpoint, self.journal.state(Stream::Conversation).await?.last)?;
        if checkpoint < verified.checkpoint {
            return Err(Error::WentBack { checkpoint, reached: verified.checkpoint });
        }
        // What was passed over since is not folded either.
        let skipped = skipped(&self.journal).await?.remove(&project).unwrap_or_default();
        for folding in &mut foldings {
            folding.through = checkpoint;
            folding.skipped.clone_from(&skipped);
        }
        read(&self.journal, verified.checkpoint + 1, &mut foldings, &self.options, &self.watch).await?;
        let mut report = Report { contact: Some(contact), ..Report::new(project, checkpoint) };
        for folding in &mut foldings {
            self.write(&mut transaction, folding, &mut report).await?;
        }
        transaction.commit().await?;
        Ok(report)
    }

    /// Compares in a snapshot. The fold, of one project, can be gone on with behind its checkpoint.
    async fn compare_contact(&self, project: ProjectId, contact: ContactId) -> Result<(Report, Vec<Folding>), Error> {
        let created = self.journal.state(Stream::Conversation).await?.created;
        let mut snapshot = self.snapshot(project, created).await?;
        let skipped = skipped(&self.journal).await?.remove(&project).unwrap_or_default();
        let checkpoint = snapshot.report.checkpoint;
        // Asked after the snapshot: what a projector applied before it is in the log.
        ahead(checkpoint, self.journal.state(Stream::Conversation).await?.last)?;
        snapshot.report.contact = Some(contact);
        let mut foldings = vec![Folding::of_contact(project, contact, checkpoint, skipped)];
        read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;
        for folding in &mut foldings {
            if let Some(error) = snapshot.forked(folding) {
                return Err(error);
            }
            let (connection, report) = (&mut snapshot.connection, &mut snapshot.report);
            self.compare_tables(connection, folding, report, &mut Differing::default()).await?;
        }
        Ok((snapshot.report, foldings))
    }
}
