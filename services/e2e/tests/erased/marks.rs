//! What nobody but the deleted project says, writes or is called, and where each must be found while the project is there: what was never
//! anywhere proves nothing by not being found.

/// Where something may be kept, or let slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Log,
    Databases,
    Objects,
    Metrics,
    /// What processes say, the servers' too.
    Said,
}

/// Something to look for.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) what: &'static str,
    pub(crate) text: String,
    /// Where it is before.
    pub(crate) kept_in: &'static [Place],
}

use Place::{Databases, Log, Objects};

pub(crate) const NAME: &str = "Quxzoo bakery";
pub(crate) const WORDS: &str = "vrempt-qolta-9217";
pub(crate) const PHONE: &str = "16505559971";
pub(crate) const NUMBER: &str = "998877665544331";
pub(crate) const ACCOUNT: &str = "887766554433221";
pub(crate) const ANSWER: &str = "drosk-wimple-4410";
pub(crate) const STATE: &str = "plonzing_order";
pub(crate) const CODE: &str = "snorvat_mipquel";
pub(crate) const COMMIT: &str = "tweaks the brindlefax";
pub(crate) const SENT_FILE: &str = "KRELMONT-menu-bytes";
pub(crate) const FILE_NAME: &str = "frobnish-menu.jpg";
pub(crate) const RECEIVED_FILE: &str = "ZUPPLEK-receipt-bytes";
pub(crate) const CAPTION: &str = "my glimvort receipt";
pub(crate) const FLOW: &str = "yentrup_booking";
pub(crate) const FLOW_TEXT: &str = "Whibbled tables";
pub(crate) const TEMPLATE: &str = "quandle_shipped";
pub(crate) const TEMPLATE_TEXT: &str = "Your zarfling {{1}} is baked.";
pub(crate) const ABOUT: &str = "Finest plimsoe bread";
pub(crate) const SHOWN_NAME: &str = "Brackwist Breads";
pub(crate) const USE: &str = "krumpled-answer-31";
pub(crate) const USED_FOR: &str = "a vossible summary";
pub(crate) const PAYER: &str = "thrunkle@example.com";

/// Those that are known beforehand.
pub(crate) fn known() -> Vec<Mark> {
    [
        ("the name", NAME, &[Log, Databases][..]),
        ("what people write", WORDS, &[Log, Databases]),
        ("their phone", PHONE, &[Log, Databases]),
        ("the number", NUMBER, &[Log, Databases]),
        ("the business account", ACCOUNT, &[Log, Databases]),
        ("what is answered", ANSWER, &[Log, Databases]),
        ("a state", STATE, &[Log, Databases]),
        ("code", CODE, &[Objects]),
        ("what a version says of itself", COMMIT, &[Log]),
        ("a file that is sent", SENT_FILE, &[Objects]),
        ("its name", FILE_NAME, &[Log]),
        ("a file that is received", RECEIVED_FILE, &[Objects]),
        ("what is written below it", CAPTION, &[Log, Databases]),
        ("the name of a Flow", FLOW, &[Log, Databases]),
        ("what a Flow shows", FLOW_TEXT, &[Objects]),
        ("the name of a template", TEMPLATE, &[Log]),
        ("what a template says", TEMPLATE_TEXT, &[Log]),
        ("the profile", ABOUT, &[Log]),
        ("the name that is to be shown", SHOWN_NAME, &[Log, Databases]),
        ("the name of a use of credits", USE, &[Log]),
        ("what they were used for", USED_FOR, &[Log]),
    ]
    .map(|(what, text, kept_in)| Mark { what, text: text.to_owned(), kept_in })
    .into()
}
