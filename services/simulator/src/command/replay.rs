//! `simulator replay schemas/meta/webhooks --to 207358419203847`

use std::path::PathBuf;

use axum::http::Method;
use clap::Args;
use whatsapp::PhoneNumberId;

use super::{Request, json};

#[derive(Args, Clone, Debug)]
pub struct Replay {
    /// Folder with .json files
    folder: PathBuf,
    /// Put this number's id in the place of the one in the bodies
    #[arg(long, value_name = "PHONE_NUMBER_ID")]
    to: Option<PhoneNumberId>,
    /// How often each body is sent
    #[arg(long, default_value_t = 1)]
    times: u16,
    /// In a random order
    #[arg(long)]
    shuffle: bool,
}

impl Replay {
    pub(super) fn request(self) -> Request {
        // the simulator may run in another folder
        let folder = std::path::absolute(&self.folder).unwrap_or(self.folder);
        let replay = crate::Replay {
            folder: Some(folder.to_string_lossy().into_owned()),
            bodies: Vec::new(),
            phone_number_id: self.to,
            times: self.times,
            shuffle: self.shuffle,
        };
        (Method::POST, "replay".to_owned(), json(&replay))
    }
}
