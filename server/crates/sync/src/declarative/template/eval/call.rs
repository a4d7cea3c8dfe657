//! Calls of functions and methods.

use std::borrow::Cow;

use super::super::ast::{Args, Expr};
use super::super::error::TemplateError;
use super::super::value::Val;
use super::super::{functions, methods};
use super::{Arguments, Frame, Result, access};

impl<'a> Frame<'a> {
    /// Calls what the expression stands for; the block of a `call` goes along as one more argument.
    pub(super) fn call(
        &mut self,
        callee: &'a Expr,
        args: &'a Args,
        caller: Option<Val<'a>>,
    ) -> Result<Val<'a>> {
        let function = match callee {
            Expr::Attr(object, name) => {
                let object = self.eval(object)?;
                let hidden = access::attribute(&object, name)?;
                if let Val::Method(bound) = &hidden
                    && bound.1 == name
                {
                    let args = self.with_caller(args, caller)?;
                    return methods::call(self, &object, name, args);
                }
                hidden
            }
            other => self.eval(other)?,
        };
        let args = self.with_caller(args, caller)?;
        self.call_value(&function, args)
    }

    fn with_caller(&mut self, args: &'a Args, caller: Option<Val<'a>>) -> Result<Arguments<'a>> {
        let mut args = self.arguments(args)?;
        let caller = caller.map(|caller| (Cow::Borrowed("caller"), caller));
        args.named.extend(caller);
        Ok(args)
    }

    pub fn call_value(&mut self, function: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
        match function {
            Val::Function(name) => functions::call(self, name, args),
            Val::Method(bound) => methods::call(self, &bound.0, bound.1, args),
            Val::Special(special) => self.call_special(special, args),
            other => Err(other.missing().unwrap_or_else(|| {
                TemplateError::kind(format!("'{}' object is not callable", other.kind()))
            })),
        }
    }
}
