//! What every service may know of a project: whose it is, whether it lives, may send, and by which number. Folded from the log in memory.
//!
//! A process starts one [`Projects`], lets it follow the log and asks it without waiting; no service asks another. So it is with one
//! [`Catalogue`] of templates and Flows, where messages are asked for and sent. [`Tokens`] opens the token of a project's number, and
//! [`Line`] is all that Meta is asked with. The folds are pure. [`Turns`] says when a project is compared with what Meta has. It writes nothing, keeps no table and knows nothing of people and
//! keys, which is the library auth's business.

mod at_meta;
mod catalogue;
mod fold;
mod knowledge;
mod operation;
mod project;
mod tokens;
mod turns;

pub use at_meta::{Line, NoLine, meta_problem};
pub use catalogue::{Catalogue, Flow, Template};
pub use knowledge::{CONFIRM_MAX, Projects, STREAMS};
pub use operation::operation_kind;
pub use project::{Life, Number, Project};
pub use tokens::{TokenError, Tokens, token_context};
pub use turns::{Asked, Ended, Turns};
