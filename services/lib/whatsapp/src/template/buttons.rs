//! The buttons of a template: how many of each, and in which order.

use super::button;
use super::category::Category;
use super::components::Rules;
use crate::field_error::Code;
use crate::strict::{Distinct, Node, Object, counted};

const BUTTONS_MAX: usize = 10;
const BUTTONS_OF_CARD_MAX: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    QuickReply,
    Url,
    PhoneNumber,
    CopyCode,
    Flow,
    Catalog,
    Mpm,
    Spm,
    VoiceCall,
    ContactInfo,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::QuickReply,
        Self::Url,
        Self::PhoneNumber,
        Self::CopyCode,
        Self::Flow,
        Self::Catalog,
        Self::Mpm,
        Self::Spm,
        Self::VoiceCall,
        Self::ContactInfo,
    ];
    const OF_CARD: [Self; 4] = [Self::QuickReply, Self::Url, Self::PhoneNumber, Self::Spm];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::QuickReply => "QUICK_REPLY",
            Self::Url => "URL",
            Self::PhoneNumber => "PHONE_NUMBER",
            Self::CopyCode => "COPY_CODE",
            Self::Flow => "FLOW",
            Self::Catalog => "CATALOG",
            Self::Mpm => "MPM",
            Self::Spm => "SPM",
            Self::VoiceCall => "VOICE_CALL",
            Self::ContactInfo => "REQUEST_CONTACT_INFO",
        }
    }

    fn count_max(self) -> usize {
        match self {
            Self::QuickReply => BUTTONS_MAX,
            Self::Url => 2,
            Self::PhoneNumber | Self::CopyCode | Self::Flow | Self::Catalog | Self::Mpm | Self::Spm => 1,
            Self::VoiceCall | Self::ContactInfo => 1,
        }
    }

    /// Products are sold in marketing only.
    fn is_marketing(self) -> bool {
        match self {
            Self::Catalog | Self::Mpm | Self::Spm => true,
            Self::QuickReply | Self::Url | Self::PhoneNumber | Self::CopyCode | Self::Flow => false,
            Self::VoiceCall | Self::ContactInfo => false,
        }
    }
}

pub(super) fn check(component: &Object<'_>, rules: Rules) {
    check_list(component, rules, &Kind::ALL, BUTTONS_MAX);
}

pub(super) fn check_of_card(component: &Object<'_>, rules: Rules) -> Vec<Kind> {
    check_list(component, rules, &Kind::OF_CARD, BUTTONS_OF_CARD_MAX)
}

fn check_list(component: &Object<'_>, rules: Rules, among: &[Kind], count_max: usize) -> Vec<Kind> {
    let Some(list) = component.required("buttons") else { return Vec::new() };
    let (mut kinds, mut labels) = (Vec::new(), Distinct::default());
    for node in list.list("button", 1..=count_max) {
        let Some(object) = node.object() else { continue };
        let name = object.required("type");
        let Some(kind) = name.as_ref().and_then(|name| name.choice_in_any_case(among, Kind::name)) else {
            object.leave_the_rest();
            continue;
        };
        if let (true, Some(Category::Utility), Some(name)) = (kind.is_marketing(), rules.category, name) {
            name.refuse(Code::NotAllowed, format!("must not be {}: only the category MARKETING has it", kind.name()));
        }
        kinds.push(kind);
        button::check(&object, kind, rules, &mut labels);
    }
    check_counts(&list, &kinds);
    kinds
}

fn check_counts(list: &Node<'_>, kinds: &[Kind]) {
    for kind in Kind::ALL {
        let count = kinds.iter().filter(|other| **other == kind).count();
        if count > kind.count_max() {
            let allowed = counted(kind.count_max(), "button");
            list.refuse(Code::TooMany, format!("must have at most {allowed} of type {}, has {count}", kind.name()));
        }
    }
    let is_reply = |kind: &Kind| *kind == Kind::QuickReply;
    let turns = kinds.windows(2).filter(|pair| is_reply(&pair[0]) != is_reply(&pair[1])).count();
    if turns > 1 {
        list.refuse(Code::Value, "must have its quick replies side by side, before or after all other buttons");
    }
}
