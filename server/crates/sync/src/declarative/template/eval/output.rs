//! Statements: what is written, in which order, under which names.

use super::super::ast::{Args, Expr, For, Node, Target};
use super::super::error::TemplateError;
use super::super::filters::Filter;
use super::super::value::{Val, insert, text};
use super::{Frame, Result};

impl<'a> Frame<'a> {
    pub fn run(&mut self, nodes: &'a [Node], out: &mut String) -> Result<()> {
        for node in nodes {
            self.spend(1)?;
            self.node(node, out)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &'a Node, out: &mut String) -> Result<()> {
        match node {
            Node::Text(text) => self.put(text, out),
            Node::Emit(expr) => {
                let value = self.eval(expr)?;
                match &value {
                    Val::Text(text) => self.put(text, out),
                    other => self.put(&text(other), out),
                }
            }
            Node::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if self.eval(condition)?.truth() {
                        return self.run(body, out);
                    }
                }
                self.run(otherwise, out)
            }
            Node::For(each) => self.for_each(each, out),
            Node::Set { target, value } => {
                let value = self.eval(value)?;
                self.assign(target, value)
            }
            Node::SetBlock {
                name,
                filters,
                body,
            } => {
                let value = self.captured(body, filters)?;
                self.define(name, value);
                Ok(())
            }
            Node::FilterBlock { filters, body } => {
                let value = self.captured(body, filters)?;
                self.put(&text(&value), out)
            }
            Node::With { bindings, body } => self.with(bindings, body, out),
        }
    }

    fn put(&mut self, text: &str, out: &mut String) -> Result<()> {
        self.write(text.len())?;
        out.push_str(text);
        Ok(())
    }

    fn captured(&mut self, body: &'a [Node], filters: &'a [(Filter, Args)]) -> Result<Val<'a>> {
        let mut inner = String::new();
        self.scoped(|frame| frame.run(body, &mut inner))?;
        let mut value = Val::owned(inner);
        for (filter, args) in filters {
            let args = self.arguments(args)?;
            value = (filter.run)(self, &value, args)?;
        }
        Ok(value)
    }

    /// Runs with names of its own, which are forgotten afterwards.
    fn scoped<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (base, length) = (self.base, self.locals.len());
        self.base = length;
        let result = run(self);
        self.locals.truncate(length);
        self.base = base;
        result
    }

    fn define(&mut self, name: &'a str, value: Val<'a>) {
        let here = self.locals[self.base..].iter_mut();
        match here.into_iter().find(|(found, _)| *found == name) {
            Some((_, old)) => *old = value,
            None => self.locals.push((name, value)),
        }
    }

    fn assign(&mut self, target: &'a Target, value: Val<'a>) -> Result<()> {
        match target {
            Target::Name(name) => {
                self.admit(&value, None)?;
                self.define(name, value);
            }
            Target::Tuple(targets) => {
                let items = value.items()?;
                if items.len() != targets.len() {
                    return Err(TemplateError::value(format!(
                        "cannot unpack {} values into {} names",
                        items.len(),
                        targets.len()
                    )));
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item)?;
                }
            }
            Target::Field(name, field) => {
                let namespace = self.name(name);
                self.admit(&value, Some(&namespace))?;
                let Val::Namespace(fields) = namespace else {
                    return Err(TemplateError::value(
                        "cannot assign attribute on non-namespace object",
                    ));
                };
                insert(
                    &mut fields.borrow_mut(),
                    Val::Text(field.as_str().into()),
                    value,
                );
            }
        }
        Ok(())
    }

    fn with(
        &mut self,
        bindings: &'a [(Target, Expr)],
        body: &'a [Node],
        out: &mut String,
    ) -> Result<()> {
        let mut values = Vec::with_capacity(bindings.len());
        for (_, value) in bindings {
            values.push(self.eval(value)?);
        }
        self.scoped(|frame| {
            for ((target, _), value) in bindings.iter().zip(values) {
                frame.assign(target, value)?;
            }
            frame.run(body, out)
        })
    }

    fn for_each(&mut self, each: &'a For, out: &mut String) -> Result<()> {
        let items = self.eval(&each.items)?.items()?;
        self.spend(items.len())?;
        let items = self.kept(each, items)?;
        if items.is_empty() {
            return self.run(&each.otherwise, out);
        }
        self.scoped(|frame| {
            for (at, item) in items.iter().enumerate() {
                frame.scoped(|frame| {
                    frame.define("loop", loop_value(&items, at));
                    frame.assign(&each.target, item.clone())?;
                    frame.run(&each.body, out)
                })?;
            }
            Ok(())
        })
    }

    /// The items that the loop's own condition lets through.
    fn kept(&mut self, each: &'a For, items: Vec<Val<'a>>) -> Result<Vec<Val<'a>>> {
        let Some(condition) = &each.condition else {
            return Ok(items);
        };
        let mut kept = Vec::new();
        for item in items {
            let keep = self.scoped(|frame| {
                frame.assign(&each.target, item.clone())?;
                Ok(frame.eval(condition)?.truth())
            })?;
            if keep {
                kept.push(item);
            }
        }
        Ok(kept)
    }
}

/// What `loop` knows.
fn loop_value<'a>(items: &[Val<'a>], at: usize) -> Val<'a> {
    let last = items.len() - 1;
    let mut fields: Vec<(&'static str, Val<'a>)> = vec![
        ("index", Val::from_usize(at + 1)),
        ("index0", Val::from_usize(at)),
        ("revindex", Val::from_usize(last - at + 1)),
        ("revindex0", Val::from_usize(last - at)),
        ("first", Val::Bool(at == 0)),
        ("last", Val::Bool(at == last)),
        ("length", Val::from_usize(items.len())),
        ("depth", Val::Int(1)),
        ("depth0", Val::Int(0)),
    ];
    if at > 0 {
        fields.push(("previtem", items[at - 1].clone()));
    }
    if at < last {
        fields.push(("nextitem", items[at + 1].clone()));
    }
    let pairs = fields
        .into_iter()
        .map(|(name, value)| (Val::Text(name.into()), value));
    Val::Namespace(std::rc::Rc::new(std::cell::RefCell::new(pairs.collect())))
}
