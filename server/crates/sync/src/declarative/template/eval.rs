//! Runs a template: names, expressions and how much of both is allowed.

mod access;
mod arguments;
mod call;
mod locals;
mod operate;
mod output;
mod special;

use std::sync::Arc;

use fancy_regex::Regex;
use time::OffsetDateTime;

use super::ast::{Args, Block, Comparison, Expr};
use super::error::TemplateError;
use super::functions;
use super::pattern::Patterns;
use super::scope::{Binding, Scope};
use super::value::{Val, compare, equal, insert, nodes_of, text};

use locals::Locals;

pub use access::{at as at_index, item as item_of};
pub use arguments::{Arguments, int_of, size_of, text_of};
pub use locals::Place;
pub use operate::binary;

/// Steps of one rendering: enough for a loop over a large page, an end for one that has none.
const STEPS: u32 = 1_000_000;
/// Characters one rendering may write, in all its texts together.
const OUTPUT: usize = 32 * 1024 * 1024;

pub type Result<T> = std::result::Result<T, TemplateError>;

/// One rendering.
pub struct Frame<'a> {
    scope: &'a Scope<'a>,
    locals: Locals<'a>,
    steps: u32,
    room: usize,
    /// Calls of macros, loops and blocks inside of each other, and where the stack stood at the first of them.
    calls: usize,
    ground: usize,
    patterns: &'a Patterns,
    blocks: &'a [Block],
}

impl<'a> Frame<'a> {
    pub fn new(scope: &'a Scope<'a>, patterns: &'a Patterns, blocks: &'a [Block]) -> Self {
        Self {
            scope,
            locals: Locals::default(),
            steps: STEPS,
            room: OUTPUT,
            calls: 0,
            ground: 0,
            patterns,
            blocks,
        }
    }

    pub fn now(&self) -> OffsetDateTime {
        self.scope.now()
    }

    /// Takes steps of what one rendering may do.
    pub fn spend(&mut self, steps: usize) -> Result<()> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps = self
            .steps
            .checked_sub(steps)
            .ok_or(TemplateError::Limit("runs too long"))?;
        Ok(())
    }

    /// Takes room of what one rendering may write.
    pub fn write(&mut self, bytes: usize) -> Result<()> {
        self.room = self
            .room
            .checked_sub(bytes)
            .ok_or(TemplateError::Limit("makes too much text"))?;
        Ok(())
    }

    /// Lets a value into a container, unless it would nest without end: `inside` is the container.
    pub fn admit(&mut self, value: &Val<'a>, inside: Option<&Val<'a>>) -> Result<()> {
        let nodes = nodes_of(value, inside).ok_or(TemplateError::Limit(
            "puts values into each other without end",
        ))?;
        self.spend(nodes)
    }

    /// A text made on the way, counted.
    pub fn text(&mut self, text: impl Into<String>) -> Result<Val<'a>> {
        let text = text.into();
        self.write(text.len())?;
        Ok(Val::owned(text))
    }

    /// The pattern, compiled once for the template.
    pub fn regex(&mut self, pattern: &str) -> Result<Arc<Regex>> {
        self.patterns.get(pattern)
    }

    /// The value a name stands for: a local one, one of the scope, a function.
    fn name(&self, name: &'a str) -> Val<'a> {
        if let Some(value) = self.locals.find(name) {
            return value.clone();
        }
        match self.scope.find(name) {
            Some(binding) => bound(binding),
            None if functions::exists(name) => Val::Function(name),
            None if name == "self" => self.template(),
            None => Val::undefined(format!("'{name}' is undefined")),
        }
    }

    pub fn eval(&mut self, expr: &'a Expr) -> Result<Val<'a>> {
        self.spend(1)?;
        match expr {
            Expr::None => Ok(Val::None),
            Expr::Bool(value) => Ok(Val::Bool(*value)),
            Expr::Int(value) => Ok(Val::Int(*value)),
            Expr::Float(value) => Ok(Val::Float(*value)),
            Expr::Text(text) => Ok(Val::Text(text.as_str().into())),
            Expr::Name(name) => Ok(self.name(name)),
            Expr::Tuple(items) => Ok(Val::tuple(self.all(items)?)),
            Expr::List(items) => Ok(Val::list(self.all(items)?)),
            Expr::Dict(pairs) => self.dict(pairs),
            Expr::Attr(object, name) => {
                let object = self.eval(object)?;
                access::attribute(&object, name)
            }
            Expr::Item(object, key) => self.item(object, key),
            Expr::Slice(_) => Err(TemplateError::kind("unhashable type: 'slice'")),
            Expr::Call(callee, args) => self.call(callee, args, None),
            Expr::Filter(subject, filter, args) => {
                let subject = self.eval(subject)?;
                let args = self.arguments(args)?;
                (filter.run)(self, &subject, args)
            }
            Expr::Test(subject, check, args) => {
                let subject = self.eval(subject)?;
                let args = self.arguments(args)?;
                (check.run)(self, &subject, args).map(Val::Bool)
            }
            _ => self.operation(expr),
        }
    }

    fn operation(&mut self, expr: &'a Expr) -> Result<Val<'a>> {
        match expr {
            Expr::Not(inner) => Ok(Val::Bool(!self.eval(inner)?.truth())),
            Expr::Negate(inner) => operate::negate(&self.eval(inner)?),
            Expr::Plus(inner) => operate::plus(self.eval(inner)?),
            Expr::And(left, right) => {
                let left = self.eval(left)?;
                if left.truth() {
                    self.eval(right)
                } else {
                    Ok(left)
                }
            }
            Expr::Or(left, right) => {
                let left = self.eval(left)?;
                if left.truth() {
                    Ok(left)
                } else {
                    self.eval(right)
                }
            }
            Expr::Compare(first, others) => self.comparison(first, others),
            Expr::Binary(operator, left, right) => {
                let left = self.eval(left)?;
                let right = self.eval(right)?;
                operate::binary(self, *operator, &left, &right)
            }
            Expr::Concat(parts) => {
                let mut out = String::new();
                for part in parts {
                    out.push_str(&text(&self.eval(part)?));
                }
                self.text(out)
            }
            Expr::Choose {
                condition,
                then,
                otherwise,
            } => {
                if self.eval(condition)?.truth() {
                    return self.eval(then);
                }
                match otherwise {
                    Some(otherwise) => self.eval(otherwise),
                    None => Ok(Val::undefined(
                        "the inline if-expression evaluated to false and no else section was defined.",
                    )),
                }
            }
            // `eval` has the others
            _ => Err(TemplateError::syntax("unexpected expression")),
        }
    }

    fn all(&mut self, exprs: &'a [Expr]) -> Result<Vec<Val<'a>>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let value = self.eval(expr)?;
            self.admit(&value, None)?;
            values.push(value);
        }
        Ok(values)
    }

    fn dict(&mut self, pairs: &'a [(Expr, Expr)]) -> Result<Val<'a>> {
        let mut out = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key = self.eval(key)?;
            hashable(&key)?;
            let value = self.eval(value)?;
            self.admit(&value, None)?;
            insert(&mut out, key, value);
        }
        Ok(Val::dict(out))
    }

    fn item(&mut self, object: &'a Expr, key: &'a Expr) -> Result<Val<'a>> {
        let object = self.eval(object)?;
        if let Expr::Slice(bounds) = key {
            let mut parts = [None, None, None];
            for (part, bound) in parts.iter_mut().zip(bounds.iter()) {
                if let Some(bound) = bound {
                    *part = Some(self.eval(bound)?);
                }
            }
            return access::slice(&object, &parts);
        }
        let key = self.eval(key)?;
        access::item(&object, &key)
    }

    fn comparison(&mut self, first: &'a Expr, others: &'a [(Comparison, Expr)]) -> Result<Val<'a>> {
        let mut left = self.eval(first)?;
        for (comparison, right) in others {
            let right = self.eval(right)?;
            if !self.holds(*comparison, &left, &right)? {
                return Ok(Val::Bool(false));
            }
            left = right;
        }
        Ok(Val::Bool(true))
    }

    pub fn holds(
        &mut self,
        comparison: Comparison,
        left: &Val<'a>,
        right: &Val<'a>,
    ) -> Result<bool> {
        match comparison {
            Comparison::Equal => Ok(equal(left, right)),
            Comparison::Unequal => Ok(!equal(left, right)),
            Comparison::Less => {
                Ok(compare(left, right, "<")?.is_some_and(std::cmp::Ordering::is_lt))
            }
            Comparison::LessOrEqual => {
                Ok(compare(left, right, "<=")?.is_some_and(std::cmp::Ordering::is_le))
            }
            Comparison::Greater => {
                Ok(compare(left, right, ">")?.is_some_and(std::cmp::Ordering::is_gt))
            }
            Comparison::GreaterOrEqual => {
                Ok(compare(left, right, ">=")?.is_some_and(std::cmp::Ordering::is_ge))
            }
            Comparison::In => self.contains(right, left),
            Comparison::NotIn => self.contains(right, left).map(|found| !found),
        }
    }

    fn contains(&mut self, container: &Val<'a>, needle: &Val<'a>) -> Result<bool> {
        if let Val::Text(haystack) = container {
            return match needle {
                Val::Text(needle) => Ok(haystack.contains(needle.as_ref())),
                other => Err(TemplateError::kind(format!(
                    "'in <string>' requires string as left operand, not {}",
                    other.kind()
                ))),
            };
        }
        if let Val::Object(_) | Val::Headers(_) | Val::Slice(_) | Val::Dict(_) = container {
            hashable(needle)?;
            return Ok(container.entry(needle).is_some());
        }
        if let Val::None | Val::Bool(_) | Val::Int(_) | Val::Float(_) = container {
            return Err(TemplateError::kind(format!(
                "argument of type '{}' is not iterable",
                container.kind()
            )));
        }
        self.spend(container.len().unwrap_or(0))?;
        Ok(container.items()?.iter().any(|item| equal(item, needle)))
    }

    fn arguments(&mut self, args: &'a Args) -> Result<Arguments<'a>> {
        Arguments::eval(self, args)
    }
}

fn bound(binding: Binding<'_>) -> Val<'_> {
    match binding {
        Binding::None => Val::None,
        Binding::Json(value) => Val::from_json(value),
        Binding::Object(map) => Val::Object(map),
        Binding::Headers(map) => Val::Headers(map),
        Binding::Text(text) => Val::Text(text.into()),
        Binding::Int(value) => Val::Int(value.into()),
        Binding::Slice(view) => Val::Slice(view),
    }
}

/// Whether it can be a key.
pub fn hashable(key: &Val<'_>) -> Result<()> {
    match key {
        Val::Array(_) | Val::Object(_) | Val::List(_) | Val::Dict(_) => Err(TemplateError::kind(
            format!("unhashable type: '{}'", key.kind()),
        )),
        _ => Ok(()),
    }
}

/// Whether `left sign right` holds, for `<` and `>`.
pub fn compare_values(sign: &str, left: &Val<'_>, right: &Val<'_>) -> Result<bool> {
    let order = compare(left, right, sign)?;
    Ok(order.is_some_and(|order| {
        if sign == "<" {
            order.is_lt()
        } else {
            order.is_gt()
        }
    }))
}

/// Sorts by a key, keeping the order of equal ones. Kinds without an order fail, as in Python.
pub fn sorted<'a>(
    frame: &mut Frame<'a>,
    items: Vec<Val<'a>>,
    key: impl Fn(&Val<'a>) -> Result<Val<'a>>,
) -> Result<Vec<Val<'a>>> {
    let rounds = usize::BITS - items.len().leading_zeros();
    frame.spend(
        items
            .len()
            .saturating_mul(usize::try_from(rounds).unwrap_or(64)),
    )?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((key(&item)?, item));
    }
    Ok(merge_sorted(keyed)?
        .into_iter()
        .map(|(_, item)| item)
        .collect())
}

/// A merge sort that can fail: comparisons of a template need not be a total order, which the library's sort insists on.
fn merge_sorted<'a>(mut items: Vec<(Val<'a>, Val<'a>)>) -> Result<Vec<(Val<'a>, Val<'a>)>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sorted(items)?.into_iter().peekable();
    let mut right = merge_sorted(right)?.into_iter().peekable();
    let mut out = Vec::with_capacity(left.len() + right.len());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let take_right = compare(b, a, "<")?.is_some_and(std::cmp::Ordering::is_lt);
        out.extend(if take_right {
            right.next()
        } else {
            left.next()
        });
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}
