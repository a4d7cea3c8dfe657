//! What a built-in source asks of its tables and what came of it, for the log of a run in detail: how much, and no values.

use std::time::Instant;

use crate::connector::RunContext;

/// A question for rows that is on its way.
pub struct Asked<'a> {
    cx: &'a RunContext,
    stream: &'a str,
    begun: Instant,
}

impl<'a> Asked<'a> {
    /// Tells what is asked for.
    pub async fn rows(cx: &'a RunContext, stream: &'a str, what: &str) -> Self {
        cx.debug(Some(stream), || format!("Asks for {what}.")).await;
        Self {
            cx,
            stream,
            begun: Instant::now(),
        }
    }

    /// Tells how many came, and in which time.
    pub async fn answered(self, rows: u64) {
        let text = || came(rows, self.begun);
        self.cx.debug(Some(self.stream), text).await;
    }
}

/// How many rows came since then.
pub fn came(rows: u64, since: Instant) -> String {
    let noun = if rows == 1 { "row" } else { "rows" };
    let seconds = since.elapsed().as_secs_f64();
    format!("{rows} {noun} in {seconds:.3} s.")
}
