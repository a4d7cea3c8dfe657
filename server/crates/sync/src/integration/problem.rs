//! Everything that is wrong with a document, each with its place.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::yaml::Mark;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// It stands in the operator's file of types, not in the document.
    pub in_types: bool,
    pub line: usize,
    pub column: usize,
    /// What is wrong and what would be right. Never holds a value that may be a secret.
    pub message: String,
    /// Written as a number and not of the public internet: it is a mistake only where this address may not be called.
    #[serde(skip)]
    pub address: Option<IpAddr>,
}

impl Problem {
    pub(super) fn new(at: Mark, message: String) -> Self {
        Self {
            in_types: at.text != 0,
            line: at.line,
            column: at.column,
            message,
            address: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.in_types {
            f.write_str("types file, ")?;
        }
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

/// All mistakes of a document, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{problem}")?;
        }
        Ok(())
    }
}

/// For whom a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Whoever looks at it, or tells an Airbyte of it.
    Anyone,
    /// Whoever lets rows land in PostgreSQL, by whichever way they come: another destination is a mistake.
    Postgres,
    /// The same for whoever calls what the public internet has, and private networks only where the operator opened them.
    Workspace,
    /// Whoever has kept it since it was right: what became a mistake later is none of it.
    Keeper,
}

impl Reader {
    /// Whether rows land in PostgreSQL, and the document is new.
    pub(super) fn lands_rows(self) -> bool {
        match self {
            Self::Postgres | Self::Workspace => true,
            Self::Anyone | Self::Keeper => false,
        }
    }
}

/// What reading met so far: mistakes of the document, and secrets of the integration at hand.
#[derive(Debug)]
pub(super) struct Found {
    pub reader: Reader,
    problems: RefCell<BTreeSet<Problem>>,
    secrets: RefCell<Vec<String>>,
}

impl Found {
    pub fn new(reader: Reader) -> Self {
        Self {
            reader,
            problems: RefCell::default(),
            secrets: RefCell::default(),
        }
    }

    pub fn problem(&self, at: Mark, message: String) {
        self.problems.borrow_mut().insert(Problem::new(at, message));
    }

    /// An address that may be called only where an operator opened its network.
    pub fn private(&self, at: Mark, message: String, address: IpAddr) {
        if self.reader == Reader::Workspace {
            self.problems.borrow_mut().insert(Problem {
                address: Some(address),
                ..Problem::new(at, message)
            });
        }
    }

    pub fn secret(&self, name: &str) {
        let mut secrets = self.secrets.borrow_mut();
        if !secrets.iter().any(|known| known == name) {
            secrets.push(name.to_owned());
        }
    }

    /// The secrets since the last call.
    pub fn take_secrets(&self) -> Vec<String> {
        self.secrets.take()
    }

    /// What was read, if nothing is wrong with it.
    pub fn unless_wrong<T>(self, read: T) -> Result<T, Problems> {
        let problems: Vec<Problem> = self.problems.into_inner().into_iter().collect();
        if problems.is_empty() {
            Ok(read)
        } else {
            Err(Problems(problems))
        }
    }
}
