//! The published templates: each is taken as it is and stays what it is, and the published messages fill them.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "documents/mod.rs"]
mod documents;
#[path = "mutate/mod.rs"]
mod mutate;

use proptest::prelude::*;
use serde_json::{Value, json};
use whatsapp::template::Category;
use whatsapp::{Outbound, TemplateDraft, TemplateEdit, check_parameters};

fn templates() -> Vec<(String, Value)> {
    documents::of("templates")
}

fn draft(name: &str) -> TemplateDraft {
    let json = templates().into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no sample {name}")).1;
    TemplateDraft::parse(&json).unwrap_or_else(|errors| panic!("{name}: {errors:?}"))
}

fn message(name: &str) -> Value {
    documents::of("outbound").into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no message {name}")).1
}

#[test]
fn every_sample_is_taken_as_it_is() {
    let samples = templates();
    assert_eq!(samples.len(), 18);
    for (name, json) in samples {
        let draft = draft(&name);
        assert_eq!((draft.json(), draft.name()), (&json, name.as_str()));
        assert_eq!(Some(draft.category().as_str()), json["category"].as_str());
        let edit = json!({"components": json["components"]});
        let edit = TemplateEdit::parse(&edit).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        assert_eq!(edit.components(), Some(&json["components"]), "{name}");
    }
}

#[test]
fn the_index_names_every_sample() {
    let index = include_str!("../../../../schemas/meta/templates/README.md");
    let missing: Vec<_> = templates().into_iter().map(|(name, _)| name).filter(|name| !index.contains(&format!("`{name}.json`"))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_message_of_a_template_fills_it() {
    let mut seen = 0;
    for (name, json) in documents::of("outbound") {
        let message = Outbound::parse(&json).unwrap();
        let Some(used) = message.template() else { continue };
        let template = draft(used.name);
        assert_eq!(template.language(), used.language, "{name}");
        assert_eq!(check_parameters(&template.json()["components"], &message), [], "{name}");
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn no_message_fills_the_template_of_another() {
    for name in ["template-positional", "template-header-image", "template-carousel", "template-coupon", "template-products"] {
        let message = Outbound::parse(&message(name)).unwrap();
        for (other, template) in templates().iter().filter(|(other, _)| other != message.template().unwrap().name) {
            assert!(!check_parameters(&template["components"], &message).is_empty(), "{name} fills {other}");
        }
    }
}

#[test]
fn constants_are_spelled_one_way() {
    let given = json!({"name": "a", "language": "pt-BR", "category": "marketing", "parameter_format": "positional", "components": [
        {"type": "body", "text": "Look"},
        {"type": "carousel", "cards": vec![json!({"components": [
            {"type": "header", "format": "image", "example": {"header_handle": ["4::a"]}}, {"type": "buttons", "buttons": [{"type": "quick_reply", "text": "Yes"}]},
        ]}); 2]},
    ]});
    let draft = TemplateDraft::parse(&given).unwrap();
    assert_eq!((draft.language(), draft.category()), ("pt_BR", Category::Marketing));
    for (pointer, expected) in [
        ("/category", "MARKETING"),
        ("/parameter_format", "POSITIONAL"),
        ("/components/1/type", "CAROUSEL"),
        ("/components/1/cards/1/components/0/format", "IMAGE"),
        ("/components/1/cards/1/components/1/buttons/0/type", "QUICK_REPLY"),
    ] {
        assert_eq!(draft.json().pointer(pointer).and_then(Value::as_str), Some(expected), "{pointer}");
    }
    assert_eq!(TemplateDraft::parse(draft.json()).as_ref(), Ok(&draft));
    let edit = TemplateEdit::parse(&json!({"category": "utility", "message_send_ttl_seconds": -1})).unwrap();
    assert_eq!((edit.category(), edit.message_send_ttl_seconds(), edit.components()), (Some(Category::Utility), Some(-1), None));
    assert_eq!(edit.json(), &json!({"category": "UTILITY", "message_send_ttl_seconds": -1}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_taken_stays_as_it_is(template in mutate::mutated(templates())) {
        match TemplateDraft::parse(&template) {
            Ok(taken) => {
                prop_assert_eq!(TemplateDraft::parse(taken.json()), Ok(taken.clone()));
                prop_assert!(!taken.name().is_empty() && !taken.language().is_empty());
                prop_assert!(!taken.json().to_string().contains("\\u0000"));
            }
            Err(errors) => mutate::errors_are_in_order(&template, &errors)?,
        }
        if let Err(errors) = TemplateEdit::parse(&template) {
            mutate::errors_are_in_order(&template, &errors)?;
        }
    }

    #[test]
    fn any_template_can_be_held_against_any_message(template in mutate::mutated(templates()), message in mutate::mutated(documents::of("outbound"))) {
        if let Ok(message) = Outbound::parse(&message) {
            for components in [&template["components"], &template] {
                let errors = check_parameters(components, &message);
                if !errors.is_empty() {
                    prop_assert!(message.kind() == "template");
                    prop_assert!(errors.iter().all(|error| error.pointer.starts_with("/template/components")));
                }
            }
        }
    }
}
