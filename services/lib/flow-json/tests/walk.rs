//! Every valid sample, walked through from its first screen to its last.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod documents;

use documents::{read, sample_names};
use flow_json::{Flow, InputFault, Outcome, Rendered, Shown, State, Step, StepError, Trigger, render, step};
use serde_json::{Map, Value, json};

fn flow(name: &str) -> Flow {
    Flow::parse(read(&format!("valid-{name}.json")).as_bytes()).unwrap_or_else(|report| panic!("{name}: {report:#?}"))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The screen as the state has it, after a way over the wire.
fn shown(flow: &Flow, state: &State) -> Rendered {
    let state: State = serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap();
    render(flow, &state.screen, &Value::Object(state.data), &Value::Object(state.form), &state.seen).unwrap()
}

fn tap(path: &str, form: Value) -> Step {
    Step { component: path.to_owned(), trigger: Trigger::Click, option: None, form: Some(object(form)) }
}

/// Fills in and taps the Footer.
fn submit(flow: &Flow, state: &State, form: Value) -> Result<Outcome, StepError> {
    let filled = State { form: object(form.clone()), ..state.clone() };
    let footer = shown(flow, &filled).footer.unwrap().path;
    step(flow, state, &tap(&footer, form))
}

#[track_caller]
fn next(outcome: Result<Outcome, StepError>) -> State {
    match outcome.unwrap() {
        Outcome::Screen(state) => state,
        other => panic!("expected a screen, not {other:?}"),
    }
}

#[track_caller]
fn payload(outcome: Result<Outcome, StepError>, expected_success: bool) -> Value {
    match outcome.unwrap() {
        Outcome::Complete { payload, success } if success == expected_success => Value::Object(payload),
        other => panic!("expected the end, not {other:?}"),
    }
}

#[track_caller]
fn faults(outcome: Result<Outcome, StepError>) -> Vec<(String, InputFault)> {
    match outcome {
        Err(StepError::Inputs(faults)) => faults.into_iter().map(|error| (error.name, error.fault)).collect(),
        other => panic!("expected faults, not {other:?}"),
    }
}

fn component<'a>(rendered: &'a Rendered, name: &str) -> &'a Shown {
    rendered
        .components
        .iter()
        .find(|shown| shown.properties.get("name") == Some(&json!(name)))
        .unwrap_or_else(|| panic!("{name} is not shown"))
}

fn texts(rendered: &Rendered) -> Vec<&Value> {
    rendered.components.iter().filter(|shown| shown.visible).filter_map(|shown| shown.properties.get("text")).collect()
}

#[test]
fn every_valid_sample_opens_and_shows_its_entry() {
    for name in sample_names("valid-") {
        let flow = Flow::parse(read(&name).as_bytes()).unwrap();
        let state = flow.start(None, None).unwrap();
        let rendered = shown(&flow, &state);
        assert_eq!((state.screen.as_str(), rendered.screen.as_str()), (flow.entry(), flow.entry()), "{name}");
        assert!(rendered.footer.is_some() && !rendered.title.is_empty() && !rendered.components.is_empty(), "{name}");
        assert!(!serde_json::to_string(&rendered).unwrap().contains("${"), "{name}: a reference is left");
    }
}

#[test]
fn an_invalid_document_is_no_flow() {
    for name in sample_names("invalid-") {
        assert!(!Flow::parse(read(&name).as_bytes()).unwrap_err().is_valid(), "{name}");
    }
}

#[test]
fn minimal() {
    let flow = flow("minimal");
    let state = flow.start(None, None).unwrap();
    assert_eq!(faults(submit(&flow, &state, json!({}))), [("first_name".to_owned(), InputFault::Required)]);
    assert_eq!(payload(submit(&flow, &state, json!({"first_name": "Ana"})), true), json!({"first_name": "Ana"}));
}

#[test]
fn the_base_hands_a_list_to_the_next_screen() {
    let flow = flow("base-for-invalid-samples");
    let state = flow.start(None, None).unwrap();
    let three = json!({"full_name": "Ana", "topics": ["a", "b", "c"]});
    assert_eq!(faults(submit(&flow, &state, three)), [("topics".to_owned(), InputFault::TooMany)]);
    let state = next(submit(&flow, &state, json!({"full_name": "Ana", "topics": ["c", "a"]})));
    assert_eq!(texts(&shown(&flow, &state)), [&json!("Ana")]);
    assert_eq!(faults(submit(&flow, &state, json!({"agree": false}))), [("agree".to_owned(), InputFault::Required)]);
    let done = payload(submit(&flow, &state, json!({"agree": true})), true);
    assert_eq!(done, json!({"full_name": "Ana", "topics": ["c", "a"], "agree": true}));
    let back = state.back().unwrap();
    assert_eq!(component(&shown(&flow, &back), "full_name").value, Some(json!("Ana")));
    assert_eq!(back.back(), None);
}

#[test]
fn a_booking_hands_on_what_was_chosen() {
    let flow = flow("appointment-booking");
    let state = flow.start(None, None).unwrap();
    assert_eq!(faults(submit(&flow, &state, json!({"service": "massage"}))), [("service".to_owned(), InputFault::NoSuchOption)]);
    let state = next(submit(&flow, &state, json!({"service": "checkup"})));
    for (day, slot, expected) in [
        ("2026-11-22", "09_00", ("date", InputFault::TooEarly)),
        ("2026-12-19", "09_00", ("date", InputFault::TooLate)),
        ("2026-12-07", "09_00", ("date", InputFault::Unavailable)),
        ("7 December", "09_00", ("date", InputFault::NotADate)),
        ("2026-12-09", "16_30", ("slot", InputFault::NoSuchOption)),
    ] {
        let found = faults(submit(&flow, &state, json!({"date": day, "slot": slot})));
        assert_eq!(found, [(expected.0.to_owned(), expected.1)]);
    }
    let state = next(submit(&flow, &state, json!({"date": "2026-12-09", "slot": "10_30"})));
    assert_eq!(texts(&shown(&flow, &state)), [&json!("You chose checkup on 2026-12-09")]);
    let found = faults(submit(&flow, &state, json!({"full_name": "A", "phone": "call me", "notes": "x".repeat(301)})));
    let expected = [("full_name", InputFault::TooShort), ("phone", InputFault::NotAPhone), ("notes", InputFault::TooLong)];
    assert_eq!(found, expected.map(|(name, fault)| (name.to_owned(), fault)));
    let done = payload(submit(&flow, &state, json!({"full_name": "Ana", "phone": "+49 170 5550123"})), true);
    let expected = json!({"service": "checkup", "date": "2026-12-09", "slot": "10_30", "full_name": "Ana", "phone": "+49 170 5550123", "notes": "", "reminders": false});
    assert_eq!(done, expected);
}

#[test]
fn a_server_decides_what_a_booking_shows() {
    let flow = flow("appointment-booking-endpoint");
    assert!(flow.endpoint());
    let data = json!({"departments": [{"id": "eye", "title": "Eye care"}], "is_date_visible": false, "is_date_enabled": false, "is_slot_visible": false, "slots": [], "closed_dates": []});
    let state = flow.start(None, Some(object(data))).unwrap();
    let rendered = shown(&flow, &state);
    assert!(!component(&rendered, "date").visible && !component(&rendered, "slot").visible);
    let department = &component(&rendered, "department").path;
    let select = Step { trigger: Trigger::Select, ..tap(department, json!({"department": "eye"})) };
    let asked = step(&flow, &state, &select).unwrap();
    assert_eq!(asked, Outcome::DataExchange { payload: object(json!({"trigger": "department_selected", "department": "eye"})) });
    let state = State { form: object(json!({"department": "eye"})), ..state };
    let more = json!({"is_date_visible": true, "is_date_enabled": true, "is_slot_visible": true, "min_date": "2026-11-23", "slots": [{"id": "1030", "title": "10:30"}]});
    let state = flow.answer(&state, "BOOKING", object(more)).unwrap();
    let rendered = shown(&flow, &state);
    assert_eq!(component(&rendered, "department").value, Some(json!("eye")));
    let filled = json!({"department": "eye", "date": "2026-11-24", "slot": "1030"});
    let asked = submit(&flow, &state, filled.clone()).unwrap();
    assert!(matches!(asked, Outcome::DataExchange { payload } if payload["slot"] == "1030" && payload["date"] == "2026-11-24"));
    let state = State { form: object(filled), ..state };
    let summary = json!({"summary": "Eye care, 10:30", "price_note": "Free", "booking_ref": "BK-1"});
    let state = flow.answer(&state, "SUMMARY", object(summary)).unwrap();
    assert_eq!(texts(&shown(&flow, &state))[1], &json!("Eye care, 10:30"));
    let done = payload(submit(&flow, &state, json!({})), true);
    assert_eq!(done, json!({"booking_ref": "BK-1", "department": "eye", "slot": "1030"}));
}

#[test]
fn a_lead_opens_links_and_terms_without_filling_in_anything() {
    let flow = flow("lead-capture");
    let state = flow.start(None, None).unwrap();
    let rendered = shown(&flow, &state);
    let link = rendered.components.iter().find(|shown| shown.kind == "EmbeddedLink").unwrap();
    let opened = step(&flow, &state, &tap(&link.path, json!({}))).unwrap();
    assert_eq!(opened, Outcome::OpenUrl { url: "https://studio.example/portfolio".to_owned() });
    let terms = next(step(&flow, &state, &tap(&component(&rendered, "terms").path, json!({"company": "Acme"}))));
    let on_terms = shown(&flow, &terms);
    assert_eq!((terms.screen.as_str(), on_terms.footer.is_none(), on_terms.terminal), ("TERMS", true, false));
    let state = terms.back().unwrap();
    assert_eq!(component(&shown(&flow, &state), "company").value, Some(json!("Acme")));
    let found = faults(submit(&flow, &state, json!({"company": "Acme", "email": "a@b", "team_size": "ten", "budget": "m", "terms": true})));
    assert_eq!(found, [("email".to_owned(), InputFault::NotAnEmail), ("team_size".to_owned(), InputFault::NotANumber)]);
    let filled = json!({"company": "Acme", "email": "a@b.example", "team_size": 10, "budget": "m", "terms": true});
    let done = payload(submit(&flow, &state, filled), true);
    assert_eq!(done["team_size"], 10);
    assert_eq!(done["source"], "flow_lead_v2");
    assert_eq!(done["marketing"], false);
}

#[test]
fn a_survey_asks_by_what_was_answered() {
    let flow = flow("survey");
    let state = flow.start(None, None).unwrap();
    let sorry = |score: &str| {
        let state = State { form: object(json!({"score": score})), ..state.clone() };
        texts(&shown(&flow, &state)).contains(&&json!("We are sorry to hear that."))
    };
    assert_eq!(["5", "2", "1"].map(sorry), [false, true, true]);
    let link = shown(&flow, &state).components.iter().find(|shown| shown.kind == "EmbeddedLink").unwrap().path.clone();
    let other = next(step(&flow, &state, &tap(&link, json!({}))));
    assert_eq!(payload(submit(&flow, &other, json!({})), false), json!({"score": "none"}));
    let state = next(submit(&flow, &state, json!({"score": "2"})));
    let rendered = shown(&flow, &state);
    assert!(texts(&rendered).contains(&&json!("We will not contact you.")));
    let found = faults(submit(&flow, &state, json!({"topics": ["price"], "contact_me": true})));
    assert_eq!(found, [("email".to_owned(), InputFault::Required)]);
    let filled = json!({"topics": ["price"], "contact_me": true, "email": "a@b.example"});
    let done = payload(submit(&flow, &state, filled), true);
    assert_eq!(done, json!({"score": "2", "topics": ["price"], "contact_me": true, "email": "a@b.example", "comment": ""}));
    let done = payload(submit(&flow, &state, json!({"topics": ["price"]})), true);
    assert_eq!(done["email"], "");
}

#[test]
fn a_form_starts_with_what_its_data_says() {
    let flow = flow("event-registration");
    let state = flow.start(None, None).unwrap();
    let rendered = shown(&flow, &state);
    assert_eq!(component(&rendered, "full_name").value, Some(json!("Ana Whitfield")));
    assert_eq!(component(&rendered, "email").properties["error-message"], "Check the address");
    let data = json!({"prefill": {"full_name": "Tom"}, "errors": {}});
    let state = flow.start(Some("REGISTER"), Some(object(data))).unwrap();
    let done = payload(submit(&flow, &state, json!({"email": "t@b.example", "sessions": ["lab"]})), true);
    assert_eq!(done, json!({"full_name": "Tom", "email": "t@b.example", "sessions": ["lab"], "photo_consent": false}));
}

#[test]
fn a_ticket_takes_one_photo() {
    let flow = flow("support-ticket-photo");
    let state = flow.start(None, None).unwrap();
    let filled = |photos: Value| json!({"category": "damage", "order_no": "17", "description": "broken", "photo": photos});
    assert_eq!(faults(submit(&flow, &state, filled(json!([])))), [("photo".to_owned(), InputFault::Required)]);
    assert_eq!(faults(submit(&flow, &state, filled(json!(["1", "2"])))), [("photo".to_owned(), InputFault::TooMany)]);
    assert_eq!(payload(submit(&flow, &state, filled(json!(["media-1"]))), true)["photo"], json!(["media-1"]));
}

/// Kinds of tea stand in the document, sizes come from its data; some of both set what the screen says.
fn tea() -> Flow {
    let says = |note: &str| json!({"name": "update_data", "payload": {"note": note}});
    let text = json!({"type": "string"});
    let payload = json!({"type": "object", "properties": {"note": text}});
    let action = json!({"type": "object", "properties": {"name": text, "payload": payload}});
    let sizes = json!({
        "type": "array",
        "items": {"type": "object", "properties": {"id": text, "title": text, "on-select-action": action}},
        "__example__": [{"id": "mug", "title": "Mug", "on-select-action": says("300 ml")}, {"id": "pot", "title": "Pot"}],
    });
    let green = json!({"id": "green", "title": "Green", "on-select-action": says("2 minutes"), "on-unselect-action": says("not green")});
    let screen = json!({
        "id": "TEA", "title": "Tea", "terminal": true,
        "data": {"note": {"type": "string", "__example__": "Choose"}, "sizes": sizes},
        "layout": {"type": "SingleColumnLayout", "children": [
            {"type": "TextBody", "text": "${data.note}"},
            {"type": "RadioButtonsGroup", "name": "kind", "label": "Kind", "data-source": [green, {"id": "black", "title": "Black"}]},
            {"type": "Dropdown", "name": "size", "label": "Size", "data-source": "${data.sizes}"},
            {"type": "Footer", "label": "Order", "on-click-action": {"name": "complete", "payload": {"kind": "${form.kind}"}}},
        ]},
    });
    Flow::parse(json!({"version": "6.0", "screens": [screen]}).to_string().as_bytes()).unwrap_or_else(|report| panic!("{report:#?}"))
}

#[test]
fn an_option_does_its_own_whether_it_is_written_or_comes_from_data() {
    let flow = tea();
    let state = flow.start(None, None).unwrap();
    let rendered = shown(&flow, &state);
    let told = |name: &str| -> Vec<String> {
        let actions = component(&rendered, name).actions.iter();
        actions.map(|action| format!("{} {} {:?}", action.on, action.name, action.option.as_deref().unwrap_or_default())).collect()
    };
    assert_eq!(told("kind"), ["on-select-action update_data \"green\"", "on-unselect-action update_data \"green\""]);
    assert_eq!(told("size"), ["on-select-action update_data \"mug\""]);
    let options = &component(&rendered, "size").properties["data-source"];
    assert_eq!(*options, json!([{"id": "mug", "title": "Mug"}, {"id": "pot", "title": "Pot"}]), "what it does is told beside it");

    let choose = |state: &State, name: &str, trigger: Trigger, option: &str| {
        let path = component(&shown(&flow, state), name).path.clone();
        step(&flow, state, &Step { trigger, option: Some(option.to_owned()), ..tap(&path, json!({name: option})) })
    };
    let green = next(choose(&state, "kind", Trigger::Select, "green"));
    assert_eq!(texts(&shown(&flow, &green)), [&json!("2 minutes")]);
    assert_eq!(component(&shown(&flow, &green), "kind").value, Some(json!("green")), "and it is chosen");
    let left = next(choose(&green, "kind", Trigger::Unselect, "green"));
    assert_eq!(texts(&shown(&flow, &left)), [&json!("not green")]);
    let mug = next(choose(&state, "size", Trigger::Select, "mug"));
    assert_eq!(texts(&shown(&flow, &mug)), [&json!("300 ml")]);
    for (name, trigger, option) in [
        ("kind", Trigger::Select, "black"),
        ("size", Trigger::Select, "pot"),
        ("size", Trigger::Unselect, "mug"),
        ("size", Trigger::Select, "jug"),
    ] {
        assert!(matches!(choose(&state, name, trigger, option), Err(StepError::NoAction(_))), "{trigger:?} {option}");
    }
}

#[test]
fn a_tap_on_nothing_leads_nowhere() {
    let flow = flow("survey");
    let state = flow.start(None, None).unwrap();
    let lost = State { screen: "NOWHERE".to_owned(), ..state.clone() };
    assert_eq!(step(&flow, &lost, &tap("layout.children[0]", json!({}))), Err(StepError::UnknownScreen("NOWHERE".to_owned())));
    assert!(matches!(step(&flow, &state, &tap("layout.children[99]", json!({}))), Err(StepError::UnknownComponent(_))));
    assert!(matches!(step(&flow, &state, &tap("layout.children[1]", json!({}))), Err(StepError::UnknownComponent(_))), "it is not visible");
    assert!(matches!(step(&flow, &state, &tap("layout.children[0]", json!({}))), Err(StepError::NoAction(_))));
    assert_eq!(faults(step(&flow, &state, &tap("layout.children[2]", json!({"scor": "1"})))), [("scor".to_owned(), InputFault::Unknown)]);
    assert_eq!(faults(step(&flow, &state, &tap("layout.children[2]", json!({"score": 1})))), [("score".to_owned(), InputFault::WrongType)]);
    assert!(flow.start(Some("NOWHERE"), None).is_err() && flow.answer(&state, "NOWHERE", Map::new()).is_err());
}
