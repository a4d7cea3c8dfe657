//! Statements: what is written, in which order, under which names.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::ast::{Args, Expr, For, Node, Target};
use super::super::error::TemplateError;
use super::super::filters::Filter;
use super::super::value::{Loop, Special, Val, insert, text};
use super::{Frame, Place, Result};

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
                self.locals.define(name, value);
                Ok(())
            }
            Node::FilterBlock { filters, body } => {
                let value = self.captured(body, filters)?;
                self.put(&text(&value), out)
            }
            Node::With { bindings, body } => self.with(bindings, body, out),
            Node::Macro(written) => {
                self.define_macro(written);
                Ok(())
            }
            Node::Call { callee, args, body } => self.call_block(callee, args, body, out),
            Node::Block(number) => self.numbered_block(*number, out),
        }
    }

    pub(super) fn put(&mut self, text: &str, out: &mut String) -> Result<()> {
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
        self.within(self.locals.here(), run)
    }

    /// The same, seeing what is known at another place.
    pub(super) fn within<T>(
        &mut self,
        outer: Place,
        run: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.locals.open(outer);
        let result = run(self);
        self.locals.close();
        result
    }

    fn assign(&mut self, target: &'a Target, value: Val<'a>) -> Result<()> {
        match target {
            Target::Name(name) => {
                self.admit(&value, None)?;
                self.locals.define(name, value);
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
        self.rounds(each, items, (self.locals.here(), 0), out)
    }

    /// The rounds of a loop that stands at this place and was called inside of itself so often.
    pub(super) fn rounds(
        &mut self,
        each: &'a For,
        items: Vec<Val<'a>>,
        (place, depth): (Place, usize),
        out: &mut String,
    ) -> Result<()> {
        self.spend(items.len())?;
        self.within(place, |frame| {
            let items = frame.kept(each, items)?;
            if items.is_empty() {
                return frame.run(&each.otherwise, out);
            }
            let rounds = Rc::new(Special::Loop(Loop {
                each,
                place,
                depth,
                items,
                at: Cell::new(0),
                seen: RefCell::new(None),
            }));
            frame
                .locals
                .define("loop", Val::Special(Rc::clone(&rounds)));
            let Special::Loop(this) = &*rounds else {
                return Ok(());
            };
            for (at, item) in this.items.iter().enumerate() {
                this.at.set(at);
                frame.scoped(|frame| {
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
