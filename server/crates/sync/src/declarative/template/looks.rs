//! Which entries of a mapping a template looks at, as far as its text tells.

use super::ast::{Args, Block, Expr, Node};
use super::methods;
use super::walk::{args, children, parts};

/// The entries of the mapping with this name; nothing when it is used in any other way than by one of its keys.
pub fn of<'n>(
    nodes: &'n [Node],
    named: &'n [Block],
    exprs: Vec<&'n Expr>,
    name: &str,
) -> Option<Vec<&'n str>> {
    let (mut blocks, mut waiting) = (vec![nodes], exprs);
    blocks.extend(named.iter().map(|block| block.body.as_slice()));
    let mut found = Vec::new();
    while let Some(block) = blocks.pop() {
        for node in block {
            parts(node, &mut blocks, &mut waiting);
        }
    }
    while let Some(expr) = waiting.pop() {
        if is_name(expr, name) {
            return None;
        }
        match key(expr, name) {
            Some((key, given)) => {
                found.push(key);
                if let Some(given) = given {
                    args(given, &mut waiting);
                }
            }
            None => children(expr, &mut waiting),
        }
    }
    Some(found)
}

/// The key an expression asks for, and the arguments it does it with: `x.key`, `x['key']`, `x.get('key', …)`.
fn key<'n>(expr: &'n Expr, name: &str) -> Option<(&'n str, Option<&'n Args>)> {
    match expr {
        Expr::Attr(object, key) if is_name(object, name) && is_plain(key) => Some((key, None)),
        Expr::Item(object, key) if is_name(object, name) => match &**key {
            Expr::Text(key) if is_plain(key) => Some((key, None)),
            _ => None,
        },
        Expr::Call(callee, given) => match (&**callee, given.positional.first()) {
            (Expr::Attr(object, method), Some(Expr::Text(key)))
                if method == "get" && is_name(object, name) =>
            {
                Some((key, Some(given)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(found) if found == name)
}

/// Whether it can only be a key: methods know all entries.
fn is_plain(key: &str) -> bool {
    !key.starts_with("__") && !methods::of_mappings(key)
}

#[cfg(test)]
mod tests {
    use super::super::Template;

    #[test]
    fn only_keys_are_told() {
        let cases: [(&str, Option<&[&str]>); 16] = [
            ("plain", Some(&[])),
            ("{{ config['a'] }}", Some(&[])),
            ("{{ record['a'] }}", Some(&["a"])),
            ("{{ record.a.b ~ record['c']['d'] }}", Some(&["a", "c"])),
            ("{{ record.get('a', record.b) | upper }}", Some(&["a", "b"])),
            (
                "{% if record.a %}{{ record.b }}{% endif %}",
                Some(&["a", "b"]),
            ),
            ("{% for x in record.a %}{{ x }}{% endfor %}", Some(&["a"])),
            ("{{ record }}", None),
            ("{{ record | tojson }}", None),
            ("{{ 'a' in record }}", None),
            ("{{ record[config['a']] }}", None),
            ("{{ record.items() | length }}", None),
            ("{{ record['keys']() }}", None),
            (
                "{% macro m(x=record.a) %}{{ record.b }}{% endmacro %}{% call m() %}{{ record.c }}{% endcall %}",
                Some(&["a", "b", "c"]),
            ),
            ("{% block b %}{{ record.a }}{% endblock %}", Some(&["a"])),
            (
                "{% macro m(x) %}{{ x.a }}{% endmacro %}{{ m(record) }}",
                None,
            ),
        ];
        for (source, expected) in cases {
            let template = Template::compile(source).unwrap();
            let mut found = template.entries_of("record");
            if let Some(found) = &mut found {
                found.sort_unstable();
            }
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }
}
