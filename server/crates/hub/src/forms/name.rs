//! Names of posted fields: paths with dots into the configuration; a branch of `oneOf` adds its index, so that two
//! branches may hold a field of the same name.

use std::fmt;

/// What the root is called when it is a choice itself.
const ROOT: &str = "_";

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    pub fn root() -> Self {
        Self(String::new())
    }

    /// The field below this one; dots inside a property's own name are escaped.
    pub fn child(&self, key: &str) -> Self {
        let key = key
            .replace('%', "%25")
            .replace('.', "%2E")
            .replace('#', "%23");
        self.join(&key)
    }

    pub fn index(&self, index: usize) -> Self {
        let base = if self.0.is_empty() { ROOT } else { &self.0 };
        Self(format!("{base}.{index}"))
    }

    /// The place of a row that does not exist yet.
    pub fn template(&self) -> Self {
        self.join("#")
    }

    pub fn as_str(&self) -> &str {
        if self.0.is_empty() { ROOT } else { &self.0 }
    }

    fn join(&self, part: &str) -> Self {
        if self.0.is_empty() {
            Self(part.to_owned())
        } else {
            Self(format!("{}.{part}", self.0))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
