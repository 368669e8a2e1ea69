//! A person got other ids. Meta announces this by a system message, by `user_id_update`, or by both, before or after the first message
//! under the new ids.

use chrono::{DateTime, Utc};
use contract::{ContactId, ContactProfile, IdentityKind};

use crate::contact::Contact;
use crate::draft::Draft;
use crate::items::{Replaced, Who};
use crate::merge::merge;
use crate::resolve::{have_now, show, take_from_holder};
use crate::view::View;

/// Takes an announcement. One that comes late changes nothing that is newer.
pub(crate) fn change(draft: &mut Draft<'_>, contact: ContactId, replaced: &[Replaced], at: DateTime<Utc>) {
    for Replaced { previous: _, current, wa_id } in replaced {
        if let Some(holder) = draft.view().find(current).filter(|holder| *holder != contact) {
            if current.kind != IdentityKind::Phone || draft.contact(holder).is_some_and(|holder| came_after(holder, at)) {
                merge(draft, holder, contact, at);
            } else if !take_from_holder(draft, contact, current, at) {
                continue;
            }
        }
        if draft.contact(contact).is_some_and(|known| !known.identities.contains_key(current)) {
            have_now(draft, contact, current, at);
        }
        if wa_id.is_some() {
            show(draft, contact, &ContactProfile { wa_id: wa_id.clone(), ..ContactProfile::default() }, at);
        }
    }
}

/// Whether the holder of the announced id is the person who changed. User ids are never handed on, so whoever has the announced one is the
/// same person. A number may have belonged to somebody else before: only a contact that appeared with it after the change, and has no user
/// id, is the same person.
fn came_after(holder: &Contact, change: DateTime<Utc>) -> bool {
    holder.first_seen_at >= change && holder.current(IdentityKind::Bsuid).is_none()
}

/// Whether everything announced is known: the person has, or had, both ids of each pair.
pub(crate) fn is_known(view: &View, who: &Who, replaced: &[Replaced]) -> bool {
    replaced.iter().all(|Replaced { previous, current, .. }| {
        let holder = view.find(current).and_then(|holder| view.contact(holder));
        holder.is_some_and(|holder| holder.identities.contains_key(previous))
    }) && !who.identities.is_empty()
}
