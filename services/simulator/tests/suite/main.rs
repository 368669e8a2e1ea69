//! The simulator against an ingress for tests: deliveries, what people do, the command line.

mod calls;
mod client;
mod command_line;
mod delivery;
mod endpoints;
mod faults;
mod flow_samples;
mod flows;
mod graph;
mod ingress;
mod limits;
mod media;
mod messages;
mod meta;
mod page;
mod phone;
mod screens;
mod taps;
mod template_ends;
mod template_limits;
mod template_rules;
mod templates;
