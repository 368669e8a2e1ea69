//! The small language inside strings: references, and from 6.0 on expressions in back-ticks.
//!
//! [`Written::read`] says how a string is written, which depends on the document's version. [`judge`] finds the type of an expression,
//! [`evaluate`] its value.

mod evaluate;
mod judge;
mod parse;
mod reference;
mod token;

use crate::version::Version;

pub(crate) use evaluate::{Names, evaluate, text, truth};
pub(crate) use judge::judge;
pub(crate) use parse::{Mode, parse};
pub(crate) use reference::{Reference, Source};
pub(crate) use token::Operator;

/// Before, back-ticks are signs like others, and nothing is calculated.
pub(crate) const EXPRESSIONS_SINCE: Version = Version::of(6, 0);

/// An expression as a tree. Columns count characters of the string from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Text(String),
    Number(f64),
    Bool(bool),
    Reference(Reference),
    Not(Box<Expression>, usize),
    Negative(Box<Expression>, usize),
    Binary {
        operator: Operator,
        column: usize,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// Operands side by side: their texts in a row.
    Concatenation(Vec<Expression>),
}

impl Expression {
    pub(crate) fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    /// Whether there is arithmetic in it.
    pub(crate) fn calculates(&self) -> bool {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Bool(_) | Self::Reference(_) => false,
            Self::Not(operand, _) | Self::Negative(operand, _) => operand.calculates(),
            Self::Binary { operator, left, right, .. } => {
                matches!(operator, Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided)
                    || left.calculates()
                    || right.calculates()
            }
            Self::Concatenation(parts) => parts.iter().any(Self::calculates),
        }
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Bool(_) => {}
            Self::Reference(reference) => found.push(reference),
            Self::Not(operand, _) | Self::Negative(operand, _) => operand.collect(found),
            Self::Binary { left, right, .. } => {
                left.collect(found);
                right.collect(found);
            }
            Self::Concatenation(parts) => parts.iter().for_each(|part| part.collect(found)),
        }
    }
}

/// How a string of the document is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    /// Text as it is shown.
    Literal,
    /// A reference alone, or an expression in back-ticks.
    Dynamic(Expression),
    /// Neither, with what is wrong about it.
    Malformed(String),
}

impl Written {
    pub(crate) fn read(text: &str, version: Version) -> Self {
        if version >= EXPRESSIONS_SINCE && text.len() >= 2 && text.starts_with('`') && text.ends_with('`') {
            return parse(text, Mode::Ticks).map_or_else(Self::Malformed, Self::Dynamic);
        }
        if !["${data.", "${form.", "${screen."].iter().any(|start| text.contains(start)) {
            return Self::Literal;
        }
        match Reference::parse(text) {
            Some(reference) => Self::Dynamic(Expression::Reference(reference)),
            None => Self::Malformed("a property is either text or one reference, not both".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_text_or_dynamic_and_never_both() {
        for text in ["Hello", "", "5 ${ currency }", "a ` b", "`"] {
            assert_eq!(Written::read(text, EXPRESSIONS_SINCE), Written::Literal, "{text}");
        }
        for text in
            ["${data.a}", "${form.b-c}", "${screen.FIRST.form.a}", "${data.a.b}", "`'Hi ' ${data.a}`", "`(${form.age} >= 18) && true`"]
        {
            assert!(matches!(Written::read(text, EXPRESSIONS_SINCE), Written::Dynamic(_)), "{text}");
        }
        for text in ["Hello ${data.a}", "${data.a}${data.b}", "${data.}", "${data.a", "`", "`${data.a} +`", "``", "`'a`", "${screen.A.b}"] {
            let malformed = matches!(Written::read(text, EXPRESSIONS_SINCE), Written::Malformed(_));
            assert!(malformed || text == "`", "{text}");
        }
        // Before there were expressions.
        let before = |text: &str| Written::read(text, Version::of(5, 1));
        assert_eq!(before("`'a'`"), Written::Literal);
        assert!(matches!(before("`'Hi ' ${data.a}`"), Written::Malformed(_)));
        assert!(matches!(before("${data.a}"), Written::Dynamic(_)));
    }
}
