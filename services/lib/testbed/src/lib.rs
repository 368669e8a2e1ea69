//! What the services' own tests have in common. For tests alone: no program links it. What only one service needs is in the world of its
//! tests.

mod asking;
mod held;
mod process;
mod scopes;
mod servers;
mod waiting;

pub use asking::{API_KEY, Answer, request, site};
pub use held::{end, nothing_stays_held};
pub use process::Process;
pub use scopes::{ScopeRow, scopes_of_readme};
pub use servers::{fresh_database, fresh_log, fresh_pool};
pub use waiting::{found, until};
