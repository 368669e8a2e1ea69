//! Files of ours that a message brings: there, and of the kind that the message says.

use contract::{Event, FileUse, MediaEvent, MediaId, ProjectId, Subject};
use futures::future::try_join_all;
use serde_json::Value;
use whatsapp::outbound::MediaUse;
use whatsapp::{FieldError, Outbound};

use crate::{Conversations, Error};

/// What our ids of files begin with; every other id is one of Meta's, which Meta knows.
const OURS: &str = "med_";

/// A file that is kept.
struct Kept {
    mime_type: String,
    size_bytes: u64,
    name: Option<String>,
}

impl Conversations {
    /// The files of a message, each once; or what is wrong with them.
    pub(super) async fn files(&self, project: ProjectId, message: &Outbound) -> Result<Result<Vec<FileUse>, Vec<FieldError>>, Error> {
        let mut used: Vec<(&str, MediaUse<'_>)> = Vec::new();
        for media in message.media() {
            if let Some(id) = media.id.filter(|id| id.starts_with(OURS) && !used.contains(&(id, media))) {
                used.push((id, media));
            }
        }
        let looked = used.iter().map(|(id, media)| async move { Ok::<_, Error>((*id, *media, self.kept(project, id).await?)) });
        let (mut files, mut wrong) = (Vec::<FileUse>::new(), Vec::new());
        for (id, media, found) in try_join_all(looked).await? {
            match check(media, found) {
                Ok(file) if files.iter().any(|known| known.media == file.media) => {}
                Ok(file) => files.push(file),
                Err(detail) => wrong.extend(pointers(message.json(), id).into_iter().map(|pointer| FieldError {
                    pointer,
                    code: "value",
                    detail: detail.clone(),
                })),
            }
        }
        Ok(if wrong.is_empty() { Ok(files) } else { Err(wrong) })
    }

    /// What the log has of a file; none: it was never here, or it is gone.
    async fn kept(&self, project: ProjectId, id: &str) -> Result<Option<(MediaId, Kept)>, Error> {
        let Ok(media) = id.parse::<MediaId>() else { return Ok(None) };
        let mut kept = None;
        for event in self.journal.entity(&Subject::media(project, media)).await? {
            kept = match MediaEvent::decode(&event)? {
                MediaEvent::MediaUploaded(file) => Some(Kept { mime_type: file.mime_type, size_bytes: file.size_bytes, name: file.name }),
                MediaEvent::MediaStored(file) => Some(Kept { mime_type: file.mime_type, size_bytes: file.size_bytes, name: file.name }),
                MediaEvent::MediaFailed(_) => kept,
                MediaEvent::MediaDeleted(_) | MediaEvent::MediaErased(_) => None,
            };
        }
        Ok(kept.map(|kept| (media, kept)))
    }
}

fn check(MediaUse { kind, voice, .. }: MediaUse<'_>, found: Option<(MediaId, Kept)>) -> Result<FileUse, String> {
    let Some((media, Kept { mime_type, size_bytes, name })) = found else {
        return Err("must be the id of a file that was uploaded to this project".to_owned());
    };
    if !kind.takes(&mime_type) {
        return Err(format!("names a file of type {mime_type}, which Meta does not take for {}", kind.name()));
    }
    if voice && !kind.voices(&mime_type) {
        return Err(format!("names a file of type {mime_type}, and a voice note is Ogg with Opus; send that, or leave \"voice\" out"));
    }
    if size_bytes > kind.bytes_max() {
        return Err(format!("names a file of {size_bytes} bytes, and Meta takes {} for {}", kind.bytes_max(), kind.name()));
    }
    Ok(FileUse { media, mime_type, size_bytes, name })
}

/// Where the message has this text as an `id`.
fn pointers(message: &Value, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), message)];
    while let Some((place, value)) = waiting.pop() {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if name == "id" && member.as_str() == Some(id) {
                        found.push(place);
                    } else {
                        waiting.push((place, member));
                    }
                }
            }
            Value::Array(elements) => {
                waiting.extend(elements.iter().enumerate().map(|(index, element)| (format!("{place}/{index}"), element)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found.sort();
    found
}
