//! The help of every program, and of every command in it: nothing is there of which it does not say what it is for.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use e2e::apart::SERVICES;
use e2e::binaries;

const PREFIX: &str = concat!("PAI", "GE_");
/// Programs that are no service.
const OTHERS: [&str; 3] = ["replay", "simulator", "paige"];
/// "Print help" is the shortest. Of a command its name says something already.
const WORDS_MIN: usize = 10;
const COMMANDS: &str = "Commands:";
const ARGUMENTS: &str = "Arguments:";

/// A command, an argument or a flag.
struct Item<'a> {
    heading: &'a str,
    name: &'a str,
    words: String,
}

/// What a help is about.
fn items(help: &str) -> Vec<Item<'_>> {
    let (mut items, mut heading, mut within) = (Vec::<Item<'_>>::new(), "", false);
    for line in help.lines() {
        let words = line.trim_start();
        // Flags without a short form stand where their long one would; what is said of them, further to the right.
        let begins = match line.len() - words.len() {
            2 => words.starts_with('-') || [COMMANDS, ARGUMENTS].contains(&heading),
            6 => words.starts_with('-'),
            _ => false,
        };
        if begins {
            let (name, words) = words.split_once("  ").unwrap_or((words, ""));
            items.push(Item { heading, name, words: words.trim().to_owned() });
            within = true;
        } else if line.starts_with(' ') {
            if let Some(item) = items.last_mut().filter(|_| within) {
                item.words.push(' ');
                item.words.push_str(words);
            }
        } else if !line.is_empty() {
            // A blank line stands between paragraphs too; a heading ends what is before it.
            (heading, within) = (line, false);
        }
    }
    items
}

/// Those of which nothing is said.
fn unexplained(help: &str) -> Vec<String> {
    let says_little = |item: &Item<'_>| {
        // Behind the words stand variable, default and choices, in brackets.
        let words = item.words.trim().split('[').next().unwrap_or_default().trim();
        words.len() < if item.heading == COMMANDS { 1 } else { WORDS_MIN }
    };
    items(help).into_iter().filter(says_little).map(|item| item.name.to_owned()).collect()
}

/// Adds the help of a command, and of every command in it.
fn collect(program: &str, path: &[&str], helps: &mut Vec<(String, String)>) {
    let name = [&[program], path].concat().join(" ");
    let output = Command::new(binaries::binary(program)).args(path).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && help.contains("Usage:"), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    for command in items(&help).iter().filter(|item| item.heading == COMMANDS && item.name != "help") {
        collect(program, &[path, &[command.name]].concat(), helps);
    }
    helps.push((name, help));
}

/// The help of every command of every program.
fn helps() -> Vec<(String, String)> {
    let mut helps = Vec::new();
    for program in SERVICES.into_iter().chain(OTHERS) {
        collect(program, &[], &mut helps);
    }
    helps
}

#[test]
fn what_stands_there_without_a_word_is_found() {
    let help = "Usage: x\n\nCommands:\n  one  It\n  two\n  help  Print this\n\nArguments:\n  [B]  [default: 1]\n  <C>\n          Some words of it\n\n\
        Options:\n      --a <A>  [env: A=]\n      --b <B>\n          What it is for, and\n          --a too\n          \n          [env: B=]\n\n\
        \u{20}     --c\n\n  -h, --help\n          Print help\n\nMore:\n  other words that stand here";
    assert_eq!(unexplained(help), ["two", "[B]", "--a <A>", "--c"]);
    let commands: Vec<&str> = items(help).iter().filter(|item| item.heading == COMMANDS).map(|item| item.name).collect();
    assert_eq!(commands, ["one", "two", "help"]);
}

/// Who reads each variable, as README's table says: `all` and `every service` stand for many, `the same` for those of the row above.
fn readers(readme: &str) -> BTreeMap<String, BTreeSet<&str>> {
    let all: BTreeSet<&str> = SERVICES.into_iter().chain(OTHERS).collect();
    let (mut table, mut above) = (BTreeMap::new(), BTreeSet::new());
    for line in readme.lines() {
        let Some((name, rest)) = line.strip_prefix("| `").and_then(|line| line.split_once("` | ")) else { continue };
        if !name.starts_with(PREFIX) {
            continue;
        }
        let cell = rest.split(" | ").next().unwrap_or_default();
        let named = |list| str::split(list, ", ").map(program).collect::<BTreeSet<&str>>();
        above = match (cell, cell.strip_prefix("all but ")) {
            ("the same", _) => above,
            ("all", _) => all.clone(),
            ("every service", _) => SERVICES.into(),
            (_, Some(others)) => &all - &named(others),
            (_, None) => named(cell),
        };
        table.insert(name.to_owned(), above.clone());
    }
    table
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap()
}

/// The first word: `paige up` is a command of the program `paige`.
fn program(name: &str) -> &str {
    name.trim_matches('`').split(' ').next().unwrap_or_default()
}

/// README's table names every variable that is in some program's help, and in whose. Everything is explained.
#[test]
fn every_command_and_flag_is_explained_and_the_readme_says_who_reads_which_variable() {
    let readme = readme();
    let mut table = readers(&readme);
    let helps = helps();
    for deep in ["replay log export", "replay parked skip", "simulator serve", "simulator send text", "paige up", "paige demo billing"] {
        assert!(
            helps.iter().any(|(name, _)| name == deep),
            "{deep} is not among {:?}",
            helps.iter().map(|(name, _)| name).collect::<Vec<_>>()
        );
    }
    let mut helped: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut silent = Vec::new();
    for (name, help) in &helps {
        silent.extend(unexplained(help).into_iter().map(|item| format!("{name} {item}")));
        for (start, _) in help.match_indices(PREFIX) {
            let variable = help[start..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            helped.entry(variable).or_default().insert(program(name));
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "nobody says what these are for");
    // Read by the code that fetches programs, before any command line is.
    assert!(table.remove(&format!("{PREFIX}CACHE")).is_some(), "{table:?}");
    assert_eq!(table, helped, "README on the left, the programs' help on the right");
}

/// The variable that an item is read from, and what it is where nothing is said.
fn default_of<'a>(item: &'a Item<'_>) -> Option<(&'a str, &'a str)> {
    let variable = item.words.split_once("[env: ")?.1.split(['=', ']']).next()?;
    let default = item.words.split_once("[default: ")?.1.split(']').next()?;
    Some((variable, default.trim_matches('"')))
}

#[test]
fn the_readme_says_what_each_variable_is_by_default() {
    let (readme, mut seen, mut unsaid) = (readme(), BTreeSet::new(), BTreeSet::new());
    for (name, help) in helps() {
        for item in items(&help) {
            let Some((variable, default)) = default_of(&item) else { continue };
            let row = readme.lines().find(|line| line.starts_with(&format!("| `{variable}` |"))).unwrap_or_default();
            if !row.contains(&format!("default {default}")) && !row.contains(&format!("default `{default}`")) {
                unsaid.insert(format!("{name}: {variable} is {default}"));
            }
            seen.insert(variable.to_owned());
        }
    }
    assert!(seen.len() > 20, "{seen:?} are not all that have a default");
    assert_eq!(unsaid, BTreeSet::new(), "the table has another default, or none");
}
