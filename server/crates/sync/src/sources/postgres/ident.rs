//! Names and values as SQL text: names cannot be parameters, and a cursor's value has a type known by name only.

/// A quoted identifier. PostgreSQL has no name with a zero byte.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's full name.
pub fn table(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// A quoted text. Written so that it means the same whatever `standard_conforming_strings` says.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\0', "").replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(
            table("a\"b", "x\"; DROP TABLE y; --"),
            "\"a\"\"b\".\"x\"\"; DROP TABLE y; --\""
        );
        assert_eq!(literal("O'Brien"), "'O''Brien'");
        assert_eq!(literal("\\'; DROP"), " E'\\\\''; DROP'");
    }
}
