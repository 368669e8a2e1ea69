//! The rules of a project's life, pure: what is so, what is asked and when → what happens, or why not.

mod absent;
pub(crate) mod allowance;
mod create;
mod delete;
pub(crate) mod described;
pub(crate) mod number;
mod operate;
mod refusal;
mod suspend;
mod transfer;
mod update;

use chrono::{DateTime, Utc};
use contract::{
    BusinessProfileChanged, DisplayNameDecided, Entitlement, LeftAtMeta, NumberDescribed, NumberOffered, OperationId, ProjectEvent,
    ProjectId, Subject, TransferId, WorkspaceId,
};

pub use refusal::Refusal;

use crate::number::profile::ProfileChanges;
use crate::number::{MetaId, Number};
use crate::operation::heard::Heard;
use crate::project::Project;
use crate::project::name::ProjectName;
use crate::project::settings::Changes;

/// What is so, as far as the command needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The project, if it exists.
    pub project: Option<Project>,
    /// It existed once.
    pub erased: bool,
    /// Who holds the number that the command names.
    pub number_holder: Option<ProjectId>,
    /// How many events there are about the project.
    pub events: u64,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// A new project. Asked again with the same content it changes nothing.
    Create {
        /// Its name.
        name: ProjectName,
        /// See [`Project::conversation_idle_seconds`].
        conversation_idle_seconds: Option<u32>,
        /// Its owner.
        workspace: WorkspaceId,
        /// The key of its secrets, wrapped by the master key.
        wrapped_key: String,
    },
    /// Another name or another setting.
    Update(Changes),
    /// The project answers to this number from now on, and to no other.
    ConnectNumber(Number),
    /// The project answers to no number; one that a signup brought is given back at Meta first.
    DisconnectNumber {
        /// The operation that gives it back.
        operation: OperationId,
    },
    /// A signup at Meta brought a number.
    OfferNumber {
        /// Which.
        number: MetaId,
        /// With what is needed to use it, and the operation that connects it.
        offer: NumberOffered,
        /// The key that it is sealed under, wrapped by the master key, if the project had none.
        wrapped_key: Option<String>,
    },
    /// The number that was offered can be used.
    NumberRead {
        /// Of which operation.
        operation: OperationId,
        /// The number.
        number: Number,
        /// What Meta says about it.
        described: NumberDescribed,
    },
    /// Meta says something new about the number that has this id.
    DescribeNumber(NumberDescribed),
    /// Meta took a change of the business profile.
    ChangeProfile {
        /// The profile as Meta had it just before.
        before: BusinessProfileChanged,
        /// What is different.
        changes: ProfileChanges,
    },
    /// Meta was asked for another display name.
    RequestDisplayName {
        /// Which.
        name: String,
    },
    /// Meta decided about a display name.
    DecideDisplayName(DisplayNameDecided),
    /// A display name about which Meta has said nothing for too long is given up: who looks at Meta says so, after a last look.
    GiveUpDisplayName,
    /// The bot's code is to be what every bot begins with.
    Reset {
        /// The operation that does it.
        operation: OperationId,
    },
    /// The project is to go, for ever.
    Delete {
        /// The operation that does it.
        operation: OperationId,
        /// What the caller typed: the project's name.
        confirm: String,
        /// Whether events are also overwritten on the broker's disk.
        overwrite: bool,
    },
    /// What failed is to go on.
    Retry,
    /// A step is done.
    StepDone {
        /// Of which operation.
        operation: OperationId,
        /// Which.
        step: &'static str,
    },
    /// A step cannot be done.
    StepFailed {
        /// Of which operation.
        operation: OperationId,
        /// Which.
        step: &'static str,
        /// Stable name of the cause.
        code: &'static str,
        /// Why, for the owner to read.
        reason: String,
        /// The sequence of what the project had said last when it was tried. Of an attempt that came before a retry nothing follows.
        since: u64,
    },
    /// What Meta was to take back is settled.
    GivenBack {
        /// Of which operation.
        operation: OperationId,
        /// The step, or one call of it.
        step: String,
        /// What stays there all the same.
        left: Option<LeftAtMeta>,
        /// As of [`Command::StepFailed`].
        since: u64,
    },
    /// Billing says what the project may do.
    Entitle {
        /// What.
        entitlement: Entitlement,
        /// From when on.
        at: DateTime<Utc>,
        /// Where stream `billing` says so.
        sequence: u64,
    },
    /// The project is offered to another workspace.
    RequestTransfer {
        /// The offer.
        transfer: TransferId,
        /// By whom.
        from: WorkspaceId,
        /// To whom.
        to: WorkspaceId,
    },
    /// The other workspace takes it.
    AcceptTransfer {
        /// The offer.
        transfer: TransferId,
    },
    /// The workspace that took it is gone.
    ReturnTransfer {
        /// Of the way back, which nobody offered: what follows from a transfer, as the bot's password does, becomes another with it.
        transfer: TransferId,
        /// Which.
        gone: WorkspaceId,
    },
    /// The other workspace does not want it.
    DeclineTransfer {
        /// The offer.
        transfer: TransferId,
    },
    /// The owner takes the offer back.
    WithdrawTransfer,
    /// Whatever is due happens.
    Due {
        /// What a step that waits was told last.
        heard: Option<Heard>,
    },
}

/// What happens, and to which entity. All of one decision is appended together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    /// The entity.
    pub subject: Subject,
    /// What happens to it.
    pub event: ProjectEvent,
}

impl Command {
    /// The number whose claim the command needs, beside that of the number that the project has.
    pub(crate) fn claims(&self) -> Option<&MetaId> {
        if let Self::ConnectNumber(Number { id, .. })
        | Self::OfferNumber { number: id, .. }
        | Self::NumberRead { number: Number { id, .. }, .. } = self
        {
            Some(id)
        } else {
            None
        }
    }
}

/// Decides about `command` on project `id`. No facts: it is so already.
pub(crate) fn decide(state: &State, id: ProjectId, command: &Command, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    if let Command::Create { name, conversation_idle_seconds, workspace, wrapped_key } = command {
        return create::create(state, id, create::asked(name, *conversation_idle_seconds, *workspace), wrapped_key, now);
    }
    let Some(project) = &state.project else {
        return absent::absent(state, command);
    };
    let facts = match command {
        Command::Create { .. } => Ok(Vec::new()),
        Command::Update(changes) => update::update(project, changes),
        Command::ConnectNumber(number) => number::connect(project, state.number_holder, number),
        Command::DisconnectNumber { operation } => number::disconnect(project, *operation, now),
        Command::OfferNumber { offer, wrapped_key, .. } => number::offer(project, state.number_holder, offer, wrapped_key.as_deref(), now),
        Command::NumberRead { operation, number, described } => {
            Ok(number::read(project, state.number_holder, *operation, number, described))
        }
        Command::DescribeNumber(described) => Ok(described::number(project, described)),
        Command::ChangeProfile { before, changes } => described::profile(project, before, changes),
        Command::RequestDisplayName { name } => described::name_requested(project, name),
        Command::DecideDisplayName(decided) => Ok(described::name_decided(project, decided)),
        Command::GiveUpDisplayName => Ok(described::name_overdue(project, now)),
        Command::Reset { operation } => operate::reset(project, *operation, now),
        Command::Delete { operation, confirm, overwrite } => delete::delete(project, *operation, confirm, *overwrite, now),
        Command::Retry => operate::retry(project, now),
        Command::StepDone { operation, step } => Ok(operate::step_done(project, *operation, step)),
        Command::StepFailed { operation, step, code, reason, since } => {
            Ok(operate::step_failed(project, *operation, operate::Why { step, code, reason }, *since))
        }
        Command::GivenBack { operation, step, left, since } => Ok(operate::given_back(project, *operation, step, left.as_ref(), *since)),
        Command::Entitle { entitlement, at, sequence } => Ok(suspend::entitle(project, *entitlement, *at, *sequence)),
        Command::RequestTransfer { transfer, from, to } => transfer::request(project, *transfer, (*from, *to), now),
        Command::AcceptTransfer { transfer } => transfer::accept(project, *transfer, now),
        Command::ReturnTransfer { transfer, gone } => Ok(transfer::give_back(project, *transfer, *gone)),
        Command::DeclineTransfer { transfer } => transfer::decline(project, *transfer, now),
        Command::WithdrawTransfer => transfer::withdraw(project, now),
        Command::Due { heard } => Ok([operate::overdue(project, heard.as_ref(), now), transfer::overdue(project, now)].concat()),
    }?;
    if !facts.is_empty() && allowance::at_will(project, command) {
        allowance::room(state.events, project, now)?;
    }
    Ok(facts)
}

/// A fact about the project itself.
fn on(project: ProjectId, event: impl Into<ProjectEvent>) -> Fact {
    Fact { subject: Subject::project(project), event: event.into() }
}

/// A project that is going takes part in nothing else.
fn staying(project: &Project) -> Result<(), Refusal> {
    if project.leaving() { Err(Refusal::ProjectDeleting(project.operation.id)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
