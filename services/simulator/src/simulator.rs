//! The running simulator: the world behind a lock, a clock, and the loop that posts webhooks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::{Clock, Ids};
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid, sign};

use crate::client::HttpClient;
use crate::config::loopback_url;
use crate::delivery::Attempt;
use crate::graph::Meta;
use crate::world::World;
use crate::{Faults, Message, NotLoopback, Refused, Replay, Rules, Settings};

/// The clock may be moved while the loop sleeps: it looks at least so often while something waits.
const CLOCK_LOOK: Duration = Duration::from_millis(250);

/// A local Meta. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Parts>);

struct Parts {
    settings: Settings,
    clock: Clock,
    client: HttpClient,
    world: Mutex<World>,
    changed: Notify,
}

/// The simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    NotLoopback(#[from] NotLoopback),
    #[error("build the http client: {0}")]
    Client(String),
}

/// A message that is on its way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Said {
    #[schema(value_type = String)]
    pub wamid: Wamid,
    #[schema(value_type = String)]
    pub from: WaId,
    #[schema(value_type = String)]
    pub to: PhoneNumberId,
    pub at: DateTime<Utc>,
}

impl Simulator {
    /// Nothing is posted until [`Simulator::run`]. Randomness follows from `ids`, so that a test can foresee it.
    ///
    /// # Errors
    /// The target is not on this machine.
    pub fn new(settings: Settings, clock: Clock, ids: &Ids) -> Result<Self, Error> {
        loopback_url(&settings.target)?;
        let client = HttpClient::new().map_err(Error::Client)?;
        let meta = Meta::new(settings.app_id.clone(), settings.app_secret.clone());
        let dice = StdRng::seed_from_u64(ids.ulid().random() as u64);
        Ok(Self(Arc::new(Parts { settings, clock, client, world: Mutex::new(World::new(dice, meta)), changed: Notify::new() })))
    }

    /// Posts webhooks until `shutdown`; what is not delivered by then is lost.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut posts = JoinSet::new();
        while !shutdown.is_cancelled() {
            for attempt in self.take_due() {
                let simulator = self.clone();
                posts.spawn(async move { simulator.post(attempt).await });
            }
            while posts.try_join_next().is_some() {}
            let next_at = self.next_at();
            let nap = next_at.map(|at| (at - self.0.clock.now()).to_std().unwrap_or_default().min(CLOCK_LOOK));
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.0.changed.notified() => {}
                () = sleep(nap) => {}
            }
        }
        let undelivered = self.world().outbox.undelivered();
        if undelivered > 0 {
            tracing::warn!(undelivered, "stopped with webhooks that were not delivered");
        }
    }

    /// Makes the attempts that are due at the clock's time, and waits for them. For tests, in the place of [`Simulator::run`].
    pub async fn deliver_due(&self) -> usize {
        let mut made = 0;
        loop {
            let attempts = self.take_due();
            if attempts.is_empty() {
                return made;
            }
            made += attempts.len();
            let mut posts = JoinSet::new();
            for attempt in attempts {
                let simulator = self.clone();
                posts.spawn(async move { simulator.post(attempt).await });
            }
            posts.join_all().await;
        }
    }

    /// A person, made up if nobody has this number, writes to a business number.
    ///
    /// # Errors
    /// [`Refused`], and nothing is sent.
    pub fn say(&self, from: &WaId, message: &Message) -> Result<Said, Refused> {
        self.change(|world, at| {
            let wamid = world.say(from, message, at)?;
            Ok(Said { wamid, from: from.clone(), to: message.to.clone(), at })
        })
    }

    /// Sets all switches.
    ///
    /// # Errors
    /// [`Refused`] for values out of range; the switches stay as they were.
    pub fn set_faults(&self, faults: Faults) -> Result<(), Refused> {
        faults.check()?;
        self.change(|world, _| {
            world.outbox.faults = faults;
            Ok(())
        })
    }

    /// Sets all rules.
    ///
    /// # Errors
    /// [`Refused`] for values out of range; the rules stay as they were.
    pub(crate) fn set_rules(&self, rules: Rules) -> Result<(), Refused> {
        rules.check()?;
        self.change(|world, _| {
            world.rules = rules;
            Ok(())
        })
    }

    /// Sends recorded bodies; says how many.
    ///
    /// # Errors
    /// [`Refused`] if they cannot be read, or not all of them can wait; nothing is sent then.
    pub async fn replay(&self, replay: &Replay) -> Result<usize, Refused> {
        let mut bodies = replay.read().await?;
        self.change(|world, now| {
            world.outbox.refuse_if_full(bodies.len())?;
            if replay.shuffle {
                bodies.shuffle(&mut world.dice);
            }
            let count = bodies.len();
            for body in bodies {
                world.outbox.send(body, Vec::new(), now)?;
            }
            Ok(count)
        })
    }

    /// Webhooks that are held, waiting or on their way.
    pub fn undelivered(&self) -> usize {
        self.world().outbox.undelivered()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Does something in the world at the clock's time, after what was due before, and lets the loop look at what has come of it.
    pub(crate) fn change<T, E>(&self, act: impl FnOnce(&mut World, DateTime<Utc>) -> Result<T, E>) -> Result<T, E> {
        let now = self.now();
        let mut world = self.world();
        world.run_due(now);
        let done = act(&mut world, now);
        drop(world);
        self.0.changed.notify_one();
        done
    }

    fn next_at(&self) -> Option<DateTime<Utc>> {
        let world = self.world();
        world.outbox.next_at().into_iter().chain(world.schedule.next_at()).min()
    }

    fn take_due(&self) -> Vec<Attempt> {
        let now = self.0.clock.now();
        let mut world = self.world();
        world.run_due(now);
        let World { outbox, dice, .. } = &mut *world;
        outbox.take_due(now, dice)
    }

    async fn post(&self, attempt: Attempt) {
        let secret = self.0.settings.app_secret.expose();
        let outcome = if attempt.drop {
            Err("lost on the way, as asked for".to_owned())
        } else {
            let signature = match attempt.wrong_signature {
                true => sign(&format!("not {secret}"), &attempt.body),
                false => sign(secret, &attempt.body),
            };
            let answer = self.0.client.webhook(&self.0.settings.target, attempt.body, &signature).await;
            match attempt.lose_answer {
                true => answer.and_then(|status| Err(format!("answered {status}, and the answer was lost, as asked for"))),
                false => answer,
            }
        };
        let now = self.0.clock.now();
        let mut world = self.world();
        let told = world.outbox.met(attempt.serial, outcome, now);
        world.delivered(told);
        drop(world);
        self.0.changed.notify_one();
    }
}

/// For ever, if there is nothing to wait for.
async fn sleep(nap: Option<Duration>) {
    match nap {
        Some(nap) => tokio::time::sleep(nap).await,
        None => std::future::pending().await,
    }
}
