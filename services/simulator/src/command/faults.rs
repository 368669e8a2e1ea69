//! `simulator faults --duplicate 2 --reorder-ms 500`

use clap::Args;
use reqwest::Method;

use super::{Request, json};

#[derive(Args, Clone, Debug)]
pub struct Faults {
    #[command(flatten)]
    faults: crate::Faults,
}

impl Faults {
    pub(super) fn request(self) -> Request {
        (Method::PUT, "faults".to_owned(), json(&self.faults))
    }
}
