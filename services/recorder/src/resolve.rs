//! Who is it? From the identities of one item to one contact, and to what that teaches us about people.
//!
//! Rules, strongest identity first (source: Meta, "Business-scoped user IDs"):
//! - Any known identity finds the contact; what else the item names is linked to it.
//! - A known number with another user id is another person: numbers are handed on, user ids are not.
//! - Two contacts that turn out to be one are merged into the one with the user id.

use chrono::{DateTime, Utc};
use contract::{
    ContactAbsorbed, ContactFirstSeen, ContactId, ContactIdentityLinked, ContactIdentityReplaced, ContactIdentityUnlinked, ContactMerged,
    ContactProfile, ContactProfileChanged, ConversationEvent, Identity, IdentityKind, ProjectId, UnlinkReason,
};

use crate::contact::Contact;
use crate::items::Who;
use crate::view::View;

/// Who it is, and the events that say so.
#[derive(Debug, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) contact: ContactId,
    pub(crate) events: Vec<(ContactId, ConversationEvent)>,
}

/// Finds or creates the contact. `None` if nobody is named.
pub(crate) fn resolve(project: ProjectId, view: &View, who: &Who, at: DateTime<Utc>) -> Option<Resolved> {
    let strongest = who.identities.first()?;
    let Some(contact) = find(view, who) else {
        let id = ContactId::derive(project, strongest);
        let mut events: Vec<_> = who.identities.iter().flat_map(|identity| take_from_others(view, identity, id, at)).collect();
        let seen = ContactFirstSeen { identities: who.identities.clone(), profile: who.profile.clone(), at };
        events.push((id, seen.into()));
        return Some(Resolved { contact: id, events });
    };
    let mut events = Vec::new();
    for identity in &who.identities {
        link(view, contact, identity, at, &mut events);
    }
    if let Some(known) = view.contact(contact) {
        events.extend(profile(known, &who.profile, at).map(|event| (contact, event)));
    }
    Some(Resolved { contact, events })
}

/// A contact by the strongest identity that leads to one, unless that one is known to be somebody else.
fn find(view: &View, who: &Who) -> Option<ContactId> {
    who.identities.iter().find_map(|identity| {
        let contact = view.find(identity)?;
        let other = view.contact(contact).is_some_and(|known| is_other(known, who));
        (!other || identity.kind == IdentityKind::Bsuid).then_some(contact)
    })
}

/// The item names a user id, and the contact has another one.
fn is_other(known: &Contact, who: &Who) -> bool {
    let named = who.identities.iter().find(|identity| identity.kind == IdentityKind::Bsuid);
    match (named, known.current(IdentityKind::Bsuid)) {
        (Some(named), Some(current)) => named != current && !known.identities.contains_key(named),
        (None, _) | (_, None) => false,
    }
}

fn link(view: &View, contact: ContactId, identity: &Identity, at: DateTime<Utc>, events: &mut Vec<(ContactId, ConversationEvent)>) {
    let Some(known) = view.contact(contact) else { return };
    if known.identities.contains_key(identity) && view.find(identity) == Some(contact) {
        return;
    }
    match view.find(identity) {
        Some(other) if other != contact => {
            let mergeable = view.contact(other).is_some_and(|other| other.current(IdentityKind::Bsuid).is_none());
            let has_now = view.contact(other).and_then(|other| other.identities.get(identity)).is_some_and(|current| *current);
            if mergeable && has_now {
                return merge(view, other, contact, at, events);
            }
            events.extend(take_from_others(view, identity, contact, at));
        }
        _nobody_else => {}
    }
    let event = match known.current(identity.kind) {
        Some(previous) => ContactIdentityReplaced { previous: previous.clone(), current: identity.clone(), at }.into(),
        None => ContactIdentityLinked { identity: identity.clone(), at }.into(),
    };
    events.push((contact, event));
}

fn merge(view: &View, from: ContactId, into: ContactId, at: DateTime<Utc>, events: &mut Vec<(ContactId, ConversationEvent)>) {
    let mut identities: Vec<Identity> = view.contact(from).into_iter().flat_map(|contact| contact.identities.keys()).cloned().collect();
    identities.sort();
    let unlinked = |identity: &Identity| ContactIdentityUnlinked { identity: identity.clone(), reason: UnlinkReason::Merged, at };
    events.extend(identities.iter().map(|identity| (from, unlinked(identity).into())));
    events.push((from, ContactMerged { into, at }.into()));
    events.push((into, ContactAbsorbed { from, identities, at }.into()));
}

/// Whoever had the identity has it no more.
fn take_from_others(view: &View, identity: &Identity, taker: ContactId, at: DateTime<Utc>) -> Option<(ContactId, ConversationEvent)> {
    let holder = view.find(identity).filter(|holder| *holder != taker)?;
    let event = ContactIdentityUnlinked { identity: identity.clone(), reason: UnlinkReason::Reassigned, at };
    Some((holder, event.into()))
}

/// What the item does not say stays; an older item changes nothing.
fn profile(known: &Contact, said: &ContactProfile, at: DateTime<Utc>) -> Option<ConversationEvent> {
    let profile = ContactProfile {
        name: said.name.clone().or_else(|| known.profile.name.clone()),
        username: said.username.clone().or_else(|| known.profile.username.clone()),
        wa_id: said.wa_id.clone().or_else(|| known.profile.wa_id.clone()),
    };
    (profile != known.profile && at >= known.profile_at).then(|| ContactProfileChanged { profile, at }.into())
}
