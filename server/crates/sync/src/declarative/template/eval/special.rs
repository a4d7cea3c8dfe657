//! Calls of what a template defines itself: macros, loops inside of themselves, blocks.

use std::rc::Rc;

use super::super::ast::{Args, Block, Expr, Macro};
use super::super::error::TemplateError;
use super::super::value::{Special, Val, text};
use super::{Arguments, Frame, Place, Result};

/// Calls inside of calls, at most.
const DEEPEST_CALLS: usize = 200;
/// Bytes of the stack these calls may take: how much one takes depends on what it is written in.
const DEEPEST_STACK: usize = 512 * 1024;

/// What a call gives a macro.
struct Given<'a> {
    /// One for each parameter; nothing for the default.
    values: Vec<Option<Val<'a>>>,
    caller: Option<Val<'a>>,
    rest: Vec<Val<'a>>,
    named_rest: Vec<(Val<'a>, Val<'a>)>,
}

impl<'a> Frame<'a> {
    pub(super) fn call_special(
        &mut self,
        special: &Special<'a>,
        args: Arguments<'a>,
    ) -> Result<Val<'a>> {
        match special {
            Special::Macro(written, place) => {
                let (written, place) = (*written, *place);
                self.nested(place, |frame| frame.call_macro(written, place, args))
            }
            Special::Block(block) => {
                args.none()?;
                let block = *block;
                self.nested(Place::OUTERMOST, |frame| {
                    let mut out = String::new();
                    frame.block(block, &mut out)?;
                    Ok(Val::owned(out))
                })
            }
            Special::Loop(each) => {
                let items = args.one("iterable")?;
                if !each.each.recursive {
                    return Err(TemplateError::kind(
                        "The loop must have the 'recursive' marker to be called recursively.",
                    ));
                }
                self.nested(each.place, |frame| {
                    let mut out = String::new();
                    let items = items.items()?;
                    frame.rounds(each.each, items, (each.place, each.depth + 1), &mut out)?;
                    Ok(Val::owned(out))
                })
            }
            Special::Joiner(separator, used) => {
                args.none()?;
                Ok(if used.replace(true) {
                    separator.clone()
                } else {
                    Val::owned("")
                })
            }
            Special::Cycler(..) | Special::Template(_) | Special::View(..) => Err(
                TemplateError::kind(format!("'{}' object is not callable", special.kind())),
            ),
        }
    }

    /// Runs something that may come back to itself, which must end before the stack does.
    fn nested<T>(&mut self, place: Place, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if !self.locals.is_open(place) {
            return Err(TemplateError::Unsupported(
                "a macro or loop outside of the block it stands in".to_owned(),
            ));
        }
        let marker = 0_u8;
        let here = std::ptr::from_ref(&marker).addr();
        if self.calls == 0 {
            self.ground = here;
        }
        if self.calls == DEEPEST_CALLS || self.ground.abs_diff(here) > DEEPEST_STACK {
            return Err(TemplateError::Limit("calls itself too deeply"));
        }
        self.calls += 1;
        let result = run(self);
        self.calls -= 1;
        result
    }

    fn call_macro(
        &mut self,
        written: &'a Macro,
        place: Place,
        args: Arguments<'a>,
    ) -> Result<Val<'a>> {
        let given = given(written, args)?;
        self.spend(1 + given.values.len())?;
        let mut out = String::new();
        self.within(place, |frame| {
            for (param, value) in written.params.iter().zip(given.values) {
                let value = match (value, &param.default) {
                    (Some(value), _) => value,
                    (None, Some(default)) => frame.eval(default)?,
                    (None, None) => {
                        Val::undefined(format!("parameter '{}' was not provided", param.name))
                    }
                };
                frame.locals.define(&param.name, value);
            }
            if let Some(caller) = given.caller {
                frame.locals.define("caller", caller);
            }
            if written.takes_rest {
                frame.locals.define("varargs", Val::tuple(given.rest));
            }
            if written.takes_named_rest {
                frame.locals.define("kwargs", Val::dict(given.named_rest));
            }
            frame.run(&written.body, &mut out)
        })?;
        Ok(Val::owned(out))
    }

    /// The body of a block: it sees what the whole template defines, not what stands around it.
    pub(super) fn block(&mut self, block: &'a Block, out: &mut String) -> Result<()> {
        self.within(Place::OUTERMOST, |frame| frame.run(&block.body, out))
    }

    pub(super) fn define_macro(&mut self, written: &'a Macro) {
        let value = self.macro_here(written);
        self.locals.define(&written.name, value);
    }

    fn macro_here(&self, written: &'a Macro) -> Val<'a> {
        Val::Special(Rc::new(Special::Macro(written, self.locals.here())))
    }

    /// `{% call %}`: the body goes along as the argument `caller`.
    pub(super) fn call_block(
        &mut self,
        callee: &'a Expr,
        args: &'a Args,
        body: &'a Macro,
        out: &mut String,
    ) -> Result<()> {
        let caller = self.macro_here(body);
        let value = self.call(callee, args, Some(caller))?;
        self.put(&text(&value), out)
    }

    /// The template as `self`: without blocks there is nothing to ask it for, but it is there.
    pub(super) fn template(&self) -> Val<'a> {
        Val::Special(Rc::new(Special::Template(self.blocks)))
    }

    pub(super) fn numbered_block(&mut self, number: usize, out: &mut String) -> Result<()> {
        let blocks: &'a [Block] = self.blocks;
        match blocks.get(number) {
            Some(block) => self.block(block, out),
            None => Ok(()),
        }
    }
}

/// Matches arguments to the parameters of a macro, as Jinja does it: what is missing is nothing, what is too much is an
/// error, unless the macro asks for it.
fn given<'a>(written: &Macro, args: Arguments<'a>) -> Result<Given<'a>> {
    let Arguments {
        positional,
        mut named,
    } = args;
    let mut positional = positional.into_iter();
    let mut take = |name: &str| {
        let at = named.iter().position(|(found, _)| found == name)?;
        Some(named.remove(at).1)
    };
    let mut values = Vec::with_capacity(written.params.len());
    for param in &written.params {
        values.push(positional.next().or_else(|| take(&param.name)));
    }
    let caller = written
        .takes_caller
        .then(|| take("caller").unwrap_or_else(|| Val::undefined("No caller defined")));
    let rest: Vec<Val<'a>> = positional.collect();
    if let (Some((name, _)), false) = (named.first(), written.takes_named_rest) {
        return Err(TemplateError::kind(format!(
            "macro '{}' takes no keyword argument '{name}'",
            written.name
        )));
    }
    if !rest.is_empty() && !written.takes_rest {
        return Err(TemplateError::kind(format!(
            "macro '{}' takes not more than {} argument(s)",
            written.name,
            written.params.len()
        )));
    }
    let named_rest = named
        .into_iter()
        .map(|(name, value)| (Val::Text(name), value))
        .collect();
    Ok(Given {
        values,
        caller,
        rest,
        named_rest,
    })
}
