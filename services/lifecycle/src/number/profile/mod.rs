//! The business profile of a connected number: shown as Meta has it, changed at Meta first and noted here then.

pub(crate) mod answer;
pub(crate) mod asking;
pub(crate) mod change;
mod limits;
mod photo;
pub(crate) mod show;

use contract::BusinessProfileChanged;
use whatsapp::graph::{Profile, ProfileChange};

/// What is to be different: absent stays, empty is cleared. It keeps Meta's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProfileChanges {
    pub about: Option<String>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub email: Option<String>,
    pub websites: Option<Vec<String>>,
    pub vertical: Option<String>,
    pub photo_handle: Option<String>,
}

impl ProfileChanges {
    /// What the profile is afterwards.
    pub(crate) fn apply(&self, profile: &mut BusinessProfileChanged) {
        let changes = [
            (&self.about, &mut profile.about),
            (&self.address, &mut profile.address),
            (&self.description, &mut profile.description),
            (&self.email, &mut profile.email),
            (&self.vertical, &mut profile.vertical),
            (&self.photo_handle, &mut profile.photo_handle),
        ];
        for (change, field) in changes {
            if let Some(text) = change {
                *field = Some(text.clone()).filter(|text| !text.is_empty());
            }
        }
        if let Some(websites) = &self.websites {
            profile.websites.clone_from(websites);
        }
    }

    /// As Meta is asked for it.
    fn for_meta(&self) -> ProfileChange {
        let Self { about, address, description, email, websites, vertical, photo_handle } = self.clone();
        ProfileChange { about, address, description, email, websites, vertical, profile_picture_handle: photo_handle }
    }
}

/// What Meta shows, as an event says it.
fn from_meta(profile: Profile) -> BusinessProfileChanged {
    let Profile { about, address, description, email, websites, vertical, .. } = profile;
    BusinessProfileChanged { about, address, description, email, websites, vertical, photo_handle: None }
}
