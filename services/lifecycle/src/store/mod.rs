//! The tables of lifecycle. Writes are guarded by sequence: an older state never replaces a newer one, whichever is written first.
//!
//! All tables can be built again from the log except two. `signups` keeps a token that Meta gives only once, until the log has it: for an
//! hour at most. `erased_numbers` keeps the numbers of an erased project, which the log must forget, for as long as they are still looked
//! for: for a day after the project's end.

mod databases;
mod erased;
mod log;
mod numbers;
mod operations;
mod projects;
mod search;
mod signups;

pub(crate) use databases::{find_provisioning, save_provisioning};
pub(crate) use erased::{Erased, KeptNumbers, erase_project, find_erased, find_numbers, keep_numbers, looked, next_look};
pub(crate) use log::{Reflected, reflected};
pub(crate) use numbers::{account_in_use, connecting_elsewhere, find_by_number};
pub(crate) use operations::{find_operation, list_operations};
pub(crate) use projects::{find_project, save_project};
pub(crate) use search::{
    Wanted, accepted_by, find_offer, first_name_in_review, list_offers, list_projects, names_in_review, next_due, with_own_step,
};
pub(crate) use signups::{Kept, Turn, forget_code, forget_old_codes, keep_token, leave_code, take_code};

use contract::ProjectId;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Error;

/// The form of the documents that rows hold. Another number has every row written again from the log at the next start.
pub(crate) const FORM: i32 = 4;

/// Reads the column `document`.
fn document<T: DeserializeOwned>(row: &PgRow) -> Result<T, Error> {
    let sqlx::types::Json(read) = row.try_get("document")?;
    Ok(read)
}

/// Until the transaction ends, nobody else writes or erases rows of this project.
async fn lock(connection: &mut PgConnection, project: ProjectId) -> Result<(), Error> {
    Ok(tables::lock_project(connection, "lifecycle", &project.to_string()).await?)
}
