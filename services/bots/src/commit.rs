//! The way of a change: read what is so from the log, make sure of the objects, append under the condition that it is still so.
//!
//! Objects come before the event that names them, and go before the event that says that they are gone. Whoever loses a race reads again
//! and decides again; an upload that loses to a deletion takes its objects away with it.

use chassis::Problem;
use contract::{BotEvent, Context, Event, EventId, NewEvent, ProjectId, Recorded, SYSTEM_ACTOR, Subject};
use journal::{AppendError, Expect};

use crate::code::Code;
use crate::decide::{Refusal, Task, Wish, commit, decide};
use crate::error::Error;
use crate::files::Files;
use crate::initial::initial;
use crate::standing::Standing;
use crate::{Bots, keep};

const SOURCE: &str = "/paige/bots";
/// How often a wish is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 8;
const RETRY_AFTER_S: u32 = 1;

impl Bots {
    /// Does what an event of the project asks for. Nothing, if it was done.
    pub(crate) async fn carry_out(&self, project: ProjectId, task: Task, cause: &Recorded) -> Result<(), Error> {
        let code = self.code(project).await?;
        let first = initial();
        let events = decide(&code, task, first.manifest().version().as_str());
        if events.is_empty() {
            return Ok(());
        }
        match task {
            Task::Initialise | Task::Reset(_) => drop(keep::store(&self.storage, project, &first).await?),
            Task::Erase(_) => keep::erase(&self.storage, project).await?,
        }
        let context = Context::following(cause, chassis::traceparent::after, SYSTEM_ACTOR);
        self.say(project, &code, events, &context).await
    }

    /// Makes `files` the current version, for a request, and gives the code as it is then.
    pub(crate) async fn grant(
        &self,
        project: ProjectId,
        files: &Files,
        message: &str,
        expected: Option<String>,
        context: &Context,
    ) -> Result<Code, Problem> {
        let wish = Wish { version: files.manifest().version(), message: message.to_owned(), expected };
        let granted = self.try_grant(project, files, &wish, context).await;
        if granted.is_err() && self.standing(project).await?.ends {
            keep::erase(&self.storage, project).await?;
        }
        granted
    }

    async fn try_grant(&self, project: ProjectId, files: &Files, wish: &Wish, context: &Context) -> Result<Code, Problem> {
        let mut stored = false;
        for _ in 0..ATTEMPTS_MAX {
            usable(&self.standing(project).await?)?;
            let code = self.code(project).await?;
            let Some(event) = commit(&code, wish).map_err(refused)? else { return Ok(code) };
            if !stored {
                keep::store(&self.storage, project, files).await?;
                stored = true;
            }
            match self.say(project, &code, vec![event], context).await {
                Ok(()) => return Ok(self.code(project).await?),
                Err(Error::Append(AppendError::Conflict { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::unavailable("contended", RETRY_AFTER_S, "others changed the code faster"))
    }

    /// Appends events, if the code is still as it was read.
    async fn say(&self, project: ProjectId, code: &Code, events: Vec<BotEvent>, context: &Context) -> Result<(), Error> {
        let expect = if code.sequence == 0 { Expect::New } else { Expect::At(code.sequence) };
        let events = events.into_iter().map(|event| self.envelope(project, code.sequence, event, context)).collect();
        self.journal.append(&Subject::bot(project), expect, events).await?;
        Ok(())
    }

    /// The same fact after the same event has the same id: what is appended again is recognised. Two facts have two.
    fn envelope(&self, project: ProjectId, after: u64, event: BotEvent, context: &Context) -> NewEvent {
        let parts = [project.to_string(), after.to_string()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let id = EventId::derive_from_bytes(event.event_type(), &parts, &event.encode());
        event.into_new(id, SOURCE, self.clock.now(), context.clone())
    }
}

/// Whether the code of a project may be changed now.
fn usable(standing: &Standing) -> Result<(), Problem> {
    if !standing.exists {
        return Err(Problem::not_found("there is no such project"));
    }
    match standing.changes_code() {
        Some(operation) => Err(Problem::conflict("operation_running", format!("{operation} changes the code: wait until it has ended"))),
        None if standing.ends => Err(Problem::conflict("project_ends", "the deletion of the project has begun")),
        None => Ok(()),
    }
}

fn refused(refusal: Refusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        Refusal::NotReady => Problem::conflict("code_not_ready", detail),
        Refusal::OtherVersion { .. } => Problem::new(axum::http::StatusCode::PRECONDITION_FAILED, "version_mismatch").detail(detail),
    }
}
