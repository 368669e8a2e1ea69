//! The simulator against an ingress for tests: deliveries, what people do, the command line.

mod command_line;
mod delivery;
mod graph;
mod ingress;
mod phone;
