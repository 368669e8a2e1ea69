//! What a request to send may be refused with, and why its message may fail, is what the descriptions of its routes and the README say.

use std::collections::BTreeSet;

use chassis::Problem;
use contract::SendFailure;
use serde_json::Value;
use utoipa::Path as _;

use super::Refusal;
use crate::Error;
use crate::send::{to_contact, to_conversation};

const README: &str = include_str!("../../../../README.md");

/// Which requests to send are refused so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    /// Those that name a conversation.
    Conversations,
    None,
}

/// Of which requests a refusal is, and which one comes after it in the list of all. A new one stops the build until it stands there.
fn place(refusal: &Refusal) -> (Of, Option<Refusal>) {
    let (name, language, languages) = (String::new(), String::new(), Vec::new());
    match refusal {
        Refusal::InvalidMessage(_) => (Of::All, Some(Refusal::KeyReused)),
        Refusal::KeyReused => (Of::All, Some(Refusal::ProjectSuspended)),
        Refusal::ProjectSuspended => (Of::All, Some(Refusal::NumberNotConnected)),
        Refusal::NumberNotConnected => (Of::All, Some(Refusal::NumberCannotSend)),
        Refusal::NumberCannotSend => (Of::All, Some(Refusal::ContactUnreachable)),
        Refusal::ContactUnreachable => (Of::All, Some(Refusal::PhoneNeeded)),
        Refusal::PhoneNeeded => (Of::All, Some(Refusal::GroupNotSupported)),
        Refusal::GroupNotSupported => (Of::Conversations, Some(Refusal::ConversationClosed)),
        Refusal::ConversationClosed => (Of::Conversations, Some(Refusal::WindowClosed(None))),
        Refusal::WindowClosed(_) => (Of::All, Some(Refusal::OptedOut)),
        Refusal::OptedOut => (Of::All, Some(Refusal::TemplateNotFound { name, language, languages })),
        Refusal::TemplateNotFound { .. } => (Of::All, Some(Refusal::TemplateNotApproved { name, status: None, reason: None })),
        Refusal::TemplateNotApproved { .. } => (Of::All, Some(Refusal::FlowNotFound)),
        Refusal::FlowNotFound => (Of::All, Some(Refusal::FlowNotSendable { name, status: None })),
        Refusal::FlowNotSendable { .. } => (Of::All, Some(Refusal::NotInbound)),
        Refusal::NotInbound => (Of::None, Some(Refusal::MessageTooOld)),
        Refusal::MessageTooOld => (Of::None, Some(Refusal::ConversationNotLatest)),
        Refusal::ConversationNotLatest => (Of::None, Some(Refusal::ContactMerged)),
        Refusal::ContactMerged => (Of::None, Some(Refusal::VersionNeeded)),
        Refusal::VersionNeeded => (Of::None, Some(Refusal::StateChanged { state: None, version: 0 })),
        Refusal::StateChanged { .. } => (Of::None, None),
    }
}

/// Every refusal once.
fn all() -> impl Iterator<Item = Refusal> {
    std::iter::successors(Some(Refusal::InvalidMessage(Vec::new())), |refusal| place(refusal).1)
}

/// The codes that requests of these kinds are answered with this status, by the rules and by the project.
fn answered(of: &[Of], status: u16) -> BTreeSet<String> {
    let rules = all().filter(|refusal| of.contains(&place(refusal).0)).map(Problem::from);
    let project = [Error::NoProject, Error::NotFound("the contact"), Error::NotReady, Error::Failed].map(Problem::from);
    rules.chain(project).filter(|problem| problem.status == status).map(|problem| problem.code.clone()).collect()
}

/// What stands in a text as a code. In brackets are what goes with one.
fn named(text: &str) -> BTreeSet<String> {
    let outside = text.split('(').enumerate().map(|(at, part)| match at {
        0 => part,
        _ => part.split_once(')').map_or("", |(_, rest)| rest),
    });
    outside.flat_map(|part| part.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The routes as they are described, with the requests that each takes.
fn routes() -> [(Value, &'static [Of]); 2] {
    let described = |operation| serde_json::to_value(operation).expect("a description is JSON");
    [
        (described(to_contact::__path_send_to_contact::operation()), &[Of::All]),
        (described(to_conversation::__path_send_to_conversation::operation()), &[Of::All, Of::Conversations]),
    ]
}

#[test]
fn each_route_that_sends_describes_every_refusal_and_no_other() {
    for (route, of) in routes() {
        let told = |status: u16| named(route["responses"][status.to_string()]["description"].as_str().unwrap());
        for status in [404, 409] {
            assert_eq!(told(status), answered(of, status), "{status} of {}", route["operationId"]);
        }
        let mut unprocessable = answered(of, 422);
        // Before any rule: what is no object has no fields to point at.
        unprocessable.insert("invalid_body".to_owned());
        assert_eq!(told(422), unprocessable, "422 of {}", route["operationId"]);
    }
}

#[test]
fn each_route_that_sends_describes_every_failure_and_no_other() {
    for (route, _) in routes() {
        let (_, failures) = route["description"].as_str().unwrap().split_once("where it gave one. ").unwrap();
        let all: BTreeSet<String> = SendFailure::ALL.iter().map(|cause| cause.name().to_owned()).collect();
        assert_eq!(named(failures), all, "{}", route["operationId"]);
        assert!(route["summary"].is_string(), "{route}");
    }
}

#[test]
fn the_readme_names_every_refusal_of_a_message_and_every_failure() {
    let (_, speaking) = README.split_once("\n## Speaking\n").unwrap();
    let (speaking, _) = speaking.split_once("\n## ").unwrap();
    let refused = all().filter(|refusal| place(refusal).0 != Of::None).map(|refusal| Problem::from(refusal).code.clone());
    let failed = SendFailure::ALL.iter().map(|cause| cause.name().to_owned());
    let missing: Vec<String> = refused.chain(failed).filter(|code| !speaking.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "README does not name {missing:?}");
}
