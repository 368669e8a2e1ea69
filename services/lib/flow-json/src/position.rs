//! Bytes of a text as lines and columns, as an editor counts them: from 1, columns in characters.

use crate::json::Span;

/// Characters are counted from the last multiple of this, so that a document in one line of ten megabytes costs no more than others.
const STRIDE_BYTES: usize = 1024;

pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    /// Where each line starts.
    starts: Vec<usize>,
    /// Characters before each multiple of the stride.
    counted: Vec<usize>,
}

/// Lines and columns from 1. The end is inclusive: the last character that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) line_start: usize,
    pub(crate) line_end: usize,
    pub(crate) column_start: usize,
    pub(crate) column_end: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(newlines).collect();
        let mut characters = 0;
        let mut counted = vec![0];
        for stride in bytes.chunks(STRIDE_BYTES) {
            characters += count(stride);
            counted.push(characters);
        }
        Self { bytes, starts, counted }
    }

    pub(crate) fn area(&self, span: Span) -> Area {
        let (line_start, column_start) = self.place(span.start);
        let (line_end, column_end) = self.place(span.end.saturating_sub(1).max(span.start));
        Area { line_start, line_end, column_start, column_end }
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let mut at = at.min(self.bytes.len());
        while at > 0 && self.bytes.get(at).is_some_and(|byte| is_inner(*byte)) {
            at -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= at);
        let column = self.characters_before(at) - self.characters_before(self.starts[line - 1]) + 1;
        (line, column)
    }

    fn characters_before(&self, at: usize) -> usize {
        let stride = at / STRIDE_BYTES;
        self.counted[stride] + count(&self.bytes[stride * STRIDE_BYTES..at])
    }
}

/// A byte inside a character, behind its first.
fn is_inner(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !is_inner(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_the_end_is_meant_too() {
        let text = "{\n  \"ä😀\": 1,\r\n  \"b\": [\n  ]\n}";
        let lines = Lines::of(text.as_bytes());
        let area = |part: &str| {
            let start = text.find(part).unwrap();
            let area = lines.area(Span { start, end: start + part.len() });
            (area.line_start, area.column_start, area.line_end, area.column_end)
        };
        assert_eq!(area("{"), (1, 1, 1, 1));
        assert_eq!(area("\"ä😀\""), (2, 3, 2, 6));
        assert_eq!(area("1"), (2, 9, 2, 9));
        assert_eq!(area("[\n  ]"), (3, 8, 4, 3));
    }

    #[test]
    fn a_place_behind_the_text_is_the_end_of_the_text() {
        let area = Lines::of(b"").area(Span { start: 0, end: 1 });
        assert_eq!(area, Area { line_start: 1, line_end: 1, column_start: 1, column_end: 1 });
        let long = "ä".repeat(5_000);
        assert_eq!(Lines::of(long.as_bytes()).area(Span { start: 9_998, end: 12_000 }).column_start, 5_000);
        assert_eq!(Lines::of(long.as_bytes()).area(Span { start: 10_000, end: 10_001 }).column_end, 5_001);
    }
}
