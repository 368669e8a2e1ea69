//! Redelivery: whatever is handed over again, in whatever portions, the tables and the log stay as they are.

use chassis::{Clock, Ids};
use contract::BillingEvent;
use contract::{
    BotEvent, CodeInitialised, Context, DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, DatabaseStepCompleted, Entitlement,
    EntitlementChanged, Event, EventId, FlowEvent, FlowSpaceCreated, NewEvent, ProjectId, Recorded, Stream, Subject, TrialStarted,
    WorkspaceId,
};
use embedded::{Nats, Postgres};
use journal::{ConnectOptions, Expect, Handler, Journal};
use sqlx::postgres::PgPoolOptions;

use super::database::OnDatabase;
use super::project::OnProject;
use super::reports::OnReport;
use crate::decide::Command;
use crate::number::Number;
use crate::origin::Origin;
use crate::project::provisioning::Provisioning;
use crate::project::{Project, Status};
use crate::{Lifecycle, STREAMS, store};

/// Templates and media have something to say of a deletion alone.
const FOLLOWED: [Stream; 5] = [Stream::Project, Stream::Database, Stream::Bot, Stream::Flow, Stream::Billing];

struct Given {
    lifecycle: Lifecycle,
    journal: Journal,
    ids: Ids,
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
        let master = "11".repeat(32).parse().unwrap();
        let lifecycle = Lifecycle::new(journal.clone(), pool, Clock::System, ids.clone(), master);
        lifecycle.prepare().await.unwrap();
        let id = ProjectId::from_ulid(ids.ulid());
        let number = |digits: &str| Command::ConnectNumber(Number { id: digits.parse().unwrap(), waba: None, display: None });
        let create = Command::Create {
            name: "Pizza".parse().unwrap(),
            conversation_idle_seconds: None,
            workspace: WorkspaceId::INSTALLATION,
            wrapped_key: "v1.".to_owned(),
        };
        for command in [
            create,
            number("1"),
            number("2"),
            Command::DisconnectNumber { operation: contract::OperationId::from_ulid(ids.ulid()) },
            number("3"),
        ] {
            lifecycle.command(id, &command, None, &Origin::Request { id: "req", actor: "key_platform" }).await.unwrap();
        }
        let given = Self { lifecycle, journal, ids, id, _nats: nats };
        for event in DatabaseStep::ALL.map(|step| DatabaseStepCompleted { step }.into()).into_iter().chain([outcome]) {
            given.say(event).await;
        }
        let (starts_at, ends_at) = (Clock::System.now(), Clock::System.now());
        given.say(BotEvent::from(CodeInitialised { version: "v".into() })).await;
        given.say(FlowEvent::from(FlowSpaceCreated {})).await;
        given.say(BillingEvent::from(TrialStarted { starts_at, ends_at })).await;
        for entitlement in [Entitlement::Live, Entitlement::Suspended, Entitlement::Live, Entitlement::Suspended] {
            given.say(BillingEvent::from(EntitlementChanged { entitlement, at: ends_at })).await;
        }
        given
    }

    async fn say(&self, event: impl Event) {
        let id = EventId::from_ulid(self.ids.ulid());
        let event: NewEvent = event.into_new(id, "/test", Clock::System.now(), Context::default());
        let stream = Stream::parse(event.event_type.split('.').next().unwrap()).unwrap();
        self.journal.append(&self.subject(stream), Expect::Any, vec![event]).await.unwrap();
    }

    fn subject(&self, stream: Stream) -> Subject {
        match stream {
            Stream::Project => Subject::project(self.id),
            Stream::Database => Subject::database(self.id),
            Stream::Bot => Subject::bot(self.id),
            Stream::Flow => Subject::flow_space(self.id),
            Stream::Billing => Subject::billing(self.id),
            other => panic!("{other} says nothing of a project"),
        }
    }

    async fn events(&self, stream: Stream) -> Vec<Recorded> {
        self.journal.entity(&self.subject(stream)).await.unwrap()
    }

    async fn deliver(&self, stream: Stream, events: &[Recorded]) {
        let (lifecycle, key) = (self.lifecycle.clone(), format!("{stream}.{}", self.id));
        let handled = match stream {
            Stream::Project => OnProject(lifecycle).handle(&key, events).await,
            Stream::Database => OnDatabase(lifecycle).handle(&key, events).await,
            _ => OnReport(lifecycle).handle(&key, events).await,
        };
        assert_eq!((handled.done, handled.stopped), (events.len(), None));
    }

    async fn deliver_all(&self) {
        for stream in FOLLOWED {
            self.deliver(stream, &self.events(stream).await).await;
        }
        self.deliver(Stream::Project, &self.events(Stream::Project).await).await;
    }

    /// The rows, and where the log ends.
    async fn outcome(&self) -> (Option<(Project, Provisioning)>, u64) {
        let last = self.journal.state(Stream::Project).await.unwrap().last;
        (store::find_project(&self.lifecycle.pool, self.id).await.unwrap(), last)
    }

    async fn forget_tables(&self) {
        sqlx::raw_sql("TRUNCATE lifecycle.projects, lifecycle.operations, lifecycle.databases")
            .execute(&self.lifecycle.pool)
            .await
            .unwrap();
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
    for (outcome, status) in [(ready(), Status::Suspended), (failed(), Status::Failed)] {
        let given = Given::new(outcome).await;
        given.deliver_all().await;
        let expected = given.outcome().await;
        assert_eq!(expected.0.as_ref().map(|(project, _)| project.status()), Some(status), "{expected:?}");

        // Everything again; then every end of it again, which is what a position that fell back gives.
        for stream in FOLLOWED {
            let events = given.events(stream).await;
            for from in 0..events.len() {
                given.deliver(stream, &events[from..]).await;
                assert_eq!(given.outcome().await, expected, "{stream} again from {from}");
            }
        }
        // From nothing, in portions of every size, each stream first once.
        for size in 1..=8 {
            given.forget_tables().await;
            let mut streams = FOLLOWED;
            streams.rotate_left(size % FOLLOWED.len());
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
    assert!(project.operation.done_at("database").is_some(), "{project:?}");
}

#[tokio::test]
async fn an_event_that_nobody_can_read_or_keep_is_parked_and_changes_nothing() {
    let given = Given::new(ready()).await;
    let before = given.outcome().await;
    let events = given.events(Stream::Database).await;
    let mut unreadable = events.clone();
    unreadable.last_mut().unwrap().data = "{".into();
    // No row of a database fits any more.
    let refuse = "ALTER TABLE lifecycle.databases ADD CONSTRAINT refused CHECK (false) NOT VALID";
    sqlx::raw_sql(refuse).execute(&given.lifecycle.pool).await.unwrap();
    for (events, why) in [(unreadable, "read event"), (events, "refused")] {
        let handled = OnDatabase(given.lifecycle.clone()).handle(&format!("database.{}", given.id), &events).await;
        assert!(matches!(&handled.stopped, Some(journal::Stop::Park { cause }) if cause.contains(why)), "{handled:?}");
        assert_eq!((handled.done, given.outcome().await), (0, before.clone()));
    }
}

#[tokio::test]
async fn of_reports_the_one_that_nobody_can_read_stops_and_what_came_before_it_is_done() {
    let given = Given::new(ready()).await;
    let mut reports = given.events(Stream::Billing).await;
    reports.last_mut().unwrap().data = "{".into();
    let handled = OnReport(given.lifecycle.clone()).handle(&format!("billing.{}", given.id), &reports).await;
    assert!(matches!(&handled.stopped, Some(journal::Stop::Park { cause }) if cause.contains("read event")), "{handled:?}");
    assert_eq!(handled.done, reports.len() - 1);
}
