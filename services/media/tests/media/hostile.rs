//! What strangers say of files, and where their bytes could get to.

use contract::{MediaId, MessageReceived};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn names_and_types_of_strangers_stay_in_their_places() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    for (n, name, mime, kept_name, kept_type, disposition) in [
        (1, "../../../etc/passwd", "text/html", Some("passwd"), "text/html", "attachment; filename*=UTF-8''passwd"),
        (
            2,
            "a\r\nX-Evil: 1.pdf",
            "text/html\r\nX-Evil: 1",
            Some("aX-Evil: 1.pdf"),
            "application/octet-stream",
            "attachment; filename*=UTF-8''aX-Evil%3A%201.pdf",
        ),
        (3, "\u{0}", "\u{0}", None, "application/octet-stream", "attachment"),
        (4, "\u{202e}gpj.exe", "a/b; c=\"d\"", Some("gpj.exe"), "a/b; c=\"d\"", "attachment; filename*=UTF-8''gpj.exe"),
    ] {
        let id = format!("{n}");
        world.meta.keep(&id, mime, "<script>alert(1)</script>");
        let raw =
            json!({"id": "wamid.A", "type": "document", "document": {"id": id, "filename": name, "mime_type": mime, "sha256": "what?"}});
        let message = world.message("document", &raw);
        let media = MediaId::of_message(project, message.message, &id);
        world.hear(project, MessageReceived(message)).await;
        let stored = world.until_stored(project, media).await;
        assert_eq!((stored.name.as_deref(), stored.mime_type.as_str()), (kept_name, kept_type));
        let content = world.get(project, &format!("media/{media}/content")).await;
        assert_eq!(content.headers["content-type"], kept_type);
        assert_eq!(content.headers["content-disposition"], disposition);
        assert_eq!(content.headers["x-content-type-options"], "nosniff");
        assert_eq!(content.headers["content-security-policy"], "sandbox; default-src 'none'");
        assert!(!content.headers.contains_key("x-evil"));
        assert!(world.path(project, media).exists(), "it is named by its id alone");
    }
    world.end(service).await;
}

#[tokio::test]
async fn a_file_of_one_project_is_nowhere_in_another() {
    let world = World::new().await;
    let service = world.start().await;
    let (project, other) = (world.project().await, world.project().await);
    let (message, inbound) = world.image(project, "11", b"private").await;
    world.until_stored(project, inbound).await;
    let uploaded = world.upload(project, "application/pdf", b"%PDF-private").await;
    for media in [inbound, uploaded] {
        assert_eq!(world.get(project, &format!("media/{media}/content")).await.status, 200);
        assert_eq!(world.get(other, &format!("media/{media}")).await.refused(), (404, "not_found"));
        assert_eq!(world.get(other, &format!("media/{media}/content")).await.refused(), (404, "not_found"));
        assert_eq!(world.delete(other, &format!("media/{media}")).await.refused(), (404, "not_found"));
        assert!(world.path(project, media).exists());
    }
    assert_eq!(world.get(other, &format!("messages/{message}/media")).await.body, json!({"data": []}));
    let nobody = contract::ProjectId::from_ulid(world.ids.ulid());
    assert_eq!(world.get(nobody, &format!("media/{inbound}")).await.refused(), (404, "not_found"));
    assert_eq!(world.get(nobody, &format!("messages/{message}/media")).await.refused(), (404, "not_found"));
    assert_eq!(world.post(nobody, "", "application/pdf", None, "%PDF-").await.refused(), (404, "not_found"));
    for bad in ["..", "med_1", "%2e%2e%2fmed", &format!("{inbound}%2f..")] {
        assert!([400, 404].contains(&world.get(project, &format!("media/{bad}")).await.status), "{bad}");
        assert!([400, 404].contains(&world.get(project, &format!("media/{bad}/content")).await.status), "{bad}");
    }
    world.end(service).await;
}
