//! Two contacts that turn out to be one. What was said stays where it was said; from now on everything goes to the one that lives on,
//! which also goes on with what the other allowed, refused and had under way.

use chrono::{DateTime, Utc};
use contract::{
    CloseReason, ContactAbsorbed, ContactId, ContactIdentityUnlinked, ContactMerged, ContactPreferenceChanged, ConversationClosed,
    ConversationId, ConversationOpened, Identity, MessageId, UnlinkReason,
};
use dialogue::Latest;

use crate::contact::Contact;
use crate::draft::Draft;
use crate::resolve::{have_now, show};

/// Merges `from` into `into`.
pub(crate) fn merge(draft: &mut Draft<'_>, from: ContactId, into: ContactId, at: DateTime<Utc>) {
    let Some(ended) = draft.contact(from).cloned() else { return };
    let mut identities: Vec<Identity> = ended.identities.keys().cloned().collect();
    identities.sort();
    for identity in &identities {
        draft.say(from, ContactIdentityUnlinked { identity: identity.clone(), reason: UnlinkReason::Merged, at });
    }
    let places = places(&ended);
    for (_, latest) in places.iter().filter(|(_, latest)| !latest.closed) {
        let at = at.max(latest.last_message_at);
        draft.say(from, ConversationClosed { conversation: latest.id, reason: CloseReason::Request, at });
    }
    draft.say(from, ContactMerged { into, at });
    draft.say(into, ContactAbsorbed { from, identities: identities.clone(), at });
    for identity in &identities {
        if let Some(link) = ended.identities.get(identity).filter(|link| link.current) {
            have_now(draft, into, identity, link.since);
        }
    }
    show(draft, into, &ended.profile, ended.profile_at);
    let mut preferences: Vec<_> = ended.preferences.iter().collect();
    preferences.sort_by_key(|(category, _)| *category);
    for (category, preference) in preferences {
        prefer(draft, into, category, &preference.value, preference.at);
    }
    for (group, latest) in places {
        go_on(draft, into, group, latest);
    }
}

/// Newest wins; of two in the same second the one that sorts last, so that the order of arrival does not matter.
pub(crate) fn prefer(draft: &mut Draft<'_>, contact: ContactId, category: &str, value: &str, at: DateTime<Utc>) {
    let known = draft.contact(contact).and_then(|contact| contact.preferences.get(category));
    if known.is_none_or(|known| (known.at, known.value.as_str()) < (at, value)) {
        draft.say(contact, ContactPreferenceChanged { category: category.to_owned(), value: value.to_owned(), at });
    }
}

fn places(contact: &Contact) -> Vec<(Option<String>, Latest)> {
    let mut places: Vec<_> = contact.conversations.iter().map(|(group, latest)| (group.clone(), latest.clone())).collect();
    places.sort_by(|(a, _), (b, _)| a.cmp(b));
    places
}

/// Where only the merged contact talked, the talk goes on with its state.
fn go_on(draft: &mut Draft<'_>, contact: ContactId, group: Option<String>, latest: Latest) {
    if draft.contact(contact).is_none_or(|known| known.conversations.contains_key(&group)) || latest.closed {
        return;
    }
    let conversation = ConversationId::derive(contact, MessageId::from_ulid(latest.id.ulid()));
    let Latest { id, state, last_message_at: at, closed: _ } = latest;
    draft.say(contact, ConversationOpened { conversation, group, inherited_from: state.is_some().then_some(id), state, at });
}
