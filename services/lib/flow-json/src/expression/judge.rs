//! The type of an expression, and what is wrong with the types of its operands.

use super::{Expression, Operator, Reference};
use crate::data_type::DataType;

/// What was found about an expression.
pub(crate) struct Judged<'a> {
    pub(crate) data_type: &'a DataType,
    pub(crate) faults: Vec<String>,
}

/// `type_of` gives the type of a reference, [`DataType::Any`] for one that is missing. No type is copied: one may be as large as the document.
pub(crate) fn judge<'a>(expression: &Expression, type_of: &dyn Fn(&Reference) -> &'a DataType) -> Judged<'a> {
    let mut faults = Vec::new();
    let (data_type, _) = Judge { type_of, faults: &mut faults }.visit(expression);
    Judged { data_type, faults }
}

struct Judge<'a, 'f> {
    type_of: &'f dyn Fn(&Reference) -> &'a DataType,
    faults: &'f mut Vec<String>,
}

impl<'a> Judge<'a, '_> {
    /// Its type, and whether a reference is in it.
    fn visit(&mut self, expression: &Expression) -> (&'a DataType, bool) {
        match expression {
            Expression::Text(_) => (&DataType::Text, false),
            Expression::Number(_) => (&DataType::Number, false),
            Expression::Bool(_) => (&DataType::Bool, false),
            Expression::Reference(reference) => ((self.type_of)(reference), true),
            Expression::Not(operand, column) => (&DataType::Bool, self.operand(operand, "!", *column, &DataType::Bool)),
            Expression::Negative(operand, column) => {
                let (found, dynamic) = self.visit(operand);
                if !DataType::Number.takes(found) {
                    self.faults.push(format!("A numerical value is expected to follow the negative sign at column {column}."));
                }
                (&DataType::Number, dynamic)
            }
            Expression::Binary { operator, column, left, right } => self.binary(*operator, *column, left, right),
            Expression::Concatenation(parts) => self.concatenation(parts),
        }
    }

    fn binary(&mut self, operator: Operator, column: usize, left: &Expression, right: &Expression) -> (&'a DataType, bool) {
        let dynamic = match operator {
            Operator::Or | Operator::And => {
                let sign = if operator == Operator::Or { "||" } else { "&&" };
                let left = self.operand(left, sign, column, &DataType::Bool);
                self.operand(right, sign, column, &DataType::Bool) || left
            }
            Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided => {
                return self.arithmetic(operator, column, left, right);
            }
            Operator::Equal | Operator::Unequal => {
                let ((left, a), (right, b)) = (self.visit(left), self.visit(right));
                if !left.takes(right) {
                    let (left, right) = (left.name(), right.name());
                    self.faults.push(format!("Type mismatch in an equality operation between '{left}' and '{right}' at column {column}."));
                }
                a || b
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let left = self.operand(left, "<>", column, &DataType::Number);
                self.operand(right, "<>", column, &DataType::Number) || left
            }
        };
        if !dynamic {
            self.faults.push(format!("An operator cannot have literals on both sides. Found invalid syntax at column {column}."));
        }
        (&DataType::Bool, dynamic)
    }

    /// Numbers; `+` also puts texts together.
    fn arithmetic(&mut self, operator: Operator, column: usize, left: &Expression, right: &Expression) -> (&'a DataType, bool) {
        let ((left, a), (right, b)) = (self.visit(left), self.visit(right));
        let dynamic = a || b;
        let is = |wanted: &DataType| wanted.takes(left) && wanted.takes(right);
        let data_type = match operator {
            _ if is(&DataType::Number) => &DataType::Number,
            Operator::Plus if is(&DataType::Text) => &DataType::Text,
            _ => {
                let (left, right) = (left.name(), right.name());
                self.faults.push(format!("Type mismatch in an arithmetic operation between '{left}' and '{right}' at column {column}."));
                &DataType::Any
            }
        };
        (data_type, dynamic)
    }

    fn concatenation(&mut self, parts: &[Expression]) -> (&'a DataType, bool) {
        let mut dynamic = false;
        for part in parts {
            let (found, has_reference) = self.visit(part);
            dynamic |= has_reference;
            if matches!(found, DataType::List(_) | DataType::Object(_) | DataType::Files) {
                self.faults.push(format!("A value of type '{}' cannot be concatenated.", found.name()));
            }
        }
        (&DataType::Text, dynamic)
    }

    /// Whether the operand holds a reference.
    fn operand(&mut self, operand: &Expression, sign: &str, column: usize, wanted: &DataType) -> bool {
        let (found, dynamic) = self.visit(operand);
        if !wanted.takes(found) {
            let operation = if sign == "<>" { "a comparison" } else { sign };
            self.faults.push(format!(
                "Expected an operand of {operation} at column {column} to be a {}, but found {}.",
                wanted.name(),
                found.name()
            ));
        }
        dynamic
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, parse};
    use super::*;

    fn faults(text: &str) -> String {
        let list = DataType::List(Box::new(DataType::Text));
        let type_of = |reference: &Reference| match reference.name() {
            "text" => &DataType::Text,
            "number" => &DataType::Number,
            "bool" => &DataType::Bool,
            "numeral" => &DataType::Numeral,
            _ => &DataType::Any,
        };
        let expression = parse(&text.replace("list", "text"), Mode::Ticks).unwrap();
        match text.contains("list") {
            true => judge(&expression, &|_| &list).faults.join(" "),
            false => judge(&expression, &type_of).faults.join(" "),
        }
    }

    #[test]
    fn types_that_go_together_have_no_fault() {
        for text in [
            "`${data.text} == 'a'`",
            "`${data.numeral} >= 18 && ${data.numeral} == '18'`",
            "`!${data.bool} || ${data.unknown} == 3`",
            "`${data.number} + 1 * 2`",
            "`'a' + ${data.text}`",
            "`'a' ${data.number} ${data.bool}`",
            "`-${data.number}`",
        ] {
            assert_eq!(faults(text), "", "{text}");
        }
    }

    #[test]
    fn types_that_do_not_go_together_are_told() {
        for (text, says) in [
            ("`${data.text} == 1`", "Type mismatch in an equality operation between 'string' and 'number' at column 15."),
            ("`1 == 2`", "literals on both sides"),
            ("`${data.text} > 1`", "a comparison"),
            ("`${data.text} && ${data.bool}`", "&&"),
            ("`!${data.text}`", "of !"),
            ("`-${data.text}`", "negative sign"),
            ("`${data.text} - 1`", "arithmetic"),
            ("`'a' ${data.list}`", "cannot be concatenated"),
        ] {
            assert!(faults(text).contains(says), "{text}: {}", faults(text));
        }
    }
}
