//! What bots, flow-sync, templates, media and billing say: a step is done, or the project may do more or less than before. Nothing of it has rows of its own.

use contract::{BillingEvent, BotEvent, Event, FlowEvent, MediaEvent, ProjectId, Recorded, Stream, TemplateEvent};
use journal::{Handled, Handler, project_of};

use super::stop;
use crate::Lifecycle;
use crate::decide::Command;
use crate::error::Error;
use crate::operation::steps;
use crate::origin::Origin;
use crate::project::Project;

/// Follows `bot`, `flow`, `template`, `media` or `billing`.
pub(super) struct OnReport(pub(super) Lifecycle);

impl Handler for OnReport {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(stop) })).await
    }
}

impl OnReport {
    async fn on(&self, id: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        let Some(command) = command(id, recorded)? else { return Ok(()) };
        if self.0.carry_out(id, &command, None, &Origin::Event(recorded)).await?.is_none() {
            self.0.after_the_end(id, recorded.stream()).await?;
        }
        Ok(())
    }
}

fn command(id: ProjectId, recorded: &Recorded) -> Result<Option<Command>, Error> {
    Ok(match recorded.stream() {
        Stream::Bot => of_bot(id, &BotEvent::read(recorded)?),
        Stream::Flow => of_flow(id, &FlowEvent::read(recorded)?),
        Stream::Template => of_template(&TemplateEvent::read(recorded)?),
        Stream::Media => of_media(&MediaEvent::read(recorded)?),
        Stream::Billing => of_billing(id, recorded.sequence, &BillingEvent::read(recorded)?),
        Stream::Webhook
        | Stream::Usage
        | Stream::Project
        | Stream::Database
        | Stream::Conversation
        | Stream::Workspace
        | Stream::Parked
        | Stream::Position => None,
    })
}

fn of_bot(id: ProjectId, event: &BotEvent) -> Option<Command> {
    let step = steps::CODE;
    match event {
        BotEvent::CodeInitialised(_) => Some(Command::StepDone { operation: Project::making(id), step }),
        BotEvent::CodeReset(reset) => Some(Command::StepDone { operation: reset.operation, step }),
        BotEvent::CodeErased(erased) => Some(Command::StepDone { operation: erased.operation, step }),
        BotEvent::CodeCommitted(_) => None,
    }
}

fn of_flow(id: ProjectId, event: &FlowEvent) -> Option<Command> {
    let step = steps::FLOW_SPACE;
    match event {
        FlowEvent::FlowSpaceCreated(_) => Some(Command::StepDone { operation: Project::making(id), step }),
        FlowEvent::FlowSpaceErased(erased) => Some(Command::StepDone { operation: erased.operation, step }),
        FlowEvent::FlowCreated(_)
        | FlowEvent::FlowUpdated(_)
        | FlowEvent::FlowNameTaken(_)
        | FlowEvent::FlowRevised(_)
        | FlowEvent::FlowLinked(_)
        | FlowEvent::FlowUploaded(_)
        | FlowEvent::FlowPublished(_)
        | FlowEvent::FlowStatusReported(_)
        | FlowEvent::FlowDeleted(_)
        | FlowEvent::FlowSyncFailed(_)
        | FlowEvent::FlowDriftFound(_)
        | FlowEvent::FlowDriftResolved(_)
        | FlowEvent::FlowHealthReported(_) => None,
    }
}

fn of_template(event: &TemplateEvent) -> Option<Command> {
    match event {
        TemplateEvent::TemplatesErased(erased) => Some(Command::StepDone { operation: erased.operation, step: steps::TEMPLATES }),
        TemplateEvent::TemplateRequested(_)
        | TemplateEvent::TemplateSubmitted(_)
        | TemplateEvent::TemplateRefused(_)
        | TemplateEvent::TemplateFound(_)
        | TemplateEvent::TemplateEditRequested(_)
        | TemplateEvent::TemplateEdited(_)
        | TemplateEvent::TemplateStatusReported(_)
        | TemplateEvent::TemplateCategoryReported(_)
        | TemplateEvent::TemplateQualityReported(_)
        | TemplateEvent::TemplateComponentsReported(_)
        | TemplateEvent::TemplateDeleteRequested(_)
        | TemplateEvent::TemplateDeleted(_) => None,
    }
}

fn of_media(event: &MediaEvent) -> Option<Command> {
    match event {
        MediaEvent::MediaErased(erased) => Some(Command::StepDone { operation: erased.operation, step: steps::MEDIA }),
        MediaEvent::MediaUploaded(_) | MediaEvent::MediaStored(_) | MediaEvent::MediaFailed(_) | MediaEvent::MediaDeleted(_) => None,
    }
}

fn of_billing(id: ProjectId, sequence: u64, event: &BillingEvent) -> Option<Command> {
    match event {
        BillingEvent::TrialStarted(_) => Some(Command::StepDone { operation: Project::making(id), step: steps::TRIAL }),
        BillingEvent::EntitlementChanged(changed) => Some(Command::Entitle { entitlement: changed.entitlement, at: changed.at, sequence }),
        BillingEvent::SubscriptionClosed(closed) => Some(Command::StepDone { operation: closed.operation, step: steps::BILLING }),
        BillingEvent::PaymentRequested(_)
        | BillingEvent::PaymentSucceeded(_)
        | BillingEvent::PaymentFailed(_)
        | BillingEvent::PaymentMismatched(_)
        | BillingEvent::CycleStarted(_)
        | BillingEvent::CycleExtended(_)
        | BillingEvent::PauseScheduled(_)
        | BillingEvent::CancellationScheduled(_)
        | BillingEvent::ScheduleWithdrawn(_)
        | BillingEvent::SubscriptionPastDue(_)
        | BillingEvent::ReminderDue(_)
        | BillingEvent::SubscriptionPaused(_)
        | BillingEvent::SubscriptionCancelled(_)
        | BillingEvent::SubscriptionExpired(_)
        | BillingEvent::CreditsAdded(_)
        | BillingEvent::CreditsUsed(_) => None,
    }
}
