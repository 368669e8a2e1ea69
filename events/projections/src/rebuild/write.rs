//! Makes all tables of a project equal to a folding, and reads them back before anybody else can see them.

use sqlx::PgConnection;

use super::apply::apply;
use super::compare::{Differing, compare};
use super::layout::StoredRow;
use super::pass::{Folding, read};
use super::report::Report;
use super::{Rebuild, Step};
use crate::Error;
use crate::rows::{Contact, Conversation, IdentityLink, Message, StateChange, Status, Submission, Unassigned};

impl Rebuild {
    /// Writes a folding and, one after another, the parts that memory had no room for. Inside a transaction that holds the checkpoint.
    pub(super) async fn write_parts(&self, connection: &mut PgConnection, folding: Folding, report: &mut Report) -> Result<(), Error> {
        let mut part = Some(folding);
        while let Some(mut folding) = part {
            self.write(connection, &mut folding, report).await?;
            part = folding.next_part();
            if let Some(next) = part {
                let mut foldings = vec![next];
                read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;
                part = foldings.pop();
            }
        }
        Ok(())
    }

    /// Writes one folding.
    pub(super) async fn write(&self, connection: &mut PgConnection, folding: &mut Folding, report: &mut Report) -> Result<(), Error> {
        report.events += folding.events;
        report.passes += 1;
        self.write_table::<Contact>(connection, folding, report).await?;
        self.write_table::<Conversation>(connection, folding, report).await?;
        self.write_table::<Message>(connection, folding, report).await?;
        self.write_table::<Option<IdentityLink>>(connection, folding, report).await?;
        self.write_table::<Status>(connection, folding, report).await?;
        self.write_table::<StateChange>(connection, folding, report).await?;
        self.write_table::<Submission>(connection, folding, report).await?;
        self.write_table::<Unassigned>(connection, folding, report).await
    }

    async fn write_table<K: StoredRow>(
        &self,
        connection: &mut PgConnection,
        folding: &mut Folding,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (project, table) = (folding.project, K::LAYOUT.name);
        let Folding { rows, scope, .. } = folding;
        (self.watch)(Step::Comparing { project, table });
        let found = compare::<K>(connection, rows, scope, self.options.differences_max, &mut Differing::default()).await?;
        if found.report.differing_rows() > 0 {
            let of = found.report.missing;
            apply::<K>(connection, rows, &found, scope, |rows| (self.watch)(Step::Writing { project, table, rows, of })).await?;
            (self.watch)(Step::Comparing { project, table });
            let again = compare::<K>(connection, rows, scope, 0, &mut Differing::default()).await?;
            if again.report.differing_rows() > 0 {
                return Err(Error::StillDiffers(table));
            }
        }
        report.add(found.report, self.options.differences_max);
        Ok(())
    }
}
