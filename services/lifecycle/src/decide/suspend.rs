//! Suspended and restored: as billing says, in the order in which it says so, and never by hand.

use chrono::{DateTime, Utc};
use contract::{Entitlement, ProjectRestored, ProjectSuspended};

use super::{Fact, on};
use crate::project::Project;

pub(super) fn entitle(project: &Project, entitlement: Entitlement, at: DateTime<Utc>, sequence: u64) -> Vec<Fact> {
    // Delivered again, perhaps long after billing said something else.
    if sequence <= project.billing_sequence || project.leaving() {
        return Vec::new();
    }
    match (entitlement, project.suspended_at) {
        (Entitlement::Suspended, None) => vec![on(project.id, ProjectSuspended { at, billing_sequence: sequence })],
        (Entitlement::Live, Some(_)) => vec![on(project.id, ProjectRestored { at, billing_sequence: sequence })],
        (Entitlement::Suspended, Some(_)) | (Entitlement::Live, None) => Vec::new(),
    }
}
