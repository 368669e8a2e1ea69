//! The recorder's rules, as given / when / then: what was heard before, what is heard now, what the log is told.

mod people;
mod merging;
mod moving;
mod property;
mod statuses;
mod talk;
mod webhooks;
mod world;
