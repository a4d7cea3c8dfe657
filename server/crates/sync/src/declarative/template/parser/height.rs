//! How deep a template's expressions go, found without going deep: chains like `a.b.c` nest as brackets do.

use super::super::ast::{Block, Expr, Node};
use super::super::walk::{children, parts};

/// Deeper expressions are refused: evaluating goes as deep.
const HIGHEST: usize = 150;

pub fn is_too_high(nodes: &[Node], named: &[Block]) -> bool {
    let mut blocks: Vec<&[Node]> = vec![nodes];
    blocks.extend(named.iter().map(|block| block.body.as_slice()));
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
