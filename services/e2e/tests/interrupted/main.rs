//! A project's whole life while its services are killed with -9: it is made, connected, handed over, suspended, restored and deleted, and
//! around each of these every service that takes part dies before it, amid it and after it. Whatever was begun ends, once, in a state that
//! lasts, and of what was deleted nothing is left over. Who dies when is drawn anew in each run, from a number that is printed.
//!
//! The states of lifecycle alone, at each place between two words of others, are tried in its own tests.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod asking;
mod kill;
mod suspension;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use contract::{ProjectId, Subject};
use e2e::apart::SERVICES;
use projections::database_name;
use reqwest::Method;
use serde_json::{Value, json};

use asking::{Asking, Request};
use kill::{Deaths, Kill};
use world::World;

/// How often somebody begins anew to sign a number up.
const POPUPS_MAX: usize = 20;

/// Who makes a project, and by which word each is known to have done its part.
const MAKERS: [(&str, &str); 5] = [
    ("lifecycle", "project_ready"),
    ("databases", "database_ready"),
    ("bots", "code_initialised"),
    ("flow-sync", "flow_space_created"),
    ("billing", "trial_started"),
];

fn part_of(service: &str, project: ProjectId) -> Subject {
    match service {
        "databases" => Subject::database(project),
        "bots" => Subject::bot(project),
        "flow-sync" => Subject::flow_space(project),
        "billing" => Subject::billing(project),
        _ => Subject::project(project),
    }
}

/// A project for each round, in the workspace of a person.
async fn made(world: &mut World, deaths: &mut Deaths, workspace: &str) -> Vec<ProjectId> {
    let mut made = Vec::new();
    for (n, kills) in deaths.draw(&MAKERS.map(|(name, _)| name)).into_iter().enumerate() {
        let body = json!({ "name": format!("P{n}"), "workspace_id": workspace });
        let create = async |asking: &Asking| -> ProjectId {
            let created = asking.post("lifecycle", "/v1/projects", &format!("project-{n}"), Some(&body)).await;
            created["project"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap()
        };
        let journal = world.journal.clone();
        let seen = async |project: &ProjectId, service: &str| {
            let (_, word) = MAKERS.into_iter().find(|(name, _)| *name == service).unwrap();
            world::told(&journal, &part_of(service, *project)).await.iter().any(|told| told == word)
        };
        let project = world.around(&kills, create, seen).await;
        world.until_status(project, "ready").await;
        let steps = ["operation_step_completed"; 4];
        let expected = [&["project_created", "operation_started"], &steps[..], &["project_ready", "operation_completed"]].concat();
        assert_eq!(world::told(&journal, &Subject::project(project)).await, expected, "{kills:?}");
        for (service, word) in MAKERS {
            let told = world::told(&journal, &part_of(service, project)).await;
            assert_eq!(told.iter().filter(|told| *told == word).count(), 1, "{kills:?}: {told:?}");
        }
        made.push(project);
    }
    made
}

/// Each gets a number by Meta's signup.
async fn connected(world: &mut World, deaths: &mut Deaths, projects: &[ProjectId]) {
    for ((n, project), kills) in projects.iter().enumerate().zip(deaths.draw(&["lifecycle"])) {
        let (number, waba) = number(n);
        let (sim, path) = (world.sim.clone(), format!("/v1/projects/{project}"));
        let signup = format!("{path}/number/signup");
        // What the popup gave can be used once, and may have gone with the process that used it: then the popup is opened again.
        let connect = async |asking: &Asking| {
            for _ in 0..POPUPS_MAX {
                let body = sim.signup(&number, &waba).await;
                asking.once(Request { service: "lifecycle", method: &Method::POST, path: &signup, key: "", body: Some(&body) }).await;
                if asking.get("lifecycle", &path).await["operation"]["kind"] == "connect_number" {
                    return;
                }
            }
            panic!("{POPUPS_MAX} popups, and no signup was taken");
        };
        let (journal, project) = (world.journal.clone(), *project);
        let seen =
            async |(): &(), _: &str| world::told(&journal, &Subject::project(project)).await.iter().any(|told| told == "number_connected");
        world.around(&kills, connect, seen).await;
        let shown = world.until_project(project, "connected", |shown| shown["operation"]["status"] == "succeeded").await;
        assert_eq!(shown["number"]["phone_number_id"], *number, "{shown}");
        assert_eq!(world.line(&number).await["registered"], true);
    }
}

/// Two and two are in one account: whoever goes last has to unsubscribe it.
fn number(n: usize) -> (String, String) {
    (format!("20735841920384{n}"), format!("10485739201638{}", n / 2))
}

/// From the person's workspace to the team.
async fn handed_over(world: &mut World, deaths: &mut Deaths, projects: &[ProjectId], team: &str) {
    for (project, kills) in projects.iter().zip(deaths.draw(&["lifecycle", "access", "billing"])) {
        let before = world::told(&world.journal, &Subject::project(*project)).await.len();
        let subscription = world.asking().get("billing", &format!("/v1/projects/{project}/subscription")).await;
        let (journal, project) = (world.journal.clone(), *project);
        let path = format!("/v1/projects/{project}/transfer");
        let to = json!({ "workspace": team });
        let offer = async |asking: &Asking| asking.post("lifecycle", &path, "", Some(&to)).await;
        let said = async |wanted: usize| world::told(&journal, &Subject::project(project)).await.len() >= before + wanted;
        let offered = world.around(&kills, offer, async |_: &Value, _: &str| said(1).await).await;
        let path = format!("/v1/workspaces/{team}/transfers/{}/accept", offered["id"].as_str().unwrap());
        let accept = async |asking: &Asking| drop(asking.post("lifecycle", &path, "", None).await);
        world.around(&kills, accept, async |(): &(), _: &str| said(2).await).await;
        let shown = world.until_project(project, "the team's", |shown| shown["workspace_id"] == team).await;
        assert_eq!((&shown["status"], &shown["transfer"]), (&json!("ready"), &Value::Null), "{kills:?}");
        let told = world::told(&journal, &Subject::project(project)).await.split_off(before);
        assert_eq!(told, ["transfer_requested", "project_transferred"], "{kills:?}");
        let after = world.asking().get("billing", &format!("/v1/projects/{project}/subscription")).await;
        assert_eq!(after, subscription, "billing stays with the project");
    }
}

/// Who does a step of a deletion, and which.
const ERASERS: [(&str, &str); 7] = [
    ("lifecycle", "number"),
    ("databases", "database"),
    ("bots", "code"),
    ("flow-sync", "flow_space"),
    ("templates", "templates"),
    ("media", "media"),
    ("billing", "billing"),
];

/// All of them at once in the end, when each that takes part has died around its step, and everybody around the last fact.
async fn deleted(world: &mut World, deaths: &mut Deaths, projects: &[ProjectId]) {
    let journal = world.journal.clone();
    for ((n, project), kills) in projects.iter().enumerate().zip(deaths.draw(&SERVICES)) {
        let path = format!("/v1/projects/{project}");
        let confirm = json!({ "confirm": format!("P{n}") });
        let request = Request { service: "lifecycle", method: &Method::DELETE, path: &path, key: "", body: Some(&confirm) };
        // Asked again it is going already.
        let delete = async |asking: &Asking| drop(asking.settled(request).await);
        // Whoever is given no step by lifecycle, but forgets the project all the same, dies when the steps are done.
        let seen = async |(): &(), service: &str| {
            let done = world::steps_done(&journal, *project).await;
            let mut steps = ERASERS.iter().filter(|(name, _)| *name == service || ERASERS.iter().all(|(other, _)| *other != service));
            steps.all(|(_, step)| done.contains(*step)) || done.contains("erased")
        };
        world.around(&kills, delete, seen).await;
    }
    let last = *projects.last().unwrap();
    let over = async |_: &Asking| world::until_told(&journal, last, |told| told.last().is_some_and(|last| last == "project_erased")).await;
    // It is over by their work: nobody is down before, they die as soon as it is waited for.
    let [kills, ..] = deaths.draw(&SERVICES);
    let kills: Vec<_> =
        kills.into_iter().map(|(name, kill)| (name, if kill == Kill::Before { Kill::While(Duration::ZERO) } else { kill })).collect();
    world.around(&kills, over, async |(): &(), _: &str| true).await;
    for project in projects {
        world::until_told(&journal, *project, |told| told == ["project_erased"]).await;
    }
}

/// No database, role, subject, object or number of what was deleted; of what stays each, whole.
async fn nothing_is_left_over(world: &World, gone: &[ProjectId], kept: &[ProjectId]) {
    let names: BTreeSet<String> = kept.iter().map(|project| database_name(*project)).collect();
    assert_eq!(world.list(r"SELECT datname::text FROM pg_database WHERE datname LIKE 'paige\_prj%'").await, names);
    let roles: BTreeSet<String> = names.iter().flat_map(|name| [format!("{name}_owner"), format!("{name}_bot")]).collect();
    assert_eq!(world.list(r"SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'paige\_prj%'").await, roles);
    for (n, project) in gone.iter().enumerate() {
        let id = project.to_string();
        world::until_left(&world.journal, &id, &[(format!("project.{id}"), 1)]).await;
        assert!(!world.objects().contains(&id), "objects of {id}");
        let (number, _) = number(n);
        assert_eq!(world::told(&world.journal, &Subject::number(&number).unwrap()).await, [""; 0]);
        let line = world.line(&number).await;
        assert_eq!((&line["registered"], &line["subscribed"]), (&json!(false), &json!(false)), "given back: {line}");
    }
    for project in kept {
        world.until_status(*project, "ready").await;
    }
    let held = e2e::parked(&world.journal).await;
    assert!(held.is_empty(), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_die_around_every_step_of_a_projects_life_and_it_goes_on_and_ends() {
    let seed = kill::seed();
    println!("{}={seed} repeats it", kill::SEED);
    let mut deaths = Deaths::new(seed);
    let mut world = World::start().await;
    let (person, team) = world.person_and_team().await;
    let projects = made(&mut world, &mut deaths, &person).await;
    connected(&mut world, &mut deaths, &projects).await;
    handed_over(&mut world, &mut deaths, &projects, &team).await;
    let shops = suspension::opened(&world).await;
    let waiting = suspension::suspended(&mut world, &mut deaths, &shops).await;
    suspension::restored(&mut world, &mut deaths, &shops, &waiting).await;
    deleted(&mut world, &mut deaths, &projects).await;
    let kept: Vec<ProjectId> = shops.iter().map(|shop| shop.project).collect();
    nothing_is_left_over(&world, &projects, &kept).await;
}
