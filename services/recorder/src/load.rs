//! Fills a view with what the tables say about the items of a batch.

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
    let known = lookup::known(connection, &wanted.wamids, &unknown).await?;
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
    wamids: Vec<&'a str>,
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
                    wanted.wamids.push(&said.wamid);
                    wanted.wamids.extend(said.target.as_deref());
                    wanted.identities.extend(said.replaced.iter().map(|replaced| &replaced.current));
                }
                What::Status { wamid, .. } => {
                    if item.who.identities.is_empty() {
                        wanted.unassigned.push(*id);
                    }
                    wanted.wamids.push(wamid);
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
