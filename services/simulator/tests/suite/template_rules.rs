//! Meta's rules on what a template is made of and where its variables may be, written down once more from its reference ("Template
//! management", "Components"), with the codes that it refuses with; numbers and lengths are in `template_limits.rs`.

use serde_json::{Value, json};

use crate::template_limits::{Account, FOOTER, HEADER, above, below, body, buttons, code, put, utility};

// Meta's subcodes of 100.
const BODY: Option<i64> = Some(2_388_072);
const RATIO: Option<i64> = Some(2_388_293);
const EDGES: Option<i64> = Some(2_388_299);

fn filled(text: &str, examples: usize) -> Value {
    utility(json!([{"type": "BODY", "text": text, "example": {"body_text": [vec!["a"; examples]]}}]))
}

/// "Template management": names, languages, categories; "Components": what a component needs and where it may be.
#[tokio::test]
async fn a_template_is_made_of_what_meta_knows() {
    let account = Account::new().await;
    let plain = || utility(json!([body("Hello")]));
    for (key, good, bad) in [
        ("name", "order_2", &["Order", "order-2", "order 2", "größe"][..]),
        ("language", "fil", &["english", "EN_us", "e"][..]),
        ("category", "MARKETING", &["NEWS"][..]),
    ] {
        account.takes(&put(plain(), &format!("/{key}"), good)).await;
        for bad in bad {
            account.refuses(&format!("/{key}"), None, &put(plain(), &format!("/{key}"), *bad)).await;
        }
    }
    let media = |format: &str, example: Value| above(json!({"type": "HEADER", "format": format, "example": example}));
    let handle = || json!({"header_handle": ["THE_HANDLE"]});
    for format in ["IMAGE", "VIDEO", "DOCUMENT"] {
        account.takes(&media(format, handle())).await;
        account.refuses("/components/0/example", HEADER, &media(format, Value::Null)).await;
    }
    account.takes(&above(json!({"type": "HEADER", "format": "LOCATION"}))).await;
    account.refuses("/components/0/format", HEADER, &media("GIF", handle())).await;
    account.takes(&put(media("GIF", handle()), "/category", "MARKETING")).await;
    account.refuses("/components/1/text", FOOTER, &below(json!({"type": "FOOTER", "text": "for {{1}}"}))).await;
    account.refuses("/components/0/text", BODY, &put(code(5, 1), "/components/0", body("Your code"))).await;
    let mixed = |kinds: [&str; 3]| {
        let button = |(n, kind): (usize, &str)| match kind {
            "URL" => json!({"type": kind, "text": format!("B{n}"), "url": "https://a.example"}),
            _ => json!({"type": kind, "text": format!("B{n}")}),
        };
        buttons(kinds.into_iter().enumerate().map(button).collect())
    };
    account.takes(&mixed(["QUICK_REPLY", "QUICK_REPLY", "URL"])).await;
    account.refuses("/components/1/buttons", None, &mixed(["QUICK_REPLY", "URL", "QUICK_REPLY"])).await;
}

/// "Components": where variables may be, and that each has an example.
#[tokio::test]
async fn variables_are_numbered_explained_and_among_words() {
    let account = Account::new().await;
    for good in ["Hello dear {{1}}, welcome", "You get {{2}} of {{1}} within a week"] {
        account.takes(&filled(good, if good.contains("{{2}}") { 2 } else { 1 })).await;
    }
    for (bad, examples, subcode) in [
        ("{{1}}, your order is on its way", 1, EDGES),
        ("Your order is on its way, {{1}}", 1, EDGES),
        ("Hello {{1}}, welcome", 1, RATIO),
        ("You get {{1}} of {{2}} soon", 2, RATIO),
        ("Hello to you, dear {{1}} {{2}}, and welcome", 2, BODY),
        ("Hello dear {{2}}, welcome", 1, BODY),
        ("Hello dear {{name}}, welcome", 1, BODY),
        ("Hello dear {{1}, welcome", 1, BODY),
    ] {
        account.refuses("/components/0/text", subcode, &filled(bad, examples)).await;
    }
    account.refuses("/components/0/example", BODY, &utility(json!([body("Hello dear {{1}}, welcome")]))).await;
    account.refuses("/components/0/example", BODY, &filled("Hello dear {{1}}, welcome", 2)).await;
    let named = |name: &str| {
        let text = format!("Hello dear {{{{{name}}}}}, welcome");
        let example = json!({"body_text_named_params": [{"param_name": name, "example": "Ana"}]});
        let mut template = utility(json!([{"type": "BODY", "text": text, "example": example}]));
        template["parameter_format"] = json!("NAMED");
        template
    };
    account.takes(&named("first_name")).await;
    for bad in ["FirstName", "first-name", "1"] {
        account.refuses("/components/0/text", BODY, &named(bad)).await;
    }
}
