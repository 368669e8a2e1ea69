//! Regular expressions of inputs. They are written by others and run by us, so they are bounded, in size and by an engine that takes linear
//! time; what that engine does not know (look-around, back-references) is not tried.

use regex::{Regex, RegexBuilder};

const CHARACTERS_MAX: usize = 1_000;
/// Compiled.
const BYTES_MAX: usize = 256 * 1024;

/// The pattern over the whole of an input.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    if pattern.chars().count() > CHARACTERS_MAX {
        return None;
    }
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(BYTES_MAX).dfa_size_limit(BYTES_MAX).build().ok()
}
