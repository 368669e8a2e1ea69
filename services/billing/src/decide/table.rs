//! The table of all transitions in `README.md`: made by the rules, compared with what is written there. `UPDATE_TABLE=1` writes it. It has a row for
//! whatever the model does in a generated sequence (`compare`), by the model's own words.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::story::{Card, Story, Told};
use crate::deadline::Due;
use crate::subscription::State;

const BEGIN: &str = "<!-- transitions: made by the rules, see src/decide/table.rs -->\n";
const END: &str = "<!-- end of transitions -->\n";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// What happens to a story; `None` where it cannot.
type Input = (&'static str, fn(&mut Story) -> Option<Told>);

/// Everything that a subscription can meet.
const INPUTS: [Input; 23] = [
    ("opens the page to pay", |story| Some(story.open_page())),
    ("payment succeeds", |story| {
        story.open_page();
        Some(story.page_paid(57_000))
    }),
    ("payment of another sum", |story| {
        story.open_page();
        Some(story.page_paid(1))
    }),
    ("payment fails", |story| {
        story.open_page();
        Some(story.page_failed())
    }),
    ("a report that says nothing new", |story| {
        story.open_page();
        story.page_failed();
        Some(story.page_failed())
    }),
    ("charge succeeds", |story| story.charge_paid()),
    ("charge fails", |story| story.charge_failed()),
    ("charge fails, the grace over", |story| story.grace_is_over().then(|| story.charge_failed()).flatten()),
    ("pause", |story| Some(story.pause())),
    ("cancel", |story| Some(story.cancel())),
    ("withdraw", |story| Some(story.withdraw())),
    ("resume", |story| Some(story.resume())),
    ("trial ends", |story| story.come(Due::TrialEnd)),
    ("cycle ends", |story| story.come(Due::CycleEnd)),
    ("reminder", |story| story.come(Due::Reminder)),
    ("grace ends", |story| story.come(Due::GraceEnd)),
    ("opens the page to buy credits", |story| Some(story.open_credits())),
    ("credits are paid", |story| {
        story.open_credits();
        Some(story.page_paid(10_000))
    }),
    ("credits are used", |story| Some(story.take(5))),
    ("the same use again", |story| {
        story.take(5);
        Some(story.take(5))
    }),
    ("the same use, other credits", |story| {
        story.take(5);
        Some(story.take(6))
    }),
    ("project deleted", |story| Some(story.close())),
    ("project created again", |story| Some(story.create())),
];

/// A row that nothing was left out of yet.
struct Row {
    state: &'static str,
    card: &'static str,
    what: &'static str,
    then: &'static str,
    told: String,
}

fn row(mut story: Story, card: Card, (what, meet): Input) -> Option<Row> {
    let state = story.state();
    let (events, refused) = meet(&mut story)?;
    let told = match (refused, events.is_empty()) {
        (Some(code), true) => format!("refused: `{code}`"),
        (Some(code), false) => format!("{}; refused: `{code}`", events.join(", ")),
        (None, true) => "nothing".to_owned(),
        (None, false) => events.join(", "),
    };
    Some(Row { state, card: card.as_str(), what, then: story.state(), told })
}

/// Of every state with every card that there can be in it; and of a project that is being deleted, in which those make no difference.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for state in State::ALL {
        for input in INPUTS {
            rows.extend(Card::ALL.into_iter().filter_map(|card| row(Story::of(state, card)?, card, input)));
        }
    }
    for input in INPUTS {
        let closed = |state: State, card: Card| {
            let mut story = Story::of(state, card)?;
            story.close();
            let row = row(story, card, input)?;
            Some(Row { card: "", ..row })
        };
        let all = State::ALL.into_iter().flat_map(|state| Card::ALL.map(|card| (state, card)));
        let mut all: Vec<Row> = all.filter_map(|(state, card)| closed(state, card)).collect();
        assert!(all.windows(2).all(|pair| pair[0].told == pair[1].told && pair[0].then == pair[1].then), "{}", input.0);
        rows.extend(all.pop());
    }
    rows
}

/// Every step that there is a row for: state, card, what happens, state then.
pub(super) fn edges() -> BTreeSet<[&'static str; 4]> {
    rows().iter().map(|row| [row.state, row.card, row.what, row.then]).collect()
}

/// Rows that differ in nothing but the card are one; so are rows that say the same of every state.
fn table() -> String {
    let (rows, mut lines) = (rows(), Vec::new());
    for state in State::ALL {
        let all: BTreeSet<&str> = Card::ALL.into_iter().filter(|card| Story::of(state, *card).is_some()).map(Card::as_str).collect();
        for (what, _) in INPUTS {
            let mut groups: Vec<(&Row, BTreeSet<&str>)> = Vec::new();
            for row in rows.iter().filter(|row| (row.state, row.what) == (state.as_str(), what)) {
                match groups.iter_mut().find(|(other, _)| (other.then, &other.told) == (row.then, &row.told)) {
                    Some((_, cards)) => {
                        cards.insert(row.card);
                    }
                    None => groups.push((row, BTreeSet::from([row.card]))),
                }
            }
            for (row, cards) in groups {
                let card = if cards == all { String::new() } else { cards.into_iter().collect::<Vec<_>>().join(", ") };
                lines.push((row.state, card, what, if row.then == row.state { "the same" } else { row.then }, row.told.clone()));
            }
        }
    }
    let everywhere = |what: &str| {
        let mut of = lines.iter().filter(|line| line.2 == what).map(|line| (&line.1, line.3, &line.4));
        let first = of.next();
        of.clone().count() + 1 == State::ALL.len() && of.all(|other| Some(other) == first)
    };
    let common: BTreeSet<&str> = INPUTS.iter().map(|(what, _)| *what).filter(|what| everywhere(what)).collect();
    let mut text = String::from("| state | card | what happens | state then | events, or why not |\n| --- | --- | --- | --- | --- |\n");
    let (_, told) = Story::created();
    writeln!(text, "| none |  | project created | trialing | {told} |").unwrap();
    let any = lines.iter().filter(|line| line.0 == State::ALL[0].as_str() && common.contains(line.2));
    for (state, card, what, then, told) in lines.iter().filter(|line| !common.contains(line.2)) {
        writeln!(text, "| {state} | {card} | {what} | {then} | {told} |").unwrap();
    }
    for (_, card, what, then, told) in any {
        writeln!(text, "| any | {card} | {what} | {then} | {told} |").unwrap();
    }
    for Row { state, what, then, told, .. } in rows.iter().filter(|row| row.state == "closed") {
        let then = if then == state { "the same" } else { *then };
        writeln!(text, "| {state} |  | {what} | {then} | {told} |").unwrap();
    }
    text
}

#[test]
fn the_table_in_the_docs_is_what_the_rules_do() {
    let document = std::fs::read_to_string(README).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("README.md has a place for the table");
    let (written, after) = rest.split_once(END).expect("the table has an end");
    let made = format!("\n{}\n", table());
    if std::env::var_os("UPDATE_TABLE").is_some() {
        std::fs::write(README, format!("{before}{BEGIN}{made}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, made, "UPDATE_TABLE=1 cargo nextest run -p billing the_table writes it anew");
}
