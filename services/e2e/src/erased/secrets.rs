//! What can be searched for only after the project was made, because it is not chosen by the test: the id of its payment, and its sealed
//! secrets.

use contract::{Event, ProjectEvent, ProjectId, Subject};
use projects::token_context;
use reqwest::Method;
use sealing::{DataKey, MasterKey};

use super::Doors;
use super::doors::text;
use super::marks::{Mark, NUMBER, Place};

impl Doors {
    /// As they are kept; and the token in the clear, which nobody keeps.
    pub(super) async fn secrets(&self, project: ProjectId) -> Vec<Mark> {
        use Place::{Databases, Log};
        let payments = self.call("billing", Method::GET, &format!("/v1/projects/{project}/payments"), None).await;
        let mut marks = vec![Mark { what: "the payment", text: text(&payments["data"][0]["id"]).to_owned(), kept_in: &[Log, Databases] }];
        let recorded = self.journal.last(&Subject::data_key(project)).await.expect("the log answers").expect("it has a key");
        let ProjectEvent::DataKeyCreated(key) = ProjectEvent::decode(&recorded).expect("an event") else { panic!("{recorded:?}") };
        let master: MasterKey = self.keys.master_key.expose().parse().expect("a key");
        let opened = DataKey::unwrap(&key.wrapped, &master, project).expect("it is wrapped by that key");
        marks.push(Mark { what: "the key", text: key.wrapped, kept_in: &[Log] });
        for recorded in self.journal.entity(&Subject::project(project)).await.expect("the log answers") {
            if let ProjectEvent::NumberOffered(offered) = ProjectEvent::decode(&recorded).expect("an event") {
                let token = opened.open(&token_context(NUMBER), &offered.sealed_token).expect("it is sealed under that key");
                let token = String::from_utf8(token.expose().to_vec()).expect("text");
                marks.push(Mark { what: "the token", text: token, kept_in: &[] });
                marks.push(Mark { what: "the token, sealed", text: offered.sealed_token, kept_in: &[Log] });
                marks.push(Mark { what: "the PIN, sealed", text: offered.sealed_pin, kept_in: &[Log] });
            }
        }
        assert!(marks.iter().any(|mark| mark.what == "the token"), "the signup brought one");
        marks
    }
}
