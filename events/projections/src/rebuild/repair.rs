//! Changes the rows that differ, and no other.

use std::collections::BTreeSet;

use contract::{ContactId, ProjectId, Recorded, Stream, Subject};
use foldhash::HashSet;
use futures::TryStreamExt;
use journal::{Filter, Range};
use sqlx::{Connection, PgConnection};

use super::compare::{Differing, contacts};
use super::pass::{Folding, read};
use super::report::Report;
use super::scope::{NAMED, Scope};
use super::{Rebuild, ahead};
use crate::{Error, checkpoint};

/// Up to so many contacts are mended one by one, from their own events; more, and the whole log is read again.
const CONTACTS_MAX: usize = 64;

impl Rebuild {
    /// Compares as [`Self::verify`] does and then, in one transaction that holds the checkpoint, changes what differs. Returns what was
    /// mended.
    ///
    /// Readers see the tables before or after. The project's projector waits for the transaction: some milliseconds when few contacts
    /// differ, as long as a rebuild when many do.
    ///
    /// # Errors
    /// As [`Self::verify`], and `StillDiffers`. Nothing is changed then.
    pub async fn repair(&self, project: ProjectId) -> Result<Report, Error> {
        let mut differing = Differing { contacts_max: CONTACTS_MAX, ..Differing::default() };
        let verified = self.compare_project(project, &mut differing).await?;
        if verified.is_clean() {
            return Ok(verified);
        }
        let mut connection = self.databases.pool(project).acquire().await?;
        let mut transaction = connection.begin().await?;
        let created = self.journal.state(Stream::Conversation).await?.created;
        let checkpoint = checkpoint::lock(&mut transaction, created).await?.sequence;
        ahead(checkpoint, self.journal.state(Stream::Conversation).await?.last)?;
        let mut report = Report::new(project, checkpoint);
        // What was applied since may have built upon rows that differ.
        self.add_touched(project, verified.checkpoint + 1..=checkpoint, &mut differing).await?;
        if differing.too_many() {
            let mut foldings = vec![self.folding(project, Scope::ALL, checkpoint)];
            read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;
            for folding in foldings {
                self.write_parts(&mut transaction, folding, &mut report).await?;
            }
        } else {
            let mut folding = self.fold_named(&mut transaction, project, checkpoint, &differing).await?;
            self.write(&mut transaction, &mut folding, &mut report).await?;
        }
        transaction.commit().await?;
        Ok(report)
    }

    /// Adds the contacts that events of a range are about.
    async fn add_touched(&self, project: ProjectId, range: std::ops::RangeInclusive<u64>, differing: &mut Differing) -> Result<(), Error> {
        if range.is_empty() || differing.too_many() {
            return Ok(());
        }
        let range = Range { from: *range.start(), through: Some(*range.end()) };
        let filter = Filter::subjects([format!("{}.{project}.>", Stream::Conversation)]);
        let mut events = std::pin::pin!(self.journal.replay(Stream::Conversation, range, filter));
        while let Some(event) = events.try_next().await? {
            match event.subject.contact_id() {
                Some(contact) => drop(differing.contacts.insert(contact.to_string())),
                None => differing.unassigned = true,
            }
        }
        Ok(())
    }

    /// Folds the differing contacts from their own events.
    async fn fold_named(
        &self,
        connection: &mut PgConnection,
        project: ProjectId,
        through: u64,
        differing: &Differing,
    ) -> Result<Folding, Error> {
        let named: HashSet<ContactId> = contacts(&differing.contacts);
        let mut subjects: Vec<Subject> = named.iter().map(|contact| Subject::conversation(project, *contact)).collect();
        if differing.unassigned {
            subjects.push(Subject::unassigned(project));
        }
        let mut events: Vec<Recorded> = Vec::new();
        for subject in &subjects {
            events.extend(self.journal.entity(subject).await?.into_iter().filter(|event| event.sequence <= through));
        }
        events.sort_unstable_by_key(|event| event.sequence);
        let mut folding = self.folding(project, Scope::Named { contacts: named, unassigned: differing.unassigned }, through);
        name(connection, &differing.contacts).await?;
        for wamid in owned_by_others(connection, &events).await? {
            folding.rows.add_foreign(&wamid);
        }
        for event in &events {
            folding.add(event)?;
        }
        Ok(folding)
    }
}

/// Puts the contacts' texts where [`Scope::condition`] expects them.
async fn name(connection: &mut PgConnection, texts: &HashSet<String>) -> Result<(), Error> {
    sqlx::raw_sql("CREATE TEMPORARY TABLE paige_named (contact text) ON COMMIT DROP").execute(&mut *connection).await?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    sqlx::query("INSERT INTO pg_temp.paige_named SELECT unnest($1::text[])").bind(texts).execute(connection).await?;
    Ok(())
}

/// Messages of these events that a contact has whose rows are right: they are not to be added a second time.
async fn owned_by_others(connection: &mut PgConnection, events: &[Recorded]) -> Result<Vec<String>, Error> {
    let mut wamids = BTreeSet::new();
    for event in events {
        let fact = contract::Event::decode(event).map_err(|source| Error::Event { sequence: event.sequence, source })?;
        wamids.extend(super::claims::message(&fact).map(str::to_owned));
    }
    let query = format!("SELECT wamid FROM public.messages WHERE wamid = ANY($1) AND contact_id NOT IN (SELECT contact FROM {NAMED})");
    let wamids: Vec<String> = wamids.into_iter().collect();
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(wamids).fetch_all(connection).await?)
}
