//! A number is given back at Meta: the last that is done with its token. The project let go of it in the log before.

use crate::Lifecycle;
use crate::error::Error;
use crate::operation::drive::Ran;
use crate::project::Project;

/// Nothing, if no signup brought the project its number.
///
/// # Errors
/// The log does not answer. It can be repeated.
#[expect(clippy::unused_async, reason = "what follows asks Meta")]
pub(crate) async fn give_back(_lifecycle: &Lifecycle, _project: &Project) -> Result<Ran, Error> {
    Ok(Ran::Done)
}
