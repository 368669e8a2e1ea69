//! The way of a change: read what is so from the log, decide, append under the condition that it is still so.
//!
//! Whoever loses a race reads again and decides again. A template that Meta is being asked about is one worker's at a time in this process;
//! between processes the subject's sequence decides.

use std::sync::Arc;

use contract::{Context, Event, EventId, NewEvent, ProjectId, Recorded, SYSTEM_ACTOR, Subject, TemplateEvent, TemplatesErased};
use journal::{AppendError, Expect};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Templates;
use crate::decide::Refusal;
use crate::error::Error;
use crate::template::{Id, Template};

/// How often a wish is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
const SOURCE: &str = "/paige/templates";
const META: &str = "meta";
/// Locks that templates share.
const LOCKS: usize = 256;

/// From where a change comes.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    context: Context,
    /// The webhook that it follows from.
    webhook: Option<EventId>,
}

impl Origin {
    /// A request, by its id, and who made it.
    pub(crate) fn request(id: &str, actor: &str) -> Self {
        Self { context: Context::of_request(id, actor, chassis::traceparent::current()), webhook: None }
    }

    /// A webhook of Meta's.
    pub(crate) fn webhook(event: &Recorded) -> Self {
        Self { context: Context { actor: Some(META.to_owned()), ..following(event) }, webhook: Some(event.id) }
    }

    /// An event of ours.
    pub(crate) fn event(event: &Recorded) -> Self {
        Self { context: following(event), webhook: None }
    }

    /// Own work.
    pub(crate) fn work() -> Self {
        Self { context: Context::own(SYSTEM_ACTOR, chassis::traceparent::current()), webhook: None }
    }
}

fn following(event: &Recorded) -> Context {
    Context::following(event, chassis::traceparent::after, SYSTEM_ACTOR)
}

/// Whoever has it asks Meta about the template.
pub(crate) type Lock = OwnedMutexGuard<()>;

/// One worker at a time asks Meta about a template.
#[derive(Clone)]
pub(crate) struct Locks(Arc<[Arc<Mutex<()>>]>);

impl Locks {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Arc::default()).collect())
    }

    pub(crate) async fn of(&self, id: Id) -> Lock {
        let index = usize::try_from(id.template.ulid().0 % LOCKS as u128).unwrap_or_default();
        Arc::clone(&self.0[index]).lock_owned().await
    }
}

impl Templates {
    /// A template as the log has it now.
    pub(crate) async fn current(&self, id: Id) -> Result<Option<Arc<Template>>, Error> {
        self.library.catch_up(id.project).await?;
        Ok(self.library.get(id))
    }

    /// Appends what `decide` says about the template as it is, and gives it as it is then.
    ///
    /// # Errors
    /// [`Error::Refused`], also once the project's deletion erased its templates; [`Error::Contended`]; [`Error::Append`] and
    /// [`Error::Log`] while the log is unavailable.
    pub(crate) async fn carry_out(
        &self,
        id: Id,
        origin: &Origin,
        mut decide: impl FnMut(Option<&Template>) -> Result<Vec<TemplateEvent>, Refusal>,
    ) -> Result<Option<Arc<Template>>, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let template = self.current(id).await?;
            let events = decide(template.as_deref())?;
            if events.is_empty() {
                return Ok(template);
            }
            if self.library.space(id.project).erased.is_some() {
                return Err(Refusal::ProjectEnds.into());
            }
            let sequence = template.map_or(0, |template| template.sequence);
            match self.say(&id.subject(), sequence, events, origin).await {
                // Somebody said the same at the same time, and it is theirs: decide again.
                Ok(true) if origin.webhook.is_none() => {}
                Ok(_) => return Ok(self.library.get(id)),
                Err(Error::Append(AppendError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// Forgets every template of a project. Nothing, if this operation did.
    pub(crate) async fn erase(&self, project: ProjectId, operation: contract::OperationId, origin: &Origin) -> Result<(), Error> {
        self.library.catch_up(project).await?;
        let space = self.library.space(project);
        if space.erased == Some(operation) {
            return Ok(());
        }
        self.say(&Subject::template_space(project), space.sequence, vec![TemplatesErased { operation }.into()], origin).await.map(drop)
    }

    /// Appends events if the subject is still as it was read, and waits until they are known here. True: the log had them already.
    async fn say(&self, subject: &Subject, after: u64, events: Vec<TemplateEvent>, origin: &Origin) -> Result<bool, Error> {
        let expect = if after == 0 { Expect::New } else { Expect::At(after) };
        let events = events.into_iter().map(|event| self.envelope(subject, after, event, origin)).collect();
        let position = self.journal.append(subject, expect, events).await?;
        self.library.reach(position.sequence).await?;
        Ok(position.duplicate)
    }

    /// Makes the event. Within a request, the same fact after the same event has the same id, and so has a fact that follows from the same
    /// webhook: what is appended a second time is recognised.
    fn envelope(&self, subject: &Subject, after: u64, event: TemplateEvent, origin: &Origin) -> NewEvent {
        let id = match origin.webhook {
            Some(webhook) => EventId::derive(event.event_type(), &[subject.as_str(), &webhook.to_string()]),
            None => {
                let request = origin.context.correlation.as_deref().unwrap_or_default();
                EventId::derive_from_bytes(event.event_type(), &[subject.as_str(), &after.to_string(), request], &event.encode())
            }
        };
        event.into_new(id, SOURCE, self.clock.now(), origin.context.clone())
    }
}
