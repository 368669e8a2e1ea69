//! The ways from screen to screen.

use serde_json::{Value, json};

use super::{refused, taken};

const ROUTING: &str = "INVALID_ROUTING_MODEL";

/// Screens by name, each with the screens that its Footer and its links lead to; one that leads nowhere is terminal.
fn flow(screens: &[(&str, &[&str])]) -> Value {
    let navigate = |target: &str| json!({"name": "navigate", "next": {"type": "screen", "name": target}, "payload": {}});
    let screen = |(id, targets): &(&str, &[&str])| {
        let footer = targets.first().map_or_else(|| json!({"name": "complete", "payload": {}}), |target| navigate(target));
        let mut children = vec![json!({"type": "Footer", "label": "x", "on-click-action": footer})];
        children.extend(targets.iter().skip(1).enumerate().map(|(index, target)| {
            let option = |action: Value| json!({"type": "OptIn", "name": format!("o{index}"), "label": "x", "on-click-action": action});
            option(navigate(target))
        }));
        json!({"id": id, "title": "x", "terminal": targets.is_empty(), "layout": {"type": "SingleColumnLayout", "children": children}})
    };
    json!({"version": "6.0", "screens": screens.iter().map(screen).collect::<Value>()})
}

/// The same with an endpoint and this routing model.
fn modelled(screens: &[(&str, &[&str])], model: Value) -> Value {
    let mut document = flow(screens);
    document["data_api_version"] = json!("3.0");
    document["routing_model"] = model;
    document
}

#[test]
fn without_an_endpoint_navigate_actions_are_the_ways() {
    taken(&flow(&[("A", &["B", "C"]), ("B", &["C"]), ("C", &[])]));
    refused(
        &flow(&[("A", &["B"]), ("B", &[]), ("C", &[])]),
        &[(
            ROUTING,
            "Following screens are not connected to any of the screens: (C). A connection is formed by the navigate screen action.",
        )],
    );
    refused(
        &flow(&[("A", &["B"]), ("B", &[]), ("C", &["D"]), ("D", &[])]),
        &[(ROUTING, "not connected with the rest of the screens via navigate screen action: (C, D).")],
    );
    refused(
        &flow(&[("A", &["B"]), ("B", &["C"]), ("C", &["B", "D"]), ("D", &[])]),
        &[(ROUTING, "Backward route [C->B] corresponding to forward route [B->C] is not allowed")],
    );
    refused(
        &flow(&[("A", &["B"]), ("B", &["C"]), ("C", &["D"]), ("D", &["B", "E"]), ("E", &[])]),
        &[(ROUTING, "Loop detected in the routing model for screens: (B, C, D).")],
    );
    refused(
        &flow(&[("A", &["B"]), ("B", &["C"]), ("C", &["A", "D"]), ("D", &[])]),
        &[(ROUTING, "Loop detected"), (ROUTING, "No entry screen found in the routing model. Add a screen")],
    );
}

#[test]
fn with_an_endpoint_the_routing_model_is_the_ways() {
    let screens: [(&str, &[&str]); 3] = [("A", &["B"]), ("B", &["C"]), ("C", &[])];
    taken(&modelled(&screens, json!({"A": ["B"], "B": ["C"], "C": []})));
    taken(&modelled(&screens, json!({"A": ["B", "C"], "B": ["C"]})));
    for (model, says) in [
        (json!({"A": ["B"], "B": ["C"], "C": [], "X": []}), &["Invalid screens found in the routing model: (X)."][..]),
        (json!({"A": ["B"], "B": ["C", "X"], "C": []}), &["Invalid screen found in the routing model: X."]),
        (json!({"A": ["B"], "B": ["C"], "C": ["C"]}), &["Loop detected in the routing model for screens: (C)."]),
        (
            json!({"A": ["B"], "B": ["C", "A"], "C": []}),
            &["Backward route [B->A]", "No entry screen found in the routing model. Expected a screen with no inbound edges"],
        ),
        (
            json!({"A": ["C"], "B": ["C"], "C": []}),
            &[
                "not connected with the rest of the screens: (B). All",
                "Missing direct route from screen 'A' to screen 'B' in the routing model",
            ],
        ),
    ] {
        let expected: Vec<(&str, &str)> = says.iter().map(|says| (ROUTING, *says)).collect();
        refused(&modelled(&screens, model), &expected);
    }
    let missing = modelled(&[("A", &["B"]), ("B", &[]), ("C", &[])], json!({"A": ["B"]}));
    refused(&missing, &[(ROUTING, "Following screens are missing in the routing model: (C)."), (ROUTING, "not connected with the rest")]);
    refused(
        &modelled(&screens, json!({"A": "B"})),
        &[
            (ROUTING, "missing in the routing model"),
            (ROUTING, "not connected"),
            ("INVALID_PROPERTY_TYPE", "array"),
            (ROUTING, "Missing direct route"),
            (ROUTING, "Missing direct route"),
        ],
    );
}

#[test]
fn ways_do_not_end_in_the_middle_and_do_not_fan_out() {
    let mut dead_end = flow(&[("A", &["B", "C"]), ("B", &[]), ("C", &[])]);
    dead_end["screens"][2]["terminal"] = json!(false);
    dead_end["screens"][2]["layout"]["children"][0] = json!({"type": "TextHeading", "text": "terms"});
    taken(&dead_end);
    let mut dead_end = flow(&[("A", &["B", "C"]), ("B", &[]), ("C", &[])]);
    dead_end["screens"][1]["terminal"] = json!(false);
    dead_end["screens"][1]["layout"]["children"][0] = json!({"type": "TextHeading", "text": "end"});
    refused(&dead_end, &[(ROUTING, "Following screens do not lead to a terminal screen: (B).")]);
    let names: Vec<String> = (0..11).map(|index| format!("T_{}", char::from(b'A' + index))).collect();
    let targets: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut screens: Vec<(&str, &[&str])> = vec![("A", &targets[..1])];
    screens.extend(targets.iter().map(|target| (*target, &[][..])));
    let model = |count: usize| modelled(&screens, json!({"A": targets[..count]}));
    refused(&model(11), &[(ROUTING, "Number of branches exceeds the max limit of 10 for screen: (A).")]);
    // Without an endpoint the navigate actions are counted.
    let listed = |count: usize| {
        let item =
            |target: &&str| json!({"on-click-action": {"name": "navigate", "next": {"type": "screen", "name": target}, "payload": {}}});
        let items: Value = targets[..count].iter().map(item).collect();
        let mut document = flow(&screens[..=count]);
        document["version"] = json!("6.3");
        document["screens"][0]["layout"]["children"] = json!([{"type": "NavigationList", "list-items": items}]);
        document
    };
    taken(&listed(10));
    refused(&listed(11), &[(ROUTING, "max limit of 10 for screen: (A). Reduce navigate actions for the screen.")]);
}
