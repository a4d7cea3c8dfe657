//! Statements with names of their own: macros, calls with a block, and blocks that have a name.

use super::super::ast::{Block, Expr, Macro, Node, Param};
use super::super::error::TemplateError;
use super::super::lexer::Token;
use super::Parser;

/// What a macro may use besides its parameters.
const GIVEN: [&str; 3] = ["caller", "varargs", "kwargs"];

/// The names that a part of the template uses, and those it gives itself.
struct Names {
    loads: Vec<String>,
    stores: Vec<String>,
}

impl Parser {
    pub(super) fn macro_statement(&mut self) -> Result<Node, TemplateError> {
        let name = self.name()?;
        self.stores.push(name.clone());
        let ((params, body), names) = self.apart(|parser| {
            let params = parser.signature()?;
            Ok((params, parser.block_body("endmacro")?))
        })?;
        let written = self.written(name, params, body, &names)?;
        Ok(Node::Macro(Box::new(written)))
    }

    pub(super) fn call_block(&mut self) -> Result<Node, TemplateError> {
        let (params, mut names) = self.apart(|parser| {
            if parser.is_op("(") {
                parser.signature()
            } else {
                Ok(Vec::new())
            }
        })?;
        let Expr::Call(callee, args) = self.expression()? else {
            return Err(TemplateError::syntax("a call is expected"));
        };
        let (body, more) = self.apart(|parser| parser.block_body("endcall"))?;
        names.loads.extend(more.loads);
        names.stores.extend(more.stores);
        let written = self.written(String::new(), params, body, &names)?;
        Ok(Node::Call {
            callee: *callee,
            args,
            body: Box::new(written),
        })
    }

    pub(super) fn block_statement(&mut self) -> Result<Node, TemplateError> {
        let name = self.name()?;
        self.skip_word("scoped");
        if self.is_word("required") {
            return Err(TemplateError::Unsupported(format!(
                "the block {name:?}, which another template must fill"
            )));
        }
        if self.blocks.iter().any(|block| block.name == name) {
            return Err(TemplateError::syntax(format!(
                "block {name:?} is defined twice"
            )));
        }
        let number = self.blocks.len();
        self.blocks.push(Block {
            name,
            body: Vec::new(),
        });
        let around = std::mem::replace(&mut self.in_block, true);
        let (body, names) = self.apart(|parser| parser.block_body("endblock"))?;
        self.in_block = around;
        // what stands around a block gives it no names
        let needs = names.loads.into_iter();
        self.needs
            .extend(needs.filter(|name| !names.stores.contains(name)));
        if let Some(block) = self.blocks.get_mut(number) {
            block.body = body;
            let name = block.name.clone();
            self.skip_word(&name);
        }
        Ok(Node::Block(number))
    }

    fn block_body(&mut self, end: &str) -> Result<Vec<Node>, TemplateError> {
        self.expect(&Token::BlockEnd)?;
        let body = self.body(&[end])?;
        self.name()?;
        Ok(body)
    }

    /// Reads something whose names are not those of what stands around it.
    fn apart<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<(T, Names), TemplateError> {
        let loads = std::mem::take(&mut self.loads);
        let stores = std::mem::take(&mut self.stores);
        let parsed = parse(self)?;
        let names = Names {
            loads: std::mem::replace(&mut self.loads, loads),
            stores: std::mem::replace(&mut self.stores, stores),
        };
        Ok((parsed, names))
    }

    fn signature(&mut self) -> Result<Vec<Param>, TemplateError> {
        self.expect(&Token::Op("("))?;
        let mut params: Vec<Param> = Vec::new();
        while !self.skip_op(")") {
            if !params.is_empty() {
                self.expect(&Token::Op(","))?;
            }
            let name = self.name()?;
            let default = if self.skip_op("=") {
                Some(self.expression()?)
            } else {
                None
            };
            if default.is_none() && params.iter().any(|param| param.default.is_some()) {
                return Err(TemplateError::syntax(
                    "non-default argument follows default argument",
                ));
            }
            params.push(Param { name, default });
        }
        Ok(params)
    }

    /// The macro, whose needs from outside become those of what stands around it.
    fn written(
        &mut self,
        name: String,
        params: Vec<Param>,
        body: Vec<Node>,
        names: &Names,
    ) -> Result<Macro, TemplateError> {
        let param = |name: &str| params.iter().find(|param| param.name == name);
        let open = |name: &str| {
            let loaded = names.loads.iter().any(|found| found == name);
            loaded && !names.stores.iter().any(|found| found == name)
        };
        let takes = GIVEN.map(|name| open(name) && param(name).is_none());
        if open("caller") && param("caller").is_some_and(|param| param.default.is_none()) {
            return Err(TemplateError::syntax(
                "the argument \"caller\" of a macro needs a default",
            ));
        }
        let outside: Vec<String> = names
            .loads
            .iter()
            .filter(|name| open(name) && param(name).is_none() && !GIVEN.contains(&name.as_str()))
            .cloned()
            .collect();
        for name in outside {
            self.load(name);
        }
        let [takes_caller, takes_rest, takes_named_rest] = takes;
        Ok(Macro {
            name,
            params,
            body,
            takes_caller,
            takes_rest,
            takes_named_rest,
        })
    }
}
