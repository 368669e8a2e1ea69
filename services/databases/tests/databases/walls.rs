//! The bot's walls, tried with raw SQL: what a bot must not do is refused by Postgres itself, what it may do works.

use std::str::FromStr;

use crate::handing::{transfer, until_ended, until_let_in};
use crate::statements::{AGAINST_A_TABLE, AGAINST_THE_REST, OWN, TRAPS, WITHOUT_EFFECT};
use crate::world::World;
use contract::ProjectId;
use databases::{Databases, Generation, Names};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

const INSUFFICIENT_PRIVILEGE: &str = "42501";

async fn ready(world: &World) -> ProjectId {
    let project = world.create_project().await;
    world.until(project, "ready").await;
    project
}

fn filled(template: &str, names: &Names) -> String {
    template.replace("{owner}", &names.owner.to_string()).replace("{database}", &names.database.to_string())
}

/// Runs it as the bot, in a transaction that is rolled back, so that what wrongly works does not hide the next. Gives the SQLSTATE.
async fn attempt(bot: &mut PgConnection, sql: &str) -> Result<(), String> {
    // Some statements refuse to run in a transaction before they look at privileges.
    let alone = ["CREATE DATABASE", "DROP DATABASE", "ALTER SYSTEM", "CREATE TABLESPACE", "CREATE SUBSCRIPTION", "CHECKPOINT", "VACUUM"];
    let alone = alone.iter().any(|start| sql.starts_with(start));
    if !alone {
        bot.execute("BEGIN").await.unwrap();
    }
    let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *bot).await;
    if !alone {
        bot.execute("ROLLBACK").await.unwrap();
    }
    result.map(drop).map_err(|error| match error.as_database_error() {
        Some(refusal) => format!("{} {}", refusal.code().unwrap_or_default(), refusal.message()),
        None => panic!("{sql}: {error}"),
    })
}

/// Owners, rights, columns, triggers, rules, constraints and indexes of everything that is the platform's.
async fn system(world: &World, project: ProjectId) -> Vec<String> {
    let names = Names::of(project);
    let mut platform = world.platform().database(names.database.as_str()).connect().await.unwrap();
    sqlx::query_scalar(
        "SELECT format('%s %s %s %s', n.nspname, c.relname, pg_get_userbyid(c.relowner),
                       array_to_string(array(SELECT x::text FROM unnest(c.relacl) x ORDER BY 1), ',')) ||
                (SELECT string_agg(format(' %s %s', a.attname, a.atttypid), '' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) ||
                (SELECT format(' %s triggers', count(*)) FROM pg_trigger t WHERE t.tgrelid = c.oid) ||
                (SELECT format(' %s rules', count(*)) FROM pg_rewrite r WHERE r.ev_class = c.oid) ||
                (SELECT format(' %s children', count(*)) FROM pg_inherits i WHERE i.inhparent = c.oid)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'paige' OR n.nspname = 'public' AND c.relowner = $1::text::regrole
         UNION ALL SELECT format('schema %s %s %s', nspname, pg_get_userbyid(nspowner), nspacl) FROM pg_namespace WHERE nspname IN ('public', 'paige')
         UNION ALL SELECT format('database %s %s %s', datname, pg_get_userbyid(datdba), datacl) FROM pg_database
         UNION ALL SELECT format('setting %s %s %s', setdatabase, setrole, setconfig) FROM pg_db_role_setting
         ORDER BY 1",
    )
    .bind(names.owner.to_string())
    .fetch_all(&mut platform)
    .await
    .unwrap()
}

/// Schema and name of every table of the platform's, as the catalogue has them.
async fn tables(world: &World, project: ProjectId) -> Vec<(String, String)> {
    let names = Names::of(project);
    let mut platform = world.platform().database(names.database.as_str()).connect().await.unwrap();
    sqlx::query_as(
        "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND (n.nspname = 'paige' OR n.nspname = 'public' AND c.relowner = $1::text::regrole)
         ORDER BY 1, 2",
    )
    .bind(names.owner.to_string())
    .fetch_all(&mut platform)
    .await
    .unwrap()
}

/// What the catalogue says that the bot may do with each of them: `public.contacts SELECT`, and nothing else is expected.
async fn rights(world: &World, project: ProjectId) -> Vec<String> {
    let names = Names::of(project);
    let mut platform = world.platform().database(names.database.as_str()).connect().await.unwrap();
    let (mut rights, bot) = (Vec::new(), names.bot.as_str());
    for (schema, table) in tables(world, project).await {
        let table = format!("{schema}.{table}");
        let owner = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = $1::regclass";
        let owner: String = sqlx::query_scalar(owner).bind(&table).fetch_one(&mut platform).await.unwrap();
        assert_eq!(owner, names.owner.as_str(), "{table} is whose?");
        let query = "SELECT r FROM unnest($1::text[]) r WHERE has_schema_privilege($2, split_part($3, '.', 1), 'USAGE')
                         AND (has_table_privilege($2, $3, r)
                              OR CASE WHEN r IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN false ELSE has_any_column_privilege($2, $3, r) END)";
        let found: Vec<String> =
            sqlx::query_scalar(query).bind(&EVERY_RIGHT[..]).bind(bot).bind(&table).fetch_all(&mut platform).await.unwrap();
        rights.extend(found.into_iter().map(|right| format!("{table} {right}")));
    }
    rights
}

const EVERY_RIGHT: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

#[tokio::test]
async fn a_bot_cannot_touch_what_is_not_its_own() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = ready(&world).await;
    let names = Names::of(project);
    let before = system(&world, project).await;
    assert!(before.len() > 15, "nothing to compare: {before:?}");
    let mut bot = world.bot(project).await;
    let tables = tables(&world, project).await;
    assert!(tables.len() >= 10 && tables.iter().any(|(schema, _)| schema == "paige"), "{tables:?}");
    let on = |(schema, table): &(String, String), template: &str| template.replace("{s}", schema).replace("{t}", table);
    let on_tables = tables.iter().flat_map(|table| AGAINST_A_TABLE.iter().map(move |template| on(table, template)));
    // What is a warning where the bot may look is refused where it may not.
    let out_of_sight = tables.iter().filter(|(schema, _)| schema == "paige");
    let out_of_sight =
        out_of_sight.flat_map(|table| WITHOUT_EFFECT.iter().map(move |template| filled(&on(table, template), &Names::of(project))));
    let attempts: Vec<String> =
        on_tables.chain(out_of_sight).chain(AGAINST_THE_REST.iter().map(|template| filled(template, &names))).collect();
    let mut wrong = Vec::new();
    for sql in &attempts {
        match attempt(&mut bot, sql).await {
            Ok(()) => wrong.push(format!("WORKED: {sql}")),
            Err(refusal) if !refusal.starts_with(INSUFFICIENT_PRIVILEGE) => wrong.push(format!("{sql}: {refusal}")),
            Err(_) => {}
        }
    }
    let in_sight = tables.iter().filter(|(schema, _)| schema == "public");
    for sql in in_sight.flat_map(|table| WITHOUT_EFFECT.iter().map(move |template| on(table, template))) {
        sqlx::raw_sql(AssertSqlSafe(filled(&sql, &names))).execute(&mut bot).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert!(wrong.is_empty(), "{} of {} were not refused for lack of privilege:\n{}", wrong.len(), attempts.len(), wrong.join("\n"));
    assert_eq!(system(&world, project).await, before);
    world.end(service).await;
}

#[tokio::test]
async fn a_bot_reads_what_is_in_public_and_nothing_more_also_after_an_upgrade() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = ready(&world).await;
    let expected = ["public.contacts SELECT", "public.conversations SELECT", "public.messages SELECT"];
    assert_eq!(rights(&world, project).await, expected);
    let before = system(&world, project).await;

    // As they were two versions ago: what came since comes again, with the rights that everything has.
    let names = Names::of(project);
    let mut platform = world.platform().database(names.database.as_str()).connect().await.unwrap();
    let owner = format!("SET ROLE {}", names.owner);
    platform.execute(AssertSqlSafe(owner.clone())).await.unwrap();
    platform.execute("DROP TABLE paige.submissions; ALTER TABLE public.conversations DROP COLUMN reopened_at").await.unwrap();
    platform.execute("DELETE FROM paige.migrations WHERE version IN (2, 3)").await.unwrap();
    again(&world, project).await;
    assert_eq!(rights(&world, project).await, expected);
    let after = system(&world, project).await;
    let without_columns =
        |rows: &[String]| rows.iter().filter(|row| !row.starts_with("public conversations ")).cloned().collect::<Vec<_>>();
    assert_eq!(without_columns(&after), without_columns(&before));

    // And what a later version brings, in either schema.
    platform.execute("CREATE TABLE public.later (id text PRIMARY KEY); CREATE TABLE paige.later (id text PRIMARY KEY)").await.unwrap();
    again(&world, project).await;
    let with_later: Vec<&str> =
        vec!["public.contacts SELECT", "public.conversations SELECT", "public.later SELECT", "public.messages SELECT"];
    assert_eq!(rights(&world, project).await, with_later);
    let mut bot = world.bot(project).await;
    for schema in ["public", "paige"] {
        for template in AGAINST_A_TABLE {
            let sql = template.replace("{s}", schema).replace("{t}", "later");
            let refusal = attempt(&mut bot, &sql).await.expect_err(&sql);
            assert!(refusal.starts_with(INSUFFICIENT_PRIVILEGE), "{sql}: {refusal}");
        }
    }
    world.end(service).await;
}

/// All steps again, as an upgrade does them.
async fn again(world: &World, project: ProjectId) {
    for step in contract::DatabaseStep::ALL {
        let server = databases::Server { platform: world.platform(), key: crate::world::MASTER_KEY.parse().unwrap() };
        databases::provision::Provision::begin(&server, project).await.unwrap().step(step, Generation::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_bot_owns_whatever_else_is_in_its_database() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = ready(&world).await;
    let before = system(&world, project).await;
    let mut bot = world.bot(project).await;
    for sql in OWN {
        sqlx::raw_sql(*sql).execute(&mut bot).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert_eq!(system(&world, project).await, before);
    let limits: (String, String, i32) = sqlx::query_as(
        "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout'), rolconnlimit
         FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&mut bot)
    .await
    .unwrap();
    assert_eq!(limits, ("1min".into(), "10s".into(), 20));
    world.end(service).await;
}

#[tokio::test]
async fn a_bot_connects_to_its_own_database_and_to_no_other() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let (mine, other) = (ready(&world).await, ready(&world).await);
    // Added by somebody while the platform runs; the next provisioning closes it.
    world.servers.postgres.create_database("added_later").await.unwrap();
    ready(&world).await;
    let login = PgConnectOptions::from_str(&world.bot_url(mine).await).unwrap();
    login.connect().await.unwrap().close().await.unwrap();

    let other = Names::of(other);
    for database in ["postgres", "template1", "template0", "paige_platform", "added_later", other.database.as_str()] {
        let error = login.clone().database(database).connect().await.unwrap_err();
        let code = error.as_database_error().and_then(|refusal| refusal.code()).unwrap_or_default().into_owned();
        let expected = if database == "template0" { "55000" } else { INSUFFICIENT_PRIVILEGE };
        assert_eq!(code, expected, "{database}: {error}");
    }
    // Its password opens no other role, and the owner's role opens nothing.
    for role in [other.bot.as_str(), other.owner.as_str(), Names::of(mine).owner.as_str(), "postgres"] {
        assert!(login.clone().username(role).connect().await.is_err(), "logged in as {role}");
    }
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
         WHERE datallowconn AND grantee = 0 AND privilege_type = 'CONNECT'",
    )
    .fetch_all(&mut world.connect().await)
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new());
    world.end(service).await;
}

#[tokio::test]
async fn nothing_that_a_bot_left_in_public_is_run_by_the_platform() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = ready(&world).await;
    let mut bot = world.bot(project).await;
    for sql in TRAPS {
        sqlx::raw_sql(*sql).execute(&mut bot).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let database = Names::of(project).database;
    // A session that says nothing about its search path, and statements that would find the traps if it were the usual one.
    let mut platform = world.platform().database(database.as_str()).connect().await.unwrap();
    let probe = "SELECT lower('X'::varchar), 'a'::varchar = 'a'::varchar, (SELECT count(*) FROM pg_class), '1'::json";
    sqlx::raw_sql(probe).execute(&mut platform).await.unwrap();
    let applied = projections::migrate(&mut platform).await;
    applied.unwrap();
    again(&world, project).await;
    let trapped: Vec<String> = sqlx::query_scalar("SELECT who::text FROM public.trapped").fetch_all(&mut platform).await.unwrap();
    assert_eq!(trapped, Vec::<String>::new());

    // The traps are real: who does not take care steps on them.
    sqlx::raw_sql("SET search_path = public").execute(&mut platform).await.unwrap();
    sqlx::raw_sql("SELECT 'a'::varchar = 'a'::varchar").execute(&mut platform).await.unwrap();
    let trapped: Vec<String> = sqlx::query_scalar("SELECT who::text FROM public.trapped").fetch_all(&mut platform).await.unwrap();
    assert_eq!(trapped, ["postgres"]);
    world.end(service).await;
}

#[tokio::test]
async fn the_platform_needs_no_superuser() {
    let world = World::new().await;
    let mut superuser = world.connect().await;
    for sql in [
        "CREATE ROLE platform LOGIN CREATEDB CREATEROLE PASSWORD 'platform'",
        "CREATE DATABASE platform OWNER platform",
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
        "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC",
    ] {
        sqlx::raw_sql(sql).execute(&mut superuser).await.unwrap();
    }
    let login = world.platform().username("platform").password("platform").database("platform");
    let databases = || {
        let key = crate::world::MASTER_KEY.parse().unwrap();
        Databases::new(world.journal.clone(), login.clone(), key, chassis::Clock::System, world.ids.clone())
    };

    // The platform's own database of the tests is still open, and not this login's to close.
    let refused = databases().prepare().await.unwrap_err();
    let told = std::error::Error::source(&refused).unwrap().to_string();
    assert!(told.contains("paige_platform") && told.contains("REVOKE CONNECT"), "{told}");
    sqlx::raw_sql("REVOKE CONNECT ON DATABASE paige_platform FROM PUBLIC").execute(&mut superuser).await.unwrap();

    let service = world.start(databases()).await;
    let project = ready(&world).await;
    assert_eq!(world.on_server().await, World::whole(&[project]));
    let mut bot = world.bot(project).await;
    sqlx::raw_sql("SELECT FROM contacts; CREATE TABLE mine (id int)").execute(&mut bot).await.unwrap();
    assert!(attempt(&mut bot, "DELETE FROM contacts").await.unwrap_err().starts_with(INSUFFICIENT_PRIVILEGE));

    // Nor does it need one to throw the giver of a project out; and what it needed for that it does not keep.
    transfer(&world, project).await;
    until_ended(bot).await;
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    let members =
        "SELECT count(*) FROM pg_auth_members WHERE roleid = $1::text::regrole AND member = 'platform'::regrole AND NOT admin_option";
    let kept: i64 = sqlx::query_scalar(members).bind(Names::of(project).bot.to_string()).fetch_one(&mut superuser).await.unwrap();
    assert_eq!(kept, 0);
    world.end(service).await;
}
