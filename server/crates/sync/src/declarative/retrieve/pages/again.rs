//! Paging that begins anew: for the next part of a slice, for half of one, with smaller pages.

use super::{Pages, wrapped};
use crate::declarative::paginate::Circle;
use crate::declarative::request::Stop;
use crate::fault::Fault;

/// Times paging may begin anew for one slice.
const RESETS: u32 = 1;
/// How often a slice may be split in two.
const SPLITS: u32 = 10;

impl Pages<'_> {
    /// Goes on with the next part of the slice, if it was split.
    pub(super) fn next_part(&mut self) -> bool {
        let Some((slice, splits)) = self.parts.pop() else {
            return false;
        };
        self.slice = slice;
        self.splits = splits;
        self.begin();
        true
    }

    fn begin(&mut self) {
        self.records = 0;
        self.ahead.give_up();
        self.circle = Circle::default();
        self.token = self.retriever.paginator.first().map(wrapped);
    }

    /// Reads the part in two halves instead.
    pub(super) fn split(&mut self, why: Option<String>) -> Result<bool, Fault> {
        let (Some(splitting), Some(cursor)) = (&self.retriever.splitting, self.cursor) else {
            return Err(Stop::SplitRequestWindow(why).into_fault());
        };
        let halves = if self.splits < SPLITS {
            cursor.split(&self.slice, splitting.narrowest.as_deref())?
        } else {
            None
        };
        let Some([first, second]) = halves else {
            let fault =
                Fault::upstream("The API refuses even the narrowest slice that can be asked for.");
            return Err(match why {
                Some(why) => fault.with_detail(why),
                None => fault,
            });
        };
        self.splits += 1;
        self.parts.push((second, self.splits));
        self.slice = first;
        self.begin();
        Ok(true)
    }

    /// Begins again at the first page, behind what was read where the cursor can tell.
    pub(super) fn reset(&mut self) -> Result<bool, Fault> {
        if let (Some(cursor), Some(watch)) = (self.cursor, &self.watch) {
            let shorter = cursor.shorten(&self.original, watch);
            if shorter == self.slice {
                return Err(Fault::upstream(
                    "The paging has to begin anew, and what was read does not make the slice any shorter.",
                ));
            }
            self.slice = shorter;
        } else if self.resets >= RESETS {
            return Err(Fault::upstream(
                "The paging had to begin anew more than once for the same slice.",
            ));
        }
        self.resets += 1;
        self.begin();
        Ok(true)
    }

    pub(super) async fn reduce(&mut self, why: Option<String>) -> Result<bool, Fault> {
        let Some(rules) = &self.retriever.reduction else {
            return Err(Stop::ReducePageSize(why).into_fault());
        };
        if !self.retriever.paginator.can_reduce() {
            return Err(Fault::config(
                "The page size is to be reduced, which this kind of paging does not allow.",
            ));
        }
        let configured = self.retriever.paginator.page_size(self.env)?;
        self.size
            .reduce(
                rules,
                configured,
                why.as_deref(),
                &self.retriever.name,
                self.env,
            )
            .await?;
        Ok(true)
    }
}
