//! Text that someone made to hurt: it is judged in time, without a panic, and every position lies within it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod documents;

use documents::{read, sample_names};
use flow_json::{ERRORS_MAX, Flow, NOTES_MAX, Report, State, Step, Trigger, check, render, step};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Judges, and holds the report to what every report must be.
fn judge(text: &[u8]) -> Report {
    let report = check(text);
    assert!(report.errors.len() <= ERRORS_MAX && report.notes.len() <= NOTES_MAX);
    let lines: Vec<usize> = String::from_utf8_lossy(text).split('\n').map(|line| line.chars().count()).collect();
    let mut before = (0, 0);
    for error in &report.errors {
        let (start, end) = ((error.line_start, error.column_start), (error.line_end, error.column_end));
        assert!(before <= start && start <= end && start.0 >= 1 && start.1 >= 1 && end.0 <= lines.len(), "{error:?}");
        // one behind the end of a line is where something is missing
        assert!(start.1 <= lines[start.0 - 1] + 1 && end.1 <= lines[end.0 - 1] + 1, "{error:?}");
        assert!(error.message.chars().count() < 4_000 && !error.error.is_empty(), "{error:?}");
        before = start;
    }
    report
}

fn only_error(text: &[u8]) -> String {
    let report = judge(text);
    assert_eq!(report.errors.len(), 1, "{:?}", report.errors);
    assert_eq!(report.errors[0].message, "Flow JSON is not valid.");
    report.errors[0].error.clone()
}

#[test]
fn what_is_not_json_has_one_error_and_a_note_that_says_why() {
    let sample = read("valid-minimal.json");
    let comma = sample.replace("\"title\": \"Hello\",", "\"title\": \"Hello\",,");
    for text in [
        "",
        " ",
        "{",
        "nul",
        "[1,]",
        "{\"version\": NaN}",
        "{\"version\": -Infinity}",
        "{\"version\": 1e999}",
        "{\"version\": 0x10}",
        "{\"version\": \"\\ud83d\"}",
        "{\"version\": \"\\u0000\"}",
        "{\"version\": \"6.0\u{0}\"}",
        "\u{feff}{}",
        &comma,
    ] {
        assert_eq!(only_error(text.as_bytes()), "INVALID_FLOW_JSON", "{text}");
        assert_eq!(judge(text.as_bytes()).notes.len(), 1);
    }
    assert_eq!(only_error(b"{\"a\": \"\xff\"}"), "INVALID_FLOW_JSON");
    let at = &judge(comma.as_bytes()).errors[0];
    assert_eq!((at.line_start, at.column_start), (6, 24));
}

#[test]
fn depth_and_size_are_limited() {
    for open in ["[", "{\"a\":", "[{\"screens\":"] {
        assert_eq!(only_error(open.repeat(200_000).as_bytes()), "INVALID_FLOW_JSON");
    }
    let huge = format!("{{\"version\":\"6.0\",\"screens\":[{}]}}", " ".repeat(10 * 1024 * 1024));
    assert_eq!(only_error(huge.as_bytes()), "INVALID_FLOW_JSON");
    let most = format!("{{\"version\":\"6.0\",\"screens\":[{}]}}", " ".repeat(10 * 1024 * 1024 - 100));
    assert_eq!(judge(most.as_bytes()).errors[0].error, "MIN_ITEMS_REQUIRED");
}

#[test]
fn a_document_full_of_mistakes_is_judged_up_to_the_limit() {
    let numbers = format!("{{\"version\":\"6.0\",\"screens\":[{}0]}}", "0,".repeat(400_000));
    assert_eq!(judge(numbers.as_bytes()).errors.len(), ERRORS_MAX);
    let keys: String = (0..100_000).map(|key| format!("\"k{key}\":0,")).collect();
    let keys = format!("{{{keys}\"version\":\"6.0\"}}");
    assert_eq!(judge(keys.as_bytes()).errors.len(), ERRORS_MAX);
    let screens: String =
        (0..20_000).map(|_| "{\"id\":\"A\",\"title\":\"x\",\"layout\":{\"type\":\"SingleColumnLayout\",\"children\":[{}]}},").collect();
    let screens = format!("{{\"version\":\"6.0\",\"screens\":[{}]}}", screens.trim_end_matches(','));
    assert_eq!(judge(screens.as_bytes()).errors.len(), ERRORS_MAX);
}

#[test]
fn large_models_and_many_actions_do_not_multiply() {
    let fields: Map<String, Value> = (0..20_000).map(|field| (format!("f{field}"), json!({"type": "string", "__example__": ""}))).collect();
    let action = |_| json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "navigate", "next": {"type": "screen", "name": "B"}, "payload": {}}});
    let children: Vec<Value> = (0..20_000).map(action).collect();
    let layout = |children: Vec<Value>| json!({"type": "SingleColumnLayout", "children": children});
    let screens = json!([
        {"id": "A", "title": "x", "layout": layout(children)},
        {"id": "B", "title": "x", "terminal": true, "data": fields, "layout": layout(vec![])},
    ]);
    let text = json!({"version": "6.0", "screens": screens}).to_string();
    assert_eq!(judge(text.as_bytes()).errors.len(), ERRORS_MAX);
}

/// A screen that ends the Flow if `terminal`, in a document of the newest version.
fn screen(id: &str, terminal: bool, data: Value, children: Vec<Value>) -> Value {
    json!({"id": id, "title": "x", "terminal": terminal, "data": data, "layout": {"type": "SingleColumnLayout", "children": children}})
}

fn judge_screens(screens: Value, more: Value) -> Report {
    let mut document = json!({"version": "7.3", "screens": screens});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    judge(document.to_string().as_bytes())
}

fn many(count: usize, one: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(one).collect()
}

/// An object with objects in it: 40,000 properties.
fn wide_type() -> Value {
    let properties = |inner: Value| (0..200).map(|n| (format!("p{n}"), inner.clone())).collect::<Map<_, _>>();
    let inner = json!({"type": "object", "properties": properties(json!({"type": "string"}))});
    json!({"type": "object", "properties": properties(inner), "__example__": {}})
}

fn link(payload: Value) -> Value {
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "B"}, "payload": payload});
    json!({"type": "EmbeddedLink", "text": "x", "on-click-action": action})
}

#[test]
fn components_that_stand_alone_are_not_each_held_against_all() {
    let lists = many(100_000, |_| json!({"type": "NavigationList", "list-items": [{}]}));
    let report = judge_screens(json!([screen("A", false, json!({}), lists)]), json!({}));
    assert!(report.errors.iter().any(|error| error.message.contains("NavigationList allowed per screen is 2 but found 100000")));
}

#[test]
fn a_large_type_is_neither_copied_nor_walked_for_each_of_its_references() {
    let copied: Map<String, Value> = (0..50_000).map(|n| (format!("k{n}"), Value::from("${data.wide}"))).collect();
    let exchange = json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "data_exchange", "payload": copied}});
    let compared = many(20_000, |_| link(json!({"wide": "${data.wide}"})));
    let data = || json!({"wide": wide_type()});
    let screens = json!([
        screen("A", false, data(), std::iter::once(exchange).chain(compared).collect()),
        screen("B", true, data(), vec![json!({"type": "Footer", "label": "x", "on-click-action": {"name": "complete", "payload": {}}})]),
    ]);
    let report = judge_screens(screens, json!({}));
    assert!(!report.errors.iter().any(|error| error.error == "INVALID_NAVIGATE_ACTION_PAYLOAD"), "one type fits itself");
}

#[test]
fn a_long_list_of_routes_is_not_searched_for_each_navigate() {
    let mut routes = many(200_000, |_| Value::from("C"));
    routes.push("B".into());
    let screens = json!([
        screen("A", false, json!({}), many(20_000, |_| link(json!({})))),
        screen("B", true, json!({}), vec![]),
        screen("C", true, json!({}), vec![]),
    ]);
    let report = judge_screens(screens, json!({"data_api_version": "3.0", "routing_model": {"A": routes}}));
    assert!(!report.errors.iter().any(|error| error.message.contains("Missing direct route")));
}

#[test]
fn many_forms_are_not_searched_for_each_reference_and_their_pickers_not_for_each_form() {
    let form = |n: usize, more: Value| {
        let mut form = json!({"type": "Form", "name": format!("f{n}"), "children": [{"type": "TextHeading", "text": "x"}]});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let told = json!({"type": "TextBody", "text": many(50_000, |_| Value::from("${form.f49999}"))});
    let children = std::iter::once(told).chain(many(50_000, |n| form(n, json!({})))).collect();
    assert_eq!(judge_screens(json!([screen("A", true, json!({}), children)]), json!({})).errors.len(), ERRORS_MAX);
    let picker = |n: usize| json!([{"type": "PhotoPicker", "name": format!("p{n}"), "label": "x"}]);
    let children = many(40_000, |n| form(n, json!({"init-values": "${data.object}", "children": picker(n)})));
    let data = |names: &[&str]| {
        let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"object": {"type": "object", "properties": properties, "__example__": {}}})
    };
    let native = |data: Value| {
        let report = judge_screens(json!([screen("A", true, data, children.clone())]), json!({}));
        report.errors.iter().filter(|error| error.error == "NATIVE_COMPONENT_IN_FORM_INIT_VALUES").count()
    };
    assert_eq!((native(data(&["other"])), native(data(&["p0"]))), (0, ERRORS_MAX));
}

#[test]
fn duplicate_keys_are_told_where_the_second_stands() {
    let text = read("valid-minimal.json").replace("\"title\": \"Hello\",", "\"title\": \"Hello\",\n      \"title\": \"Hi\",");
    let report = judge(text.as_bytes());
    let [error] = report.errors.as_slice() else { panic!("{:?}", report.errors) };
    assert_eq!((error.error.as_str(), error.line_start, error.column_start, error.column_end), ("INVALID_FLOW_JSON", 7, 7, 13));
    assert!(report.notes[0].message.contains("'title' stands twice"));
    assert!(Flow::parse(text.as_bytes()).is_err());
}

#[test]
fn any_script_is_text() {
    let name = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{645}\u{631}\u{62d}\u{628}\u{627} \\ud83d\\ude00 \u{202e}x";
    let text = read("valid-minimal.json").replace("First name", name);
    assert!(judge(text.as_bytes()).is_valid());
    let long = read("valid-minimal.json").replace("First name", &"\u{1f600}".repeat(21));
    let report = judge(long.as_bytes());
    assert!(report.errors[0].message.contains("has 21 characters"));
    assert_eq!(report.errors[0].column_end - report.errors[0].column_start + 1, 23);
}

#[test]
fn a_value_that_is_repeated_without_end_is_not() {
    let text = "`".to_owned() + &"${data.x}".repeat(300) + "`";
    let screen = json!({
        "id": "A", "title": "x", "terminal": true,
        "data": {"x": {"type": "string", "__example__": "a"}},
        "layout": {"type": "SingleColumnLayout", "children": [
            {"type": "TextBody", "text": text},
            {"type": "Footer", "label": "x", "on-click-action": {"name": "complete", "payload": {"x": text}}},
        ]},
    });
    let flow = Flow::parse(json!({"version": "6.0", "screens": [screen]}).to_string().as_bytes()).unwrap();
    let data = Map::from_iter([("x".to_owned(), Value::from("y".repeat(1_000_000)))]);
    let state = flow.start(None, Some(data)).unwrap();
    let rendered = render(&flow, "A", &Value::Object(state.data.clone()), &Value::Null, &state.seen).unwrap();
    assert!(serde_json::to_string(&rendered).unwrap().len() < 1_000_000);
    let tap = Step { component: "layout.children[1]".to_owned(), trigger: Trigger::Click, option: None, form: None };
    assert!(step(&flow, &state, &tap).is_err());
}

/// Every place in a document, as JSON pointers.
fn places(json: &Value, at: String, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => members.iter().for_each(|(key, inner)| places(inner, format!("{at}/{key}"), found)),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(index, inner)| places(inner, format!("{at}/{index}"), found)),
        _ => {}
    }
    found.push(at);
}

#[test]
fn null_is_taken_nowhere() {
    for name in sample_names("valid-") {
        let document: Value = serde_json::from_str(&read(&name)).unwrap();
        let mut found = Vec::new();
        places(&document, String::new(), &mut found);
        for place in found {
            let mut emptied = document.clone();
            *emptied.pointer_mut(&place).unwrap() = Value::Null;
            assert!(!judge(emptied.to_string().as_bytes()).is_valid(), "{name} with null at {place}");
        }
    }
}

fn odd() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        " ",
        "`",
        "``",
        "${",
        "${}",
        "${data.}",
        "${form.x",
        "`'",
        "`((((`",
        "`${data.x} ${form.y}`",
        "${screen..form.x}",
        "${screen.A.data.b.c}",
        "true",
        "If",
        "Form",
        "Switch",
        "Footer",
        "RichText",
        "PhotoPicker",
        "complete",
        "navigate",
        "data_exchange",
        "DETAILS",
        "7.3",
        "5.1",
        "ä\u{1f600}",
    ];
    prop_oneof![
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        prop::sample::select(vec![
            json!(null),
            json!({}),
            json!([]),
            json!([{}]),
            json!(true),
            json!(-1),
            json!(1e300),
            json!({"type": "If"}),
            json!([[[[]]]])
        ]),
        ".{0,12}".prop_map(Value::from),
    ]
}

fn mutate(json: &mut Value, place: usize, other: usize, kind: u8, odd: Value) {
    let mut found = Vec::new();
    places(json, String::new(), &mut found);
    let pointer = found[place % found.len()].clone();
    let copied = json.pointer(&found[other % found.len()]).unwrap_or(&Value::Null).clone();
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    match (kind % 4, json.pointer_mut(parent)) {
        (0, _) => *json.pointer_mut(&pointer).unwrap_or(&mut Value::Null) = odd,
        (1, _) => *json.pointer_mut(&pointer).unwrap_or(&mut Value::Null) = copied,
        (2, Some(Value::Object(members))) => drop(members.remove(last)),
        (2, Some(Value::Array(elements))) if !elements.is_empty() => {
            drop(elements.remove(last.parse::<usize>().unwrap_or(0) % elements.len()))
        }
        (_, Some(Value::Object(members))) => drop(members.insert(odd.as_str().unwrap_or("x").replace(['/', '~'], ""), copied)),
        (_, Some(Value::Array(elements))) => elements.push(copied),
        _ => {}
    }
}

/// Taps everything on every screen, with odd entries.
fn walk(flow: &Flow, form: &Value) {
    let Ok(mut state) = flow.start(None, None) else { return };
    for _ in 0..4 {
        let Some(rendered) = render(flow, &state.screen, &Value::Object(state.data.clone()), form, &state.seen) else { return };
        assert!(serde_json::to_string(&rendered).is_ok());
        let mut reached: Option<State> = None;
        for shown in rendered.components.iter().chain(&rendered.footer) {
            for trigger in [Trigger::Click, Trigger::Select, Trigger::Unselect] {
                let tap = Step { component: shown.path.clone(), trigger, option: Some("a".to_owned()), form: form.as_object().cloned() };
                if let Ok(flow_json::Outcome::Screen(next)) = step(flow, &state, &tap) {
                    reached = Some(next);
                }
            }
        }
        let Some(next) = reached else { return };
        state = next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_sample_panics(
        name in prop::sample::select(sample_names("")),
        mutations in prop::collection::vec((any::<usize>(), any::<usize>(), any::<u8>(), odd()), 0..5),
        pretty in any::<bool>(),
    ) {
        let mut json: Value = serde_json::from_str(&read(&name)).unwrap();
        for (place, other, kind, odd) in mutations {
            mutate(&mut json, place, other, kind, odd);
        }
        let text = if pretty { serde_json::to_string_pretty(&json).unwrap() } else { json.to_string() };
        judge(text.as_bytes());
        if let Ok(flow) = Flow::parse(text.as_bytes()) {
            walk(&flow, &json!({"full_name": "Ana", "topics": ["a"], "score": "1", "agree": true}));
        }
    }

    #[test]
    fn no_cut_and_no_other_byte_panics(name in prop::sample::select(sample_names("")), at in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = read(&name).into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        judge(&bytes);
    }

    #[test]
    fn no_expression_panics(text in "[`'(){}$a-z.!&|=<>+*/0-9 -]{0,40}") {
        let screen = read("valid-survey.json").replace("${form.contact_me} == true", &text.replace('"', ""));
        judge(screen.as_bytes());
    }
}
