//! Events as they were read, not folded yet: kept by contact, so that each part can be folded by itself when its turn comes.
//!
//! An event here is its data and what the fold asks of its envelope; an unfolded event takes half the memory of its rows.

use std::collections::HashSet;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use contract::{ContactId, Context, ConversationEvent, Event, EventId, EventType, ProjectId, Recorded, Subject};
use journal::{Journal, Range};

use super::fill::PARTS_WAITING_MAX;
use super::pace::Pace;
use super::pass::{EVENT_OVERHEAD_BYTES, batches, filter};
use super::{Options, Step, Watch};
use crate::held::Rows;
use crate::{Error, fold};

/// Parts of a project, by the leading bits of the contact's id. As many as keep fold and database busy side by side, and so few that
/// each is worth a COPY.
const PARTS_BITS: u32 = 6;
/// The data of one part's events lie together in blocks of this size.
const BLOCK_BYTES: usize = 256 * 1024;
/// Parts that are folded at the same time: one in the making, those that wait, one that is written.
const FOLDED_PARTS: usize = PARTS_WAITING_MAX + 2;

/// The events of one project.
pub(crate) struct Gathered {
    pub(crate) project: ProjectId,
    /// How many.
    pub(crate) events: u64,
    /// The last one.
    pub(crate) last: Option<(u64, EventId)>,
    /// Events that an operator decided to pass over.
    skipped: HashSet<u64>,
    bytes: usize,
    /// What the largest part will take when it is folded.
    largest_bytes: usize,
    parts: Vec<Part>,
}

/// The events of some contacts, in the order of the log.
#[derive(Default)]
pub(crate) struct Part {
    events: Vec<Unfolded>,
    /// What it will take when it is folded.
    bytes: usize,
    /// Full blocks, and the one that is being filled.
    blocks: Vec<Bytes>,
    block: BytesMut,
}

/// Where its data lie, and what the fold asks of its envelope.
struct Unfolded {
    contact: Option<ContactId>,
    sequence: u64,
    id: EventId,
    time: DateTime<Utc>,
    event_type: EventType,
    block: usize,
    from: usize,
    until: usize,
}

impl Gathered {
    pub(crate) fn new(project: ProjectId, skipped: HashSet<u64>) -> Self {
        let parts = (0..1 << PARTS_BITS).map(|_| Part::default()).collect();
        Self { project, events: 0, last: None, skipped, bytes: 0, largest_bytes: 0, parts }
    }

    /// Reads a stretch of the log. Says whether memory had room for it; if not, what was gathered is worth nothing.
    pub(crate) async fn read(&mut self, journal: &Journal, range: (u64, u64), options: &Options, watch: &Watch) -> Result<bool, Error> {
        let (from, through) = range;
        if from > through {
            return Ok(true);
        }
        let mut pace = Pace::new(journal, options.events_per_second_max);
        let filter = filter(journal, &[self.project]).await?;
        let mut batches = batches(journal, Range { from, through: Some(through) }, filter);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            let Some(last) = batch.last().map(|event| event.sequence) else { continue };
            let project = self.project;
            batch.iter().filter(|event| event.subject.project_id() == Some(project)).for_each(|event| self.add(event));
            if self.bytes + self.largest_bytes * FOLDED_PARTS > options.memory_bytes_max {
                return Ok(false);
            }
            watch(Step::Reading { sequence: last, through });
            pace.keep(batch.len()).await?;
        }
        watch(Step::Reading { sequence: through, through });
        Ok(true)
    }

    fn add(&mut self, event: &Recorded) {
        if self.skipped.contains(&event.sequence) {
            return;
        }
        self.events += 1;
        self.last = Some((event.sequence, event.id));
        self.bytes += event.data.len() + size_of::<Unfolded>();
        let contact = event.subject.contact_id();
        let place = contact.map_or(0, |contact| contact.ulid().0 >> (u128::BITS - PARTS_BITS));
        if let Some(part) = usize::try_from(place).ok().and_then(|place| self.parts.get_mut(place)) {
            part.add(contact, event);
            self.largest_bytes = self.largest_bytes.max(part.bytes);
        }
    }

    /// The parts, in the order of their contacts.
    pub(crate) fn into_parts(self) -> impl Iterator<Item = Part> {
        self.parts.into_iter().filter(|part| !part.events.is_empty())
    }
}

impl Part {
    /// How many events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    fn add(&mut self, contact: Option<ContactId>, event: &Recorded) {
        if self.block.capacity() - self.block.len() < event.data.len() {
            self.finish_block();
            self.block.reserve(BLOCK_BYTES.max(event.data.len()));
        }
        self.bytes += event.data.len() + EVENT_OVERHEAD_BYTES;
        let (block, from) = (self.blocks.len(), self.block.len());
        self.block.extend_from_slice(&event.data);
        let Recorded { sequence, id, time, .. } = *event;
        self.events.push(Unfolded {
            contact,
            sequence,
            id,
            time,
            event_type: event.event_type.clone(),
            block,
            from,
            until: self.block.len(),
        });
    }

    fn finish_block(&mut self) {
        if !self.block.is_empty() {
            self.blocks.push(std::mem::take(&mut self.block).freeze());
        }
    }

    /// The rows that follow from these events.
    pub(crate) fn fold(mut self, project: ProjectId) -> Result<Rows, Error> {
        self.finish_block();
        let mut rows = Rows::default();
        let mut whole = None;
        for event in self.events {
            let data = self.blocks.get(event.block).map(|block| block.slice(event.from..event.until)).unwrap_or_default();
            let recorded: &mut Recorded = whole.get_or_insert_with(|| envelope(project, &event));
            (recorded.sequence, recorded.id, recorded.time) = (event.sequence, event.id, event.time);
            (recorded.event_type, recorded.data) = (event.event_type, data);
            let fact = ConversationEvent::decode(recorded).map_err(|source| Error::Event { sequence: event.sequence, source })?;
            fold(&mut rows, event.contact, recorded, fact);
        }
        Ok(rows)
    }
}

/// An envelope without what no row follows from.
fn envelope(project: ProjectId, event: &Unfolded) -> Recorded {
    Recorded {
        sequence: event.sequence,
        subject: Subject::unassigned(project),
        id: event.id,
        event_type: event.event_type.clone(),
        source: String::new(),
        time: event.time,
        context: Context::default(),
        extensions: Vec::new(),
        content_type: String::new(),
        data: Bytes::new(),
    }
}
