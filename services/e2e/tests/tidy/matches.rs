//! A `match` on our events names every event: a new one stops the build until every reader has decided. Clippy cannot say this of
//! some enums alone, so the source is read; rustfmt puts all arms of a match at one depth.

use crate::nobody;
use crate::tree::{File, rust_files};

/// The enums of events.
const EVENTS: [&str; 11] = [
    "ConversationEvent::",
    "ProjectEvent::",
    "DatabaseEvent::",
    "ParkedEvent::",
    "WorkspaceEvent::",
    "BillingEvent::",
    "UsageEvent::",
    "BotEvent::",
    "FlowEvent::",
    "MediaEvent::",
    "TemplateEvent::",
];

#[test]
fn no_match_on_our_events_has_an_arm_for_the_rest() {
    let files = rust_files();
    let mut readers = 0;
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| !file.is_test()) {
        let lines = file.lines_before_tests();
        readers += usize::from((0..lines.len()).any(|index| is_event_arm(&lines, index)));
        offenders.extend(arms_for_the_rest(file).into_iter().map(|number| format!("{}:{number}", file.path)));
    }
    assert!(readers > 0, "nobody reads events: the search is broken");
    nobody("a match on our events has no arm for the rest", offenders);
}

/// The lines of arms that take whatever is left, in matches that also name an event.
fn arms_for_the_rest(file: &File) -> Vec<usize> {
    let lines = file.lines_before_tests();
    let mut found = Vec::new();
    for index in (0..lines.len()).filter(|index| is_event_arm(&lines, *index)) {
        let depth = depth(lines[index]);
        let rest = lines[index + 1..].iter().enumerate().take_while(|(_, line)| line.is_empty() || self::depth(line) >= depth);
        let rest = rest.filter(|(_, line)| self::depth(line) == depth && takes_the_rest(line.trim_start()));
        found.extend(rest.map(|(offset, _)| index + offset + 2));
    }
    found.dedup();
    found
}

/// An arm, not an expression: it starts with an event and its pattern ends in `=>`, perhaps some lines below.
fn is_event_arm(lines: &[&str], index: usize) -> bool {
    let code = lines[index].trim_start();
    let starts = |code: &str| EVENTS.iter().any(|event| code.starts_with(event));
    let pattern = || lines[index..].iter().take_while(|line| line.trim_start().starts_with('|') || starts(line.trim_start()));
    starts(code) && pattern().any(|line| line.contains(" =>"))
}

fn takes_the_rest(code: &str) -> bool {
    let Some((pattern, _)) = code.split_once(" =>") else { return false };
    !pattern.is_empty() && pattern.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[test]
fn an_arm_for_the_rest_is_found() {
    let source = |last: &str| {
        let text = format!(
            "match e {{\n    ProjectEvent::A(_)\n    | ProjectEvent::B(_) => {{\n        x();\n    }}\n    {last}\n}}\nmatch f {{\n    _ => 1,\n}}\n"
        );
        arms_for_the_rest(&File { path: "a.rs".into(), text })
    };
    assert_eq!(source("_ => {}"), [6]);
    assert_eq!(source("other => drop(other),"), [6]);
    assert_eq!(source("ProjectEvent::C(_) => {}"), Vec::<usize>::new());
}
