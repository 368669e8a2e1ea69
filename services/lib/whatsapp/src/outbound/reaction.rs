//! An emoji on another message, or none to take it back.

use super::wamid;
use crate::field_error::Code;
use crate::strict::Node;

/// Characters that make one emoji: the longest joined families have ten.
const EMOJI_MAX: usize = 16;
/// Makes one emoji of several.
const JOINER: char = '\u{200D}';
/// Letters that are emoji.
const LETTERS: [char; 7] = ['ℹ', 'Ⓜ', '🅰', '🅱', '🆎', '🅾', '🅿'];

pub(super) fn check(reaction: &Node<'_>) {
    let Some(object) = reaction.object() else { return };
    if let Some(message_id) = object.required("message_id") {
        wamid(&message_id);
    }
    let Some(emoji) = object.required("emoji") else { return };
    let Some(text) = emoji.string() else { return };
    if text.chars().count() > EMOJI_MAX {
        emoji.refuse(Code::TooLong, format!("must be one emoji, at most {EMOJI_MAX} characters"));
    } else if !(text.is_empty() || is_emoji(text)) {
        emoji.refuse(Code::Format, "must be one emoji, or empty to take the reaction back");
    }
}

/// One emoji: a sign, or several with joiners between them (UTS #51). Not which signs are emoji, which changes every year: no words, no
/// spaces, not ASCII alone.
fn is_emoji(text: &str) -> bool {
    !text.is_ascii() && text.split(JOINER).all(is_part)
}

/// One sign, perhaps with a colour, a variant, a key's cap or tags; or the two letters of a flag.
fn is_part(part: &str) -> bool {
    let mut rest = part.chars();
    let Some(first) = rest.next() else { return false };
    if is_flag(first) {
        return rest.next().is_some_and(is_flag) && rest.next().is_none();
    }
    let is_wordy = first.is_alphabetic() && !LETTERS.contains(&first);
    !(is_wordy || first.is_whitespace() || first.is_control()) && rest.all(completes)
}

fn is_flag(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

fn completes(c: char) -> bool {
    matches!(c, '\u{FE0E}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn an_emoji_is_no_word_and_comes_alone() {
        for good in ["👍", "❤️", "1️⃣", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ℹ️", "👍🏽", "👩🏽‍🚀", "🏳️‍🌈", "❤️‍🔥", "🅰️", "🏴‍☠️"]
        {
            assert!(is_emoji(good), "{good}");
        }
        for bad in ["ok", "1", ":)", "ä", "👍 👍", "👍\0", "好", "👍ok", "👍👍", "👍❤️", "🇩🇪🇩🇪", "🇩", "👍\u{200D}", "\u{200D}"]
        {
            assert!(!is_emoji(bad), "{bad:?}");
        }
    }
}
