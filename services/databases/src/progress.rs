//! How far a project's database has come, folded from `database.<prj>`.

use contract::{DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, EventId};

/// What the log says about one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The steps that were reported, in the order in which they were.
    pub reported: Vec<DatabaseStep>,
    /// Under which names it can be used, and with which version of the system tables.
    pub ready: Option<DatabaseReady>,
    /// Why it was given up.
    pub failed: Option<DatabaseFailed>,
    /// Whether it went with its project.
    pub dropped: bool,
    /// Each time that another password was asked for, in order.
    pub rotations: Vec<Rotation>,
    /// The sequence of the last event; 0: none.
    pub sequence: u64,
}

/// Another password was asked for. Of two, the later one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rotation {
    /// Of its event, in the log.
    pub sequence: u64,
    /// Its event, from which the password follows.
    pub event: EventId,
}

/// What there is to do about a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Make it.
    Make,
    /// It is there, with system tables of an older version.
    Upgrade,
    /// Nothing: it is ready, was given up, or went with its project.
    Rest,
}

impl Progress {
    /// Applies one event, which has that id.
    #[must_use]
    pub fn fold(mut self, sequence: u64, id: EventId, event: DatabaseEvent) -> Self {
        match event {
            DatabaseEvent::DatabaseStepCompleted(completed) => self.reported.push(completed.step),
            DatabaseEvent::DatabaseReady(ready) => (self.ready, self.failed) = (Some(ready), None),
            DatabaseEvent::DatabaseFailed(failed) => self.failed = Some(failed),
            DatabaseEvent::DatabaseDropped(_) => (self.ready, self.dropped) = (None, true),
            DatabaseEvent::DatabasePasswordRotated(_) => self.rotations.push(Rotation { sequence, event: id }),
        }
        self.sequence = sequence;
        self
    }

    /// The last one; none: nobody ever asked for one.
    pub fn rotation(&self) -> Option<Rotation> {
        self.rotations.last().copied()
    }

    /// What there is to do, with system tables of `schema_version` as the current ones.
    pub fn task(&self, schema_version: u32) -> Task {
        if self.dropped {
            return Task::Rest;
        }
        match (&self.ready, &self.failed) {
            (Some(ready), _) if ready.schema_version < schema_version => Task::Upgrade,
            (Some(_), _) | (None, Some(_)) => Task::Rest,
            (None, None) => Task::Make,
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::{DatabasePasswordRotated, DatabaseStepCompleted};

    use super::*;

    fn ready(schema_version: u32) -> DatabaseEvent {
        DatabaseReady { database: "d".into(), bot_role: "b".into(), schema_version }.into()
    }

    fn rotated() -> DatabaseEvent {
        DatabasePasswordRotated {}.into()
    }

    fn id(sequence: u64) -> EventId {
        EventId::derive("test", &[&sequence.to_string()])
    }

    fn fold(events: Vec<DatabaseEvent>) -> Progress {
        (1..).zip(events).fold(Progress::default(), |progress, (sequence, event)| progress.fold(sequence, id(sequence), event))
    }

    #[track_caller]
    fn check(events: Vec<DatabaseEvent>, task: Task) {
        let progress = fold(events);
        assert_eq!(progress.task(2), task, "{progress:?}");
    }

    #[test]
    fn a_database_is_made_once_and_brought_forward_with_its_tables() {
        let step = || DatabaseEvent::from(DatabaseStepCompleted { step: DatabaseStep::Roles });
        let failed = || DatabaseEvent::from(DatabaseFailed { step: DatabaseStep::Tables, reason: "r".into() });
        check(vec![], Task::Make);
        check(vec![step()], Task::Make);
        check(vec![step(), failed()], Task::Rest);
        check(vec![step(), ready(2)], Task::Rest);
        check(vec![step(), ready(3)], Task::Rest);
        check(vec![step(), ready(1)], Task::Upgrade);
        check(vec![step(), failed(), ready(1)], Task::Upgrade);
        check(vec![step(), ready(1), ready(2)], Task::Rest);
        let dropped = || DatabaseEvent::from(contract::DatabaseDropped { operation: "op_01JD3X8K2M4N5P6Q7R8S9T0V1W".parse().unwrap() });
        check(vec![step(), ready(1), dropped()], Task::Rest);
        check(vec![dropped()], Task::Rest);
        check(vec![step(), ready(2), rotated()], Task::Rest);
        check(vec![step(), ready(1), rotated()], Task::Upgrade);
    }

    #[test]
    fn the_last_rotation_counts_and_outlives_an_upgrade() {
        assert_eq!(fold(vec![ready(1)]).rotation(), None);
        let progress = fold(vec![ready(1), rotated(), rotated(), ready(2)]);
        assert_eq!(progress.rotations, [2, 3].map(|sequence| Rotation { sequence, event: id(sequence) }));
        assert_eq!((progress.rotation(), progress.sequence), (Some(Rotation { sequence: 3, event: id(3) }), 4));
        assert!(Some(Rotation { sequence: 3, event: id(9) }) < Some(Rotation { sequence: 9, event: id(3) }));
    }
}
