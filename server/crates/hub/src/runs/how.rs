//! How a run is asked for: which way it is to take, and how much it tells.

/// Which way a run is to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// As its connection is set.
    #[default]
    AsSet,
    /// The direct way is left out, to see the other one work.
    Fallback,
}

/// How much a run tells in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Log {
    #[default]
    Usual,
    /// Each request and each question to a database, too, as far as this hub's own readers ask them.
    Detailed,
}

/// What a person or program wants of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct How {
    pub way: Way,
    pub log: Log,
}

impl From<Way> for How {
    fn from(way: Way) -> Self {
        Self {
            way,
            ..Self::default()
        }
    }
}

impl From<Log> for How {
    fn from(log: Log) -> Self {
        Self {
            log,
            ..Self::default()
        }
    }
}
