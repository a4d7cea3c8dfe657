//! `pprint`: what a value looks like in Python's pretty printer, as long as that needs one line.

use super::super::error::TemplateError;
use super::super::eval::{Frame, Result};
use super::super::value::{Val, repr, text};
use super::{Run, plain};

/// Longer values are broken into lines, which nothing in a request or record has use for.
const LONGEST_LINE: usize = 80;

pub fn find(name: &str) -> Option<Run> {
    let run: Run = |frame, value, args| plain(frame, value, args, pretty);
    (name == "pprint").then_some(run)
}

fn pretty<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let shown = repr(&in_order(frame, value)?);
    if shown.chars().count() > LONGEST_LINE {
        return Err(TemplateError::Unsupported(
            "`pprint` of a value that needs more than one line".to_owned(),
        ));
    }
    frame.text(shown)
}

/// The value with the keys of its mappings in order.
fn in_order<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    frame.spend(1)?;
    let mut all = |items: Vec<Val<'a>>| -> Result<Vec<Val<'a>>> {
        items.iter().map(|item| in_order(frame, item)).collect()
    };
    match value {
        Val::Array(_) | Val::List(_) => Ok(Val::list(all(value.items()?)?)),
        Val::Tuple(items) => Ok(Val::tuple(all(items.to_vec())?)),
        Val::Object(_) | Val::Dict(_) => {
            let (keys, values): (Vec<_>, Vec<_>) =
                value.pairs().unwrap_or_default().into_iter().unzip();
            let mut pairs: Vec<_> = keys.into_iter().zip(all(values)?).collect();
            pairs.sort_by_cached_key(|(key, _)| (key.kind(), text(key)));
            Ok(Val::dict(pairs))
        }
        other => Ok(other.clone()),
    }
}
