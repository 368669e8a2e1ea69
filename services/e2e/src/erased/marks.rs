//! Texts that occur nowhere but in the project that is going to be deleted, and where each must be found while the project exists. A text
//! that was never there would prove nothing by not being found afterwards.

/// Where something may be kept, or let slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Every stream.
    Log,
    /// Every table, and the names of databases and roles.
    Databases,
    /// What is stored of projects beside them.
    Objects,
    /// What processes count.
    Metrics,
    /// What processes say, the servers' too.
    Said,
}

/// Something to look for.
#[derive(Debug, Clone)]
pub struct Mark {
    /// For people.
    pub what: &'static str,
    /// As it is written.
    pub text: String,
    /// Where it is while the project is there. Nowhere: it is a secret that nobody keeps.
    pub kept_in: &'static [Place],
}

use Place::{Databases, Log, Objects};

/// What the project is called.
pub const NAME: &str = "Quxzoo bakery";
/// What people write.
pub const WORDS: &str = "vrempt-qolta-9217";
/// Who writes.
pub const PHONE: &str = "16505559971";
/// Where they write to.
pub const NUMBER: &str = "998877665544331";
pub(super) const ACCOUNT: &str = "887766554433221";
pub(super) const ANSWER: &str = "drosk-wimple-4410";
pub(super) const STATE: &str = "plonzing_order";
pub(super) const CODE: &str = "snorvat_mipquel";
pub(super) const COMMIT: &str = "tweaks the brindlefax";
pub(super) const SENT_FILE: &str = "KRELMONT-menu-bytes";
pub(super) const FILE_NAME: &str = "frobnish-menu.jpg";
pub(super) const RECEIVED_FILE: &str = "ZUPPLEK-receipt-bytes";
pub(super) const CAPTION: &str = "my glimvort receipt";
pub(super) const FLOW: &str = "yentrup_booking";
pub(super) const FLOW_TEXT: &str = "Whibbled tables";
pub(super) const TEMPLATE: &str = "quandle_shipped";
pub(super) const TEMPLATE_TEXT: &str = "Your zarfling {{1}} is baked.";
pub(super) const ABOUT: &str = "Finest plimsoe bread";
pub(super) const SHOWN_NAME: &str = "Brackwist Breads";
pub(super) const USE: &str = "krumpled-answer-31";
pub(super) const USED_FOR: &str = "a vossible summary";
pub(super) const PAYER: &str = "thrunkle@example.com";

/// Those that are known beforehand.
pub fn known() -> Vec<Mark> {
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
