//! Whatever crosses what: resets, offers, a number, billing's words, steps that come late, the time and a deletion, in every order. A project
//! has one operation at a time, changes hands by an acceptance alone, is suspended as billing said last, and has a way on from wherever it is.

use contract::{Entitlement, TransferId};
use proptest::prelude::*;

use super::*;
use crate::number::Number;
use crate::project::Status;
use crate::transfer::TransferState;

/// How long it takes until something is asked, in minutes: past no deadline, or past that of a reset, of making, of an offer and of a deletion.
const LATER: [i64; 6] = [0, 1, 6, 16, 24 * 60, 8 * 24 * 60];
const KINDS: usize = 22;

/// A project, and what is known of it beside it.
struct Life {
    state: State,
    now: DateTime<Utc>,
    /// Billing's words, in its order; the first has the sequence 1.
    said: Vec<Entitlement>,
    /// As billing said last before the project was to be deleted.
    suspended: bool,
    /// What makes ids new: beyond those of the beginning.
    asked: usize,
}

/// What is so when this has happened. Sequences are counted from 1.
fn after(state: &State, facts: &[Fact], now: DateTime<Utc>) -> State {
    facts.iter().fold(state.clone(), |mut state, fact| {
        if fact.subject == Subject::project(id(HERE)) {
            state.events += 1;
            state.erased |= matches!(fact.event, ProjectEvent::ProjectErased(_));
            let at = At { event: &fact.event, sequence: state.events, time: now };
            state.project = Project::fold(state.project.take(), id(HERE), at);
        } else {
            state.number_holder = matches!(fact.event, ProjectEvent::NumberClaimed(_)).then(|| id(HERE));
        }
        state
    })
}

/// The same, had billing said the opposite.
fn otherwise_entitled(state: &State) -> State {
    let mut other = state.clone();
    if let Some(project) = &mut other.project {
        project.suspended_at = if project.suspended_at.is_some() { None } else { Some(minute(0)) };
    }
    other
}

/// Whether nothing else is different than what the command is about.
fn leaves_the_rest(command: &Command, before: &Project, after: &Project) -> bool {
    let work = before.operation == after.operation && before.made == after.made;
    let owner = before.workspace == after.workspace;
    let offer = before.transfer == after.transfer;
    let money = (before.suspended_at, before.billing_sequence) == (after.suspended_at, after.billing_sequence);
    let number = before.number == after.number;
    let named = before.name == after.name;
    named
        && match command {
            Command::Delete { .. } => owner && money,
            Command::Due { .. } => owner && money && number,
            Command::Entitle { .. } => work && owner && offer && number,
            Command::ConnectNumber(_) | Command::DisconnectNumber { .. } => work && owner && offer && money,
            Command::AcceptTransfer { .. } | Command::ReturnTransfer { .. } => work && money && number,
            Command::RequestTransfer { .. } | Command::DeclineTransfer { .. } | Command::WithdrawTransfer => {
                work && owner && money && number
            }
            _ => owner && offer && money && number,
        }
}

/// Whether the owner is another only where it may be.
fn changes_hands_rightly(command: &Command, before: &Project, after: &Project, now: DateTime<Utc>) -> bool {
    if before.workspace == after.workspace {
        return true;
    }
    before.transfer.as_ref().is_some_and(|offer| match command {
        Command::AcceptTransfer { transfer } => {
            offer.id == *transfer && offer.state == TransferState::Pending && now < offer.expires_at && after.workspace == offer.to
        }
        Command::ReturnTransfer { gone, .. } => before.workspace == *gone && after.workspace == offer.from,
        _ => false,
    })
}

impl Life {
    fn new(ready: bool) -> Self {
        let given = if ready { super::ready() } else { created() };
        Self { state: state(&given, None), now: minute(1), said: Vec::new(), suspended: false, asked: 100 }
    }

    fn command(&mut self, kind: usize, dice: usize) -> Command {
        self.asked += 1;
        let operation: OperationId = format!("op_{:026}", self.asked).parse().unwrap();
        let transfer: TransferId = format!("trf_{:026}", self.asked).parse().unwrap();
        let making = Project::making(id(HERE));
        let project = self.state.project.as_ref();
        let (current, owner) = project.map_or((making, workspace(1)), |project| (project.operation.id, project.workspace));
        let missing: Vec<&'static str> = project.into_iter().flat_map(|project| project.operation.missing()).collect();
        let step = missing.get(dice % missing.len().max(1)).copied().unwrap_or(steps::CODE);
        // Also of what is over.
        let of = if dice == 0 { making } else { current };
        let last = project.and_then(|project| project.transfer.as_ref()).map_or(transfer, |offer| offer.id);
        match kind {
            0 | 1 => Command::Reset { operation },
            2 => Command::Delete { operation, confirm: if dice < 6 { "Pizza" } else { "Pasta" }.into(), overwrite: false },
            3 | 4 => Command::Retry,
            5..=9 => Command::StepDone { operation: of, step },
            10 => Command::StepFailed { operation: of, step, code: "c", reason: "r".into(), since: self.state.events },
            11 | 12 => {
                self.said.push(if dice.is_multiple_of(2) { Entitlement::Suspended } else { Entitlement::Live });
                self.word(self.said.len())
            }
            13 | 14 => Command::RequestTransfer { transfer, from: owner, to: [workspace(2), workspace(3)][dice % 2] },
            15 => Command::AcceptTransfer { transfer: last },
            16 => Command::DeclineTransfer { transfer: last },
            17 => Command::WithdrawTransfer,
            18 => Command::ConnectNumber(Number { id: "1".parse().unwrap(), waba: None, display: None }),
            19 => Command::DisconnectNumber { operation },
            20 => Command::ReturnTransfer { transfer, gone: [workspace(2), workspace(3)][dice % 2] },
            _ => Command::Due { heard: None },
        }
    }

    /// Billing's word of this sequence.
    fn word(&self, sequence: usize) -> Command {
        Command::Entitle { entitlement: self.said[sequence - 1], at: self.now, sequence: sequence as u64 }
    }

    fn decide(&self, command: &Command) -> Result<Vec<Fact>, Refusal> {
        decide(&self.state, id(HERE), command, self.now)
    }

    fn go_on(&mut self, kind: usize, dice: usize, later: usize) {
        self.now += TimeDelta::minutes(LATER[later]);
        let command = self.command(kind, dice);
        let decided = self.decide(&command);
        let words = matches!(command, Command::Entitle { .. });
        if !words {
            let otherwise = decide(&otherwise_entitled(&self.state), id(HERE), &command, self.now);
            assert_eq!(decided, otherwise, "billing has a say in {command:?}");
        }
        let facts = decided.unwrap_or_default();
        assert!(facts.is_empty() || !self.state.erased, "{command:?} of what is gone");
        let before = self.state.clone();
        self.state = after(&before, &facts, self.now);
        if let (Some(before), Some(after)) = (&before.project, &self.state.project) {
            assert!(leaves_the_rest(&command, before, after), "{command:?}: {before:?} {after:?}");
            assert!(changes_hands_rightly(&command, before, after, self.now), "{command:?}: {before:?} {after:?}");
            assert!(after.leaving() || !before.leaving(), "{command:?} of what is going");
            if words && !before.leaving() {
                self.suspended = self.said.last() == Some(&Entitlement::Suspended);
            }
        }
        self.check();
    }

    fn check(&self) {
        // What billing said is delivered again, from anywhere.
        for sequence in 1..=self.said.len() {
            assert!(self.decide(&self.word(sequence)).is_ok_and(|facts| facts.is_empty()), "word {sequence} again: {:?}", self.state);
        }
        let due = self.decide(&Command::Due { heard: None });
        let settled = after(&self.state, &due.unwrap(), self.now);
        let Some(project) = &settled.project else { return };
        assert_eq!(project.suspended_at.is_some(), self.suspended, "{project:?}");
        assert!(project.earlier.iter().all(|earlier| !earlier.running()), "two at a time: {project:?}");
        let waits = project.operation.running() || project.pending_transfer().is_some();
        assert_eq!(project.due_at().is_some(), waits, "what passes has a deadline: {project:?}");
        assert!(project.due_at().is_none_or(|at| at > self.now), "what was due has happened: {project:?}");
        assert!(!project.leaving() || (project.number.is_none() && project.pending_transfer().is_none()), "{project:?}");
        match project.status() {
            Status::Provisioning | Status::Deleting => assert!(project.operation.running(), "{project:?}"),
            Status::Failed => assert!(project.operation.failure().is_some(), "{project:?}"),
            Status::Ready | Status::Suspended => {}
        }
        let ask = |command: &Command| decide(&settled, id(HERE), command, self.now).is_ok_and(|facts| !facts.is_empty());
        assert_eq!(ask(&Command::Retry), project.operation.failure().is_some(), "what failed can be tried again: {project:?}");
        let operation = "op_7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse().unwrap();
        let delete = Command::Delete { operation, confirm: project.name.clone(), overwrite: false };
        assert_eq!(ask(&delete), !project.operation.running() && !project.leaving(), "what rests can be deleted: {project:?}");
    }
}

proptest! {
    #[test]
    fn whatever_crosses_what_a_project_keeps_what_it_has_and_has_a_way_on(
        ready in any::<bool>(),
        asked in proptest::collection::vec((0..KINDS, 0..8_usize, 0..LATER.len()), 1..80)
    ) {
        let mut life = Life::new(ready);
        for (kind, dice, later) in asked {
            life.go_on(kind, dice, later);
        }
    }
}
