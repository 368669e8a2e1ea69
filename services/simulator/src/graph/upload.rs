//! Resumable uploads. The files are counted, not kept.

use rand::RngExt;
use serde_json::{Value, json};

use super::{GraphRefusal, Meta, Request, token};
use crate::world::World;

const TYPES: [&str; 5] = ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// An upload that has begun.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    length: u64,
    arrived: u64,
}

/// `POST /{app-id}/uploads`
pub(super) fn start(world: &mut World, request: &Request, app: &str) -> Result<Value, GraphRefusal> {
    token::any(&world.meta, request)?;
    if app != world.meta.app_id {
        return Err(GraphRefusal::no_object(app));
    }
    let length = request.query("file_length").and_then(|text| text.parse().ok()).filter(|length| (1..=FILE_BYTES_MAX).contains(length));
    let length = length.ok_or_else(|| GraphRefusal::invalid("file_length must be 1 to 104857600"))?;
    if !request.query("file_type").is_some_and(|kind| TYPES.contains(&kind)) {
        return Err(GraphRefusal::invalid("file_type is not supported"));
    }
    if request.query("file_name").is_none_or(str::is_empty) {
        return Err(GraphRefusal::invalid("file_name is required"));
    }
    let id = format!("upload:MTph{:032x}?sig=ARZ{:016x}", world.dice.random::<u128>(), world.dice.random::<u64>());
    let key = id.split('?').next().unwrap_or_default().to_owned();
    world.meta.uploads.insert(key, Upload { length, arrived: 0 });
    Ok(json!({"id": id}))
}

/// `POST /upload:…` with the bytes from `file_offset` on
pub(super) fn send(meta: &mut Meta, request: &Request, id: &str) -> Result<Value, GraphRefusal> {
    token::any(meta, request)?;
    let upload = meta.uploads.get_mut(id).ok_or_else(|| GraphRefusal::no_object(id))?;
    let offset = request.file_offset.ok_or_else(|| GraphRefusal::invalid("the header file_offset is required"))?;
    if offset != upload.arrived {
        return Err(GraphRefusal::invalid("file_offset is not where the upload was interrupted"));
    }
    upload.arrived += request.body.len() as u64;
    if upload.arrived != upload.length {
        return Err(GraphRefusal::invalid("fewer or more bytes than file_length arrived"));
    }
    let handle = format!("4::aW1hZ2U={id}");
    meta.uploads.remove(id);
    meta.handles.insert(handle.clone());
    Ok(json!({"h": handle}))
}

/// `GET /upload:…`
pub(super) fn offset(meta: &Meta, request: &Request, id: &str) -> Result<Value, GraphRefusal> {
    token::any(meta, request)?;
    let upload = meta.uploads.get(id).ok_or_else(|| GraphRefusal::no_object(id))?;
    Ok(json!({"id": id, "file_offset": upload.arrived}))
}
