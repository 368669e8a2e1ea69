//! The second driver of the fold, against real servers: what verify finds, what repair touches, what a reader sees.

mod fixture;
mod kill;
mod property;
mod refuse;
mod repair;
mod scenario;
mod verify;
