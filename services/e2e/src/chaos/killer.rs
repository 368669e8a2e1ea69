//! SIGKILL for each process in turn, and a new start after a moment; sometimes for two at once.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Tally;
use crate::apart::{Apart, SERVICES, Service};
use crate::dice::Dice;
use crate::process::Process;

/// Between two kills.
const PAUSE_MS: std::ops::Range<u64> = 100..1_500;
/// How long it stays down.
const DOWN_MS: std::ops::Range<u64> = 0..1_200;
/// How often a second process goes down with the first, in per cent.
const SECOND_PERCENT: u64 = 25;
/// So many are killed, however long a slow machine takes for it.
const KILLS_MIN: u64 = 5;
/// How soon a process that ended by itself is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The servers, by their programs.
const NATS: &str = "nats-server";
const POSTGRES: &str = "postgres";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    Service(usize),
    Nats,
    Postgres,
}

/// Whoever is killed in each round.
pub(super) fn victims() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().chain([NATS, POSTGRES])
}

/// Kills until the time is over, and some are killed. Everything runs when it returns.
pub(super) async fn kill_in_turn(apart: &mut Apart, services: &mut [Service], dice: &mut Dice, give_up: Instant, tally: &mut Tally) {
    while !is_over(give_up, tally) {
        let mut round: Vec<Victim> = (0..services.len()).map(Victim::Service).chain([Victim::Nats, Victim::Postgres]).collect();
        dice.shuffle(&mut round);
        for victim in round.clone() {
            pass(dice.between(PAUSE_MS), services, None, tally).await;
            let second = round[dice.below(round.len() as u64) as usize];
            let second = (dice.chance(SECOND_PERCENT) && second != victim).then_some(second);
            for victim in [Some(victim), second].into_iter().flatten() {
                kill(apart, services, victim, tally).await;
            }
            pass(dice.between(DOWN_MS), services, Some((victim, second)), tally).await;
            for victim in [second, Some(victim)].into_iter().flatten() {
                start(apart, services, victim).await;
            }
            if is_over(give_up, tally) {
                return;
            }
        }
    }
}

fn is_over(give_up: Instant, tally: &Tally) -> bool {
    Instant::now() >= give_up && tally.kills() >= KILLS_MIN
}

/// Lets time pass, and starts whoever ended by itself, as a supervisor would.
async fn pass(milliseconds: u64, services: &mut [Service], down: Option<(Victim, Option<Victim>)>, tally: &mut Tally) {
    let until = Instant::now() + Duration::from_millis(milliseconds);
    let is_down = |victim| down.is_some_and(|(first, second)| first == victim || second == Some(victim));
    loop {
        for (index, service) in services.iter_mut().enumerate() {
            if let Some(status) = service.process.as_mut().and_then(Process::exited)
                && !is_down(Victim::Service(index))
            {
                let said = service.process.as_ref().map(Process::said).unwrap_or_default();
                tally.ended_by_itself(service.name, &format!("{status}: {said}"));
                service.start();
            }
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        sleep(left.min(LOOK_EVERY)).await;
    }
}

async fn kill(apart: &mut Apart, services: &mut [Service], victim: Victim, tally: &mut Tally) {
    match victim {
        Victim::Service(index) => {
            services[index].kill();
            tally.killed(services[index].name);
        }
        Victim::Nats => {
            apart.nats.kill().await;
            tally.killed(NATS);
        }
        Victim::Postgres => {
            apart.postgres.kill().await;
            tally.killed(POSTGRES);
        }
    }
}

async fn start(apart: &mut Apart, services: &mut [Service], victim: Victim) {
    match victim {
        Victim::Service(index) => services[index].start(),
        Victim::Nats => apart.nats.restart().await.expect("nats starts again"),
        Victim::Postgres => apart.postgres.restart().await.expect("postgres starts again"),
    }
}
