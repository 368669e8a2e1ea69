//! Writes events about files. The first event about what became of a file counts; whoever comes second is told what it was.

use contract::{Context, Event, EventId, MediaEvent, MediaId, ProjectId, SYSTEM_ACTOR, Subject};
use journal::{AppendError, Expect};

use crate::Media;
use crate::error::Error;
use crate::facts::Facts;

const SOURCE: &str = "/paige/media";

impl Media {
    /// Says the first thing of a file. `Some`: it was not the first, and this is what the log has.
    pub(crate) async fn say_first(
        &self,
        project: ProjectId,
        media: MediaId,
        event: MediaEvent,
        context: Context,
    ) -> Result<Option<Facts>, Error> {
        match self.say(&Subject::media(project, media), Expect::New, event, &media.to_string(), context).await {
            Ok(()) => Ok(None),
            Err(Error::Append(conflict @ AppendError::Conflict { .. })) => match self.facts(project, media).await? {
                Some(facts) => Ok(Some(facts)),
                None => Err(conflict.into()),
            },
            Err(error) => Err(error),
        }
    }

    /// Says something. The same of the same thing has the same id: what is said again is recognised.
    pub(crate) async fn say(
        &self,
        subject: &Subject,
        expect: Expect,
        event: MediaEvent,
        about: &str,
        context: Context,
    ) -> Result<(), Error> {
        let id = EventId::derive(event.event_type(), &[subject.as_str(), about]);
        let event = event.into_new(id, SOURCE, self.clock.now(), context);
        self.journal.append(subject, expect, vec![event]).await?;
        Ok(())
    }
}

/// Of what media does by itself.
pub(crate) fn own_context() -> Context {
    Context::own(SYSTEM_ACTOR, chassis::traceparent::current())
}
