//! `POST /{phone}/media`: a form with the product, the type and the file.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::multipart::Part;
use super::super::{GraphRefusal, Request, token};
use super::{Origin, inside};
use crate::world::World;

/// See the module.
pub(crate) fn upload(world: &mut World, request: &Request, number: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let number = token::for_sending(&world.meta, request, number)?;
    let parts = request.parts()?;
    let text = |name: &str| parts.iter().find(|part| part.name == name).map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
    if text("messaging_product").as_deref() != Some("whatsapp") {
        return Err(GraphRefusal::invalid("(#100) The parameter messaging_product is required."));
    }
    let missing = || GraphRefusal::message(131_008, "Required parameter is missing", "the form has no file");
    let file = parts.iter().find(|part| part.name == "file" && part.file_name.is_some()).ok_or_else(missing)?;
    let mime = mime_of(file, text("type"))?;
    inside::check(&essence(&mime), &file.bytes)?;
    let World { meta, dice, .. } = world;
    let id = meta.media.keep(&number, &mime, file.bytes.clone(), Origin::Business, now, dice);
    let id = id.map_err(|full| GraphRefusal::new(500, 131_016, "(#131016) Service unavailable").details(&full.to_string()))?;
    Ok(json!({ "id": id }))
}

/// The type of the file; what the form says beside it must be the same.
fn mime_of(file: &Part, said: Option<String>) -> Result<String, GraphRefusal> {
    let own = file.content_type.clone();
    match (own, said.filter(|said| !said.is_empty())) {
        (Some(own), Some(said)) if essence(&own) != essence(&said) => Err(GraphRefusal::invalid("type and the type of the file differ")),
        (_, Some(mime)) | (Some(mime), None) => Ok(mime),
        (None, None) => Err(GraphRefusal::message(131_008, "Required parameter is missing", "the form has no type")),
    }
}

fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
