//! A service's tables are its own: nobody names a table of another schema. The project databases' tables belong to `projections`, which alone
//! writes them, and are read by the named few.
//!
//! What is put together while it runs (a schema in a variable) is not seen here; only `tables` does
//! that, and a reviewer would see anybody else.

use std::collections::{BTreeMap, BTreeSet};

use crate::nobody;
use crate::tree::{File, files};

/// Who may read the tables of a project: the service that serves them, and `paige demo`, which shows a project's rows.
const READS_PROJECTS: [&str; 2] = ["conversations", "standalone"];
/// The schemas of a project's database.
const OF_PROJECTS: [&str; 2] = ["public", "paige"];
/// Postgres' own.
const OF_POSTGRES: [&str; 3] = ["pg_catalog", "pg_temp", "information_schema"];
/// A name with a dot after one of these is a table's, whoever made it.
const BEFORE_A_TABLE: [&str; 9] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "TRUNCATE", "REFERENCES", "COPY", "ONLY"];

/// A name with a dot after one of these is a table that is written; after `FROM` it is, where that follows `DELETE`.
const BEFORE_WRITING: [&str; 5] = ["INTO", "UPDATE", "TABLE", "TRUNCATE", "COPY"];

type Tables = BTreeMap<String, BTreeSet<String>>;

/// The crate that a file belongs to, if it is a service's or a library's and runs outside tests.
fn owner(file: &File) -> Option<String> {
    let is_source = file.path.ends_with(".rs") || file.path.ends_with(".sql");
    let rest = file.path.strip_prefix("services/").filter(|_| is_source && !file.is_test())?;
    let parts: Vec<&str> = rest.split('/').collect();
    match parts[..] {
        ["lib", name, ..] => Some(format!("lib/{name}")),
        [name, ..] => Some(name.to_owned()),
        [] => None,
    }
}

/// Schemas and their tables, by the migrations.
fn tables<'a>(files: impl Iterator<Item = &'a File>) -> Tables {
    let mut found = Tables::new();
    for file in files.filter(|file| file.path.contains("/migrations/")) {
        for name in file.text.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split([' ', '(', '\n']).next()) {
            let (schema, table) = name.split_once('.').unwrap_or_else(|| panic!("{}: {name} is in no schema", file.path));
            found.entry(schema.to_owned()).or_default().insert(table.to_owned());
        }
    }
    found
}

/// Without comments.
fn code(file: &File) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("--");
    let lines = file.lines_before_tests().into_iter().filter(|line| !is_comment(line));
    lines.collect::<Vec<_>>().join(" ")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| c.is_whitespace() || matches!(c, '(' | '"')).filter(|word| !word.is_empty())
}

/// Every `schema.table` of a file that is one: after a word of SQL, or by its name.
fn named(file: &File, tables: &Tables) -> BTreeSet<(String, String)> {
    let text = code(file);
    let of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
    let mut found = BTreeSet::new();
    let mut before = "";
    for word in words(&text) {
        // `a.b,` and `a.b;` are names; `self.a.b` and `a.b()` are not.
        let name = word.trim_end_matches([',', ';', ')']);
        if let Some((schema, table)) = name.split_once('.').filter(|_| name.chars().all(of_a_name)) {
            let is_known = tables.get(schema).is_some_and(|tables| tables.contains(table));
            if is_known || BEFORE_A_TABLE.contains(&before) {
                found.insert((schema.to_owned(), table.to_owned()));
            }
        }
        // `IS DISTINCT FROM a.b` compares with a column.
        before = if before == "DISTINCT" { "" } else { word };
    }
    found
}

/// The tables of projects that a file writes.
fn written(file: &File) -> BTreeSet<String> {
    let text = code(file);
    let words: Vec<&str> = words(&text).filter(|word| *word != "ONLY").collect();
    let is_written = |three: &&[&str]| BEFORE_WRITING.contains(&three[1]) || three[..2] == ["DELETE", "FROM"];
    let of_projects = |name: &&str| name.split_once('.').is_some_and(|(schema, _)| OF_PROJECTS.contains(&schema));
    words.windows(3).filter(is_written).map(|three| three[2]).filter(of_projects).map(str::to_owned).collect()
}

fn may_name(owner: &str, schema: &str) -> bool {
    let own = owner.replace('-', "_");
    own == schema || OF_POSTGRES.contains(&schema) || OF_PROJECTS.contains(&schema) && READS_PROJECTS.contains(&owner)
}

#[test]
fn nobody_names_a_table_of_another() {
    let files = files();
    let tables = tables(files.iter());
    assert!(tables.len() >= 8, "tables were not found: {tables:?}");
    let (mut offenders, mut readers) = (Vec::new(), BTreeSet::new());
    for file in &files {
        let Some(owner) = owner(file) else { continue };
        for (schema, table) in named(file, &tables) {
            readers.insert(schema.clone());
            if !may_name(&owner, &schema) {
                offenders.push(format!("{}: {owner} names {schema}.{table}", file.path));
            }
        }
    }
    let unread: Vec<&String> = tables.keys().filter(|schema| !readers.contains(*schema)).collect();
    assert!(unread.is_empty(), "nobody names a table of {unread:?}: the search is broken");
    nobody("a service's tables belong to it", offenders);
}

#[test]
fn who_reads_the_tables_of_projects_writes_none() {
    let mut offenders = Vec::new();
    // What is measured beside it may be made by hand.
    for file in files().into_iter().filter(|file| file.path.contains("/src/")) {
        if let Some(owner) = owner(&file).filter(|owner| READS_PROJECTS.contains(&owner.as_str())) {
            offenders.extend(written(&file).into_iter().map(|table| format!("{}: {owner} writes {table}", file.path)));
        }
    }
    nobody("the tables of projects are written by `projections` alone", offenders);
}

#[test]
fn a_table_that_is_written_is_found() {
    let written = |text: &str| written(&File { path: "services/x/src/a.rs".into(), text: text.into() }).into_iter().collect::<Vec<_>>();
    assert_eq!(written(r#"query("INSERT INTO public.messages (id) VALUES ($1)")"#), ["public.messages"]);
    assert_eq!(written(r#"query("UPDATE ONLY paige.statuses SET at = now()")"#), ["paige.statuses"]);
    assert_eq!(written(r#"query("DELETE FROM public.contacts")"#), ["public.contacts"]);
    assert_eq!(written(r#"query("SELECT * FROM public.contacts FOR UPDATE")"#), Vec::<String>::new());
    assert_eq!(written("// INSERT INTO public.messages\nlet x = 1;"), Vec::<String>::new());
}

#[test]
fn a_table_of_another_is_found() {
    let tables = Tables::from([("billing".to_owned(), BTreeSet::from(["accounts".to_owned()]))]);
    let named = |text: &str| {
        let file = File { path: "services/x/src/a.rs".into(), text: text.into() };
        named(&file, &tables).into_iter().map(|(schema, table)| format!("{schema}.{table}")).collect::<Vec<_>>()
    };
    assert_eq!(
        named(r#"query("SELECT * FROM lifecycle.projects, billing.accounts AS a WHERE a.id = 1")"#),
        ["billing.accounts", "lifecycle.projects"]
    );
    assert_eq!(named(r#"query("SELECT (SELECT count(*) FROM access.keys)")"#), ["access.keys"]);
    assert_eq!(named(r#"query("SELECT 1 WHERE a.id IS DISTINCT FROM b.id")"#), Vec::<String>::new());
    assert_eq!(named("let x = self.billing.accounts(); y.billing;\n// FROM access.keys\n"), Vec::<String>::new());
    assert!(may_name("flow-sync", "flow_sync") && !may_name("recorder", "public") && !may_name("billing", "lifecycle"));
}
