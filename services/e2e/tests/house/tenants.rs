//! Nothing of one project is reachable from another: through no route, and through no SQL.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;

use contract::ProjectId;
use e2e::{Stage, bodies};
use projections::database_name;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const SECOND: i64 = 1_794_992_403;

/// The ids of one project, by the name that a route's path gives them.
async fn ids(stage: &Stage, project: ProjectId) -> BTreeMap<&'static str, String> {
    let pool = stage.tables(project);
    let one = async |query: &'static str| sqlx::query_scalar::<_, String>(query).fetch_one(&pool).await.unwrap();
    BTreeMap::from([
        ("project", project.to_string()),
        ("id", project.to_string()),
        ("contact", one("SELECT id FROM public.contacts").await),
        ("conversation", one("SELECT id FROM public.conversations").await),
        ("message", one("SELECT id FROM public.messages WHERE direction = 'outbound'").await),
    ])
}

fn filled(template: &str, own: &BTreeMap<&'static str, String>, nested: &BTreeMap<&'static str, String>) -> String {
    let mut path = template.to_owned();
    for (index, name) in names(template).into_iter().enumerate() {
        let ids = if index == 0 { own } else { nested };
        let id = ids.get(name.as_str()).unwrap_or_else(|| panic!("{template}: this test knows no {name}"));
        path = path.replace(&format!("{{{name}}}"), id);
    }
    path
}

fn names(template: &str) -> Vec<String> {
    template.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_one_project_what_is_anothers() {
    let stage = Stage::start().await;
    let numbers = ["207358419203801", "207358419203802"];
    let (red, blue) = (stage.connected("red", numbers[0]).await, stage.connected("blue", numbers[1]).await);
    for (number, mark) in numbers.into_iter().zip(["red", "blue"]) {
        // The same person, so that only the project tells them apart.
        for body in [
            bodies::text(number, "16505550142", &format!("wamid.{mark}"), SECOND, mark),
            bodies::echo(number, "16505550142", &format!("wamid.{mark}.echo"), SECOND, mark),
            bodies::status(number, "16505550142", &format!("wamid.{mark}.echo"), "read", SECOND),
        ] {
            assert_eq!(stage.webhook(body).await, 200);
        }
    }
    stage.settle().await;
    let (red_ids, blue_ids) = (ids(&stage, red).await, ids(&stage, blue).await);
    let described = stage.call(Method::GET, "/openapi.json", None).await;
    let mut tried = 0;
    for (template, methods) in described["paths"].as_object().unwrap() {
        // What is named by nothing that a project has (people, keys, files of code) is asked for in the tests of access.
        if !template.starts_with("/v1/") || names(template).iter().any(|name| !red_ids.contains_key(name.as_str())) {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter_map(|name| name.to_uppercase().parse::<Method>().ok()) {
            let ends = !template.ends_with("/events");
            // A profile is Meta's, and only of a number that a signup brought; a key is nobody who could be asked about himself.
            let here = !template.contains("operations") && !template.ends_with("/profile") && !template.starts_with("/v1/me");
            if method == Method::GET && ends && here {
                // One list has a parameter that must be there.
                let query = if template.ends_with("/messages") && names(template).len() == 1 { "?wamid=wamid.red" } else { "" };
                let path = filled(template, &red_ids, &red_ids) + query;
                let (status, answer) = stage.request(method.clone(), &path, None).await;
                assert_eq!(status, 200, "{template} with its own ids: {answer}");
                assert!(!answer.to_string().contains("blue") || names(template).is_empty(), "{template}: {answer}");
            }
            if names(template).len() > 1 {
                tried += 1;
                for (own, nested) in [(&red_ids, &blue_ids), (&blue_ids, &red_ids)] {
                    let path = filled(template, own, nested);
                    let body = (method != Method::GET).then(|| json!({}));
                    let (status, answer) = stage.request(method.clone(), &path, body).await;
                    // Files are kept by who does not keep messages: of a message without files it knows nothing, whoever has it.
                    let nothing = template.ends_with("/media") && method == Method::GET && answer == json!({ "data": [] });
                    assert!(status == 404 || nothing, "{method} {path}: {status} {answer}");
                }
            }
        }
    }
    assert!(tried >= 6, "only {tried} routes name something inside a project");

    let (status, answer) = stage.request(Method::GET, &format!("/v1/projects/{red}/messages?wamid=wamid.blue"), None).await;
    assert!(status == 404 || answer["data"] == json!([]), "{status} {answer}");

    // A cursor of one project is a place in the other's lists, and shows nothing of the one that it is of.
    for list in ["contacts/{contact}/messages", "conversations/{conversation}/messages"] {
        let page = |own, more: &str| filled(&format!("/v1/projects/{{project}}/{list}?limit=1"), own, own) + more;
        let first = stage.call(Method::GET, &page(&red_ids, ""), None).await;
        let cursor = first["next_cursor"].as_str().unwrap_or_else(|| panic!("one of two messages is all: {first}"));
        let (status, answer) = stage.request(Method::GET, &page(&blue_ids, &format!("&after={cursor}")), None).await;
        assert_eq!(status, 200, "{answer}");
        assert!(!answer.to_string().contains("wamid.red"), "{answer}");
    }

    // A number belongs to one project.
    let (status, answer) =
        stage.request(Method::PUT, &format!("/v1/projects/{red}/number"), Some(json!({ "phone_number_id": numbers[1] }))).await;
    assert_eq!(status, 409, "{answer}");
    // No key, no answer; not even whether something exists.
    for key in ["", "wrong", "paige_0000000000000000000000000000000000000000"] {
        for path in [format!("/v1/projects/{red}"), "/v1/projects".into(), "/v1/nothing".into()] {
            let answer = stage.http.get(format!("{}{path}", stage.base)).bearer_auth(key).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path} with {key:?}");
        }
    }
    stage.finish(0).await;
}

/// As a bot would: with the login that the API shows, and SQL.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_reads_its_tables_and_can_neither_change_them_nor_see_anothers() {
    let stage = Stage::start().await;
    let number = "207358419203801";
    let (mine, other) = (stage.connected("mine", number).await, stage.project("other").await);
    assert_eq!(stage.webhook(bodies::text(number, "16505550142", "wamid.A", SECOND, "hello")).await, 200);
    stage.settle().await;
    let login = async |project| {
        stage.call(Method::GET, &format!("/v1/projects/{project}/database"), None).await["url"].as_str().unwrap().to_owned()
    };
    let (url, others) = (login(mine).await, login(other).await);
    assert_ne!(url, others);
    let mut bot = PgConnection::connect(&url).await.unwrap();
    let text: String = sqlx::query_scalar("SELECT text FROM messages").fetch_one(&mut bot).await.unwrap();
    assert_eq!(text, "hello");
    for table in ["public.contacts", "public.conversations", "public.messages", "paige.statuses", "paige.identities", "paige.checkpoint"] {
        for template in [
            "DROP TABLE {t}",
            "DROP TABLE {t} CASCADE",
            "TRUNCATE {t}",
            "DELETE FROM {t}",
            "INSERT INTO {t} SELECT * FROM {t}",
            "ALTER TABLE {t} ADD COLUMN x int",
            "ALTER TABLE {t} OWNER TO CURRENT_USER",
            "ALTER TABLE {t} RENAME TO gone",
            "CREATE TRIGGER x BEFORE INSERT ON {t} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE RULE x AS ON INSERT TO {t} DO INSTEAD NOTHING",
            "DO $$ BEGIN LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE; END $$",
        ] {
            let sql = template.replace("{t}", table);
            let refused = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut bot).await.expect_err(&sql);
            let code = refused.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
            assert_eq!(code.as_deref(), Some("42501"), "{sql}: {refused}");
        }
    }
    for sql in
        ["UPDATE messages SET text = 'changed'", "DROP SCHEMA paige CASCADE", "CREATE ROLE another", "ALTER ROLE postgres PASSWORD 'x'"]
    {
        let refused = sqlx::raw_sql(sql).execute(&mut bot).await.expect_err(sql);
        assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"), "{sql}: {refused}");
    }
    // What is its own is its own.
    sqlx::raw_sql("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1); DROP TABLE orders").execute(&mut bot).await.unwrap();

    let (mine_name, others_name) = (database_name(mine), database_name(other));
    let platform = stage.database_url().rsplit_once('/').unwrap().1.to_owned();
    for database in [&*others_name, &*platform, "postgres", "template1"] {
        let refused = PgConnection::connect(&url.replace(&format!("/{mine_name}"), &format!("/{database}"))).await;
        assert!(refused.is_err(), "the bot of {mine_name} got into {database}");
    }
    assert_eq!(stage.count(mine, "SELECT count(*) FROM public.messages WHERE text = 'hello'").await, 1);
    let shown: Value = stage.call(Method::GET, &format!("/v1/projects/{mine}"), None).await;
    assert!(!shown.to_string().contains(url.split(':').nth(2).unwrap().split('@').next().unwrap()), "a password in a project's answer");
    stage.finish(0).await;
}
