//! Projects: unknown, not ready, failed, of another tenant, with a database that is down.

use contract::{NumberConnected, ProjectFailed, ProjectReady};

use crate::fixture::{World, bsuid, contact, conversation, created, message_id, opened, received, seen, unready};

const LISTS: [&str; 4] = ["contacts", "conversations", "conversations/states", "messages?wamid=wamid.1"];

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_nobody_made_is_not_found() {
    let world = World::start().await;
    let project = unready();
    for path in LISTS.iter().chain(&["events"]) {
        world.refused(&format!("/v1/projects/{project}/{path}"), 404, "project_not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_can_be_used_the_moment_it_is_ready() {
    let world = World::start().await;
    let project = unready();
    let number = NumberConnected { phone_number_id: "1".into(), waba_id: None, display_phone_number: None };
    world.tell_project(project, vec![created(), number.into()]).await;
    for path in LISTS {
        world.refused(&format!("/v1/projects/{project}/{path}"), 409, "project_not_ready").await;
    }
    let waiting = world.server.answer(&format!("/v1/projects/{project}/contacts"), &[]).await;
    assert_eq!(waiting.headers()["retry-after"], "1");
    world.tell_project(project, vec![ProjectReady {}.into()]).await;
    // Ready by its events, and its database is not there: that passes, or somebody must look.
    world.refused(&format!("/v1/projects/{project}/contacts"), 503, "database_unavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_could_not_be_made_says_so() {
    let world = World::start().await;
    let project = unready();
    let failed = ProjectFailed { step: "roles".into(), reason: "no room".into() };
    world.tell_project(project, vec![created(), failed.into()]).await;
    world.refused(&format!("/v1/projects/{project}/contacts"), 409, "project_failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_project_lead_to_nothing() {
    let world = World::start().await;
    let (theirs, ours) = (world.project().await, world.project().await);
    world.say(theirs, contact(1), vec![seen(vec![bsuid("US.1")], Some("16505550142"), 0), opened(1, None, 0), received(1, 1, 1)]).await;
    let (con, cnv, msg) = (contact(1), conversation(1), message_id(1));
    let paths = [
        format!("contacts/{con}"),
        format!("contacts/{con}/conversations"),
        format!("contacts/{con}/messages"),
        format!("conversations/{cnv}"),
        format!("conversations/{cnv}/messages"),
        format!("messages/{msg}"),
        format!("messages/{msg}/statuses"),
    ];
    for path in paths {
        world.found(&format!("/v1/projects/{theirs}/{path}")).await;
        world.refused(&format!("/v1/projects/{ours}/{path}"), 404, "not_found").await;
    }
    for path in ["contacts", "contacts?bsuid=US.1", "conversations", "messages?wamid=wamid.1%2B%2F%3D%3D"] {
        assert_eq!(world.found(&format!("/v1/projects/{theirs}/{path}")).await["data"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(world.found(&format!("/v1/projects/{ours}/{path}")).await["data"].as_array().unwrap().len(), 0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_is_said_to_be_and_comes_back() {
    let mut world = World::start().await;
    let project = world.project().await;
    let mut postgres = embedded::Postgres::scratch().await.unwrap();
    let url = postgres.create_database(&projections::database_name(project)).await.unwrap();
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    projections::migrate(&mut connection).await.unwrap();
    world.databases = conversations::databases(postgres.admin_url().parse().unwrap());
    world.restart_server().await;
    let path = format!("/v1/projects/{project}/contacts");
    world.found(&path).await;
    postgres.kill().await;
    let down = world.server.answer(&path, &[]).await;
    assert_eq!((down.status().as_u16(), down.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    world.refused(&path, 503, "database_unavailable").await;
    postgres.restart().await.unwrap();
    world.found(&path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_what_answers_are_read_from_postgres_lets_nobody_write() {
    let world = World::start().await;
    let project = world.project().await;
    let pool = world.databases.pool(project);
    for statement in [
        "INSERT INTO paige.checkpoint VALUES ('conversation', now(), 1, NULL)",
        "UPDATE public.contacts SET name = 'Ana'",
        "DELETE FROM public.messages",
        "TRUNCATE public.messages",
        "CREATE TABLE public.another (id text)",
    ] {
        let error = sqlx::query(statement).execute(&pool).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("25006"), "{statement}: {error}");
    }
}
