//! What is odd in a table file without being wrong: a header that seems to be none, names that the file does not have, rows
//! that are longer or shorter than the header, cells that hold an error. It is read all the same, and a person is told how.

/// How many names a remark tells.
const NAMED: usize = 5;

/// What to do where the header is none.
const TITLE: &str = "If the first row is a title, skip it in the format’s settings.";

/// What the row that is taken for the header seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    Names,
    /// Values as the rows below have them.
    Data,
    /// One cell of a workbook, above rows of more.
    Title,
}

impl Head {
    fn remark(self) -> Option<String> {
        let text = match self {
            Self::Names => return None,
            Self::Data => {
                "The first row looks like data, and is taken for the names of the columns. If the file has no names of columns, \
                 choose the format CSV and switch off “First row holds the column names”."
            }
            Self::Title => {
                "Its first filled row has one cell and the rows below have more: that cell is taken for the name of a column. \
                 If it is a title, choose the format Excel and skip the rows above the names of the columns."
            }
        };
        Some(text.to_owned())
    }
}

/// Cells that hold an error of their formula.
#[derive(Debug, Default)]
pub struct FailedCells {
    count: u64,
    first_column: String,
}

impl FailedCells {
    pub fn add(&mut self, column: &str) {
        if self.count == 0 {
            column.clone_into(&mut self.first_column);
        }
        self.count += 1;
    }

    fn remark(&self) -> Option<String> {
        let Self {
            count,
            first_column: column,
        } = self;
        match count {
            0 => None,
            1 => Some(format!(
                "A cell in “{column}” holds an error such as #DIV/0!: it stays empty, and its row says so."
            )),
            count => Some(format!(
                "{count} cells hold an error such as #DIV/0!, the first of them in “{column}”: they stay empty, and their rows say so."
            )),
        }
    }
}

/// What was seen so far.
#[derive(Debug)]
pub struct Oddities {
    head: Head,
    failed: FailedCells,
    renamed: Vec<String>,
    /// How many values a row should have; unknown without a header.
    width: Option<usize>,
    rows: u64,
    short: Rows,
    long: Rows,
}

/// Rows of one kind.
#[derive(Debug, Default)]
struct Rows {
    count: u64,
    first_line: u64,
}

impl Rows {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }

    /// "The row at line 3 has", "3 rows, the first at line 3, have"; nothing where there are none.
    fn subject(&self) -> Option<String> {
        let Self { count, first_line } = self;
        match count {
            0 => None,
            1 => Some(format!("The row at line {first_line} has")),
            count => Some(format!(
                "{count} rows, the first at line {first_line}, have"
            )),
        }
    }
}

impl Oddities {
    /// `renamed` are names of columns that were made up.
    pub fn new(renamed: Vec<String>, width: Option<usize>) -> Self {
        Self {
            head: Head::Names,
            failed: FailedCells::default(),
            renamed,
            width,
            rows: 0,
            short: Rows::default(),
            long: Rows::default(),
        }
    }

    /// What the first row seems to be, now that others are known.
    pub fn judge(&mut self, head: Head) {
        self.head = head;
    }

    /// All cells that hold an error.
    pub fn fail(&mut self, failed: FailedCells) {
        self.failed = failed;
    }

    /// Takes note of a row's number of values.
    pub fn see(&mut self, values: usize, line: u64) {
        self.rows += 1;
        match self.width {
            Some(width) if values < width => self.short.add(line),
            Some(width) if values > width => self.long.add(line),
            _ => {}
        }
    }

    /// One sentence for each kind.
    pub fn remarks(&self) -> Vec<String> {
        let short = self.short.subject().map(|subject| {
            format!("{subject} fewer values than the header: what is missing stays empty.")
        });
        let long = self.long.subject().map(|subject| {
            format!("{subject} more values than the header: they go to columns with a number.")
        });
        let all_are_long = self.rows > 0 && self.long.count == self.rows;
        // One piece of advice is enough.
        let is_title = self.head == Head::Names && (self.renamed.len() > 1 || all_are_long);
        let title = is_title.then(|| TITLE.to_owned());
        let remarks = [
            self.head.remark(),
            self.made_up(),
            short,
            long,
            title,
            self.failed.remark(),
        ];
        remarks.into_iter().flatten().collect()
    }

    fn made_up(&self) -> Option<String> {
        let [first, ..] = self.renamed.as_slice() else {
            return None;
        };
        if self.renamed.len() == 1 {
            return Some(format!(
                "One name in the header is empty or there twice: that column is called {first}."
            ));
        }
        let mut names: Vec<&str> = self
            .renamed
            .iter()
            .map(String::as_str)
            .take(NAMED)
            .collect();
        if self.renamed.len() > NAMED {
            names.push("…");
        }
        Some(format!(
            "{} names in the header are empty or there twice: those columns are called {}.",
            self.renamed.len(),
            names.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_it_should_be_is_no_matter() {
        let mut oddities = Oddities::new(Vec::new(), Some(2));
        oddities.see(2, 2);
        assert!(oddities.remarks().is_empty());
        let mut without_header = Oddities::new(Vec::new(), None);
        without_header.see(7, 1);
        assert!(without_header.remarks().is_empty());
    }

    #[test]
    fn a_header_that_seems_to_be_none_is_told_first_and_with_one_piece_of_advice() {
        for (head, advice) in [
            (Head::Data, "switch off “First row holds the column names”."),
            (Head::Title, "skip the rows above the names of the columns."),
        ] {
            let mut oddities = Oddities::new(vec!["a_2".to_owned(), "b_2".to_owned()], None);
            assert_eq!(oddities.remarks().last().unwrap(), TITLE);
            oddities.judge(head);
            let remarks = oddities.remarks();
            assert!(remarks[0].ends_with(advice), "{remarks:?}");
            assert!(!remarks.contains(&TITLE.to_owned()), "{remarks:?}");
        }
    }

    #[test]
    fn cells_with_an_error_are_counted() {
        let told = |columns: &[&str]| {
            let mut failed = FailedCells::default();
            for column in columns {
                failed.add(column);
            }
            let mut oddities = Oddities::new(Vec::new(), None);
            oddities.fail(failed);
            oddities.remarks().concat()
        };
        assert_eq!(told(&[]), "");
        assert!(told(&["share"]).starts_with("A cell in “share” holds an error"));
        assert!(told(&["share", "sum"]).starts_with("2 cells hold an error"));
        assert!(told(&["share", "sum"]).contains("the first of them in “share”"));
    }

    #[test]
    fn each_kind_is_told_once_with_its_first_line() {
        let mut oddities = Oddities::new(vec!["a_2".to_owned()], Some(3));
        for (values, line) in [(3, 2), (1, 3), (5, 4), (2, 5)] {
            oddities.see(values, line);
        }
        assert_eq!(
            oddities.remarks(),
            [
                "One name in the header is empty or there twice: that column is called a_2.",
                "2 rows, the first at line 3, have fewer values than the header: what is missing stays empty.",
                "The row at line 4 has more values than the header: they go to columns with a number.",
            ]
        );
    }
}
