//! The business profile of a number.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{list, text};
use super::call::{Body, Call};
use super::{Error, Graph, Token};
use crate::PhoneNumberId;

const FIELDS: &str = "about,address,description,email,profile_picture_url,websites,vertical";

/// The profile as people see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The line below the name.
    pub about: Option<String>,
    /// Where the business is.
    pub address: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// At most two.
    pub websites: Vec<String>,
    /// Its trade.
    pub vertical: Option<String>,
    /// Where its photo is, for a while.
    pub picture_url: Option<String>,
}

/// What is to be different; what is absent stays, what is empty is cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProfileChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websites: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
    /// What an upload gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_picture_handle: Option<String>,
}

impl Graph {
    /// The profile as it is.
    pub async fn profile(&self, token: &Token, number: &PhoneNumberId) -> Result<Profile, Error> {
        let path = format!("/{number}/whatsapp_business_profile");
        let query = [("fields", FIELDS)];
        let answer = self.call(Call { query: &query, ..Call::new("profile", Method::GET, &path, token) }).await?;
        let found = list(&answer, "data").first().cloned().unwrap_or_else(|| json!({}));
        // A sample of Meta's nests it, real answers do not.
        let profile = found.get("business_profile").unwrap_or(&found);
        Ok(Profile {
            about: text(profile, "about"),
            address: text(profile, "address"),
            description: text(profile, "description"),
            email: text(profile, "email"),
            websites: list(profile, "websites").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            vertical: text(profile, "vertical"),
            picture_url: text(profile, "profile_picture_url"),
        })
    }

    /// Changes it.
    pub async fn change_profile(&self, token: &Token, number: &PhoneNumberId, change: &ProfileChange) -> Result<(), Error> {
        let mut body = serde_json::to_value(change).map_err(|_| Error::Client("a profile is JSON".to_owned()))?;
        body["messaging_product"] = json!("whatsapp");
        let path = format!("/{number}/whatsapp_business_profile");
        self.succeed(Call { body: Body::Json(body), ..Call::new("change_profile", Method::POST, &path, token) }).await
    }
}
