//! An expression cut into tokens. Faults are told in the words that Meta has for them.

use super::Reference;
use crate::report::{quoted, shortened};

/// Tokens of one expression. It also bounds how deep its tree is.
pub(super) const TOKENS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Characters from 1.
    pub(super) column: usize,
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    Not,
    Operator(Operator),
    Text(String),
    Number(f64),
    Bool(bool),
    Reference(Reference),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
}

impl Operator {
    const ALL: [(&'static str, Self); 12] = [
        ("||", Self::Or),
        ("&&", Self::And),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("+", Self::Plus),
        ("-", Self::Minus),
        ("*", Self::Times),
        ("/", Self::Divided),
    ];

    /// What binds tighter has more.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::Unequal => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Divided => 6,
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found: Vec<Token> = Vec::new();
    let (mut rest, mut column) = (text, 1);
    while let Some(first) = rest.chars().next() {
        if found.len() == TOKENS_MAX {
            return Err(format!("An expression has at most {TOKENS_MAX} operands and operators."));
        }
        let length = match first {
            space if space.is_whitespace() => space.len_utf8(),
            _ => {
                let (kind, length) = token(rest, first, column)?;
                found.push(Token { kind, column, text: rest[..length].to_owned() });
                length
            }
        };
        column += rest[..length].chars().count();
        rest = &rest[length..];
    }
    Ok(found)
}

fn token(rest: &str, first: char, column: usize) -> Result<(Kind, usize), String> {
    if let Some((sign, operator)) = Operator::ALL.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((Kind::Operator(*operator), sign.len()));
    }
    match first {
        '(' => Ok((Kind::Open, 1)),
        ')' => Ok((Kind::Close, 1)),
        '!' => Ok((Kind::Not, 1)),
        '\'' => string(rest),
        '$' => reference(rest, column),
        '0'..='9' => number(rest, column),
        '=' | '&' | '|' => Err(format!("Invalid operator '{first}' found at column {column}.")),
        letter if letter.is_alphabetic() => word(rest),
        other => Err(format!("Unexpected character '{other}' found at column {column}.")),
    }
}

/// In single quotes; a quote inside is escaped with a backslash.
fn string(rest: &str) -> Result<(Kind, usize), String> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Ok((Kind::Text(text), at + 1)),
            '\\' if rest[at + 1..].starts_with(['\'', '\\']) => text.extend(characters.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    Err("Missing closing quote for string.".to_owned())
}

fn reference(rest: &str, column: usize) -> Result<(Kind, usize), String> {
    let end = rest.find('}').map_or(rest.len(), |at| at + 1);
    match Reference::parse(&rest[..end]) {
        Some(reference) => Ok((Kind::Reference(reference), end)),
        None => Err(format!("Invalid operand format {} found at column {column}.", quoted(&rest[..end]))),
    }
}

fn number(rest: &str, column: usize) -> Result<(Kind, usize), String> {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    let digits = &rest[..end];
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !digits.ends_with('.');
    match digits.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Ok((Kind::Number(number), end)),
        _ => Err(format!("Invalid operand format {} found at column {column}.", quoted(digits))),
    }
}

fn word(rest: &str) -> Result<(Kind, usize), String> {
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    match &rest[..end] {
        "true" => Ok((Kind::Bool(true), end)),
        "false" => Ok((Kind::Bool(false), end)),
        other => Err(format!("Invalid literal '{}'.", shortened(other))),
    }
}
