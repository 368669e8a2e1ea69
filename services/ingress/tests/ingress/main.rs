//! Ingress from the outside: Meta's handshake, bodies about many numbers, the payment provider's webhooks, and the program's own help.

mod crowd;
mod handshake;
mod help;
mod payments;
