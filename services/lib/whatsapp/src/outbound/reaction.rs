//! An emoji on another message, or none to take it back.

use super::wamid;
use crate::field_error::Code;
use crate::strict::Node;

/// Characters that make one emoji: the longest joined families have ten.
const EMOJI_MAX: usize = 16;
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

/// Not which characters are emoji, which changes every year: no words, no spaces, not ASCII alone.
fn is_emoji(text: &str) -> bool {
    let wordy = |c: char| c.is_alphabetic() && !LETTERS.contains(&c);
    !text.is_ascii() && !text.contains(|c: char| wordy(c) || c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn an_emoji_is_no_word() {
        for good in ["👍", "❤️", "1️⃣", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ℹ️", "👍🏽"]
        {
            assert!(is_emoji(good), "{good}");
        }
        for bad in ["ok", "1", ":)", "ä", "👍 👍", "👍\0", "好", "👍ok"] {
            assert!(!is_emoji(bad), "{bad:?}");
        }
    }
}
