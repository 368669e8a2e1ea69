//! Text to tree, by RFC 8259 to the letter: no comments, no trailing commas, no byte order mark, no `NaN`.
//!
//! Stops at the first place that is not JSON. A key that stands twice in an object does not stop it: that is reported beside the tree. What is
//! too deep or too much for us is refused like text that is not JSON, so that nothing behind this needs limits of its own.

use super::{Member, Node, Object, Span, Value, text};

/// The largest file that Meta takes.
pub(crate) const TEXT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Objects and lists in each other. The deepest that the rules allow stands at about thirty.
pub(crate) const DEPTH_MAX: usize = 64;
/// How many values one document may have. The smallest option, `{"id":"1","title":"a"}`, has three values in 22 bytes, so even the largest
/// file full of options stays below the limit. Only a document of bare numbers can exceed it.
pub(crate) const VALUES_MAX: usize = 2_000_000;
/// Duplicate keys that are told; more are still duplicates, and one is enough to refuse a document.
const DUPLICATES_MAX: usize = 100;

/// Where and why text is not a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) at: Span,
    pub(crate) why: String,
}

pub(crate) struct Document {
    pub(crate) root: Node,
    pub(crate) duplicates: Vec<Broken>,
}

pub(crate) fn read(bytes: &[u8]) -> Result<Document, Broken> {
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(broken(0, format!("the text has {} bytes, at most {TEXT_BYTES_MAX} are allowed", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.valid_up_to(), "the text is not UTF-8".to_owned()))?;
    let mut reader = Reader { text, bytes, at: 0, depth: 0, values: 0, duplicates: Vec::new() };
    reader.skip_space();
    let root = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(Document { root, duplicates: reader.duplicates }),
        Some(_) => Err(reader.unexpected("nothing after the document")),
    }
}

fn broken(at: usize, why: String) -> Broken {
    Broken { at: Span { start: at, end: at + 1 }, why }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    values: usize,
    duplicates: Vec<Broken>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, wanted: &str) -> Broken {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(character) => format!("found {character:?}"),
            None => "the text ends".to_owned(),
        };
        broken(self.at, format!("expected {wanted}, but {found}"))
    }

    fn value(&mut self) -> Result<Node, Broken> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(broken(self.at, format!("the document has more than {VALUES_MAX} values")));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Value::Object(self.nested(Self::object)?),
            Some(b'[') => Value::List(self.nested(Self::list)?),
            Some(b'"') => Value::Text(self.string()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: Span { start, end: self.at }, value })
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Broken>) -> Result<T, Broken> {
        if self.depth == DEPTH_MAX {
            return Err(broken(self.at, format!("the document is nested deeper than {DEPTH_MAX} levels")));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self)?;
        self.at += 1;
        self.depth -= 1;
        Ok(value)
    }

    /// From the first element to the closing bracket, which the caller passes.
    fn list(&mut self) -> Result<Vec<Node>, Broken> {
        let mut elements = Vec::new();
        if self.peek() == Some(b']') {
            return Ok(elements);
        }
        loop {
            elements.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    elements.shrink_to_fit();
                    return Ok(elements);
                }
                _ => return Err(self.unexpected("',' or ']'")),
            }
            self.skip_space();
        }
    }

    fn object(&mut self) -> Result<Object, Broken> {
        let mut object = Object::default();
        if self.peek() == Some(b'}') {
            return Ok(object);
        }
        loop {
            self.member(&mut object)?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    object.close();
                    return Ok(object);
                }
                _ => return Err(self.unexpected("',' or '}'")),
            }
            self.skip_space();
        }
    }

    fn member(&mut self, object: &mut Object) -> Result<(), Broken> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string()?;
        let key_span = Span { start, end: self.at };
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("':'"));
        }
        self.at += 1;
        self.skip_space();
        let node = self.value()?;
        let why = (self.duplicates.len() < DUPLICATES_MAX && object.has(&key))
            .then(|| format!("the key {} stands twice in one object", crate::report::quoted(&key)));
        let new = object.insert(Member { key, key_span, node });
        if let (false, Some(why)) = (new, why) {
            self.duplicates.push(Broken { at: key_span, why });
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Broken> {
        let (string, end) = text::unescape(self.text, self.at + 1).map_err(|(at, why)| broken(at, why.to_owned()))?;
        self.at = end;
        Ok(string)
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Broken> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<serde_json::Number, Broken> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let span = Span { start, end: self.at };
        let why = "a number that JSON or a 64-bit float cannot hold";
        self.text[start..self.at].parse().map_err(|_| Broken { at: span, why: why.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::SEARCHED_MAX;
    use super::*;

    fn why(text: &str) -> String {
        read(text.as_bytes()).err().map(|broken| format!("{}: {}", broken.at.start, broken.why)).expect("is broken")
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_stops_being_json() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("[1,]", 3),
            ("{\"a\":1,}", 7),
            ("{'a':1}", 1),
            ("[1 2]", 3),
            ("{} {}", 3),
            ("\u{feff}{}", 0),
            ("// x\n{}", 0),
            ("[NaN]", 1),
            ("[Infinity]", 1),
            ("[-]", 1),
            ("[01]", 1),
            ("[1.]", 1),
            ("[.5]", 1),
            ("[1e999]", 1),
            ("[1e]", 1),
            ("[nul]", 1),
            ("[\"a\nb\"]", 3),
            ("[\"\0\"]", 2),
            ("[\"\\ud800\"]", 2),
            ("[\"\\ud800\\u0041\"]", 2),
            ("[\"\\udc00\"]", 2),
            ("[\"\\u0000\"]", 2),
            ("[\"\\u12\"]", 2),
            ("[\"\\x\"]", 2),
            ("[\"abc", 5),
        ] {
            assert!(why(text).starts_with(&format!("{at}: ")), "{text:?} gives {}", why(text));
        }
    }

    #[test]
    fn what_is_json_reads_as_everyone_reads_it() {
        for text in [
            "{}",
            " [ ] ",
            "[1,-0.5e+3,true,false,null]",
            r#"{"a":{"b":["\u00e4\n\ud83d\ude00\/","ä😀"]}}"#,
            "\"x\"",
            "12345678901234567890",
        ] {
            let ours = read(text.as_bytes()).map(|document| document.root.to_json()).ok();
            assert_eq!(ours, serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn depth_size_and_number_of_values_have_limits() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert!(why(&deep(DEPTH_MAX + 1)).starts_with(&format!("{DEPTH_MAX}: ")));
        assert!(why(&"[".repeat(1_000_000)).contains("deeper"));
        assert!(why(&format!("[{}0]", "0,".repeat(VALUES_MAX))).contains("more than"));
        assert!(why(&" ".repeat(TEXT_BYTES_MAX + 1)).contains("bytes"));
    }

    #[test]
    fn a_file_full_of_the_smallest_options_is_read() {
        let option = r#"{"id":"1","title":"a"},"#;
        let full = format!("[{}0]", option.repeat(TEXT_BYTES_MAX / option.len() - 1));
        assert!(read(full.as_bytes()).is_ok());
    }

    #[test]
    fn an_object_of_any_size_finds_its_members() {
        for size in [1, SEARCHED_MAX, SEARCHED_MAX + 1, 100] {
            let text: Vec<String> = (0..size).chain([0]).map(|key| format!("\"k{key}\":{size}")).collect();
            let document = read(format!("{{{}}}", text.join(",")).as_bytes()).unwrap_or_else(|broken| panic!("{broken:?}"));
            let object = document.root.object().expect("is one");
            assert!((0..size).all(|key| object.has(&format!("k{key}"))) && !object.has("k"), "{size}");
            assert_eq!((object.iter().count(), document.duplicates.len()), (size, 1));
        }
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts_and_is_told() {
        let document = read(br#"{"a":1,"b":2,"a":3}"#).unwrap_or_else(|broken| panic!("{broken:?}"));
        assert_eq!(document.root.to_json(), serde_json::json!({"a": 3, "b": 2}));
        assert_eq!(document.duplicates.iter().map(|broken| broken.at).collect::<Vec<_>>(), [Span { start: 13, end: 16 }]);
    }
}
