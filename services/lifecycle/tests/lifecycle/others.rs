//! The other services, as far as lifecycle hears of them: what each says in the log when its part is done.

use chrono::TimeDelta;
use contract::{
    BillingEvent, BotEvent, CodeErased, CodeInitialised, CodeReset, Context, DatabaseDropped, DatabaseEvent, DatabaseFailed, DatabaseReady,
    DatabaseStep, DatabaseStepCompleted, Entitlement, EntitlementChanged, Event, EventId, FlowEvent, FlowSpaceCreated, FlowSpaceErased,
    MediaErased, MediaEvent, OperationId, ProjectId, Subject, SubscriptionClosed, TemplateEvent, TemplatesErased, TrialStarted, UserId,
    WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind,
};
use journal::Expect;

use crate::world::World;

/// The steps of making a project, each done by another service.
pub(crate) const MAKING: [&str; 4] = ["database", "code", "flow_space", "trial"];
/// The steps of a deletion that other services do.
pub(crate) const UNMAKING: [&str; 6] = ["database", "code", "flow_space", "templates", "media", "billing"];

impl World {
    /// What databases says of a finer step.
    pub(crate) async fn say_done(&self, id: ProjectId, step: DatabaseStep) {
        self.say(&Subject::database(id), DatabaseEvent::from(DatabaseStepCompleted { step })).await;
    }

    pub(crate) async fn say_failed(&self, id: ProjectId, step: DatabaseStep) {
        self.say(&Subject::database(id), DatabaseEvent::from(DatabaseFailed { step, reason: "no space".into() })).await;
    }

    /// What databases says that has tried upon `cause`, and whose clock is off by so much.
    pub(crate) async fn say_failed_upon(&self, id: ProjectId, cause: EventId, clock: TimeDelta, reason: &str) {
        let failed = DatabaseEvent::from(DatabaseFailed { step: DatabaseStep::Database, reason: reason.into() });
        let context = Context { causation: Some(cause), ..Context::default() };
        let event = failed.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now() + clock, context);
        self.journal.append(&Subject::database(id), Expect::Any, vec![event]).await.unwrap();
    }

    /// One of [`MAKING`].
    pub(crate) async fn say_made(&self, id: ProjectId, step: &str) {
        let now = self.clock.now();
        match step {
            "database" => {
                let ready = DatabaseReady { database: "d".into(), bot_role: "b".into(), schema_version: 1 };
                self.say(&Subject::database(id), DatabaseEvent::from(ready)).await;
            }
            "code" => self.say(&Subject::bot(id), BotEvent::from(CodeInitialised { version: "v".into() })).await,
            "flow_space" => self.say(&Subject::flow_space(id), FlowEvent::from(FlowSpaceCreated {})).await,
            "trial" => self.say(&Subject::billing(id), BillingEvent::from(TrialStarted { starts_at: now, ends_at: now })).await,
            other => panic!("{other} is no step"),
        }
    }

    /// All of [`MAKING`].
    pub(crate) async fn say_all_made(&self, id: ProjectId) {
        for step in MAKING {
            self.say_made(id, step).await;
        }
    }

    /// A project that is ready.
    pub(crate) async fn ready(&self, name: &str) -> ProjectId {
        let id = self.create(name).await;
        self.say_all_made(id).await;
        self.until_status(id, "ready").await;
        id
    }

    /// One of [`UNMAKING`].
    pub(crate) async fn say_gone(&self, id: ProjectId, operation: OperationId, step: &str) {
        match step {
            "database" => self.say(&Subject::database(id), DatabaseEvent::from(DatabaseDropped { operation })).await,
            "code" => self.say(&Subject::bot(id), BotEvent::from(CodeErased { operation })).await,
            "flow_space" => self.say(&Subject::flow_space(id), FlowEvent::from(FlowSpaceErased { operation })).await,
            "templates" => self.say(&Subject::template_space(id), TemplateEvent::from(TemplatesErased { operation })).await,
            "media" => self.say(&Subject::media_space(id), MediaEvent::from(MediaErased { operation })).await,
            "billing" => self.say(&Subject::billing(id), BillingEvent::from(SubscriptionClosed { operation })).await,
            other => panic!("{other} is no step"),
        }
    }

    pub(crate) async fn say_reset(&self, id: ProjectId, operation: OperationId) {
        let reset = CodeReset { version: "v".into(), parent: "w".into(), operation };
        self.say(&Subject::bot(id), BotEvent::from(reset)).await;
    }

    pub(crate) async fn say_entitled(&self, id: ProjectId, entitlement: Entitlement) {
        let changed = EntitlementChanged { entitlement, at: self.clock.now() };
        self.say(&Subject::billing(id), BillingEvent::from(changed)).await;
    }

    /// A workspace that access created.
    pub(crate) async fn workspace(&self, kind: WorkspaceKind) -> WorkspaceId {
        let owner = UserId::from_ulid(self.ids.ulid());
        let id = match kind {
            WorkspaceKind::Personal => WorkspaceId::personal(owner),
            WorkspaceKind::Team => WorkspaceId::from_ulid(self.ids.ulid()),
        };
        let created = WorkspaceCreated { name: "W".into(), kind, owner };
        self.say(&Subject::workspace(id), WorkspaceEvent::from(created)).await;
        id
    }
}

/// The id of an operation in an answer.
pub(crate) fn operation_of(answer: &serde_json::Value) -> OperationId {
    answer["id"].as_str().unwrap().parse().unwrap()
}
