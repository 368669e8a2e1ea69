//! One reading of the log: the events of some projects, folded in memory as far as memory goes. What does not fit is let go, and
//! left for another pass.

use std::borrow::Cow;
use std::collections::HashSet;

use contract::{ContactId, ConversationEvent, Event, EventId, ProjectId, Recorded, Stream};
use foldhash::HashMap;
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use tokio::sync::mpsc;

use super::claims::Claims;
use super::pace::Pace;
use super::scope::Scope;
use super::{Options, Step, Watch};
use crate::held::Rows;
use crate::{Error, fold};

/// Events that travel together from the reader to the fold, and how many such batches may wait.
const BATCH_EVENTS_MAX: usize = 1_024;
const BATCHES_MAX: usize = 8;
/// What a folded event takes in memory beside its data: rows, keys, places in tables.
pub(crate) const EVENT_OVERHEAD_BYTES: usize = 700;
/// More projects than this are found by reading the whole log, because the broker is slow at many filters.
const FILTERS_MAX: usize = 4;

/// Rows of one project, folded from the log.
#[derive(Debug)]
pub(crate) struct Folding {
    pub(crate) project: ProjectId,
    pub(crate) scope: Scope,
    /// Events up to here belong to it.
    pub(crate) through: u64,
    pub(crate) rows: Rows,
    /// Who has which message, once the project turned out to need several passes.
    pub(crate) claims: Option<Claims>,
    /// Events of the project, counted by its first part, which sees them all.
    pub(crate) events: u64,
    /// The last one of these.
    pub(crate) last: Option<(u64, EventId)>,
    /// Events that an operator decided to pass over.
    pub(crate) skipped: HashSet<u64>,
    /// What memory had no room for; the next part is the last one.
    later: Vec<Scope>,
    bytes: usize,
}

impl Folding {
    pub(crate) fn new(project: ProjectId, scope: Scope, through: u64, skipped: HashSet<u64>) -> Self {
        Self { project, scope, through, rows: Rows::default(), claims: None, events: 0, last: None, skipped, later: Vec::new(), bytes: 0 }
    }

    /// One contact of the project. Every event is read in the order of the log, so that it is known whose each message is.
    pub(crate) fn of_contact(project: ProjectId, contact: ContactId, through: u64, skipped: HashSet<u64>) -> Self {
        Self { claims: Some(Claims::default()), ..Self::new(project, Scope::One(contact), through, skipped) }
    }

    /// The next part of the same project, to be folded from the beginning.
    pub(crate) fn next_part(mut self) -> Option<Self> {
        let scope = self.later.pop()?;
        Some(Self { scope, ..self }.afresh())
    }

    fn afresh(self) -> Self {
        Self { claims: self.claims, later: self.later, ..Self::new(self.project, self.scope, self.through, self.skipped) }
    }

    /// Folds one event of the project.
    pub(crate) fn add(&mut self, event: &Recorded) -> Result<(), Error> {
        if event.sequence > self.through || self.skipped.contains(&event.sequence) {
            return Ok(());
        }
        let contact = event.subject.contact_id();
        let (ours, first) = (self.scope.holds(contact), self.scope.is_first());
        if !ours && !first {
            return Ok(());
        }
        if first {
            self.events += 1;
            self.last = Some((event.sequence, event.id));
        }
        let fact = ConversationEvent::decode(event).map_err(|source| Error::Event { sequence: event.sequence, source })?;
        let foreign = match (&mut self.claims, contact) {
            (Some(claims), Some(contact)) => claims.claim(&fact, contact)?.map(Cow::into_owned),
            _ => None,
        };
        if ours {
            // For this event alone: the one who has it may be of this part too, and comes to it only later in the log.
            self.rows.add_foreign(foreign.as_deref());
            fold(&mut self.rows, contact, event, fact);
            self.rows.remove_foreign(foreign.as_deref());
            self.bytes += event.data.len() + EVENT_OVERHEAD_BYTES;
        }
        Ok(())
    }

    /// Lets go of half of the contacts.
    fn halve(&mut self) -> Result<(), Error> {
        let too_large = || Error::TooLarge { what: "contact", limit: self.bytes };
        let (stays, goes) = self.scope.halve().ok_or_else(too_large)?;
        if self.claims.is_none() {
            let mut claims = Claims::default();
            self.rows.messages.iter().try_for_each(|(_, row)| claims.claim_row(row))?;
            self.claims = Some(claims);
        }
        let before = self.rows.contacts.len().max(1);
        self.scope = stays;
        let scope = &self.scope;
        self.rows.retain(|contact| scope.holds(Some(contact)));
        self.bytes = self.bytes / before * self.rows.contacts.len();
        self.later.push(goes);
        Ok(())
    }
}

/// Reads the log once, from `from` on, and folds it. Projects that memory has no room for are taken out and returned, to be read again;
/// of a single one, a part of the contacts is put off.
pub(crate) async fn read(
    journal: &Journal,
    from: u64,
    foldings: &mut Vec<Folding>,
    options: &Options,
    watch: &Watch,
) -> Result<Vec<Folding>, Error> {
    let through = foldings.iter().map(|folding| folding.through).max().unwrap_or(0);
    let mut postponed = Vec::new();
    if from > through {
        return Ok(postponed);
    }
    let projects: Vec<ProjectId> = foldings.iter().map(|folding| folding.project).collect();
    let filter = filter(journal, &projects).await?;
    let mut places: HashMap<ProjectId, usize> = places(foldings);
    let mut pace = Pace::new(journal, options.events_per_second_max);
    let mut batches = batches(journal, Range { from, through: Some(through) }, filter);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let Some(last) = batch.last().map(|event| event.sequence) else { continue };
        for event in &batch {
            let place = event.subject.project_id().and_then(|project| places.get(&project));
            if let Some(folding) = place.and_then(|place| foldings.get_mut(*place)) {
                folding.add(event)?;
            }
        }
        while foldings.iter().map(|folding| folding.bytes).sum::<usize>() > options.memory_bytes_max {
            postponed.extend(make_room(foldings)?);
            places = self::places(foldings);
        }
        watch(Step::Reading { sequence: last, through });
        pace.keep(batch.len()).await?;
    }
    watch(Step::Reading { sequence: through, through });
    Ok(postponed)
}

fn places(foldings: &[Folding]) -> HashMap<ProjectId, usize> {
    foldings.iter().enumerate().map(|(place, folding)| (folding.project, place)).collect()
}

/// With several projects the later half of them waits, with one the upper half of its contacts.
fn make_room(foldings: &mut Vec<Folding>) -> Result<Vec<Folding>, Error> {
    if let [folding] = foldings.as_mut_slice() {
        folding.halve()?;
        return Ok(Vec::new());
    }
    let later = foldings.split_off(foldings.len() / 2);
    Ok(later.into_iter().map(Folding::afresh).collect())
}

/// Everything is read when the projects are a good part of the log, or many; otherwise the broker filters.
pub(crate) async fn filter(journal: &Journal, projects: &[ProjectId]) -> Result<Filter, Error> {
    /// A log of this size is read whole in a moment.
    const SMALL_LOG_EVENTS: u64 = 50_000;
    if projects.len() > FILTERS_MAX || journal.state(Stream::Conversation).await?.messages < SMALL_LOG_EVENTS {
        return Ok(Filter::all());
    }
    Ok(Filter::subjects(projects.iter().map(|project| format!("{}.{project}.>", Stream::Conversation))))
}

/// Reads in a task of its own, so that the broker's client and the fold share the cores.
pub(crate) fn batches(journal: &Journal, range: Range, filter: Filter) -> mpsc::Receiver<Result<Vec<Recorded>, Error>> {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    let events = journal.replay(Stream::Conversation, range, filter);
    tokio::spawn(async move {
        let mut events = std::pin::pin!(events.ready_chunks(BATCH_EVENTS_MAX));
        while let Some(chunk) = events.next().await {
            let batch: Result<Vec<Recorded>, Error> = chunk.into_iter().map(|event| event.map_err(Error::from)).collect();
            if sender.send(batch).await.is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests;
