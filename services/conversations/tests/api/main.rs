//! The API over real Postgres and real NATS: rows come from events through the projector, as they do in production.

mod contacts;
mod conversations;
mod description;
mod fixture;
mod hostile;
mod live;
mod making;
mod messages;
mod named;
mod plans;
mod projects;
mod refusals;
mod sending;
mod stage;
mod states;
