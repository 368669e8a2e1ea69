//! The business profile, with Meta's limits.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use whatsapp::business_profile::{
    ABOUT_CHARS_MAX, ADDRESS_CHARS_MAX, DESCRIPTION_CHARS_MAX, EMAIL_CHARS_MAX, VERTICALS, WEBSITE_CHARS_MAX, WEBSITES_MAX,
};

use super::line::not_registered;
use super::{GraphRefusal, Meta, Request, token};

/// As people see it.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct Profile {
    about: String,
    address: String,
    description: String,
    email: String,
    websites: Vec<String>,
    vertical: String,
    picture: Option<String>,
}

/// `GET /{phone}/whatsapp_business_profile?fields=…`
pub(super) fn show(meta: &Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let id = token::for_number(meta, request, number)?;
    let line = meta.lines.get(&id).filter(|line| line.usable()).ok_or_else(not_registered)?;
    let Profile { about, address, description, email, websites, vertical, picture } = &line.profile;
    let mut profile = json!({"messaging_product": "whatsapp"});
    for field in request.query("fields").unwrap_or_default().split(',') {
        match field {
            "about" if !about.is_empty() => profile[field] = json!(about),
            "address" if !address.is_empty() => profile[field] = json!(address),
            "description" if !description.is_empty() => profile[field] = json!(description),
            "email" if !email.is_empty() => profile[field] = json!(email),
            "websites" if !websites.is_empty() => profile[field] = json!(websites),
            "vertical" if !vertical.is_empty() => profile[field] = json!(vertical),
            "profile_picture_url" if picture.is_some() => profile[field] = json!("https://pps.whatsapp.net/simulated.jpg"),
            _ => {}
        }
    }
    Ok(json!({"data": [profile]}))
}

/// `POST /{phone}/whatsapp_business_profile`
pub(super) fn change(meta: &mut Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let id = token::for_number(meta, request, number)?;
    let body = request.whatsapp()?;
    let line = meta.lines.get(&id).filter(|line| line.usable()).ok_or_else(not_registered)?;
    let mut profile = line.profile.clone();
    for (field, value) in body.as_object().into_iter().flatten() {
        match field.as_str() {
            "messaging_product" => {}
            "about" => profile.about = text(field, value, 1, ABOUT_CHARS_MAX)?,
            "address" => profile.address = text(field, value, 0, ADDRESS_CHARS_MAX)?,
            "description" => profile.description = text(field, value, 0, DESCRIPTION_CHARS_MAX)?,
            "email" => profile.email = email(value)?,
            "websites" => profile.websites = websites(value)?,
            "vertical" => profile.vertical = vertical(value)?,
            "profile_picture_handle" => {
                let handle = value.as_str().filter(|handle| meta.handles.contains(*handle));
                profile.picture = Some(handle.ok_or_else(|| GraphRefusal::invalid("profile_picture_handle is no handle"))?.to_owned());
            }
            _ => return Err(GraphRefusal::invalid(&format!("unexpected key {field} on param body"))),
        }
    }
    if let Some(line) = meta.lines.get_mut(&id) {
        line.profile = profile;
    }
    Ok(json!({"success": true}))
}

fn text(field: &str, value: &Value, min: usize, max: usize) -> Result<String, GraphRefusal> {
    let text = value.as_str().filter(|text| (min..=max).contains(&text.chars().count()));
    text.map(str::to_owned).ok_or_else(|| GraphRefusal::invalid(&format!("{field} must have {min} to {max} characters")))
}

fn email(value: &Value) -> Result<String, GraphRefusal> {
    let email = text("email", value, 0, EMAIL_CHARS_MAX)?;
    let valid = email.is_empty() || email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if valid { Ok(email) } else { Err(GraphRefusal::invalid("email is not an e-mail address")) }
}

fn websites(value: &Value) -> Result<Vec<String>, GraphRefusal> {
    let list = value.as_array().filter(|list| list.len() <= WEBSITES_MAX);
    let list = list.ok_or_else(|| GraphRefusal::invalid("websites must be a list of at most two"))?;
    list.iter()
        .map(|website| {
            let website = text("websites", website, 1, WEBSITE_CHARS_MAX)?;
            let valid = website.starts_with("http://") || website.starts_with("https://");
            if valid { Ok(website) } else { Err(GraphRefusal::invalid("a website starts with http:// or https://")) }
        })
        .collect()
}

fn vertical(value: &Value) -> Result<String, GraphRefusal> {
    let vertical = value.as_str().filter(|vertical| vertical.is_empty() || VERTICALS.contains(vertical));
    vertical.map(str::to_owned).ok_or_else(|| GraphRefusal::invalid("vertical is not one of the known"))
}
