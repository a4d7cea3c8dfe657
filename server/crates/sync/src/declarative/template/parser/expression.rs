//! Expressions, weakest binding first, as Jinja orders them.

use super::super::ast::{Args, Comparison, Expr, Operator};
use super::super::checks::{self, Check};
use super::super::error::TemplateError;
use super::super::filters::{self, Filter};
use super::super::lexer::Token;
use super::Parser;

type Parse = Result<Expr, TemplateError>;

impl Parser {
    pub(super) fn expression(&mut self) -> Parse {
        self.deeper(Self::conditional)
    }

    /// Expressions with commas between make a tuple.
    pub(super) fn tuple(&mut self) -> Parse {
        self.tuple_of(Self::expression)
    }

    /// The same where `if` means something else: heads of loops and branches.
    pub(super) fn tuple_without_condition(&mut self) -> Parse {
        self.tuple_of(|parser| parser.deeper(Self::or))
    }

    fn tuple_of(&mut self, item: fn(&mut Self) -> Parse) -> Parse {
        let first = item(self)?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.skip_op(",") {
            let ended = matches!(self.peek(), Some(Token::EmitEnd | Token::BlockEnd) | None);
            if ended || self.is_op(")") {
                break;
            }
            items.push(item(self)?);
        }
        Ok(Expr::Tuple(items))
    }

    fn conditional(&mut self) -> Parse {
        let mut then = self.or()?;
        while self.skip_word("if") {
            let condition = self.or()?;
            let otherwise = if self.skip_word("else") {
                Some(Box::new(self.expression()?))
            } else {
                None
            };
            then = Expr::Choose {
                condition: Box::new(condition),
                then: Box::new(then),
                otherwise,
            };
        }
        Ok(then)
    }

    fn or(&mut self) -> Parse {
        let mut left = self.and()?;
        while self.skip_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parse {
        let mut left = self.not()?;
        while self.skip_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parse {
        if self.skip_word("not") {
            let inner = self.deeper(Self::not)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.compare()
    }

    fn compare(&mut self) -> Parse {
        let first = self.sum()?;
        let mut others = Vec::new();
        while let Some(comparison) = self.comparison() {
            others.push((comparison, self.sum()?));
        }
        if others.is_empty() {
            return Ok(first);
        }
        Ok(Expr::Compare(Box::new(first), others))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let (comparison, tokens) = match self.peek()? {
            Token::Op("==") => (Comparison::Equal, 1),
            Token::Op("!=") => (Comparison::Unequal, 1),
            Token::Op("<") => (Comparison::Less, 1),
            Token::Op("<=") => (Comparison::LessOrEqual, 1),
            Token::Op(">") => (Comparison::Greater, 1),
            Token::Op(">=") => (Comparison::GreaterOrEqual, 1),
            Token::Name(word) if word == "in" => (Comparison::In, 1),
            Token::Name(word) if word == "not" => match self.tokens.get(self.at + 1) {
                Some(Token::Name(word)) if word == "in" => (Comparison::NotIn, 2),
                _ => return None,
            },
            _ => return None,
        };
        self.at += tokens;
        Some(comparison)
    }

    fn sum(&mut self) -> Parse {
        let mut left = self.concat()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Op("+")) => Operator::Add,
                Some(Token::Op("-")) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.concat()?));
        }
    }

    fn concat(&mut self) -> Parse {
        let first = self.product()?;
        if !self.is_op("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_op("~") {
            parts.push(self.product()?);
        }
        Ok(Expr::Concat(parts))
    }

    fn product(&mut self) -> Parse {
        let mut left = self.power()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Op("*")) => Operator::Multiply,
                Some(Token::Op("/")) => Operator::Divide,
                Some(Token::Op("//")) => Operator::FloorDivide,
                Some(Token::Op("%")) => Operator::Modulo,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.power()?));
        }
    }

    fn power(&mut self) -> Parse {
        let mut left = self.unary()?;
        while self.skip_op("**") {
            left = Expr::Binary(Operator::Power, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parse {
        let signed = self.signed()?;
        self.filters(signed)
    }

    fn signed(&mut self) -> Parse {
        let inner = if self.skip_op("-") {
            Expr::Negate(Box::new(self.deeper(Self::signed)?))
        } else if self.skip_op("+") {
            Expr::Plus(Box::new(self.deeper(Self::signed)?))
        } else {
            self.primary()?
        };
        self.postfix(inner)
    }

    fn primary(&mut self) -> Parse {
        match self.next() {
            Some(Token::Name(name)) => Ok(match name.as_str() {
                "true" | "True" => Expr::Bool(true),
                "false" | "False" => Expr::Bool(false),
                "none" | "None" => Expr::None,
                _ => self.load(name),
            }),
            Some(Token::Text(mut text)) => {
                while let Some(Token::Text(more)) = self.peek() {
                    text.push_str(more);
                    self.at += 1;
                }
                Ok(Expr::Text(text))
            }
            Some(Token::Int(value)) => Ok(Expr::Int(value)),
            Some(Token::Float(value)) => Ok(Expr::Float(value)),
            Some(Token::Op("(")) => self.parentheses(),
            Some(Token::Op("[")) => self.list(),
            Some(Token::Op("{")) => self.dict(),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn parentheses(&mut self) -> Parse {
        if self.skip_op(")") {
            return Ok(Expr::Tuple(Vec::new()));
        }
        let inner = self.tuple()?;
        self.expect(&Token::Op(")"))?;
        Ok(inner)
    }

    fn list(&mut self) -> Parse {
        let mut items = Vec::new();
        while !self.skip_op("]") {
            if !items.is_empty() {
                self.expect(&Token::Op(","))?;
                if self.skip_op("]") {
                    break;
                }
            }
            items.push(self.expression()?);
        }
        Ok(Expr::List(items))
    }

    fn dict(&mut self) -> Parse {
        let mut pairs = Vec::new();
        while !self.skip_op("}") {
            if !pairs.is_empty() {
                self.expect(&Token::Op(","))?;
                if self.skip_op("}") {
                    break;
                }
            }
            let key = self.expression()?;
            self.expect(&Token::Op(":"))?;
            pairs.push((key, self.expression()?));
        }
        Ok(Expr::Dict(pairs))
    }

    fn postfix(&mut self, mut expr: Expr) -> Parse {
        loop {
            if self.skip_op(".") {
                expr = match self.next() {
                    Some(Token::Name(name)) => Expr::Attr(Box::new(expr), name),
                    Some(Token::Int(index)) => {
                        Expr::Item(Box::new(expr), Box::new(Expr::Int(index)))
                    }
                    _ => {
                        self.at -= 1;
                        return Err(self.unexpected());
                    }
                };
            } else if self.skip_op("[") {
                let index = self.subscript()?;
                expr = Expr::Item(Box::new(expr), Box::new(index));
            } else if self.is_op("(") {
                expr = Expr::Call(Box::new(expr), self.arguments()?);
            } else {
                return Ok(expr);
            }
        }
    }

    fn subscript(&mut self) -> Parse {
        let mut parts = Vec::new();
        while !self.skip_op("]") {
            if !parts.is_empty() {
                self.expect(&Token::Op(","))?;
            }
            parts.push(self.subscript_part()?);
        }
        if parts.len() == 1
            && let Some(part) = parts.pop()
        {
            return Ok(part);
        }
        Ok(Expr::Tuple(parts))
    }

    fn subscript_part(&mut self) -> Parse {
        let mut bounds = [None, None, None];
        if !self.is_op(":") {
            let first = self.expression()?;
            if !self.is_op(":") {
                return Ok(first);
            }
            bounds[0] = Some(first);
        }
        for bound in &mut bounds[1..] {
            if !self.skip_op(":") {
                break;
            }
            if !self.is_op(":") && !self.is_op("]") && !self.is_op(",") {
                *bound = Some(self.expression()?);
            }
        }
        Ok(Expr::Slice(Box::new(bounds)))
    }

    fn filters(&mut self, mut expr: Expr) -> Parse {
        loop {
            if self.skip_op("|") {
                let (filter, args) = self.filter()?;
                expr = Expr::Filter(Box::new(expr), filter, args);
            } else if self.skip_word("is") {
                expr = self.test(expr)?;
            } else if self.is_op("(") {
                expr = Expr::Call(Box::new(expr), self.arguments()?);
            } else {
                return Ok(expr);
            }
        }
    }

    pub(super) fn filter(&mut self) -> Result<(Filter, Args), TemplateError> {
        let name = self.name()?;
        let filter = filters::find(&name)
            .ok_or_else(|| TemplateError::syntax(format!("there is no filter named {name:?}")))?;
        let args = if self.is_op("(") {
            self.arguments()?
        } else {
            Args::default()
        };
        Ok((filter, args))
    }

    fn test(&mut self, subject: Expr) -> Parse {
        let negated = self.skip_word("not");
        let name = self.name()?;
        let check: Check = checks::find(&name)
            .ok_or_else(|| TemplateError::syntax(format!("there is no test named {name:?}")))?;
        let mut args = Args::default();
        if self.is_op("(") {
            args = self.arguments()?;
        } else if self.test_argument_follows() {
            let argument = self.deeper(Self::primary)?;
            args.positional.push(self.postfix(argument)?);
        }
        let test = Expr::Test(Box::new(subject), check, args);
        Ok(if negated {
            Expr::Not(Box::new(test))
        } else {
            test
        })
    }

    fn test_argument_follows(&self) -> bool {
        match self.peek() {
            Some(Token::Name(word)) => !matches!(word.as_str(), "else" | "or" | "and" | "is"),
            Some(Token::Text(_) | Token::Int(_) | Token::Float(_)) => true,
            Some(Token::Op(op)) => matches!(*op, "[" | "{"),
            _ => false,
        }
    }

    fn arguments(&mut self) -> Result<Args, TemplateError> {
        self.expect(&Token::Op("("))?;
        let mut args = Args::default();
        let mut first = true;
        while !self.skip_op(")") {
            if !first {
                self.expect(&Token::Op(","))?;
                if self.skip_op(")") {
                    break;
                }
            }
            first = false;
            self.argument(&mut args)?;
        }
        Ok(args)
    }

    fn argument(&mut self, args: &mut Args) -> Result<(), TemplateError> {
        if self.skip_op("**") {
            args.spread_named = Some(Box::new(self.expression()?));
        } else if self.skip_op("*") {
            args.spread = Some(Box::new(self.expression()?));
        } else if let (Some(Token::Name(name)), Some(Token::Op("="))) =
            (self.peek().cloned(), self.tokens.get(self.at + 1))
        {
            self.at += 2;
            args.named.push((name, self.expression()?));
        } else if args.named.is_empty() {
            args.positional.push(self.expression()?);
        } else {
            return Err(TemplateError::syntax(
                "a plain argument follows a named one",
            ));
        }
        Ok(())
    }
}
