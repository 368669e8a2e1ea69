//! Which contacts do not want marketing messages, and which contacts were merged into another one, whose wish counts from then on. Folded
//! from the log together with the backlog. Nothing is kept about all other contacts. What follows from it is decided elsewhere
//! (`permitted`).

use std::collections::{HashMap, HashSet};

use contract::{ContactId, ContactPreferenceChanged, ProjectId};

use crate::backlog::{Key, News};

/// How many mergers are followed, as where messages are asked for.
const MERGERS_MAX: usize = 16;

/// What is kept of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// It wants none.
    Stopped,
    /// What that contact wants.
    Of(ContactId),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Preferences {
    known: HashMap<ProjectId, HashMap<ContactId, Preference>>,
    /// What the rows do not hold yet.
    changed: HashSet<Key>,
}

impl Preferences {
    /// Takes rows in.
    pub(crate) fn restore(rows: Vec<(Key, Preference)>) -> Self {
        let mut preferences = Self::default();
        for ((project, contact), preference) in rows {
            preferences.known.entry(project).or_default().insert(contact, preference);
        }
        preferences
    }

    /// A contact said something. The last word counts.
    pub(crate) fn on_changed(&mut self, key: Option<Key>, said: &ContactPreferenceChanged) -> News {
        let advertising = said.category == ContactPreferenceChanged::MARKETING;
        // One that was merged says nothing any more.
        let speaks = |key: &Key| advertising && !matches!(self.get(*key), Some(Preference::Of(_)));
        if let Some(key) = key.filter(speaks) {
            self.set(key, (said.value == ContactPreferenceChanged::STOP).then_some(Preference::Stopped));
        }
        News::None
    }

    /// A contact turned out to be another one.
    pub(crate) fn on_merged(&mut self, key: Option<Key>, into: ContactId) -> News {
        if let Some(key) = key {
            self.set(key, Some(Preference::Of(into)));
        }
        News::None
    }

    /// Whether a contact wants no messages that advertise.
    pub(crate) fn has_stopped(&self, key: Key) -> bool {
        self.get(self.survivor(key)) == Some(Preference::Stopped)
    }

    /// The contact that this one turned out to be; itself if it was not merged.
    pub(crate) fn survivor(&self, (project, mut contact): Key) -> Key {
        for _ in 0..MERGERS_MAX {
            match self.get((project, contact)) {
                Some(Preference::Of(other)) => contact = other,
                Some(Preference::Stopped) | None => break,
            }
        }
        (project, contact)
    }

    /// Of which something is kept.
    pub(crate) fn projects(&self) -> Vec<ProjectId> {
        self.known.keys().copied().collect()
    }

    /// A project is gone, or goes.
    pub(crate) fn forget_project(&mut self, project: ProjectId) {
        let contacts = self.known.remove(&project).into_iter().flatten();
        self.changed.extend(contacts.map(|(contact, _)| (project, contact)));
    }

    /// Whether the rows do not hold it all.
    pub(crate) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What is to be written; none: its row goes.
    pub(crate) fn take_changed(&mut self) -> Vec<(Key, Option<Preference>)> {
        std::mem::take(&mut self.changed).into_iter().map(|key| (key, self.get(key))).collect()
    }

    /// Nobody here writes it.
    pub(crate) fn forget_changed(&mut self) {
        self.changed.clear();
    }

    /// It was not written.
    pub(crate) fn put_back(&mut self, unwritten: Vec<(Key, Option<Preference>)>) {
        self.changed.extend(unwritten.into_iter().map(|(key, _)| key));
    }

    fn get(&self, (project, contact): Key) -> Option<Preference> {
        self.known.get(&project)?.get(&contact).copied()
    }

    fn set(&mut self, key: Key, preference: Option<Preference>) {
        if self.get(key) == preference {
            return;
        }
        let (project, contact) = key;
        let own = self.known.entry(project).or_default();
        match preference {
            Some(preference) => _ = own.insert(contact, preference),
            None => _ = own.remove(&contact),
        }
        if own.is_empty() {
            self.known.remove(&project);
        }
        self.changed.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use ulid::Ulid;

    use super::*;

    fn key(n: u128) -> Key {
        (ProjectId::from_ulid(Ulid::from_parts(1, 1)), ContactId::from_ulid(Ulid::from_parts(2, n)))
    }

    fn say(preferences: &mut Preferences, n: u128, category: &str, value: &str) {
        let said = ContactPreferenceChanged { category: category.into(), value: value.into(), at: DateTime::UNIX_EPOCH };
        preferences.on_changed(Some(key(n)), &said);
    }

    #[test]
    fn the_last_word_about_advertising_counts_and_no_other() {
        let mut preferences = Preferences::default();
        for (category, value, stopped) in [
            ("marketing_messages", "resume", false),
            ("another", "stop", false),
            ("marketing_messages", "stop", true),
            ("another", "resume", true),
            ("marketing_messages", "a_new_word", false),
        ] {
            say(&mut preferences, 1, category, value);
            assert_eq!(preferences.has_stopped(key(1)), stopped, "{value} to {category}");
            assert!(!preferences.has_stopped(key(2)), "another contact said nothing");
        }
    }

    #[test]
    fn who_was_merged_wants_what_the_other_wants() {
        let mut preferences = Preferences::default();
        say(&mut preferences, 1, "marketing_messages", "stop");
        preferences.on_merged(Some(key(1)), key(2).1);
        preferences.on_merged(Some(key(2)), key(3).1);
        assert!(!preferences.has_stopped(key(1)), "the other wants them");
        assert_eq!([1, 2, 3, 4].map(|n| preferences.survivor(key(n))), [3, 3, 3, 4].map(key));
        say(&mut preferences, 3, "marketing_messages", "stop");
        assert!(preferences.has_stopped(key(1)));
        say(&mut preferences, 1, "marketing_messages", "resume");
        assert!(preferences.has_stopped(key(1)), "it says nothing any more");
        preferences.on_merged(Some(key(3)), key(1).1);
        assert!(!preferences.has_stopped(key(1)), "a circle has an end");
    }

    #[test]
    fn rows_hold_what_is_known_and_nothing_else() {
        let mut preferences = Preferences::restore(vec![(key(1), Preference::Stopped), (key(2), Preference::Stopped)]);
        assert!(preferences.has_stopped(key(2)) && !preferences.is_changed());
        say(&mut preferences, 1, "marketing_messages", "stop");
        say(&mut preferences, 3, "marketing_messages", "resume");
        assert!(!preferences.is_changed(), "that is known");
        say(&mut preferences, 1, "marketing_messages", "resume");
        let unwritten = preferences.take_changed();
        assert_eq!((&unwritten[..], preferences.is_changed()), (&[(key(1), None)][..], false));
        preferences.put_back(unwritten);
        preferences.forget_project(key(1).0);
        let mut gone = preferences.take_changed();
        gone.sort_by_key(|(key, _)| *key);
        assert_eq!((gone, preferences.projects()), (vec![(key(1), None), (key(2), None)], vec![]));
    }
}
