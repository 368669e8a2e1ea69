//! Images that stand in the document, in Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Here, Judge};
use crate::Version;
use crate::data_type::DataType;
use crate::json::Node;
use crate::place::Place;

/// On a screen.
const PICTURE_BYTES_MAX: usize = 300 * 1024;
/// Beside an option.
const THUMBNAIL_BYTES_MAX: usize = 100 * 1024;
/// Since then images of options are smaller than others.
const THUMBNAILS_SINCE: Version = Version::of(6, 0);

impl<'a> Judge<'a> {
    /// On a screen, which shows JPEG and PNG alone.
    pub(super) fn picture(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        self.image(here, key, node, PICTURE_BYTES_MAX, place, |judge| {
            judge.beyond_limit(format!("Property {key} should be a JPEG or PNG image."), node.span, place);
        });
    }

    /// Beside an option, for which Meta names no formats.
    pub(super) fn thumbnail(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        let bytes_max = if self.facts.version < THUMBNAILS_SINCE { PICTURE_BYTES_MAX } else { THUMBNAIL_BYTES_MAX };
        self.image(here, key, node, bytes_max, place, |judge| {
            judge.note(node.span, place, "This image is neither JPEG nor PNG, which are what screens show everywhere.".to_owned());
        });
    }

    /// `other` is for what is neither JPEG nor PNG.
    fn image(&mut self, here: &Here<'a>, key: &str, node: &Node, bytes_max: usize, place: &Place<'_>, other: impl FnOnce(&mut Self)) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        if text.trim().is_empty() {
            let message = format!("Property {key} should not be blank or empty string.");
            return self.error("PATTERN_MISMATCH", node.span, place, message);
        }
        self.reference_or(here, key, node, &DataType::Text, place, |judge| match STANDARD.decode(text) {
            Err(_) => judge.bad_format(key, "base64", node, place),
            Ok(bytes) if bytes.len() > bytes_max => {
                judge.beyond_limit(format!("Property {key} has {} bytes, at most {bytes_max} are allowed.", bytes.len()), node.span, place);
            }
            Ok(bytes) if !is_jpeg_or_png(&bytes) => other(judge),
            Ok(_) => {}
        });
    }
}

/// By the bytes with which these files begin.
fn is_jpeg_or_png(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}
