//! The published examples on firm ground: files, Flows, templates and a message that there are, in place of the ids that they invent; and what
//! Meta must get of each, worked out here by nothing that sends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use contract::{FlowId, FlowToken};
use reqwest::Method;
use serde_json::{Value, json};
use whatsapp::MediaKind;

use crate::talk::{NUMBER, Talk};

const FLOW_WITH_ENDPOINT: &str = include_str!("../../../../schemas/meta/flows/valid-appointment-booking-endpoint.json");
/// Of whoever runs its endpoint; nobody has the other half.
const PUBLIC_KEY: &str = include_str!("../../../simulator/tests/suite/public_key.pem");
/// The Flow that an example names by Meta's id, and the one that another names by its name.
const FLOWS: [&str; 2] = ["appointments", "booking"];
/// The template whose button names its Flow by the name that it has at Meta.
const BY_FLOW_NAME: &str = "book_again_by_flow_name";
const FLOW_PARAMETERS: &str = "/interactive/action/parameters";

/// See the module.
pub(crate) struct Ground {
    /// By the id in an example.
    files: BTreeMap<String, File>,
    flows: BTreeMap<&'static str, Offered>,
    /// Meta's id of what the person wrote.
    heard: String,
}

struct File {
    /// Our id of it.
    id: String,
    bytes: Vec<u8>,
}

struct Offered {
    id: FlowId,
    at_meta: String,
    name_at_meta: String,
}

/// The published examples of a kind, by name.
pub(crate) fn examples(kind: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta").join(kind);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    let mut found: Vec<(String, Value)> = json.map(read).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// An example about another template: [`BY_FLOW_NAME`]. `place` is where it says which.
pub(crate) fn by_flow_name(kind: &str, example: &str, place: &str) -> (String, Value) {
    let (_, mut other) = examples(kind).into_iter().find(|(name, _)| name == example).unwrap();
    *other.pointer_mut(place).unwrap() = json!(BY_FLOW_NAME);
    (BY_FLOW_NAME.to_owned(), other)
}

/// A file that opens, and its type.
fn file(kind: MediaKind) -> (&'static str, &'static [u8]) {
    match kind {
        MediaKind::Audio => ("audio/ogg", include_bytes!("../../../simulator/src/sample/voice.ogg")),
        MediaKind::Image => ("image/jpeg", include_bytes!("../../../simulator/src/sample/photo.jpg")),
        MediaKind::Video => ("video/mp4", include_bytes!("../../../simulator/src/sample/video.mp4")),
        MediaKind::Document => ("application/pdf", include_bytes!("../../../simulator/src/sample/document.pdf")),
        MediaKind::Sticker => ("image/webp", include_bytes!("../../../simulator/src/sample/sticker.webp")),
    }
}

/// Where a message names a file by its id: the kind, and a pointer to the id.
fn files(message: &Value) -> Vec<(MediaKind, String)> {
    let (mut found, mut waiting) = (Vec::new(), vec![(String::new(), message)]);
    while let Some((place, value)) = waiting.pop() {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
            Value::Array(elements) => elements.iter().enumerate().map(|(index, element)| (index.to_string(), element)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for (name, member) in members {
            match MediaKind::parse(&name).filter(|_| member["id"].is_string()) {
                Some(kind) => found.push((kind, format!("{place}/{name}/id"))),
                None => waiting.push((format!("{place}/{name}"), member)),
            }
        }
    }
    found
}

/// The headers of a template that show a file, also those of cards.
fn headers(definition: &Value) -> Vec<String> {
    let count = |list: &str| definition.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
    let mut components: Vec<String> = (0..count("/components")).map(|index| format!("/components/{index}")).collect();
    for component in components.clone() {
        for card in 0..count(&format!("{component}/cards")) {
            let list = format!("{component}/cards/{card}/components");
            components.extend((0..count(&list)).map(|index| format!("{list}/{index}")));
        }
    }
    components.retain(|component| definition.pointer(&format!("{component}/example/header_handle")).is_some());
    components
}

impl Ground {
    /// Uploads the files, publishes the Flows, and has the templates approved.
    pub(crate) async fn prepare(talk: &Talk, heard: &str) -> Self {
        talk.stage.sim(Method::PUT, "/rules", Some(json!({ "review_ms": 0 }))).await;
        let mut ground = Self { files: BTreeMap::new(), flows: BTreeMap::new(), heard: heard.to_owned() };
        for (_, example) in examples("outbound") {
            for (kind, place) in files(&example) {
                let invented = example.pointer(&place).and_then(Value::as_str).unwrap();
                if !ground.files.contains_key(invented) {
                    ground.files.insert(invented.to_owned(), upload(talk, kind, invented).await);
                }
            }
        }
        let mut made = BTreeMap::new();
        for name in FLOWS {
            made.insert(name, make(talk, name).await);
        }
        give_key(talk, &made[FLOWS[0]]).await;
        for (name, id) in made {
            ground.flows.insert(name, publish(talk, &id).await);
        }
        for (name, definition) in examples("templates").into_iter().chain([by_flow_name("templates", "book_again", "/name")]) {
            ground.approve(talk, &name, definition).await;
        }
        ground
    }

    async fn approve(&self, talk: &Talk, name: &str, mut definition: Value) {
        for place in headers(&definition) {
            let header = definition.pointer_mut(&place).unwrap();
            let kind = MediaKind::parse(&header["format"].as_str().unwrap().to_lowercase()).unwrap_or_else(|| panic!("{name}: {header}"));
            let (mime, bytes) = file(kind);
            let kept = post(talk, "/templates/examples", mime, bytes.to_vec()).await;
            header["example"]["header_handle"][0] = kept["handle"].clone();
        }
        let components = definition["components"].as_array_mut().unwrap().iter_mut();
        for button in components.filter_map(|component| component.get_mut("buttons")?.as_array_mut()).flatten() {
            if button["type"] == "FLOW" {
                let flow = &self.flows["appointments"];
                button.as_object_mut().unwrap().remove("flow_id").unwrap();
                match name == BY_FLOW_NAME {
                    true => button["flow_name"] = json!(flow.name_at_meta),
                    false => button["flow_id"] = json!(flow.at_meta),
                }
            }
        }
        let made = talk.post("/templates", definition).await;
        let path = format!("/templates/{}", made["id"].as_str().unwrap());
        talk.stage.until(&format!("the template {name} is approved"), async || talk.get(&path).await["status"] == "APPROVED").await;
    }

    /// An example as it can be asked for here.
    pub(crate) fn asked(&self, example: &Value) -> Value {
        let mut asked = example.clone();
        for (_, place) in files(example) {
            let id = asked.pointer_mut(&place).unwrap();
            *id = json!(self.files[id.as_str().unwrap()].id);
        }
        for place in ["/context/message_id", "/reaction/message_id"] {
            if let Some(wamid) = asked.pointer_mut(place) {
                *wamid = json!(self.heard);
            }
        }
        if let Some(id) = asked.pointer_mut(&format!("{FLOW_PARAMETERS}/flow_id")) {
            *id = json!(self.flows["appointments"].id);
        }
        asked
    }

    /// What Meta must get of it: the same, but for files and Flows, which have names of Meta's there, and the token that a Flow comes back with.
    /// Which name a file got there, only `received` can tell: it must be one of the same bytes.
    pub(crate) async fn at_meta(&self, talk: &Talk, asked: &Value, message: &str, received: &Value) -> Value {
        let mut expected = asked.clone();
        for (_, place) in files(asked) {
            let id = asked.pointer(&place).and_then(Value::as_str).unwrap();
            let file = self.files.values().find(|file| file.id == id).unwrap();
            let named = received.pointer(&place).and_then(Value::as_str).unwrap_or_else(|| panic!("no file at {place} of {received}"));
            let shown = talk.stage.http.get(format!("{}/sim/api/media/{named}", talk.stage.base)).send().await.unwrap();
            assert!(shown.status().is_success() && shown.bytes().await.unwrap() == file.bytes, "{named} at {place} is another file");
            *expected.pointer_mut(&place).unwrap() = json!(named);
        }
        let token = |flow: &Offered| json!(FlowToken { flow: flow.id, revision: 1, request: message.parse().unwrap() }.to_string());
        if asked["interactive"]["type"] == "flow" {
            let parameters = expected.pointer_mut(FLOW_PARAMETERS).and_then(Value::as_object_mut).unwrap();
            let flow = &self.flows[if parameters.remove("flow_name").is_some() { "booking" } else { "appointments" }];
            parameters.insert("flow_id".to_owned(), json!(flow.at_meta));
            parameters.insert("flow_token".to_owned(), token(flow));
        }
        for button in expected.pointer_mut("/template/components").and_then(Value::as_array_mut).into_iter().flatten() {
            if button["sub_type"] == "flow" {
                button["parameters"][0]["action"]["flow_token"] = token(&self.flows["appointments"]);
            }
        }
        expected
    }
}

/// A file of its own for each id.
async fn upload(talk: &Talk, kind: MediaKind, invented: &str) -> File {
    let (mime, bytes) = file(kind);
    // After its end, which readers pass over; an MP4 ends with a box.
    let mark = [&u32::try_from(invented.len() + 8).unwrap().to_be_bytes()[..], b"free", invented.as_bytes()].concat();
    let bytes = [bytes, &mark].concat();
    let kept = post(talk, &format!("/media?name={invented}"), mime, bytes.clone()).await;
    File { id: kept["id"].as_str().unwrap().to_owned(), bytes }
}

/// A Flow with an endpoint, not published yet.
async fn make(talk: &Talk, name: &str) -> String {
    let document: Value = serde_json::from_str(FLOW_WITH_ENDPOINT).unwrap();
    let flow =
        json!({ "name": name, "categories": ["APPOINTMENT_BOOKING"], "endpoint_uri": "https://example.com/flow", "flow_json": document });
    talk.post("/flows", flow).await["id"].as_str().unwrap().to_owned()
}

/// Meta gets the endpoint's key. Before that it publishes none, which is passed on and kept with the revision.
async fn give_key(talk: &Talk, flow: &str) {
    let path = format!("/v1/projects/{}/flows/{flow}/publish", talk.project);
    let (status, refused) = talk.stage.request(Method::POST, &path, Some(json!({}))).await;
    assert_eq!((status, &refused["code"]), (422, &json!("publish_refused")));
    assert!(refused["detail"].as_str().unwrap().contains("public key"), "{refused}");
    let key = Some(json!({ "business_public_key": PUBLIC_KEY }));
    talk.stage.sim(Method::PUT, &format!("/graph/numbers/{NUMBER}/public-key"), key).await;
}

async fn publish(talk: &Talk, id: &str) -> Offered {
    let published = talk.post(&format!("/flows/{id}/publish"), json!({})).await;
    assert_eq!(published["status"], "PUBLISHED", "{published}");
    let at_meta = |key: &str| published["at_meta"][key].as_str().unwrap().to_owned();
    Offered { id: id.parse().unwrap(), at_meta: at_meta("flow_id"), name_at_meta: at_meta("name") }
}

async fn post(talk: &Talk, path: &str, mime: &str, bytes: Vec<u8>) -> Value {
    let url = format!("{}/v1/projects/{}{path}", talk.stage.base, talk.project);
    let request = talk.stage.http.post(url).bearer_auth(talk.stage.keys.api_key.expose()).header("content-type", mime);
    let answer = request.body(bytes).send().await.unwrap();
    let (status, body) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert!(status.is_success(), "{path}: {status}, {body}");
    body
}
