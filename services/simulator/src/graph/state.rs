//! What Meta knows about apps, tokens, accounts, numbers and uploads.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chassis::Secret;
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WabaId};

use super::faults::Armed;
use super::flows::{Flow, Flows};
use super::line::Line;
use super::media::Files;
use super::signup::Code;
use super::templates::{Template, Templates};
use super::token::Granted;
use super::upload::Upload;

/// Calls that are still shown.
const CALLS_MAX: usize = 1_000;

/// Meta's books. Nothing is forgotten, except old calls and files.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) app_id: String,
    pub(crate) app_secret: Secret,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) tokens: BTreeMap<String, Granted>,
    /// Accounts whose webhooks come to an app, with the app.
    pub(crate) subscribed: BTreeSet<(WabaId, String)>,
    pub(crate) lines: BTreeMap<PhoneNumberId, Line>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) handles: BTreeSet<String>,
    pub(crate) media: Files,
    pub(crate) templates: Templates,
    pub(crate) flows: Flows,
    pub(crate) faults: Vec<Armed>,
    pub(crate) calls: VecDeque<Call>,
    /// Where this Graph API was reached last, for links in webhooks: `http://127.0.0.1:8080`.
    pub(crate) origin: Option<String>,
}

/// A call that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Call {
    #[schema(example = "register")]
    pub name: &'static str,
    /// What it was about.
    pub node: String,
    /// `ok`, or Meta's code.
    pub outcome: String,
}

impl Meta {
    pub(crate) fn new(app_id: String, app_secret: Secret) -> Self {
        Self {
            app_id,
            app_secret,
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            subscribed: BTreeSet::new(),
            lines: BTreeMap::new(),
            uploads: BTreeMap::new(),
            handles: BTreeSet::new(),
            media: Files::default(),
            templates: Templates::default(),
            flows: Flows::default(),
            faults: Vec::new(),
            calls: VecDeque::new(),
            origin: None,
        }
    }

    /// Whether the webhooks of an account come to this installation's app.
    pub(crate) fn hears_of(&self, waba: &WabaId) -> bool {
        self.subscribed.contains(&(waba.clone(), self.app_id.clone()))
    }

    /// The Flow behind a button of a template.
    pub(crate) fn flow_of(&self, waba: &WabaId, template: &Template) -> Option<&Flow> {
        let (id, name) = template.flow()?;
        match (id, name) {
            (Some(id), _) => self.flows.get(id).filter(|flow| flow.waba == *waba),
            (None, name) => self.flows.named(waba, name?),
        }
    }

    /// Remembers a call.
    pub(crate) fn note(&mut self, call: Call) {
        self.calls.push_back(call);
        if self.calls.len() > CALLS_MAX {
            self.calls.pop_front();
        }
    }
}
