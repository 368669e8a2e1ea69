//! A local Meta: people with phones, business numbers, and the webhooks that follow from what they do. Never in production.
//!
//! What a person types becomes the body that Meta would send, signed as Meta signs, posted to ingress and posted again
//! until it is answered with 200. Faults can be switched on: duplicates, another order, batches, delays, wrong signatures, losses.
//! A business answers through the Graph API that is here, which refuses what Meta refuses: messages, media, Flows, templates.
//!
//! It keeps everything in memory, except what can be derived again: the same number has the same user id after a restart.
//! It knows Meta's side only: no project, no event, no database. It talks to loopback addresses and to nobody else.

mod call;
mod chat;
mod client;
pub mod command;
mod config;
mod content;
mod delivery;
mod faults;
mod flow_session;
mod graph;
mod http;
mod made_up;
mod number;
mod outbox;
pub mod paystack;
mod person;
mod progress;
mod rate;
mod reached;
mod received;
mod refused;
mod replay;
mod rules;
mod sample;
mod saying;
mod schedule;
mod simulator;
mod tap;
mod view;
mod webhook;
mod world;

pub use config::{APP_ID, NotLoopback, Settings, loopback};
pub use faults::Faults;
pub use graph::GraphFault;
pub use http::routes;
pub use person::Change as PersonChange;
pub use refused::Refused;
pub use replay::Replay;
pub use rules::Rules;
pub use saying::{Message, Saying};
pub use simulator::{Error, Said, Simulator};
