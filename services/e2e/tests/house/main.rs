//! The whole house in this process, each test on servers of its own: what is promised of it, asked from the outside.
//!
//! Not here: what looks at something that the process has once, what is counted (`outages`) and traces (`traces`); and subjects with a folder of
//! their own.

mod audit;
mod clock;
mod description;
mod payments;
mod people;
mod poison;
mod promises;
mod published;
mod samples;
mod subscriber;
mod suspended;
mod tenants;
