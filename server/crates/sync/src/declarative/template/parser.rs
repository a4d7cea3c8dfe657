//! From tokens to a tree: the statements. Expressions are in `expression`.

mod expression;
mod height;
mod named;

use super::ast::{Args, Block, Expr, For, Node, Target};
use super::error::TemplateError;
use super::filters::Filter;
use super::lexer::{Token, tokens};

/// Deeper nesting than any person writes; bounds the stack.
const DEEPEST: usize = 40;

/// A parsed template and the names it needs from outside.
#[derive(Debug)]
pub struct Parsed {
    pub nodes: Vec<Node>,
    pub blocks: Vec<Block>,
    pub names: Vec<String>,
}

pub fn parse(source: &str) -> Result<Parsed, TemplateError> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
        depth: 0,
        loads: Vec::new(),
        stores: Vec::new(),
        needs: Vec::new(),
        blocks: Vec::new(),
        in_block: false,
    };
    let nodes = parser.body(&[])?;
    if height::is_too_high(&nodes, &parser.blocks) {
        return Err(TemplateError::Limit("is nested too deeply"));
    }
    if parser.peek().is_some() {
        return Err(parser.unexpected());
    }
    let Parser {
        mut loads,
        stores,
        needs,
        blocks,
        ..
    } = parser;
    loads.retain(|name| !stores.contains(name));
    loads.extend(needs);
    loads.sort_unstable();
    loads.dedup();
    Ok(Parsed {
        nodes,
        blocks,
        names: loads,
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    loads: Vec<String>,
    stores: Vec<String>,
    /// What blocks use, whatever the template defines around them.
    needs: Vec<String>,
    blocks: Vec<Block>,
    in_block: bool,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Some(Token::Op(found)) if *found == op)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(found)) if found == word)
    }

    fn skip_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), TemplateError> {
        if self.peek() == Some(token) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn name(&mut self) -> Result<String, TemplateError> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn unexpected(&self) -> TemplateError {
        match self.peek() {
            Some(token) => TemplateError::syntax(format!("unexpected {}", describe(token))),
            None => TemplateError::syntax("it ends too early"),
        }
    }

    /// Runs one level deeper.
    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth == DEEPEST {
            return Err(TemplateError::Limit("is nested too deeply"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Everything up to one of these tags, which is left to be read (the name consumed by the caller), or to the end.
    fn body(&mut self, ends: &[&str]) -> Result<Vec<Node>, TemplateError> {
        self.deeper(|parser| parser.body_here(ends))
    }

    fn body_here(&mut self, ends: &[&str]) -> Result<Vec<Node>, TemplateError> {
        let mut nodes = Vec::new();
        while let Some(token) = self.peek() {
            match token {
                Token::Data(text) => {
                    nodes.push(Node::Text(text.clone()));
                    self.at += 1;
                }
                Token::EmitBegin => {
                    self.at += 1;
                    let expr = self.tuple()?;
                    nodes.push(Node::Emit(expr));
                    self.expect(&Token::EmitEnd)?;
                }
                _ => {
                    self.expect(&Token::BlockBegin)?;
                    if ends.iter().any(|end| self.is_word(end)) {
                        return Ok(nodes);
                    }
                    nodes.extend(self.statement()?);
                    self.expect(&Token::BlockEnd)?;
                }
            }
        }
        if ends.is_empty() {
            return Ok(nodes);
        }
        Err(TemplateError::syntax(format!(
            "{:?} is missing",
            ends[ends.len() - 1]
        )))
    }

    fn statement(&mut self) -> Result<Option<Node>, TemplateError> {
        let word = self.name()?;
        match word.as_str() {
            "if" => self.branches().map(Some),
            "for" => self.for_loop().map(Some),
            "set" => self.set().map(Some),
            "with" => self.with().map(Some),
            "filter" => self.filter_block().map(Some),
            "print" => Ok(Some(Node::Emit(self.tuple()?))),
            "macro" => self.macro_statement().map(Some),
            "call" => self.call_block().map(Some),
            "block" => self.block_statement().map(Some),
            "extends" | "include" | "import" | "from" | "autoescape" => {
                Err(TemplateError::Unsupported(format!("the tag {word:?}")))
            }
            _ => Err(TemplateError::syntax(format!("unknown tag {word:?}"))),
        }
    }

    fn branches(&mut self) -> Result<Node, TemplateError> {
        let mut arms = Vec::new();
        loop {
            let condition = self.tuple_without_condition()?;
            self.expect(&Token::BlockEnd)?;
            arms.push((condition, self.body(&["elif", "else", "endif"])?));
            match self.name()?.as_str() {
                "elif" => {}
                "else" => {
                    self.expect(&Token::BlockEnd)?;
                    let otherwise = self.body(&["endif"])?;
                    self.name()?;
                    return Ok(Node::If { arms, otherwise });
                }
                _ => {
                    return Ok(Node::If {
                        arms,
                        otherwise: Vec::new(),
                    });
                }
            }
        }
    }

    fn for_loop(&mut self) -> Result<Node, TemplateError> {
        let target = self.target(Some("in"))?;
        if !self.skip_word("in") {
            return Err(self.unexpected());
        }
        let items = self.tuple_without_condition()?;
        let condition = if self.skip_word("if") {
            Some(self.expression()?)
        } else {
            None
        };
        let recursive = self.skip_word("recursive");
        self.expect(&Token::BlockEnd)?;
        self.stores.push("loop".to_owned());
        let body = self.body(&["endfor", "else"])?;
        let mut otherwise = Vec::new();
        if self.name()? == "else" {
            self.expect(&Token::BlockEnd)?;
            otherwise = self.body(&["endfor"])?;
            self.name()?;
        }
        Ok(Node::For(Box::new(For {
            target,
            items,
            condition,
            recursive,
            body,
            otherwise,
        })))
    }

    fn set(&mut self) -> Result<Node, TemplateError> {
        let target = self.target(None)?;
        if self.skip_op("=") {
            let value = self.tuple()?;
            return Ok(Node::Set { target, value });
        }
        let Target::Name(name) = target else {
            return Err(self.unexpected());
        };
        let filters = self.filter_chain()?;
        self.expect(&Token::BlockEnd)?;
        let body = self.body(&["endset"])?;
        self.name()?;
        Ok(Node::SetBlock {
            name,
            filters,
            body,
        })
    }

    fn with(&mut self) -> Result<Node, TemplateError> {
        let mut bindings = Vec::new();
        while self.peek() != Some(&Token::BlockEnd) {
            if !bindings.is_empty() {
                self.expect(&Token::Op(","))?;
            }
            let target = self.target_item()?;
            self.expect(&Token::Op("="))?;
            bindings.push((target, self.expression()?));
        }
        self.expect(&Token::BlockEnd)?;
        let body = self.body(&["endwith"])?;
        self.name()?;
        Ok(Node::With { bindings, body })
    }

    fn filter_block(&mut self) -> Result<Node, TemplateError> {
        let mut filters = vec![self.filter()?];
        filters.extend(self.filter_chain()?);
        self.expect(&Token::BlockEnd)?;
        let body = self.body(&["endfilter"])?;
        self.name()?;
        Ok(Node::FilterBlock { filters, body })
    }

    fn filter_chain(&mut self) -> Result<Vec<(Filter, Args)>, TemplateError> {
        let mut filters = Vec::new();
        while self.skip_op("|") {
            filters.push(self.filter()?);
        }
        Ok(filters)
    }

    /// One target, or several with commas between.
    fn target(&mut self, end: Option<&str>) -> Result<Target, TemplateError> {
        let first = self.target_item()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut several = vec![first];
        while self.skip_op(",") {
            if end.is_some_and(|end| self.is_word(end)) || self.is_op("=") || self.is_op(")") {
                break;
            }
            several.push(self.target_item()?);
        }
        Ok(Target::Tuple(several))
    }

    fn target_item(&mut self) -> Result<Target, TemplateError> {
        if self.skip_op("(") {
            let inner = self.deeper(|parser| parser.target(None))?;
            self.expect(&Token::Op(")"))?;
            return Ok(inner);
        }
        let name = self.name()?;
        if self.skip_op(".") {
            self.loads.push(name.clone());
            return Ok(Target::Field(name, self.name()?));
        }
        self.stores.push(name.clone());
        Ok(Target::Name(name))
    }

    fn load(&mut self, name: String) -> Expr {
        // a template is always at hand to itself, and no block has another above it
        let known = name == "self" || (self.in_block && name == "super");
        if !known && !self.loads.contains(&name) {
            self.loads.push(name.clone());
        }
        Expr::Name(name)
    }
}

fn describe(token: &Token) -> String {
    match token {
        Token::Data(_) => "text".to_owned(),
        Token::EmitBegin => "'{{'".to_owned(),
        Token::EmitEnd => "'}}'".to_owned(),
        Token::BlockBegin => "'{%'".to_owned(),
        Token::BlockEnd => "'%}'".to_owned(),
        Token::Name(name) => format!("{name:?}"),
        Token::Text(_) => "a text".to_owned(),
        Token::Int(_) | Token::Float(_) => "a number".to_owned(),
        Token::Op(op) => format!("{op:?}"),
    }
}
