//! The end of a deletion that overwrites: whoever is stopped in it finds what is still to be done.

use std::time::Duration;

use chassis::{Clock, Ids};
use contract::{
    Context, Event, EventId, OperationId, OperationKind, OperationStarted, OperationStepCompleted, ProjectErased, ProjectEvent, ProjectId,
    Subject,
};
use embedded::Nats;
use journal::{ConnectOptions, Expect, Journal};

use super::keep_only_the_end;
use crate::STREAMS;

#[tokio::test]
async fn that_events_are_to_be_overwritten_is_forgotten_when_every_one_is() {
    let nats = Nats::scratch().await.unwrap();
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
    journal.open(&STREAMS).await.unwrap();
    let ids = Ids::new(Clock::System);
    let (project, operation) = (ProjectId::from_ulid(ids.ulid()), OperationId::from_ulid(ids.ulid()));
    let subject = Subject::project(project);
    let step = || ProjectEvent::from(OperationStepCompleted { operation, step: "s".into(), left: None });
    let asked = OperationStarted { operation, kind: OperationKind::DeleteProject, deadline: Clock::System.now(), overwrite: true };
    let mut said: Vec<ProjectEvent> = (0..12).map(|_| step()).collect();
    said.extend([ProjectEvent::from(asked), step(), step(), ProjectEvent::from(ProjectErased { operation, left: None })]);
    let mut sequences = Vec::new();
    for event in said {
        let event = event.into_new(EventId::from_ulid(ids.ulid()), "/test", Clock::System.now(), Context::default());
        sequences.push(journal.append(&subject, Expect::Any, vec![event]).await.unwrap().sequence);
    }
    let (asked, end) = (sequences[12], sequences[15]);
    // Stopped again and again, each time a little later.
    for patience in 3.. {
        let stopped = tokio::time::timeout(Duration::from_millis(patience), keep_only_the_end(&journal, project, Some(asked))).await;
        let left: Vec<u64> = journal.entity(&subject).await.unwrap().iter().map(|event| event.sequence).collect();
        assert!(left == [end] || left.contains(&asked), "what is left is not overwritten: {left:?}");
        if let Ok(ended) = stopped {
            ended.unwrap();
            assert_eq!(left, [end]);
            return;
        }
    }
}
