//! Mail out: the one file that knows how. By SMTP where a server is named, else into a mailbox in memory that a developer can read.
//!
//! A request reserves a place, decides, and leaves its mail there: it never waits for a mail server. A mail that fails is tried again a
//! bounded number of times; then it is gone, and whoever waits for it asks for another. Reminders, which nobody asks for, wait in a table
//! (`remind`). No text of a mail is ever logged.

mod strangers;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chassis::Clock;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox as Address;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::strangers::Strangers;
use crate::email::Email;
use crate::error::Error;

/// Mails that wait to be sent, beside those to strangers; more are refused where they are asked for.
const WAITING_MAX: usize = 1_000;
/// Mails that are being sent at the same time.
const SENDING_MAX: usize = 4;
/// How often a mail is tried.
const ATTEMPTS_MAX: u32 = 5;
/// Before the second try; then four times as long each: over a minute in all.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// How long one try may take.
const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(20);
/// How long a stopping process waits for mails that are under way.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);
/// Mails that the mailbox of development keeps: the youngest.
const MAILBOX_MAX: usize = 200;

/// A mail.
#[derive(Clone)]
pub(crate) struct Mail {
    pub to: Email,
    pub subject: String,
    /// Plain text. Holds codes and links.
    pub text: String,
}

/// A mail in the mailbox of development.
#[derive(Clone)]
pub(crate) struct Kept {
    pub mail: Mail,
    pub at: DateTime<Utc>,
}

/// Where mails go.
#[derive(Clone)]
pub struct Mailer(Arc<Way>);

enum Way {
    Smtp { server: AsyncSmtpTransport<Tokio1Executor>, from: Address },
    Mailbox { kept: Mutex<VecDeque<Kept>>, clock: Clock },
}

/// A mailer cannot be made of these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// Not a URL of a mail server. Its text may hold a password and is not repeated.
    #[error("the mail server's URL must be smtp:// or smtps://, with ?tls=required or ?tls=opportunistic for STARTTLS")]
    Url,
    /// Not an address to send from.
    #[error("mails need a sender: Name <name@domain>")]
    From,
}

impl Mailer {
    /// Sends by the server of `url`, from `from`. Nothing is connected yet.
    ///
    /// # Errors
    /// See [`MailerError`].
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailerError> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| MailerError::Url)?;
        let from = from.parse().map_err(|_| MailerError::From)?;
        Ok(Self(Arc::new(Way::Smtp { server: server.timeout(Some(ATTEMPT_TIME_MAX)).build(), from })))
    }

    /// Keeps the youngest mails in memory. For development.
    pub fn mailbox(clock: Clock) -> Self {
        Self(Arc::new(Way::Mailbox { kept: Mutex::new(VecDeque::new()), clock }))
    }

    /// What the mailbox holds, the youngest first; none if mails are really sent.
    pub(crate) fn kept(&self) -> Option<Vec<Kept>> {
        match &*self.0 {
            Way::Smtp { .. } => None,
            Way::Mailbox { kept, .. } => Some(kept.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()),
        }
    }

    /// One try.
    pub(crate) async fn send(&self, mail: &Mail) -> Result<(), Failed> {
        match &*self.0 {
            Way::Smtp { server, from } => {
                let to = mail.to.as_str().parse().map_err(|_| Failed { for_good: true, code: None })?;
                let message = Message::builder().from(from.clone()).to(Address::new(None, to)).subject(&mail.subject);
                let message = message.header(ContentType::TEXT_PLAIN).body(mail.text.clone());
                let message = message.map_err(|_| Failed { for_good: true, code: None })?;
                match tokio::time::timeout(ATTEMPT_TIME_MAX, server.send(message)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(Failed { for_good: error.is_permanent(), code: error.status().map(u16::from) }),
                    Err(_) => Err(Failed { for_good: false, code: None }),
                }
            }
            Way::Mailbox { kept, clock } => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= MAILBOX_MAX {
                    kept.pop_front();
                }
                kept.push_back(Kept { mail: mail.clone(), at: clock.now() });
                Ok(())
            }
        }
    }
}

/// What may be told of a failure: a server's words may repeat the address.
pub(crate) struct Failed {
    /// Trying again does not help.
    pub for_good: bool,
    /// The server's answer, if it gave one.
    pub code: Option<u16>,
}

/// Mails on their way out. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbox {
    mailer: Mailer,
    waiting: Arc<Semaphore>,
    strangers: Arc<Strangers>,
    sending: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// Room for one mail.
pub(crate) struct Place {
    outbox: Outbox,
    permit: OwnedSemaphorePermit,
}

impl Outbox {
    pub(crate) fn new(mailer: Mailer) -> Self {
        let (waiting, sending) = (Arc::new(Semaphore::new(WAITING_MAX)), Arc::new(Semaphore::new(SENDING_MAX)));
        Self { mailer, waiting, strangers: Arc::new(Strangers::new()), sending, tasks: TaskTracker::new() }
    }

    pub(crate) fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// Room for one mail, before anything is decided that needs it.
    ///
    /// # Errors
    /// [`Error::MailsFull`].
    pub(crate) fn reserve(&self) -> Result<Place, Error> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Error::MailsFull)?;
        Ok(Place { outbox: self.clone(), permit })
    }

    /// Room for one mail to an address that nobody is registered with. `None` means that there are too many of them. The caller must not be
    /// told that, because it would show who is registered.
    ///
    /// # Errors
    /// [`Error::MailsFull`], whenever those who are registered are told so.
    pub(crate) fn reserve_for_stranger(&self) -> Result<Option<Place>, Error> {
        if self.waiting.available_permits() == 0 {
            return Err(Error::MailsFull);
        }
        Ok(self.strangers.admit().map(|permit| Place { outbox: self.clone(), permit }))
    }

    /// Waits until `shutdown`, and a little for mails that are under way then.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        self.tasks.close();
        if tokio::time::timeout(DRAIN_TIME_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!(mails = self.tasks.len(), "mails were not sent before the stop");
        }
    }

    async fn deliver(&self, mail: Mail) {
        let mut pause = PAUSE_FIRST;
        for attempt in 1..=ATTEMPTS_MAX {
            let sent = match self.sending.acquire().await {
                Ok(_turn) => self.mailer.send(&mail).await,
                Err(_) => return,
            };
            let Err(Failed { for_good, code }) = sent else { return };
            if for_good || attempt == ATTEMPTS_MAX {
                tracing::error!(user = %mail.to.user(), attempt, for_good, code, "a mail was given up");
                return;
            }
            tracing::warn!(user = %mail.to.user(), attempt, code, "a mail was not taken, it is tried again");
            tokio::time::sleep(pause).await;
            pause *= 4;
        }
    }
}

impl Place {
    /// Leaves a mail to be sent and returns at once.
    pub(crate) fn send(self, mail: Mail) {
        let Self { outbox, permit } = self;
        outbox.tasks.clone().spawn(async move {
            outbox.deliver(mail).await;
            drop(permit);
        });
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer")
    }
}

#[cfg(test)]
mod tests;
