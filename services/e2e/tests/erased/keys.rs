//! Who may reach a project beside the platform: a program that has a key for it alone, and a member who was granted something in it.

use contract::{ProjectId, WorkspaceId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::field::Field;
use crate::until;

/// Their address is their own, and stays.
const MEMBER: &str = "bob@example.com";
const LINK: &str = "paige_invite_";

impl Field {
    /// Makes the key and the grant; the key's secret.
    pub(crate) async fn hand_out(&self, project: ProjectId) -> String {
        let workspace = format!("/v1/workspaces/{}", WorkspaceId::INSTALLATION);
        let member = self.join(&workspace).await;
        let granted = json!({ "scopes": ["projects:read", "conversations:read"] });
        self.call("access", Method::PUT, &format!("{workspace}/members/{member}/projects/{project}"), Some(granted)).await;
        let key = json!({ "name": "Orders", "scopes": ["projects:read"], "project": project });
        let issued = self.call("access", Method::POST, &format!("{workspace}/keys"), Some(key)).await;
        let secret = issued["secret"].as_str().unwrap().to_owned();
        self.until_answered(&secret, project, 200).await;
        secret
    }

    /// Somebody is invited and joins; their id.
    async fn join(&self, workspace: &str) -> String {
        let invitation = json!({ "email": MEMBER, "role": "member" });
        self.call("access", Method::POST, &format!("{workspace}/invites"), Some(invitation)).await;
        let text = |mails: &Value| mails["data"][0]["text"].as_str().unwrap_or_default().to_owned();
        let mailed = |mails: &Value| text(mails).contains(LINK);
        let mails = self.until_shown("access", "/v1/dev/mails", "the invitation is mailed", mailed).await;
        let mail = text(&mails);
        let rest = mail.split_once(LINK).unwrap().1;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let body = json!({ "token": format!("{LINK}{}", &rest[..end]), "name": "Bob" });
        let target = format!("{}/sign-in/invites", self.service("access").base);
        let joined = self.apart.http.post(target).json(&body).send().await.unwrap();
        assert_eq!(joined.status(), 201);
        let joined: Value = joined.json().await.unwrap();
        joined["session"]["user"].as_str().unwrap().to_owned()
    }

    /// Until whoever has the key and asks for the project is answered so.
    pub(crate) async fn until_answered(&self, secret: &str, project: ProjectId, wanted: u16) {
        let target = format!("{}/v1/projects/{project}", self.service("lifecycle").base);
        until(&format!("its key is answered with {wanted}"), async || {
            let status = self.apart.http.get(&target).bearer_auth(secret).send().await.unwrap().status();
            if status == wanted { Ok(()) } else { Err(status.to_string()) }
        })
        .await;
    }
}
