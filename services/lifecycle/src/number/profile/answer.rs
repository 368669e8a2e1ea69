//! The profile as callers see it.

use contract::BusinessProfileChanged;
use serde::Serialize;
use utoipa::ToSchema;

/// A business profile. Null: empty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileAnswer {
    /// The line below the name.
    about: Option<String>,
    address: Option<String>,
    description: Option<String>,
    email: Option<String>,
    websites: Vec<String>,
    /// One of Meta's words.
    #[schema(example = "RESTAURANT")]
    vertical: Option<String>,
    /// Where its photo can be fetched, for a while. Null as well after a change of the photo if Meta did not say where the new one is.
    photo_url: Option<String>,
}

impl ProfileAnswer {
    pub(crate) fn of(profile: BusinessProfileChanged, photo_url: Option<String>) -> Self {
        let BusinessProfileChanged { about, address, description, email, websites, vertical, .. } = profile;
        Self { about, address, description, email, websites, vertical, photo_url }
    }
}
