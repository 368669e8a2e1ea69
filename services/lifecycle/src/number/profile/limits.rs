//! Meta's limits of a profile, checked before Meta is asked, all of them at once.

use chassis::Problem;
use whatsapp::business_profile::{
    ABOUT_CHARS_MAX, ADDRESS_CHARS_MAX, DESCRIPTION_CHARS_MAX, EMAIL_CHARS_MAX, VERTICALS, WEBSITE_CHARS_MAX, WEBSITES_MAX,
};

/// What is wrong, field by field.
#[derive(Default)]
pub(super) struct Wrong(Option<Problem>);

impl Wrong {
    pub(super) fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        let so_far = self.0.take().unwrap_or_else(|| Problem::unprocessable("invalid_body", "the profile cannot be like this"));
        self.0 = Some(so_far.field(pointer, "invalid", detail));
    }

    pub(super) fn done(self) -> Result<(), Problem> {
        self.0.map_or(Ok(()), Err)
    }

    fn length(&mut self, pointer: &str, text: Option<&String>, min: usize, max: usize) {
        if text.is_some_and(|text| !(min..=max).contains(&text.chars().count())) {
            self.add(pointer, format!("must have {min} to {max} characters"));
        }
    }
}

/// Checks every text of a change.
pub(super) fn check(changes: &super::ProfileChanges, wrong: &mut Wrong) {
    wrong.length("/about", changes.about.as_ref(), 1, ABOUT_CHARS_MAX);
    wrong.length("/address", changes.address.as_ref(), 0, ADDRESS_CHARS_MAX);
    wrong.length("/description", changes.description.as_ref(), 0, DESCRIPTION_CHARS_MAX);
    wrong.length("/email", changes.email.as_ref(), 0, EMAIL_CHARS_MAX);
    if changes.email.as_ref().is_some_and(|email| !email.is_empty() && !is_email(email)) {
        wrong.add("/email", "must be an e-mail address");
    }
    let websites = changes.websites.as_deref().unwrap_or_default();
    if websites.len() > WEBSITES_MAX {
        wrong.add("/websites", "at most two");
    }
    for (index, website) in websites.iter().enumerate().take(WEBSITES_MAX) {
        let web = website.strip_prefix("https://").or_else(|| website.strip_prefix("http://"));
        let fits = website.chars().count() <= WEBSITE_CHARS_MAX && !website.chars().any(|c| c.is_whitespace() || c.is_control());
        if web.is_none_or(str::is_empty) || !fits {
            wrong.add(format!("/websites/{index}"), "must begin with https:// or http:// and have at most 256 characters");
        }
    }
    if changes.vertical.as_ref().is_some_and(|vertical| !vertical.is_empty() && !VERTICALS.contains(&vertical.as_str())) {
        wrong.add("/vertical", format!("must be empty or one of {}", VERTICALS.join(", ")));
    }
}

fn is_email(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '@';
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && name.chars().all(plain)
            && host.chars().all(plain)
            && host.split('.').count() > 1
            && host.split('.').all(|part| !part.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::super::ProfileChanges;
    use super::*;

    fn wrong(changes: ProfileChanges) -> Vec<String> {
        let mut wrong = Wrong::default();
        check(&changes, &mut wrong);
        wrong.done().err().map(|problem| problem.errors.iter().map(|error| error.pointer.clone()).collect()).unwrap_or_default()
    }

    #[test]
    fn every_limit_is_kept_to_the_character() {
        let at = |length| Some("é".repeat(length));
        let fits = ProfileChanges {
            about: at(139),
            address: at(256),
            description: at(512),
            email: Some(format!("a@{}.example", "b".repeat(118))),
            websites: Some(vec!["https://a.example".into(), format!("http://{}", "a".repeat(249))]),
            vertical: Some("RESTAURANT".into()),
            photo_handle: None,
        };
        assert_eq!(wrong(fits.clone()), Vec::<String>::new());
        let all = ProfileChanges {
            about: at(140),
            address: at(257),
            description: at(513),
            email: Some(format!("a@{}.example", "b".repeat(119))),
            websites: Some(vec!["ftp://a.example".into(), "https://".into(), "https://c.example".into()]),
            vertical: Some("PIZZA".into()),
            photo_handle: None,
        };
        let expected = ["/about", "/address", "/description", "/email", "/websites", "/websites/0", "/websites/1", "/vertical"];
        assert_eq!(wrong(all), expected);
        let cleared = ProfileChanges { about: Some(String::new()), address: at(0), email: at(0), vertical: at(0), ..fits };
        assert_eq!(wrong(cleared), ["/about"], "Meta keeps an about once there is one");
        for email in ["a", "@a.example", "a@", "a@b", "a b@c.example", "a@b..example", "a@b@c.example"] {
            assert_eq!(wrong(ProfileChanges { email: Some(email.into()), ..ProfileChanges::default() }), ["/email"], "{email}");
        }
    }
}
