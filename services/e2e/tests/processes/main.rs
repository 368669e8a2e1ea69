//! The programs as they are started by people and machines: services as processes of their own, `paige up` and its demos, every help, and README's
//! walk.

mod apart;
mod chaos;
mod demo;
mod help;
mod numbers;
mod readme;
mod said;
mod sends;
mod up;
