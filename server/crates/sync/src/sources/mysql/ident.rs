//! Names and values as SQL text. Sessions have `NO_BACKSLASH_ESCAPES` set, so that a backslash is a letter like others.

/// A quoted identifier.
pub fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's full name.
pub fn table(database: &str, name: &str) -> String {
    format!("{}.{}", ident(database), ident(name))
}

/// A quoted text.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(
            table("a`b", "x`; DROP TABLE y; --"),
            "`a``b`.`x``; DROP TABLE y; --`"
        );
        assert_eq!(literal("O'Brien"), "'O''Brien'");
        assert_eq!(literal("\\'; DROP"), "'\\''; DROP'");
    }
}
