//! Fills a view with what the tables say about the items of a batch.

use std::borrow::Cow;
use std::collections::HashSet;

use contract::{ContactId, EventId, Identity};
use projections::{Error, lookup};
use sqlx::PgConnection;

use crate::contact::Contact;
use crate::items::What;
use crate::record::Heard;
use crate::view::View;

/// Loads what is not known yet.
pub(crate) async fn load(connection: &mut PgConnection, view: &mut View, items: &[Heard<'_>]) -> Result<(), Error> {
    view.make_room();
    let wanted = Wanted::of(items);
    let unknown: Vec<&Identity> = wanted.identities.iter().copied().filter(|identity| !view.knows(identity)).collect();
    let names: Vec<&str> = wanted.names.iter().map(|name| &**name).collect();
    let known = lookup::known(connection, &names, &unknown).await?;
    view.prune(known.checkpoint);
    let statuses =
        if wanted.status_wamids.is_empty() { HashSet::new() } else { lookup::statuses(connection, &wanted.status_wamids).await? };
    let unassigned = if wanted.unassigned.is_empty() { HashSet::new() } else { lookup::unassigned(connection, &wanted.unassigned).await? };
    let mut ids: Vec<ContactId> = known.contacts.values().chain(known.messages.values()).copied().collect();
    view.load_recorded(known.messages, statuses, unassigned);
    for (identity, contact) in known.contacts {
        view.load_identity(identity, contact);
    }
    for _ in 0..=crate::MERGERS_MAX {
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| view.contact(*id).is_none());
        if ids.is_empty() {
            break;
        }
        let mut next = Vec::new();
        for known in lookup::contacts(connection, &ids).await? {
            next.extend(known.contact.merged_into);
            view.load(known.contact.id, Contact::from(known));
        }
        ids = next;
    }
    Ok(())
}

#[derive(Default)]
struct Wanted<'a> {
    identities: HashSet<&'a Identity>,
    /// Ids of messages, Meta's and ours.
    names: Vec<Cow<'a, str>>,
    status_wamids: Vec<&'a str>,
    unassigned: Vec<EventId>,
}

impl<'a> Wanted<'a> {
    fn of(items: &'a [Heard<'_>]) -> Self {
        let mut wanted = Self::default();
        for Heard { id, item, .. } in items {
            wanted.identities.extend(&item.who.identities);
            match &item.what {
                What::Said(said) => {
                    wanted.names.push(said.wamid.as_str().into());
                    wanted.names.extend(said.target.as_deref().map(Cow::from));
                    wanted.identities.extend(said.replaced.iter().map(|replaced| &replaced.current));
                }
                What::Status { wamid, asked, .. } => {
                    if item.who.identities.is_empty() {
                        wanted.unassigned.push(*id);
                    }
                    wanted.names.push(wamid.as_str().into());
                    wanted.names.extend(asked.map(|asked| asked.to_string().into()));
                    wanted.status_wamids.push(wamid);
                }
                What::Changed(replaced) => wanted.identities.extend(replaced.iter().map(|replaced| &replaced.current)),
                What::Unassigned { .. } => wanted.unassigned.push(*id),
                What::Preference { .. } => {}
            }
        }
        wanted
    }
}
