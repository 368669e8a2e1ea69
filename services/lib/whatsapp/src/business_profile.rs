//! The limits of a business profile, which is seen by whoever opens a chat with the business. Sources: Meta, "Business profiles" and "WhatsApp
//! Business Profile API".

/// Characters of the line beside the name; at least one, once there is one.
pub const ABOUT_CHARS_MAX: usize = 139;
/// Characters of the address.
pub const ADDRESS_CHARS_MAX: usize = 256;
/// Characters of the description.
pub const DESCRIPTION_CHARS_MAX: usize = 512;
/// Characters of the e-mail address.
pub const EMAIL_CHARS_MAX: usize = 128;
/// Websites of one profile.
pub const WEBSITES_MAX: usize = 2;
/// Characters of one website.
pub const WEBSITE_CHARS_MAX: usize = 256;
/// What a business can be; it can also be empty.
pub const VERTICALS: [&str; 21] = [
    "ALCOHOL",
    "APPAREL",
    "AUTO",
    "BEAUTY",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GOVT",
    "GROCERY",
    "HEALTH",
    "HOTEL",
    "NONPROFIT",
    "ONLINE_GAMBLING",
    "OTC_DRUGS",
    "OTHER",
    "PHYSICAL_GAMBLING",
    "PROF_SERVICES",
    "RESTAURANT",
    "RETAIL",
    "TRAVEL",
];
