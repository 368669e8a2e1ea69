//! Who is it? From the identities of one item to one contact, and to what that teaches us about people.
//!
//! Rules, strongest identity first (source: Meta, "Business-scoped user IDs"):
//! - Any known identity finds the contact; what else the item names is linked to it.
//! - A known number with another user id is another person: numbers are handed on, user ids are not.
//! - Two contacts that turn out to be one are merged, see `merge`.
//! - Webhooks come in any order: what an older one says never takes the place of what a newer one said.

use chrono::{DateTime, Utc};
use contract::{
    ContactFirstSeen, ContactId, ContactIdentityLinked, ContactIdentityReplaced, ContactIdentityUnlinked, ContactProfile,
    ContactProfileChanged, Identity, IdentityKind, ProjectId, UnlinkReason,
};
use whatsapp::WaId;

use crate::contact::Contact;
use crate::draft::Draft;
use crate::items::Who;
use crate::merge::merge;
use crate::view::View;

/// Finds or creates the contact. `None` if nobody is named. `speaks`: the person itself wrote, and so has now what the item names.
pub(crate) fn resolve(draft: &mut Draft<'_>, project: ProjectId, who: &Who, at: DateTime<Utc>, speaks: bool) -> Option<ContactId> {
    let strongest = who.identities.first()?;
    let Some(contact) = find(draft.view(), who) else { return Some(first_seen(draft, project, strongest, who, at)) };
    for identity in &who.identities {
        let known = draft.contact(contact).and_then(|contact| contact.identities.get(identity));
        if known.is_none() || speaks {
            link(draft, contact, identity, at);
        }
    }
    show(draft, contact, &who.profile, at);
    Some(contact)
}

/// A contact by the strongest identity that leads to one, unless that one is known to be somebody else.
pub(crate) fn find(view: &View, who: &Who) -> Option<ContactId> {
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
        (Some(named), Some((current, _))) => named != current && !known.identities.contains_key(named),
        (None, _) | (_, None) => false,
    }
}

fn first_seen(draft: &mut Draft<'_>, project: ProjectId, strongest: &Identity, who: &Who, at: DateTime<Utc>) -> ContactId {
    let id = ContactId::derive(project, strongest);
    let mut identities = Vec::with_capacity(who.identities.len());
    for identity in &who.identities {
        if take_from_holder(draft, id, identity, at) {
            identities.push(identity.clone());
        }
    }
    let number = phone_of(&who.profile);
    let wa_id = who.profile.wa_id.clone().filter(|_| number.is_some_and(|number| identities.contains(&number)));
    let profile = ContactProfile { wa_id, ..who.profile.clone() };
    draft.say(id, ContactFirstSeen { identities, profile, at });
    id
}

/// Makes an identity lead to the contact. It has it now, unless it is known to have had another one of the kind since.
pub(crate) fn link(draft: &mut Draft<'_>, contact: ContactId, identity: &Identity, at: DateTime<Utc>) {
    if let Some(holder) = draft.view().find(identity).filter(|holder| *holder != contact) {
        if is_the_same(draft.contact(holder), identity) {
            merge(draft, holder, contact, at);
        } else if !take_from_holder(draft, contact, identity, at) {
            return;
        }
    }
    have_now(draft, contact, identity, at);
}

/// Whoever has a user id is the person with that user id; whoever has none yet is the person with that number.
fn is_the_same(holder: Option<&Contact>, identity: &Identity) -> bool {
    holder.is_some_and(|holder| holder.current(IdentityKind::Bsuid).is_none() && holder.has_now(identity))
}

/// The contact has the identity from `at` on, unless it has had another one since. Nobody else holds it.
pub(crate) fn have_now(draft: &mut Draft<'_>, contact: ContactId, identity: &Identity, at: DateTime<Utc>) {
    let Some(known) = draft.contact(contact) else { return };
    if known.has_now(identity) {
        return;
    }
    let identity = identity.clone();
    match known.current(identity.kind).map(|(current, since)| (current.clone(), since)) {
        None => draft.say(contact, ContactIdentityLinked { identity, at }),
        Some((previous, since)) if since <= at => draft.say(contact, ContactIdentityReplaced { previous, current: identity, at }),
        Some((current, since)) => {
            if !known.identities.contains_key(&identity) {
                draft.say(contact, ContactIdentityReplaced { previous: identity, current, at: since });
            }
        }
    }
}

/// Whoever else has the identity has it no more. `false`: they have had it since a later time than this.
pub(crate) fn take_from_holder(draft: &mut Draft<'_>, taker: ContactId, identity: &Identity, at: DateTime<Utc>) -> bool {
    let Some(holder) = draft.view().find(identity).filter(|holder| *holder != taker) else { return true };
    let Some(known) = draft.contact(holder) else { return true };
    if known.identities.get(identity).is_some_and(|link| link.current && link.since > at) {
        return false;
    }
    // An answer to the number would reach somebody else from now on.
    let profile = (phone_of(&known.profile).as_ref() == Some(identity))
        .then(|| ContactProfileChanged { profile: ContactProfile { wa_id: None, ..known.profile.clone() }, at: at.max(known.profile_at) });
    draft.say(holder, ContactIdentityUnlinked { identity: identity.clone(), reason: UnlinkReason::Reassigned, at });
    if let Some(profile) = profile {
        draft.say(holder, profile);
    }
    true
}

/// How the contact shows itself. What is not said stays; what is older only fills gaps; the number is the one it has now.
pub(crate) fn show(draft: &mut Draft<'_>, contact: ContactId, said: &ContactProfile, at: DateTime<Utc>) {
    let Some(known) = draft.contact(contact) else { return };
    let newer = at >= known.profile_at;
    let pick = |said: &Option<String>, known: &Option<String>| {
        let (first, second) = if newer { (said, known) } else { (known, said) };
        first.as_ref().or(second.as_ref()).cloned()
    };
    let is_mine = |profile: &ContactProfile| phone_of(profile).is_some_and(|number| known.has_now(&number));
    let number = |profile: &ContactProfile| profile.wa_id.clone().filter(|_| is_mine(profile));
    let profile = ContactProfile {
        name: pick(&said.name, &known.profile.name),
        username: pick(&said.username, &known.profile.username),
        wa_id: pick(&number(said), &number(&known.profile)),
    };
    if profile != known.profile {
        let at = at.max(known.profile_at);
        draft.say(contact, ContactProfileChanged { profile, at });
    }
}

/// The identity that goes with the number shown.
pub(crate) fn phone_of(profile: &ContactProfile) -> Option<Identity> {
    let wa_id = WaId::parse(profile.wa_id.as_deref()?)?;
    Some(Identity { kind: IdentityKind::Phone, value: wa_id.canonical().as_str().to_owned() })
}
