//! What follows from what is so. Pure: the code as the log tells it and a wish in, events out. Everything can be asked twice.

use contract::{BotEvent, CodeCommitted, CodeErased, CodeInitialised, CodeReset, OperationId};

use crate::code::Code;
use crate::manifest::Digest;

/// What the log asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A project was created.
    Initialise,
    /// It is reset.
    Reset(OperationId),
    /// It is deleted.
    Erase(OperationId),
}

/// What somebody wants to be current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) version: Digest,
    pub(crate) message: String,
    /// The version that must be current, if the caller cares.
    pub(crate) expected: Option<String>,
}

/// Why a wish is not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the project has no code yet: follow its operation")]
    NotReady,
    #[error("the current version is {current}")]
    OtherVersion { current: String },
}

/// The events that do `task`; none if it was done, or can no longer be. `initial` is the version that every bot begins with.
pub(crate) fn decide(code: &Code, task: Task, initial: &str) -> Vec<BotEvent> {
    let version = initial.to_owned();
    let first = code.changes.is_empty().then(|| CodeInitialised { version: version.clone() }.into());
    match task {
        Task::Erase(operation) if code.erased != Some(operation) => vec![CodeErased { operation }.into()],
        Task::Initialise if code.erased.is_none() => first.into_iter().collect(),
        Task::Reset(operation) if code.erased.is_none() && !code.resets.contains(&operation) => {
            let parent = code.current().map_or_else(|| version.clone(), |current| current.version.clone());
            first.into_iter().chain([CodeReset { version, parent, operation }.into()]).collect()
        }
        Task::Erase(_) | Task::Initialise | Task::Reset(_) => Vec::new(),
    }
}

/// The event that makes another version current; none if it is current.
pub(crate) fn commit(code: &Code, wish: &Wish) -> Result<Option<BotEvent>, Refusal> {
    let current = &code.current().ok_or(Refusal::NotReady)?.version;
    if wish.expected.as_ref().is_some_and(|expected| expected != current) {
        return Err(Refusal::OtherVersion { current: current.clone() });
    }
    if wish.version.as_str() == current {
        return Ok(None);
    }
    let event = CodeCommitted { version: wish.version.to_string(), parent: current.clone(), message: wish.message.clone() };
    Ok(Some(event.into()))
}

#[cfg(test)]
mod tests {
    use contract::{Context, Event, EventId, ProjectId, Recorded, Subject};

    use super::*;

    const INITIAL: &str = "first";

    fn operation(n: u128) -> OperationId {
        OperationId::from_ulid(n.into())
    }

    fn code(events: Vec<BotEvent>) -> Code {
        (1..).zip(events).fold(Code::default(), |code, (sequence, event)| {
            let new = event.clone().into_new(EventId::from_ulid(1.into()), "/t", chrono::DateTime::UNIX_EPOCH, Context::default());
            let mut headers = Vec::new();
            new.headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
            let subject = Subject::bot(ProjectId::from_ulid(1.into()));
            let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            code.fold(&Recorded::from_headers(sequence, subject, headers, new.data).unwrap(), event)
        })
    }

    /// What a task does, and that asking again does nothing.
    #[track_caller]
    fn check(given: Vec<BotEvent>, task: Task, then: Vec<BotEvent>) {
        assert_eq!(decide(&code(given.clone()), task, INITIAL), then, "{task:?} after {given:?}");
        let all: Vec<BotEvent> = given.into_iter().chain(then).collect();
        assert_eq!(decide(&code(all.clone()), task, INITIAL), vec![], "{task:?} again after {all:?}");
    }

    #[test]
    fn each_task_is_done_once() {
        let initialised = || BotEvent::from(CodeInitialised { version: INITIAL.into() });
        let committed = || BotEvent::from(CodeCommitted { version: "second".into(), parent: INITIAL.into(), message: "m".into() });
        let reset = |parent: &str, n| BotEvent::from(CodeReset { version: INITIAL.into(), parent: parent.into(), operation: operation(n) });
        let erased = |n| BotEvent::from(CodeErased { operation: operation(n) });
        check(vec![], Task::Initialise, vec![initialised()]);
        check(vec![initialised(), committed()], Task::Initialise, vec![]);
        check(vec![erased(1)], Task::Initialise, vec![]);
        check(vec![initialised(), committed()], Task::Reset(operation(1)), vec![reset("second", 1)]);
        check(vec![initialised()], Task::Reset(operation(1)), vec![reset(INITIAL, 1)]);
        check(vec![initialised(), reset(INITIAL, 1)], Task::Reset(operation(2)), vec![reset(INITIAL, 2)]);
        check(vec![], Task::Reset(operation(1)), vec![initialised(), reset(INITIAL, 1)]);
        check(vec![initialised(), erased(1)], Task::Reset(operation(2)), vec![]);
        check(vec![initialised(), committed()], Task::Erase(operation(1)), vec![erased(1)]);
        check(vec![], Task::Erase(operation(1)), vec![erased(1)]);
    }

    #[test]
    fn a_version_becomes_current_once_and_over_the_one_that_was_meant() {
        let version = Digest::of(b"new");
        let wish = |expected: Option<&str>| Wish { version: version.clone(), message: "m".into(), expected: expected.map(Into::into) };
        let initialised = BotEvent::from(CodeInitialised { version: INITIAL.into() });
        let before = code(vec![initialised.clone()]);
        assert_eq!(commit(&Code::default(), &wish(None)), Err(Refusal::NotReady));
        assert_eq!(commit(&before, &wish(Some("other"))), Err(Refusal::OtherVersion { current: INITIAL.into() }));
        let committed = commit(&before, &wish(Some(INITIAL))).unwrap().unwrap();
        assert_eq!(committed, CodeCommitted { version: version.to_string(), parent: INITIAL.into(), message: "m".into() }.into());
        let after = code(vec![initialised, committed]);
        assert_eq!(commit(&after, &wish(None)), Ok(None), "the same files again");
        assert!(commit(&after, &wish(Some(INITIAL))).is_err(), "somebody was faster");
        assert_eq!(commit(&code(vec![CodeErased { operation: operation(1) }.into()]), &wish(None)), Err(Refusal::NotReady));
    }
}
