//! Marks a message of a contact as read at Meta. Doing it twice is harmless, so nothing is written to the log before Meta is asked.

use std::time::Duration;

use chrono::TimeDelta;
use projects::Project;
use whatsapp::Wamid;
use whatsapp::graph::Class;

use crate::Sender;
use crate::backlog::Read;
use crate::send::{Unsent, access};

/// How long Meta shows that an answer is being written: older news of it is none.
const TYPING_MAX: TimeDelta = TimeDelta::seconds(25);
/// How often Meta is asked.
const TRIES_MAX: u32 = 3;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// How it ended.
pub(crate) enum Showing {
    /// It is shown; or not, and why.
    Settled(Option<String>),
    /// Not yet: again after that.
    Again(Duration),
}

pub(crate) async fn show(sender: &Sender, project: &Project, read: &Read) -> Showing {
    let (token, number) = match access(sender, project).await {
        Ok(access) => access,
        Err(Unsent::NotReady(pause)) => return Showing::Again(pause),
        Err(_) => return Showing::Settled(Some("the project has no number that can send".to_owned())),
    };
    let Some(wamid) = Wamid::parse(&read.wamid) else {
        return Showing::Settled(Some("Meta's id of the message is none".to_owned()));
    };
    let typing = read.typing && sender.clock.now() - read.at <= TYPING_MAX;
    match sender.graph.mark_read(&token, &number, &wamid, typing).await {
        Ok(()) => Showing::Settled(None),
        Err(error) if error.class() != Class::Final && read.tries + 1 < TRIES_MAX => Showing::Again(PAUSE),
        Err(error) => Showing::Settled(Some(error.for_people())),
    }
}
