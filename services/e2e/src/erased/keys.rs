//! Who may reach a project beside the platform: a program that has a key for it alone, and a member who was granted something in it.

use contract::{ProjectId, WorkspaceId};
use reqwest::Method;
use serde_json::{Value, json};

use super::doors::text;
use super::{Doors, WAIT_MAX, until};

/// Their address is their own, and stays.
const MEMBER: &str = "bob@example.com";
const LINK: &str = "paige_invite_";

impl Doors {
    /// Makes the key and the grant; the key's secret.
    pub(super) async fn hand_out(&self, project: ProjectId) -> String {
        let workspace = format!("/v1/workspaces/{}", WorkspaceId::INSTALLATION);
        let member = self.join(&workspace).await;
        let granted = json!({ "scopes": ["projects:read", "conversations:read"] });
        self.call("access", Method::PUT, &format!("{workspace}/members/{member}/projects/{project}"), Some(granted)).await;
        let key = json!({ "name": "Orders", "scopes": ["projects:read"], "project": project });
        let issued = self.call("access", Method::POST, &format!("{workspace}/keys"), Some(key)).await;
        let secret = text(&issued["secret"]).to_owned();
        self.until_answered(&secret, project, 200).await;
        secret
    }

    /// Somebody is invited and joins; their id.
    async fn join(&self, workspace: &str) -> String {
        let invitation = json!({ "email": MEMBER, "role": "member" });
        self.call("access", Method::POST, &format!("{workspace}/invites"), Some(invitation)).await;
        let mail = |mails: &Value| mails["data"][0]["text"].as_str().unwrap_or_default().to_owned();
        let mailed = |mails: &Value| mail(mails).contains(LINK);
        let mails = self.until_shown("access", "/v1/dev/mails", "the invitation is mailed", mailed).await;
        let mail = mail(&mails);
        let (_, rest) = mail.split_once(LINK).expect("it was there");
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let body = json!({ "token": format!("{LINK}{}", &rest[..end]), "name": "Bob" });
        let joined = self.http.post(format!("{}/sign-in/invites", self.base("access"))).json(&body).send().await.expect("an answer");
        assert_eq!(joined.status(), 201);
        let joined: Value = joined.json().await.expect("JSON");
        text(&joined["session"]["user"]).to_owned()
    }

    /// Until whoever has the key and asks for the project is answered so.
    ///
    /// # Panics
    /// They are not within [`WAIT_MAX`].
    pub async fn until_answered(&self, secret: &str, project: ProjectId, wanted: u16) {
        let target = format!("{}/v1/projects/{project}", self.base("lifecycle"));
        until(&format!("its key is answered with {wanted}"), WAIT_MAX, async || {
            let answer = self.http.get(&target).bearer_auth(secret).send().await.map_err(|error| error.to_string())?;
            if answer.status() == wanted { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
    }
}
