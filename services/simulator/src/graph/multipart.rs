//! Forms in parts (RFC 7578), as uploads send them. No streaming: the body is there, and its parts are views of it.

use bytes::Bytes;

use super::GraphRefusal;

/// Parts of one form.
const PARTS_MAX: usize = 20;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Of a file.
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

pub(super) fn is_form(content_type: &str) -> bool {
    content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
}

/// The parts of `body`.
pub(super) fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, GraphRefusal> {
    let unreadable = || GraphRefusal::invalid("the form cannot be read");
    let boundary = is_form(content_type).then(|| parameter(content_type, "boundary")).flatten().ok_or_else(unreadable)?;
    let delimiter = format!("--{boundary}");
    let separator = format!("\r\n{delimiter}");
    let mut at = find(body, delimiter.as_bytes(), 0).ok_or_else(unreadable)? + delimiter.len();
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        if parts.len() == PARTS_MAX {
            return Err(GraphRefusal::invalid("the form has too many parts"));
        }
        let headers_end = find(body, b"\r\n\r\n", at).ok_or_else(unreadable)?;
        let end = find(body, separator.as_bytes(), headers_end + 2).ok_or_else(unreadable)?;
        let headers = String::from_utf8_lossy(&body[at..headers_end]).into_owned();
        let start = (headers_end + 4).min(end);
        parts.push(part(&headers, body.slice(start..end)).ok_or_else(unreadable)?);
        at = end + separator.len();
    }
    Ok(parts)
}

fn part(headers: &str, bytes: Bytes) -> Option<Part> {
    let header = |name: &str| {
        let lines = headers.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(is, _)| is.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let disposition = header("content-disposition")?;
    let (name, file_name) = (parameter(&disposition, "name")?, parameter(&disposition, "filename"));
    Some(Part { name, file_name, content_type: header("content-type"), bytes })
}

/// `name="value"` or `name=value` of a header.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (is, value) = piece.split_once('=')?;
        is.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let (first, rest) = (wanted.first()?, body.get(from..)?);
    let mut at = 0;
    while let Some(offset) = rest.get(at..)?.iter().position(|byte| byte == first) {
        at += offset;
        if rest[at..].starts_with(wanted) {
            return Some(from + at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Result<Vec<Part>, GraphRefusal> {
        parts("multipart/form-data; boundary=\"x-1\"", &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn parts_keep_their_bytes() {
        let body = "--x-1\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n--x-1\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--x-\r\n\r\n--x-1--\r\n";
        let parts = form(body).expect("readable");
        assert_eq!((parts[0].name.as_str(), &parts[0].bytes[..], &parts[0].file_name), ("type", &b"image/png"[..], &None));
        assert_eq!((parts[1].file_name.as_deref(), &parts[1].bytes[..]), (Some("a.png"), &b"\r\n--x-\r\n"[..]));
        assert_eq!(parts[1].content_type.as_deref(), Some("image/png"));
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn a_broken_form_is_refused() {
        for body in ["", "--x-1", "--x-1\r\n\r\nno name\r\n--x-1--", "--x-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nopen"] {
            assert!(form(body).is_err(), "{body:?}");
        }
        assert!(parts("application/json", &Bytes::from_static(b"--x--")).is_err());
    }
}
