//! The sender against a real log and a real database, and a Meta that does as it is told.

mod crash;
mod fair;
mod files;
mod judged_again;
mod meta;
mod once;
mod outcomes;
mod pairs;
mod projects_change;
mod refused;
mod unknown;
mod world;
