//! Changes the rows that differ, and no other.

use std::borrow::Cow;
use std::collections::BTreeSet;

use contract::{ConversationEvent, ProjectId, Recorded, Stream, Subject};
use foldhash::HashSet;
use futures::TryStreamExt;
use journal::{Filter, Range};
use sqlx::{Connection, PgConnection};

use super::compare::{Differing, contacts};
use super::pass::{Folding, read};
use super::report::Report;
use super::scope::{NAMED, Scope};
use super::skipped::skipped;
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
        let mut connection = self.connect(project).await?;
        let mut transaction = connection.begin().await?;
        let created = self.journal.state(Stream::Conversation).await?.created;
        let checkpoint = checkpoint::lock(&mut transaction, created).await?.sequence;
        ahead(checkpoint, self.journal.state(Stream::Conversation).await?.last)?;
        let mut report = Report::new(project, checkpoint);
        // What was applied since may have built upon rows that differ.
        self.add_touched(project, verified.checkpoint + 1..=checkpoint, &mut differing).await?;
        let skipped = skipped(&self.journal).await?.remove(&project).unwrap_or_default();
        if differing.too_many() {
            let mut foldings = vec![Folding::new(project, Scope::ALL, checkpoint, skipped)];
            read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;
            for folding in foldings {
                self.write_parts(&mut transaction, folding, &mut report).await?;
            }
        } else {
            let scope = Scope::Named { contacts: contacts(&differing.contacts), unassigned: differing.unassigned };
            let mut folding = Folding::new(project, scope, checkpoint, skipped);
            name(&mut transaction, &differing.contacts).await?;
            self.fold_named(&mut transaction, &mut folding).await?;
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

    /// Folds contacts one by one, from their own events.
    async fn fold_named(&self, connection: &mut PgConnection, folding: &mut Folding) -> Result<(), Error> {
        let Scope::Named { contacts, unassigned } = &folding.scope else { return Ok(()) };
        let mut subjects: Vec<Subject> = contacts.iter().map(|contact| Subject::conversation(folding.project, *contact)).collect();
        if *unassigned {
            subjects.push(Subject::unassigned(folding.project));
        }
        let mut events: Vec<Recorded> = Vec::new();
        for subject in &subjects {
            events.extend(self.journal.entity(subject).await?);
        }
        events.retain(|event| event.sequence <= folding.through && !folding.skipped.contains(&event.sequence));
        events.sort_unstable_by_key(|event| event.sequence);
        let foreign = owned_by_others(connection, &events).await?;
        folding.rows.add_foreign(foreign.iter().map(String::as_str));
        events.iter().try_for_each(|event| folding.add(event))
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
    let mut names = BTreeSet::new();
    for event in events {
        let fact = contract::Event::decode(event).map_err(|source| Error::Event { sequence: event.sequence, source })?;
        names.extend(super::claims::message(&fact).map(Cow::into_owned));
        if let ConversationEvent::MessageAccepted(accepted) = fact {
            names.insert(accepted.wamid);
        }
    }
    let others = format!("contact_id NOT IN (SELECT contact FROM {NAMED})");
    let query = format!(
        "SELECT wamid FROM public.messages WHERE wamid = ANY($1) AND {others}
         UNION SELECT id FROM public.messages WHERE id = ANY($1) AND origin = 'api' AND {others}"
    );
    let names: Vec<String> = names.into_iter().collect();
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(names).fetch_all(connection).await?)
}
