//! Words about a project after its end: credits were used, and Meta answered a sender, who both stood still meanwhile.

use chassis::Ids;
use chrono::TimeDelta;
use contract::{
    AiUsageReported, ContactId, Context, ConversationEvent, Event, EventId, MessageId, ProjectId, ReadSettled, Stream, Subject, UsageEvent,
};
use e2e::Stage;
use e2e::erased::marks::{NAME, WORDS};
use journal::Expect;

/// So long after the end it is looked for them the first time.
pub(crate) const LOOK: TimeDelta = TimeDelta::seconds(60);

pub(crate) async fn speak(stage: &Stage, project: ProjectId) {
    let (ids, now) = (Ids::new(stage.clock.clone()), stage.clock.now());
    let used = UsageEvent::from(AiUsageReported { usage: ids.ulid().to_string(), credits: 1, what: WORDS.to_owned() });
    let used = used.into_new(EventId::from_ulid(ids.ulid()), "/test", now, Context::default());
    let message = MessageId::from_ulid(ids.ulid());
    let settled = ConversationEvent::from(ReadSettled { message, shown: false, reason: Some(NAME.to_owned()), at: now });
    let settled = settled.into_new(EventId::from_ulid(ids.ulid()), "/test", now, Context::default());
    let contact = ContactId::from_ulid(ids.ulid());
    for (subject, event) in [(Subject::usage(project), used), (Subject::conversation(project, contact), settled)] {
        stage.journal.append(&subject, Expect::Any, vec![event]).await.unwrap();
    }
    assert_eq!(heard(stage, project).await, 2);
}

/// How much of that is in the log.
pub(crate) async fn heard(stage: &Stage, project: ProjectId) -> u64 {
    let of = async |stream: Stream, pattern: String| stage.journal.subjects(stream, &pattern).await.unwrap().values().sum::<u64>();
    of(Stream::Usage, format!("usage.{project}")).await + of(Stream::Conversation, format!("conversation.{project}.>")).await
}
