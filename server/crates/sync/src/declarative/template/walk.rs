//! One step down a template's tree: the parts of a statement and of an expression.

use super::ast::{Args, Expr, Macro, Node};

/// The blocks and expressions of a statement; blocks with names stand beside the tree.
pub fn parts<'n>(node: &'n Node, blocks: &mut Vec<&'n [Node]>, exprs: &mut Vec<&'n Expr>) {
    match node {
        Node::Text(_) | Node::Block(_) => {}
        Node::Emit(expr) | Node::Set { value: expr, .. } => exprs.push(expr),
        Node::If { arms, otherwise } => {
            for (condition, body) in arms {
                exprs.push(condition);
                blocks.push(body);
            }
            blocks.push(otherwise);
        }
        Node::Macro(written) => inside(written, blocks, exprs),
        Node::Call {
            callee,
            args: given,
            body,
        } => {
            exprs.push(callee);
            args(given, exprs);
            inside(body, blocks, exprs);
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

fn inside<'n>(written: &'n Macro, blocks: &mut Vec<&'n [Node]>, exprs: &mut Vec<&'n Expr>) {
    exprs.extend(written.params.iter().flat_map(|param| &param.default));
    blocks.push(&written.body);
}

/// The expressions of an expression.
pub fn children<'n>(expr: &'n Expr, out: &mut Vec<&'n Expr>) {
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

pub fn args<'n>(given: &'n Args, out: &mut Vec<&'n Expr>) {
    out.extend(&given.positional);
    out.extend(given.named.iter().map(|(_, value)| value));
    out.extend(given.spread.as_deref());
    out.extend(given.spread_named.as_deref());
}
