//! Meta's customer service window: until when a contact may be sent more than templates.

use chrono::{DateTime, TimeDelta, Utc};
use projects::Project;
use serde::Serialize;
use utoipa::ToSchema;

/// From the contact's last message or call, by Meta's time.
const LENGTH: TimeDelta = TimeDelta::hours(24);

/// SQL: when any of `family` wrote or called last outside of groups. Each is looked up by itself: Postgres takes a family for much larger than
/// it is, and would read every conversation for a join.
macro_rules! family_wrote_at {
    () => {
        "SELECT max((SELECT max(own.last_inbound_at) FROM public.conversations AS own
                      WHERE own.contact_id = family.id AND own.group_id IS NULL)) FROM family"
    };
}

/// SQL: when a contact wrote or called last outside of groups, also as one that it was merged with. Too much for each row of a list.
macro_rules! wrote_at {
    ($contact:literal) => {
        concat!(
            "(WITH RECURSIVE line (id) AS (
                  SELECT ",
            $contact,
            "     UNION
                  SELECT known.merged_into FROM public.contacts AS known JOIN line ON known.id = line.id WHERE known.merged_into IS NOT NULL), ",
            $crate::contact::family!("SELECT id FROM line"),
            $crate::window::family_wrote_at!(),
            ")"
        )
    };
}
pub(crate) use {family_wrote_at, wrote_at};

/// Whether the contact may be sent more than templates, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WindowAnswer {
    /// Messages of every type may be sent; otherwise templates alone.
    open: bool,
    /// When it closes, or has closed; null: no number is connected, or the contact has not written to it.
    closes_at: Option<DateTime<Utc>>,
}

impl WindowAnswer {
    /// As it is now. `wrote_at` is what `wrote_at!` found.
    pub(crate) fn of(wrote_at: Option<DateTime<Utc>>, project: &Project, now: DateTime<Utc>) -> Self {
        let closes_at = closes_at(wrote_at, project);
        Self { open: closes_at.is_some_and(|closes_at| now < closes_at), closes_at }
    }
}

/// When the window closes, or has closed: 24 hours after the contact's last message or call to the number that is connected. At that instant
/// it is not open any more.
pub(crate) fn closes_at(wrote_at: Option<DateTime<Utc>>, project: &Project) -> Option<DateTime<Utc>> {
    let number = project.number.as_ref()?;
    // Meta's time stamps are whole seconds.
    let to_this_number = |at: &DateTime<Utc>| number.since.is_none_or(|since| at.timestamp() >= since.timestamp());
    wrote_at.filter(to_this_number).map(|at| at + LENGTH)
}
