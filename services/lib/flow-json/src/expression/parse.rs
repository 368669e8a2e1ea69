//! Tokens to tree. `* /` bind tightest, then `+ -`, comparisons, equality, `&&`, `||`; operands side by side, loosest of all, are
//! concatenated, which only an expression in back-ticks may do.

use super::Expression;
use super::token::{Kind, Operator, Token, tokens};
use crate::report::shortened;

/// Parentheses and signs in each other.
const DEPTH_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The whole is in back-ticks.
    Ticks,
    /// The condition of an If, which needs no back-ticks and takes them.
    Condition,
}

/// The tree, or what is wrong, in Meta's words where it has some.
pub(crate) fn parse(text: &str, mode: Mode) -> Result<Expression, String> {
    let ticked = text.len() >= 2 && text.starts_with('`') && text.ends_with('`');
    let inner = if ticked { format!(" {} ", &text[1..text.len() - 1]) } else { text.to_owned() };
    let tokens = tokens(&inner)?;
    if tokens.is_empty() {
        return Err("Expected expression to contain at least one operand.".to_owned());
    }
    let concatenates = ticked || mode == Mode::Ticks;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, concatenates };
    let expression = parser.whole()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(format!("Missing opening parenthesis for the closing parenthesis at column {}.", token.column)),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    concatenates: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn before(&self) -> Option<&'a Token> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at))
    }

    /// Up to the end or a closing parenthesis.
    fn whole(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("An expression is nested at most {DEPTH_MAX} levels deep."));
        }
        let mut parts = vec![self.binary(0)?];
        while let Some(token) = self.peek().filter(|token| token.kind != Kind::Close) {
            let before = self.before().map_or_else(String::new, |token| shortened(&token.text));
            match &token.kind {
                Kind::Not => {
                    return Err(format!(
                        "Wrong positioning of operator '!'. It cannot be used after '{before}' at column {}.",
                        token.column
                    ));
                }
                _ if !self.concatenates => return Err(format!("Missing operator between '{before}' and '{}'.", shortened(&token.text))),
                _ => parts.push(self.binary(0)?),
            }
        }
        self.depth -= 1;
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Expression::Concatenation(parts)),
        }
    }

    fn binary(&mut self, weakest: u8) -> Result<Expression, String> {
        let mut left = self.operand()?;
        while let Some(Token { kind: Kind::Operator(operator), column, .. }) = self.peek()
            && operator.strength() > weakest
        {
            self.at += 1;
            let right = self.binary(operator.strength())?;
            left = Expression::Binary { operator: *operator, column: *column, left: Box::new(left), right: Box::new(right) };
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        let Some(token) = self.peek() else {
            let operator = self.before().map_or("", |token| token.text.as_str());
            return Err(match operator {
                "(" => "Missing closing parenthesis.".to_owned(),
                operator => format!("Missing operand after last operator '{operator}'."),
            });
        };
        self.at += 1;
        match &token.kind {
            Kind::Text(text) => Ok(Expression::Text(text.clone())),
            Kind::Number(number) => Ok(Expression::Number(*number)),
            Kind::Bool(truth) => Ok(Expression::Bool(*truth)),
            Kind::Reference(reference) => Ok(Expression::Reference(reference.clone())),
            Kind::Not => Ok(Expression::Not(Box::new(self.signed()?), token.column)),
            Kind::Operator(Operator::Minus) => Ok(Expression::Negative(Box::new(self.signed()?), token.column)),
            Kind::Open => self.parenthesis(),
            Kind::Close => Err(self.closed_early(token)),
            Kind::Operator(_) => Err(self.misplaced(token)),
        }
    }

    fn signed(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("An expression is nested at most {DEPTH_MAX} levels deep."));
        }
        let operand = self.operand()?;
        self.depth -= 1;
        Ok(operand)
    }

    fn parenthesis(&mut self) -> Result<Expression, String> {
        let inner = self.whole()?;
        match self.peek() {
            Some(Token { kind: Kind::Close, .. }) => self.at += 1,
            _ => return Err("Missing closing parenthesis.".to_owned()),
        }
        Ok(inner)
    }

    /// A `)` where an operand should stand, already passed.
    fn closed_early(&self, token: &Token) -> String {
        match self.at.checked_sub(2).map(|at| &self.tokens[at]) {
            Some(Token { kind: Kind::Open, column, .. }) => format!("Found invalid empty parentheses at column {column}."),
            Some(before) => format!("Missing operand after last operator '{}'.", before.text),
            None => format!("Missing opening parenthesis for the closing parenthesis at column {}.", token.column),
        }
    }

    /// An operator where an operand should stand, already passed.
    fn misplaced(&self, token: &Token) -> String {
        match self.at.checked_sub(2).map(|at| &self.tokens[at]) {
            Some(before) => format!(
                "Wrong positioning of operator '{}'. It cannot be used after '{}' at column {}.",
                token.text,
                shortened(&before.text),
                token.column
            ),
            None => format!("Wrong positioning of operator '{}' at column {}.", token.text, token.column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_words_that_meta_has_for_them() {
        for (condition, says) in [
            (" ", "at least one operand"),
            ("( )", "Found invalid empty parentheses at column 1."),
            ("))${data.a}((", "Missing opening parenthesis for the closing parenthesis at column 1."),
            ("${data.a})", "Missing opening parenthesis for the closing parenthesis at column 10."),
            ("(${data.a}", "Missing closing parenthesis."),
            ("(", "Missing closing parenthesis."),
            ("${data.a} == 'x", "Missing closing quote for string."),
            ("${data.a} ${data.b}", "Missing operator between '${data.a}' and '${data.b}'."),
            ("${data.a} = 1", "Invalid operator '=' found at column 11."),
            ("${dat.a} == 1", "Invalid operand format '${dat.a}' found at column 1."),
            ("${data.a} == 1x", "Invalid operand format '1x' found at column 14."),
            ("${data.a} # 1", "Unexpected character '#' found at column 11."),
            ("${data.a} && || true", "Wrong positioning of operator '||'. It cannot be used after '&&' at column 14."),
            ("== ${data.a}", "Wrong positioning of operator '==' at column 1."),
            ("${data.a} == abc", "Invalid literal 'abc'."),
            ("${data.a} ==", "Missing operand after last operator '=='."),
            ("${data.a} !${data.b}", "Wrong positioning of operator '!'."),
        ] {
            let fault = parse(condition, Mode::Condition).expect_err(condition);
            assert!(fault.contains(says), "{condition}: {fault}");
        }
        let deep = format!("{}{}{}", "(".repeat(33), "${data.a}", ")".repeat(33));
        for hostile in [deep, "!".repeat(1_000_000), "(".repeat(1_000_000), "1+".repeat(1_000_000), "-".repeat(300)] {
            assert!(parse(&hostile, Mode::Ticks).is_err());
        }
    }

    #[test]
    fn what_binds_tighter_is_deeper() {
        let shape = |text: &str| parse(text, Mode::Ticks).map(|expression| written(&expression));
        assert_eq!(shape("`1 + 2 * 3 - 4`"), Ok("((1+(2*3))-4)".to_owned()));
        assert_eq!(shape("`'a' ${data.x} + 1 'b'`"), Ok("[a (${data.x}+1) b]".to_owned()));
        assert_eq!(shape("`!${data.x} || 1 < 2 && 2 == 2`"), Ok("(!${data.x}||((1<2)&&(2==2)))".to_owned()));
        assert_eq!(shape("`-(1 - 2) / 4`"), Ok("(-(1-2)/4)".to_owned()));
        assert_eq!(shape(r"`'it\'s'`"), Ok("it's".to_owned()));
    }

    fn written(expression: &Expression) -> String {
        match expression {
            Expression::Text(text) => text.clone(),
            Expression::Number(number) => number.to_string(),
            Expression::Bool(truth) => truth.to_string(),
            Expression::Reference(reference) => reference.text.clone(),
            Expression::Not(operand, _) => format!("!{}", written(operand)),
            Expression::Negative(operand, _) => format!("-{}", written(operand)),
            Expression::Binary { operator, left, right, .. } => {
                let sign = match operator {
                    Operator::Or => "||",
                    Operator::And => "&&",
                    Operator::Equal => "==",
                    Operator::Less => "<",
                    Operator::Plus => "+",
                    Operator::Minus => "-",
                    Operator::Times => "*",
                    Operator::Divided => "/",
                    other => panic!("{other:?} is not in these tests"),
                };
                format!("({}{sign}{})", written(left), written(right))
            }
            Expression::Concatenation(parts) => format!("[{}]", parts.iter().map(written).collect::<Vec<_>>().join(" ")),
        }
    }
}
