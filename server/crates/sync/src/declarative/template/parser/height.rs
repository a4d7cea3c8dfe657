//! How deep a template's expressions go, found without going deep: chains like `a.b.c` nest as brackets do.

use super::super::ast::{Args, Expr, Node};

/// Deeper expressions are refused: evaluating goes as deep.
const HIGHEST: usize = 150;

pub fn is_too_high(nodes: &[Node]) -> bool {
    let mut blocks: Vec<&[Node]> = vec![nodes];
    while let Some(block) = blocks.pop() {
        for node in block {
            let mut exprs = Vec::new();
            parts(node, &mut blocks, &mut exprs);
            if exprs.into_iter().any(is_high) {
                return true;
            }
        }
    }
    false
}

fn is_high(expr: &Expr) -> bool {
    let mut waiting = vec![(expr, 1)];
    while let Some((expr, height)) = waiting.pop() {
        if height > HIGHEST {
            return true;
        }
        let mut inner = Vec::new();
        children(expr, &mut inner);
        waiting.extend(inner.into_iter().map(|expr| (expr, height + 1)));
    }
    false
}

/// The blocks and expressions of a statement.
fn parts<'n>(node: &'n Node, blocks: &mut Vec<&'n [Node]>, exprs: &mut Vec<&'n Expr>) {
    match node {
        Node::Text(_) => {}
        Node::Emit(expr) | Node::Set { value: expr, .. } => exprs.push(expr),
        Node::If { arms, otherwise } => {
            for (condition, body) in arms {
                exprs.push(condition);
                blocks.push(body);
            }
            blocks.push(otherwise);
        }
        Node::For(each) => {
            exprs.push(&each.items);
            exprs.extend(&each.condition);
            blocks.extend([each.body.as_slice(), each.otherwise.as_slice()]);
        }
        Node::SetBlock { filters, body, .. } | Node::FilterBlock { filters, body } => {
            for (_, given) in filters {
                args(given, exprs);
            }
            blocks.push(body);
        }
        Node::With { bindings, body } => {
            exprs.extend(bindings.iter().map(|(_, value)| value));
            blocks.push(body);
        }
    }
}

fn children<'n>(expr: &'n Expr, out: &mut Vec<&'n Expr>) {
    match expr {
        Expr::None
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Name(_) => {}
        Expr::Tuple(items) | Expr::List(items) | Expr::Concat(items) => out.extend(items),
        Expr::Dict(pairs) => out.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
        Expr::Attr(inner, _) | Expr::Not(inner) | Expr::Negate(inner) | Expr::Plus(inner) => {
            out.push(inner);
        }
        Expr::Item(left, right)
        | Expr::And(left, right)
        | Expr::Or(left, right)
        | Expr::Binary(_, left, right) => out.extend([&**left, &**right]),
        Expr::Slice(bounds) => out.extend(bounds.iter().flatten()),
        Expr::Call(subject, given)
        | Expr::Filter(subject, _, given)
        | Expr::Test(subject, _, given) => {
            out.push(subject);
            args(given, out);
        }
        Expr::Compare(first, others) => {
            out.push(first);
            out.extend(others.iter().map(|(_, expr)| expr));
        }
        Expr::Choose {
            condition,
            then,
            otherwise,
        } => {
            out.extend([&**condition, &**then]);
            out.extend(otherwise.as_deref());
        }
    }
}

fn args<'n>(given: &'n Args, out: &mut Vec<&'n Expr>) {
    out.extend(&given.positional);
    out.extend(given.named.iter().map(|(_, value)| value));
    out.extend(given.spread.as_deref());
    out.extend(given.spread_named.as_deref());
}
