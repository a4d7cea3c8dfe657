//! What one sheet of a workbook is while its rows go by: its columns, and what is odd about it.

use airbyte::protocol::AirbyteStream;

use super::cell::{Cell, Midnights};
use crate::fault::Fault;
use crate::sources::file::config::Types;
use crate::sources::file::oddities::{FailedCells, Head, Oddities};
use crate::sources::file::table::{self, Columns};

/// A sheet as far as it was read.
pub struct Judged {
    /// What the sheet itself has in its first filled row.
    header: Vec<String>,
    columns: Columns,
    midnights: Vec<Midnights>,
    failed: FailedCells,
    rows: u64,
    /// Of these, those with more than one filled cell.
    wide: u64,
}

impl Judged {
    /// By the first filled row.
    pub fn headed(cells: &[Cell]) -> Result<Self, Fault> {
        let header: Vec<String> = cells.iter().map(|cell| cell.text().to_owned()).collect();
        let names = table::names(header.iter().map(String::as_str))?;
        Ok(Self {
            header,
            columns: Columns::named(names),
            midnights: Vec::new(),
            failed: FailedCells::default(),
            rows: 0,
            wide: 0,
        })
    }

    pub fn see(&mut self, cells: &[Cell]) -> Result<(), Fault> {
        self.rows += 1;
        self.wide += u64::from(cells.iter().filter(|cell| cell.is_filled()).count() > 1);
        self.midnights
            .resize_with(self.midnights.len().max(cells.len()), Midnights::default);
        for (at, cell) in cells.iter().enumerate() {
            // A column that has neither name nor value is none, however many errors it holds.
            if *cell == Cell::Failed && self.is_headed(at) {
                self.failed.add(&self.columns.names()[at]);
            }
            let waits = self.midnights[at].wait(cell);
            if !waits && *cell != Cell::Empty && *cell != Cell::Failed {
                cell.show(self.columns.at(at)?);
            }
        }
        Ok(())
    }

    /// How many rows there were below the first.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The stream that the sheet becomes, and remarks on it.
    pub fn stream(
        mut self,
        sheet: &str,
        name: &str,
    ) -> Result<(AirbyteStream, Vec<String>), Fault> {
        for (at, midnights) in self.midnights.iter().enumerate() {
            if !midnights.is_empty() {
                midnights.settle(self.columns.at(at)?);
            }
        }
        let keep = |at: usize| self.is_headed(at);
        let stream = self.columns.stream(name, Types::Recognise, keep);
        let mut oddities = Oddities::new(self.renamed(), None);
        oddities.judge(self.head());
        oddities.fail(self.failed);
        let remarks = oddities
            .remarks()
            .iter()
            .map(|remark| format!("Sheet “{sheet}”: {remark}"))
            .collect();
        Ok((stream, remarks))
    }

    fn is_headed(&self, at: usize) -> bool {
        let name = self.header.get(at);
        name.is_some_and(|name| !name.trim().is_empty())
    }

    /// The names of columns that the sheet itself does not have.
    fn renamed(&self) -> Vec<String> {
        let names = self.columns.names().iter().zip(&self.header).enumerate();
        names
            .filter(|(at, _)| self.is_headed(*at) || !self.columns.is_empty(*at))
            .filter(|(_, (name, own))| name.as_str() != own.trim())
            .map(|(_, (name, _))| name.clone())
            .collect()
    }

    fn head(&self) -> Head {
        let headed = (0..self.header.len()).filter(|at| self.is_headed(*at));
        if headed.count() == 1 && self.wide * 2 > self.rows {
            Head::Title
        } else {
            Head::Names
        }
    }
}
