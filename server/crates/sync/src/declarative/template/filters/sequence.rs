//! Filters over lists: their length, ends, order, parts.

use super::super::ast::Operator;
use super::super::error::TemplateError;
use super::super::eval::{
    Arguments, Frame, Result, at_index, binary, compare_values, sorted, text_of,
};
use super::super::value::{Val, equal, text};
use super::number::{count_of, zero_or};
use super::pick::{folded, path};
use super::{Run, plain};

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "length" | "count" => |frame, value, args| {
            plain(frame, value, args, |_, value| match value.len() {
                Some(length) => Ok(Val::from_usize(length)),
                None => Err(TemplateError::kind(format!(
                    "object of type '{}' has no len()",
                    value.kind()
                ))),
            })
        },
        "first" => |frame, value, args| {
            plain(frame, value, args, |_, value| {
                let first = value.items()?.into_iter().next();
                Ok(first.unwrap_or_else(|| Val::undefined("No first item, sequence was empty.")))
            })
        },
        "last" => |frame, value, args| {
            plain(frame, value, args, |_, value| {
                let last = value.items()?.into_iter().next_back();
                Ok(last.unwrap_or_else(|| Val::undefined("No last item, sequence was empty.")))
            })
        },
        "list" => |frame, value, args| {
            plain(frame, value, args, |frame, value| {
                let items = value.items()?;
                frame.spend(items.len())?;
                Ok(Val::list(items))
            })
        },
        "random" => |frame, value, args| plain(frame, value, args, random),
        "join" => join,
        "reverse" => |frame, value, args| plain(frame, value, args, reverse),
        "sort" => sort,
        "dictsort" => dictsort,
        "unique" => unique,
        "sum" => sum,
        "min" => |frame, value, args| extreme(frame, value, args, "<"),
        "max" => |frame, value, args| extreme(frame, value, args, ">"),
        "batch" => batch,
        "slice" => slice,
        _ => return None,
    })
}

/// One of the items, whichever it is.
fn random<'a>(_: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let Some(length) = value.len().filter(|_| value.pairs().is_none()) else {
        return Err(match value.pairs() {
            Some(_) => TemplateError::value("KeyError"),
            None => TemplateError::kind(format!("object of type '{}' has no len()", value.kind())),
        });
    };
    if length == 0 {
        return Ok(Val::undefined("No random item, sequence was empty."));
    }
    let drawn = rand::random::<u64>() % u64::try_from(length).unwrap_or(u64::MAX);
    at_index(value, drawn.into()).ok_or_else(|| {
        TemplateError::kind(format!("'{}' object is not subscriptable", value.kind()))
    })
}

fn join<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [separator, attribute] = args.bind(["d", "attribute"], 0)?;
    let separator = separator
        .map(|separator| text(&separator))
        .unwrap_or_default();
    let items = value.items()?;
    frame.spend(items.len())?;
    let mut out = String::new();
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push_str(&separator);
        }
        let item = path(&item, attribute.as_ref())?;
        out.push_str(&text(&item));
    }
    frame.text(out)
}

fn reverse<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    if let Val::Text(text) = value {
        return Ok(Val::owned(text.chars().rev().collect::<String>()));
    }
    let mut items = value.items()?;
    frame.spend(items.len())?;
    items.reverse();
    Ok(Val::list(items))
}

fn is(flag: Option<&Val<'_>>) -> bool {
    flag.is_some_and(Val::truth)
}

fn sort<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [reverse, cased, attribute] = args.bind(["reverse", "case_sensitive", "attribute"], 0)?;
    let cased = is(cased.as_ref());
    let key = |item: &Val<'a>| sort_key(item, attribute.as_ref(), cased);
    let mut items = value.items()?;
    // Python keeps equal ones in order when it sorts the other way round
    if is(reverse.as_ref()) {
        items.reverse();
    }
    let mut items = sorted(frame, items, key)?;
    if is(reverse.as_ref()) {
        items.reverse();
    }
    Ok(Val::list(items))
}

/// One attribute, or several with commas between.
fn sort_key<'a>(item: &Val<'a>, attribute: Option<&Val<'a>>, cased: bool) -> Result<Val<'a>> {
    let names = attribute
        .and_then(|a| a.as_text())
        .filter(|names| names.contains(','));
    let Some(names) = names else {
        return Ok(folded(path(item, attribute)?, cased));
    };
    let keys: Result<Vec<Val<'a>>> = names
        .split(',')
        .map(|name| Ok(folded(path(item, Some(&Val::owned(name.trim())))?, cased)))
        .collect();
    Ok(Val::tuple(keys?))
}

fn dictsort<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [cased, by, reverse] = args.bind(["case_sensitive", "by", "reverse"], 0)?;
    let at = match by.as_ref().map(text_of).transpose()? {
        None | Some("key") => 0,
        Some("value") => 1,
        Some(_) => {
            return Err(TemplateError::value(
                "You can only sort by either \"key\" or \"value\"",
            ));
        }
    };
    let pairs = value.pairs().ok_or_else(|| {
        TemplateError::value(format!(
            "'{}' object has no attribute 'items'",
            value.kind()
        ))
    })?;
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| Val::tuple(vec![key, value]))
        .collect();
    let cased = is(cased.as_ref());
    let key = |pair: &Val<'a>| match pair {
        Val::Tuple(pair) => Ok(folded(pair[at].clone(), cased)),
        other => Ok(other.clone()),
    };
    let mut items = sorted(frame, pairs, key)?;
    if is(reverse.as_ref()) {
        items.reverse();
    }
    Ok(Val::list(items))
}

fn unique<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [cased, attribute] = args.bind(["case_sensitive", "attribute"], 0)?;
    let cased = is(cased.as_ref());
    let mut seen: Vec<Val<'a>> = Vec::new();
    let mut out = Vec::new();
    for item in value.items()? {
        let key = folded(path(&item, attribute.as_ref())?, cased);
        frame.spend(1 + seen.len() / 8)?;
        if !seen.iter().any(|found| equal(found, &key)) {
            seen.push(key);
            out.push(item);
        }
    }
    Ok(Val::list(out))
}

fn sum<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [attribute, start] = args.bind(["attribute", "start"], 0)?;
    let mut total = zero_or(start);
    for item in value.items()? {
        frame.spend(1)?;
        let item = path(&item, attribute.as_ref())?;
        total = binary(frame, Operator::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    args: Arguments<'a>,
    sign: &str,
) -> Result<Val<'a>> {
    let [cased, attribute] = args.bind(["case_sensitive", "attribute"], 0)?;
    let cased = is(cased.as_ref());
    let mut best: Option<(Val<'a>, Val<'a>)> = None;
    for item in value.items()? {
        frame.spend(1)?;
        let key = folded(path(&item, attribute.as_ref())?, cased);
        let better = match &best {
            Some((old, _)) => compare_values(sign, &key, old)?,
            None => true,
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map_or_else(
        || Val::undefined("No aggregated item, sequence was empty."),
        |(_, item)| item,
    ))
}

fn batch<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [count, fill] = args.bind(["linecount", "fill_with"], 1)?;
    let count = count_of(&count.unwrap_or(Val::None))?;
    let items = value.items()?;
    frame.spend(items.len())?;
    let mut out: Vec<Vec<Val<'a>>> = items.chunks(count).map(<[Val<'a>]>::to_vec).collect();
    if let (Some(last), Some(fill)) = (out.last_mut(), fill.filter(|f| !matches!(f, Val::None))) {
        frame.spend(count)?;
        last.resize(count, fill);
    }
    Ok(Val::list(out.into_iter().map(Val::list).collect()))
}

fn slice<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [slices, fill] = args.bind(["slices", "fill_with"], 1)?;
    let slices = count_of(&slices.unwrap_or(Val::None))?;
    frame.spend(slices)?;
    let items = value.items()?;
    let (each, extra) = (items.len() / slices, items.len() % slices);
    let fill = fill.filter(|fill| !matches!(fill, Val::None));
    let mut items = items.into_iter();
    let mut out = Vec::with_capacity(slices);
    for at in 0..slices {
        let mut part: Vec<Val<'a>> = items
            .by_ref()
            .take(each + usize::from(at < extra))
            .collect();
        if let Some(fill) = fill.as_ref().filter(|_| at >= extra) {
            part.push(fill.clone());
        }
        out.push(Val::list(part));
    }
    Ok(Val::list(out))
}
