//! Redelivery: whatever is handed over again, in whatever portions, the tables and the log stay as they are.

use chassis::{Clock, Ids};
use contract::{
    Context, DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, DatabaseStepCompleted, Event, EventId, ProjectId, Recorded,
    Stream, Subject,
};
use embedded::{Nats, Postgres};
use journal::{ConnectOptions, Expect, Handler, Journal};
use sqlx::postgres::PgPoolOptions;

use super::{OnDatabase, OnProject};
use crate::command::Origin;
use crate::decide::Command;
use crate::number::Number;
use crate::project::Project;
use crate::provisioning::Provisioning;
use crate::{Lifecycle, STREAMS, store};

struct Given {
    lifecycle: Lifecycle,
    journal: Journal,
    id: ProjectId,
    _nats: Nats,
}

impl Given {
    /// A project with a life behind it, of which the tables know nothing but what its commands wrote.
    async fn new(outcome: DatabaseEvent) -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&STREAMS).await.unwrap();
        let url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
        let pool = PgPoolOptions::new().max_connections(2).connect(&url).await.unwrap();
        let ids = Ids::new(Clock::System);
        let lifecycle = Lifecycle::new(journal.clone(), pool, Clock::System, ids.clone());
        lifecycle.prepare().await.unwrap();
        let id = ProjectId::from_ulid(ids.ulid());
        let number = |digits: &str| Command::ConnectNumber(Number { id: digits.parse().unwrap(), waba: None, display: None });
        let create = Command::Create { name: "Pizza".parse().unwrap(), conversation_idle_seconds: None };
        for command in [create, number("1"), number("2"), Command::DisconnectNumber, number("3")] {
            lifecycle.command(id, &command, None, &Origin::Request("req")).await.unwrap();
        }
        let steps = DatabaseStep::ALL.map(|step| DatabaseStepCompleted { step }.into());
        for event in steps.into_iter().chain([outcome]) {
            let event = event.into_new(EventId::from_ulid(ids.ulid()), "/test", Clock::System.now(), Context::default());
            journal.append(&Subject::database(id), Expect::Any, vec![event]).await.unwrap();
        }
        Self { lifecycle, journal, id, _nats: nats }
    }

    async fn events(&self, stream: Stream) -> Vec<Recorded> {
        let subject = if stream == Stream::Project { Subject::project(self.id) } else { Subject::database(self.id) };
        self.journal.entity(&subject).await.unwrap()
    }

    async fn deliver(&self, stream: Stream, events: &[Recorded]) {
        let handled = match stream {
            Stream::Project => OnProject(self.lifecycle.clone()).handle("project", events).await,
            _ => OnDatabase(self.lifecycle.clone()).handle("database", events).await,
        };
        assert_eq!((handled.done, handled.stopped), (events.len(), None));
    }

    /// The rows, and where the log ends.
    async fn outcome(&self) -> (Option<(Project, Provisioning)>, u64) {
        let last = self.journal.state(Stream::Project).await.unwrap().last;
        (store::find_project(&self.lifecycle.pool, self.id).await.unwrap(), last)
    }

    async fn forget_tables(&self) {
        sqlx::raw_sql("TRUNCATE lifecycle.projects, lifecycle.databases").execute(&self.lifecycle.pool).await.unwrap();
    }
}

fn ready() -> DatabaseEvent {
    DatabaseReady { database: "d".into(), bot_role: "b".into(), schema_version: 1 }.into()
}

fn failed() -> DatabaseEvent {
    DatabaseFailed { step: DatabaseStep::Privileges, reason: "r".into() }.into()
}

#[tokio::test]
async fn any_portions_of_the_streams_any_number_of_times_give_the_same_rows_and_no_further_event() {
    for outcome in [ready(), failed()] {
        let given = Given::new(outcome).await;
        given.deliver(Stream::Database, &given.events(Stream::Database).await).await;
        given.deliver(Stream::Project, &given.events(Stream::Project).await).await;
        let expected = given.outcome().await;
        assert!(expected.0.as_ref().is_some_and(|(project, _)| project.settled_at.is_some()), "{expected:?}");

        // Everything again; then every end of it again, which is what a position that fell back gives.
        for stream in [Stream::Project, Stream::Database] {
            let events = given.events(stream).await;
            for from in 0..events.len() {
                given.deliver(stream, &events[from..]).await;
                assert_eq!(given.outcome().await, expected, "{stream} again from {from}");
            }
        }
        // From nothing, in portions of every size, the database's stream first and last.
        for size in 1..=8 {
            given.forget_tables().await;
            let mut streams = [Stream::Project, Stream::Database];
            streams.rotate_left(size % 2);
            for stream in streams {
                for portion in given.events(stream).await.chunks(size) {
                    given.deliver(stream, portion).await;
                }
            }
            assert_eq!(given.outcome().await, expected, "in portions of {size}");
        }
    }
}

#[tokio::test]
async fn a_lost_reaction_is_made_up_for_by_the_next_delivery() {
    let given = Given::new(ready()).await;
    // As after a crash between the row and the append.
    let events = given.events(Stream::Database).await;
    let folded = events.iter().fold(Provisioning::none(given.id), |so_far, recorded| {
        so_far.fold(recorded.sequence, recorded.time, &DatabaseEvent::decode(recorded).unwrap())
    });
    store::save_provisioning(&given.lifecycle.pool, &folded).await.unwrap();
    given.deliver(Stream::Database, &events).await;
    let (project, _) = given.outcome().await.0.unwrap();
    assert_eq!(project.status, crate::project::Status::Ready);
}

#[tokio::test]
async fn an_event_that_nobody_can_read_is_parked_and_changes_nothing() {
    let given = Given::new(ready()).await;
    let before = given.outcome().await;
    let mut events = given.events(Stream::Database).await;
    events.last_mut().unwrap().data = "{".into();
    let handled = OnDatabase(given.lifecycle.clone()).handle("database", &events).await;
    assert!(matches!(handled.stopped, Some(journal::Stop::Park { .. })), "{handled:?}");
    assert_eq!((handled.done, given.outcome().await), (0, before));
}
