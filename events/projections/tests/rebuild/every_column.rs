//! Nothing in any table is out of verify's sight: the columns are the catalogue's, not the layout's, and each is changed once. Repair brings
//! every one back.

use projections::rebuild::{Difference, DifferenceKind, Report};
use sqlx::AssertSqlSafe;

use crate::fixture::{Fixture, TABLES, counts};
use crate::scenario::Person;

/// Tables beside the projected ones: how far these have come, and of which version they are.
const NO_PROJECTIONS: [&str; 2] = ["paige.checkpoint", "paige.migrations"];

/// A table as the database knows it.
struct Known {
    table: &'static str,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: String,
    /// Part of the primary key: by these a row is named.
    key: bool,
    /// Part of some unique index.
    unique: bool,
}

impl Column {
    /// Another value of its type, as close to the stored one as there is.
    fn other(&self) -> String {
        let Self { name, kind, .. } = self;
        match kind.as_str() {
            "text" => format!("coalesce({name}, '') || 'x'"),
            "bigint" | "integer" => format!("coalesce({name}, 0) + 1"),
            "boolean" => format!("NOT {name}"),
            "timestamp with time zone" => format!("coalesce({name}, 'epoch') + interval '1 microsecond'"),
            // The same value, written otherwise: `json` keeps what came, byte for byte.
            "json" => format!("(coalesce({name}::text, 'null') || ' ')::json"),
            other => panic!("{name}: how is a value of type {other} changed?"),
        }
    }
}

impl Known {
    async fn read(fixture: &Fixture, table: &'static str) -> Self {
        let query = "SELECT attname::text, format_type(atttypid, NULL),
                            EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY(indkey)),
                            EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND attnum = ANY(indkey))
                       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        let columns: Vec<(String, String, bool, bool)> =
            sqlx::query_as(query).bind(table).fetch_all(&mut fixture.connection().await).await.unwrap();
        let columns = columns.into_iter().map(|(name, kind, key, unique)| Column { name, kind, key, unique }).collect();
        Self { table, columns }
    }

    /// The key's columns as one text array.
    fn key(&self) -> String {
        let key = self.columns.iter().filter(|column| column.key).map(|column| format!("{}::text", column.name));
        format!("ARRAY[{}]", key.collect::<Vec<_>>().join(", "))
    }

    /// Runs a statement on one row; answers the key of that row before, and of the row that it returns.
    async fn on_one_row(&self, fixture: &Fixture, statement: &str) -> (Vec<String>, Vec<String>) {
        let (table, key) = (self.table, self.key());
        let mut connection = fixture.connection().await;
        let first = format!("SELECT {key}, ctid::text FROM {table} ORDER BY ctid LIMIT 1");
        let (before, place): (Vec<String>, String) = sqlx::query_as(AssertSqlSafe(first)).fetch_one(&mut connection).await.unwrap();
        let statement = format!("{statement} WHERE ctid = '{place}' RETURNING {key}");
        let after = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut connection).await.unwrap();
        (before, after)
    }

    /// The key of a difference, checked to be named by the right columns.
    fn values(&self, difference: &Difference) -> Vec<String> {
        // The layout has its own order of columns; a key is named by what is in it.
        let key = self.columns.iter().filter(|column| column.key);
        assert_eq!(difference.key.len(), key.clone().count(), "{}: {difference:?}", self.table);
        let value = |column: &Column| difference.key.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
        key.map(|column| value(column).unwrap_or_else(|| panic!("{}: no {} in {difference:?}", self.table, column.name))).collect()
    }
}

/// One contact with a row in every table, and two neighbours whose rows are right all the time.
async fn with_a_row_in_every_table() -> Fixture {
    let fixture = Fixture::start().await;
    fixture.add_people(1..3).await;
    let person = Person::new(fixture.project, 9);
    let of_person =
        [person.first_seen(), person.opened(), person.received(0), person.requested(1, None), person.state(1), person.submitted(4)];
    for event in of_person {
        fixture.append(fixture.project, vec![(Some(person.contact), event)]).await;
    }
    let item = contract::UnassignedItemReceived { key: "errors".to_owned(), raw: contract::RawJson::parse(r#"{"code":1}"#).unwrap() };
    fixture.append(fixture.project, vec![(None, item.into())]).await;
    fixture.project_all().await;
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_a_project_is_a_projection_or_says_how_far_they_are() {
    let fixture = Fixture::start().await;
    let query = "SELECT n.nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname IN ('public', 'paige') ORDER BY 1";
    let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut fixture.connection().await).await.unwrap();
    let mut expected: Vec<&str> = TABLES.into_iter().chain(NO_PROJECTIONS).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_any_column_of_any_table_is_named_and_mended() {
    let fixture = with_a_row_in_every_table().await;
    let right = fixture.dump().await;
    for table in TABLES {
        let known = Known::read(&fixture, table).await;
        for column in &known.columns {
            let (before, after) = known.on_one_row(&fixture, &format!("UPDATE {table} SET {} = {}", column.name, column.other())).await;
            let report = fixture.rebuild().verify(fixture.project).await.unwrap();
            let place = format!("{table}.{}", column.name);
            named(&known, &report, column, &before, &after);
            let mended = fixture.rebuild().repair(fixture.project).await.unwrap();
            assert_eq!(counts(&mended), counts(&report), "{place}: what was found is what was mended");
            assert_eq!(fixture.dump().await, right, "{place} was not brought back");
        }
    }
    assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
}

/// The row by its key, and the column by its name; a column of the key makes it a row that is missing and one that is too many.
fn named(known: &Known, report: &Report, column: &Column, before: &[String], after: &[String]) {
    let table = report.tables.iter().find(|found| found.table == known.table).expect("reported");
    match (&table.differences[..], &counts(report)[..]) {
        ([row @ Difference { kind: DifferenceKind::Changed(columns), .. }], [(name, 0, 0, 1)]) => {
            assert_eq!((*name, known.values(row)), (known.table, before.to_vec()), "{}", column.name);
            let [changed] = &columns[..] else { panic!("{}.{}: {columns:?}", known.table, column.name) };
            assert_eq!(changed.column, column.name, "{}", known.table);
            assert_ne!(changed.log, changed.stored, "{}.{}", known.table, column.name);
        }
        ([one, other], [(name, 1, 1, 0)]) if column.key => {
            assert_eq!(*name, known.table, "{}", column.name);
            let (missing, surplus) = if one.kind == DifferenceKind::Missing { (one, other) } else { (other, one) };
            assert_eq!((&missing.kind, &surplus.kind), (&DifferenceKind::Missing, &DifferenceKind::Surplus));
            assert_eq!((known.values(missing), known.values(surplus)), (before.to_vec(), after.to_vec()), "{}", column.name);
        }
        _ => panic!("{}.{} was changed, and verify says {report:?}", known.table, column.name),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_deleted_from_any_table_and_one_added_to_it_are_named_and_mended() {
    let fixture = with_a_row_in_every_table().await;
    let right = fixture.dump().await;
    for table in TABLES {
        let known = Known::read(&fixture, table).await;
        let difference = async |expected: (&'static str, u64, u64, u64)| {
            let report = fixture.rebuild().verify(fixture.project).await.unwrap();
            assert_eq!(counts(&report), [expected]);
            let mended = fixture.rebuild().repair(fixture.project).await.unwrap();
            assert_eq!(counts(&mended), [expected]);
            assert_eq!(fixture.dump().await, right, "{table} was not brought back");
            report.tables.into_iter().find(|found| found.table == table).expect("reported").differences.remove(0)
        };
        let (deleted, _) = known.on_one_row(&fixture, &format!("DELETE FROM {table}")).await;
        let found = difference((table, 1, 0, 0)).await;
        assert_eq!((known.values(&found), found.kind), (deleted, DifferenceKind::Missing), "{table}");

        let other = known.columns.iter().map(|column| if column.unique { column.other() } else { column.name.clone() });
        let copy = format!("INSERT INTO {table} SELECT {} FROM {table} LIMIT 1", other.collect::<Vec<_>>().join(", "));
        let added = format!("{copy} RETURNING {}", known.key());
        let added: Vec<String> = sqlx::query_scalar(AssertSqlSafe(added)).fetch_one(&mut fixture.connection().await).await.unwrap();
        let found = difference((table, 0, 1, 0)).await;
        assert_eq!((known.values(&found), found.kind), (added, DifferenceKind::Surplus), "{table}");
    }
}
