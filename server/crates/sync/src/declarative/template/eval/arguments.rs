//! Arguments of a call, matched to parameters as Python matches them.

use std::borrow::Cow;

use super::super::ast::Args;
use super::super::error::TemplateError;
use super::super::value::{Val, text};
use super::{Frame, Result};

#[derive(Default)]
pub struct Arguments<'a> {
    pub positional: Vec<Val<'a>>,
    pub named: Vec<(Cow<'a, str>, Val<'a>)>,
}

impl<'a> Arguments<'a> {
    pub fn eval(frame: &mut Frame<'a>, args: &'a Args) -> Result<Self> {
        let mut out = Self {
            positional: frame.all(&args.positional)?,
            named: Vec::with_capacity(args.named.len()),
        };
        for (name, value) in &args.named {
            let value = frame.eval(value)?;
            out.named.push((Cow::Borrowed(name), value));
        }
        if let Some(spread) = &args.spread {
            out.positional.extend(frame.eval(spread)?.items()?);
        }
        if let Some(spread) = &args.spread_named {
            let spread = frame.eval(spread)?;
            let pairs = spread
                .pairs()
                .ok_or_else(|| TemplateError::kind("argument after ** must be a mapping"))?;
            for (key, value) in pairs {
                out.named.push((Cow::Owned(text(&key)), value));
            }
        }
        Ok(out)
    }

    /// The parameters by position or name; the first `required` of them must be given.
    pub fn bind<const N: usize>(
        self,
        names: [&str; N],
        required: usize,
    ) -> Result<[Option<Val<'a>>; N]> {
        if self.positional.len() > N {
            return Err(TemplateError::kind(format!(
                "takes {N} arguments but {} were given",
                self.positional.len()
            )));
        }
        let mut out = [const { None }; N];
        for (slot, value) in out.iter_mut().zip(self.positional) {
            *slot = Some(value);
        }
        for (name, value) in self.named {
            let slot = names.iter().position(|found| *found == name);
            let slot = slot.and_then(|at| out.get_mut(at)).ok_or_else(|| {
                TemplateError::kind(format!("got an unexpected keyword argument '{name}'"))
            })?;
            if slot.replace(value).is_some() {
                return Err(TemplateError::kind(format!(
                    "got multiple values for argument '{name}'"
                )));
            }
        }
        if let Some(missing) = out.iter().take(required).position(Option::is_none) {
            return Err(TemplateError::kind(format!(
                "missing a required argument: '{}'",
                names[missing]
            )));
        }
        Ok(out)
    }

    /// No arguments at all.
    pub fn none(self) -> Result<()> {
        self.bind::<0>([], 0).map(drop)
    }

    /// One argument.
    pub fn one(self, name: &str) -> Result<Val<'a>> {
        let [value] = self.bind([name], 1)?;
        value.ok_or_else(|| TemplateError::kind("missing a required argument"))
    }
}

/// The text of an argument that must be one.
pub fn text_of<'v>(value: &'v Val<'_>) -> Result<&'v str> {
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    value.as_text().ok_or_else(|| {
        TemplateError::kind(format!("expected str instance, {} found", value.kind()))
    })
}

/// The integer of an argument that must be one.
pub fn int_of(value: &Val<'_>) -> Result<i128> {
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    value.as_int().ok_or_else(|| {
        TemplateError::kind(format!(
            "'{}' object cannot be interpreted as an integer",
            value.kind()
        ))
    })
}

/// The same as a size; negative ones are none.
pub fn size_of(value: &Val<'_>) -> Result<usize> {
    Ok(usize::try_from(int_of(value)?.max(0)).unwrap_or(usize::MAX))
}
