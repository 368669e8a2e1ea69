//! The key of a subject, the subjects of a key, and how a key is logged.

use contract::Stream;

use super::Follow;

/// The leading tokens; the whole subject when it has no more.
pub(super) fn key_of(subject: &str, tokens: usize) -> &str {
    let end = subject.match_indices('.').nth(tokens.saturating_sub(1)).map_or(subject.len(), |(index, _)| index);
    &subject[..end]
}

impl Follow {
    /// The key in a form that may be logged. The key of a webhook is the number of a business, which must not stay in a log when its
    /// project is gone. Such a key is found by the sequence that is logged beside it.
    pub(super) fn told<'a>(&self, key: &'a str) -> &'a str {
        if self.stream == Stream::Webhook { Stream::Webhook.name() } else { key }
    }
}

/// The filters narrowed to one key: exactly the events of the key that the follower follows.
pub(super) fn filters_of(key: &str, filters: &[String]) -> Vec<String> {
    if filters.is_empty() {
        return vec![key.to_owned(), format!("{key}.>")];
    }
    let key_tokens: Vec<&str> = key.split('.').collect();
    filters.iter().flat_map(|filter| narrow(filter, &key_tokens)).collect()
}

fn narrow(filter: &str, key: &[&str]) -> Vec<String> {
    let tokens: Vec<&str> = filter.split('.').collect();
    for (index, wanted) in key.iter().enumerate() {
        match tokens.get(index) {
            Some(&">") => return vec![key.join("."), format!("{}.>", key.join("."))],
            Some(&"*") => {}
            Some(token) if token == wanted => {}
            Some(_) | None => return Vec::new(),
        }
    }
    let rest = &tokens[key.len().min(tokens.len())..];
    vec![key.iter().chain(rest).copied().collect::<Vec<_>>().join(".")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_leading_tokens() {
        assert_eq!(key_of("conversation.prj_1.con_1", 2), "conversation.prj_1");
        assert_eq!(key_of("project.prj_1", 2), "project.prj_1");
        assert_eq!(key_of("webhook.unreadable.body", 1), "webhook");
    }

    #[test]
    fn no_number_is_logged() {
        let told = |stream, key: &'static str| {
            let follow = Follow { service: "s", stream, filters: Vec::new(), key_tokens: 2, parallel: 1, batch_max: 1, version: 1 };
            follow.told(key)
        };
        assert_eq!(told(Stream::Webhook, "webhook.207358419203847"), "webhook");
        assert_eq!(told(Stream::Conversation, "conversation.prj_1"), "conversation.prj_1");
    }

    #[test]
    fn filters_are_narrowed_to_the_key() {
        let filters = |filters: &[&str], key: &str| filters_of(key, &filters.iter().map(|filter| (*filter).to_owned()).collect::<Vec<_>>());
        assert_eq!(filters(&["webhook.*.messages", "webhook.*.history"], "webhook.1"), ["webhook.1.messages", "webhook.1.history"]);
        assert_eq!(filters(&["conversation.>"], "conversation.p"), ["conversation.p", "conversation.p.>"]);
        assert_eq!(filters(&["conversation.*.>"], "conversation.p"), ["conversation.p.>"]);
        assert_eq!(filters(&["project.*"], "project.p"), ["project.p"]);
        assert_eq!(filters(&["project.*", "project.number.*"], "project.number"), ["project.number", "project.number.*"]);
        assert_eq!(filters(&["webhook.2.messages", "webhook.1.*"], "webhook.1"), ["webhook.1.*"]);
        assert_eq!(filters(&[], "webhook.1"), ["webhook.1", "webhook.1.>"]);
    }
}
