//! The data set: one million records of three streams, the same on every machine, as Airbyte messages and as CSV.
//!
//! A tenth of the records repeat an earlier key with newer content, so that the same files serve for appending and for
//! deduplication.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Bump when the content changes: files of another version are made anew.
const VERSION: u32 = 1;
/// Records between two states.
const STATE_EVERY: u64 = 10_000;
/// The first moment of the data, 2023-11-14, in milliseconds.
const EPOCH_MILLIS: u64 = 1_700_000_000_000;

/// A stream: its columns with their SQL types, and how its JSON Schema declares them.
pub struct Stream {
    pub name: &'static str,
    pub records: u64,
    /// (column, SQL type, JSON Schema of the property)
    pub columns: &'static [(&'static str, &'static str, &'static str)],
    record: fn(&mut Random, u64, u64, &mut Row),
}

const INTEGER: &str = r#"{"type":["null","integer"]}"#;
const NUMBER: &str = r#"{"type":["null","number"]}"#;
const STRING: &str = r#"{"type":["null","string"]}"#;
const BOOLEAN: &str = r#"{"type":["null","boolean"]}"#;
const DATE: &str = r#"{"type":["null","string"],"format":"date"}"#;
const MOMENT: &str =
    r#"{"type":["null","string"],"format":"date-time","airbyte_type":"timestamp_with_timezone"}"#;
const OBJECT: &str = r#"{"type":["null","object"]}"#;

/// In the order a source sends them.
pub static STREAMS: [Stream; 3] = [
    Stream {
        name: "products",
        records: 100_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("make", "VARCHAR", STRING),
            ("model", "VARCHAR", STRING),
            ("year", "BIGINT", INTEGER),
            ("price", "NUMERIC", NUMBER),
            ("in_stock", "BOOLEAN", BOOLEAN),
            ("description", "VARCHAR", STRING),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: product,
    },
    Stream {
        name: "users",
        records: 500_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("name", "VARCHAR", STRING),
            ("title", "VARCHAR", STRING),
            ("age", "BIGINT", INTEGER),
            ("email", "VARCHAR", STRING),
            ("telephone", "VARCHAR", STRING),
            ("gender", "VARCHAR", STRING),
            ("language", "VARCHAR", STRING),
            ("academic_degree", "VARCHAR", STRING),
            ("nationality", "VARCHAR", STRING),
            ("occupation", "VARCHAR", STRING),
            ("height", "NUMERIC", NUMBER),
            ("weight", "BIGINT", INTEGER),
            ("blood_type", "VARCHAR", STRING),
            ("birth_date", "DATE", DATE),
            ("is_active", "BOOLEAN", BOOLEAN),
            ("balance", "NUMERIC", NUMBER),
            ("address", "JSONB", OBJECT),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: user,
    },
    Stream {
        name: "purchases",
        records: 400_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("product_id", "BIGINT", INTEGER),
            ("user_id", "BIGINT", INTEGER),
            ("quantity", "BIGINT", INTEGER),
            ("amount", "NUMERIC", NUMBER),
            ("currency", "VARCHAR", STRING),
            ("note", "VARCHAR", STRING),
            ("added_to_cart_at", "TIMESTAMPTZ", MOMENT),
            ("purchased_at", "TIMESTAMPTZ", MOMENT),
            ("returned_at", "TIMESTAMPTZ", MOMENT),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: purchase,
    },
];

/// The stream the delta belongs to.
pub fn users() -> &'static Stream {
    &STREAMS[1]
}

/// Where the files are.
pub struct DataSet {
    dir: PathBuf,
}

impl DataSet {
    /// Makes the files unless they are there.
    pub fn ensure(dir: &Path) -> Result<Self> {
        let set = Self {
            dir: dir.join(format!("data-{VERSION}")),
        };
        let done = set.dir.join("complete");
        if !done.exists() {
            fs::create_dir_all(&set.dir)
                .with_context(|| format!("cannot make {}", set.dir.display()))?;
            set.make()?;
            File::create(done)?;
        }
        Ok(set)
    }

    /// The messages of a whole source.
    pub fn messages(&self) -> PathBuf {
        self.dir.join("messages.jsonl")
    }

    /// A later 100,000 records of `users`: half of them keys that are there, half new.
    pub fn delta_messages(&self) -> PathBuf {
        self.dir.join("delta.jsonl")
    }

    pub fn csv(&self, stream: &str) -> PathBuf {
        self.dir.join(format!("{stream}.csv"))
    }

    pub fn delta_csv(&self) -> PathBuf {
        self.dir.join("delta.csv")
    }

    fn make(&self) -> Result<()> {
        let mut messages = BufWriter::with_capacity(1 << 20, File::create(self.messages())?);
        for stream in &STREAMS {
            let mut csv = BufWriter::with_capacity(1 << 20, File::create(self.csv(stream.name))?);
            let mut random = Random::new(stream.name);
            write_stream(
                stream,
                stream.records,
                key,
                &mut random,
                &mut messages,
                &mut csv,
            )?;
            csv.flush()?;
        }
        messages.flush()?;
        self.make_delta()
    }

    fn make_delta(&self) -> Result<()> {
        let users = users();
        let mut messages = BufWriter::new(File::create(self.delta_messages())?);
        let mut csv = BufWriter::new(File::create(self.delta_csv())?);
        let mut random = Random::new("delta");
        let keys = |random: &mut Random, n: u64| {
            if n.is_multiple_of(2) {
                1 + random.below(users.records)
            } else {
                users.records * 2 + n
            }
        };
        write_stream(users, 100_000, keys, &mut random, &mut messages, &mut csv)?;
        messages.flush()?;
        Ok(csv.flush()?)
    }
}

/// A new key nine times of ten.
fn key(random: &mut Random, n: u64) -> u64 {
    if n > 10 && random.below(10) == 0 {
        1 + random.below(n)
    } else {
        n + 1
    }
}

fn write_stream(
    stream: &Stream,
    records: u64,
    keys: impl Fn(&mut Random, u64) -> u64,
    random: &mut Random,
    messages: &mut impl Write,
    csv: &mut impl Write,
) -> Result<()> {
    let name = stream.name;
    let status = |status: &str| {
        format!(
            r#"{{"type":"TRACE","trace":{{"type":"STREAM_STATUS","emitted_at":1700000000000.0,"stream_status":{{"stream_descriptor":{{"name":"{name}"}},"status":"{status}"}}}}}}"#
        )
    };
    writeln!(messages, "{}", status("STARTED"))?;
    let mut row = Row::default();
    for n in 0..records {
        row.clear();
        let key = keys(random, n);
        (stream.record)(random, key, n, &mut row);
        row.finish();
        let emitted_at = EPOCH_MILLIS + n / 50;
        writeln!(
            messages,
            r#"{{"type":"RECORD","record":{{"stream":"{name}","data":{},"emitted_at":{emitted_at}}}}}"#,
            row.json
        )?;
        writeln!(csv, "{}", row.csv)?;
        if (n + 1).is_multiple_of(STATE_EVERY) {
            writeln!(
                messages,
                r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{name}"}},"stream_state":{{"at":{n}}}}},"sourceStats":{{"recordCount":{STATE_EVERY}.0}}}}}}"#
            )?;
        }
    }
    Ok(writeln!(messages, "{}", status("COMPLETE"))?)
}

/// One record, as JSON and as a line of CSV.
#[derive(Default)]
struct Row {
    json: String,
    csv: String,
}

impl Row {
    fn clear(&mut self) {
        self.json.clear();
        self.csv.clear();
        self.json.push('{');
    }

    fn finish(&mut self) {
        self.json.push('}');
    }

    fn field(&mut self, name: &str, json: &str, csv: &str) {
        if self.json.len() > 1 {
            self.json.push(',');
            self.csv.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.json, "\"{name}\":{json}");
        self.csv.push_str(csv);
    }

    fn bare(&mut self, name: &str, value: &str) {
        self.field(name, value, value);
    }

    fn text(&mut self, name: &str, value: &str) {
        let json = format!(
            "\"{}\"",
            value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        );
        self.field(name, &json, &format!("\"{}\"", value.replace('"', "\"\"")));
    }

    fn object(&mut self, name: &str, json: &str) {
        self.field(name, json, &format!("\"{}\"", json.replace('"', "\"\"")));
    }

    fn null(&mut self, name: &str) {
        self.field(name, "null", "");
    }
}

fn user(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
    row.bare("id", &key.to_string());
    row.text("name", &format!("{first} {last}"));
    row.text(
        "title",
        random.pick(&["Mr.", "Mrs.", "Dr.", "Ms.", "Prof."]),
    );
    row.bare("age", &(18 + random.below(70)).to_string());
    row.text(
        "email",
        &format!(
            "{}.{}{}@example.org",
            first.to_lowercase(),
            last.to_lowercase(),
            random.below(100_000)
        ),
    );
    row.text(
        "telephone",
        &format!(
            "+1 (555) {:03}-{:04}",
            random.below(1000),
            random.below(10_000)
        ),
    );
    row.text(
        "gender",
        random.pick(&["female", "male", "other", "not said"]),
    );
    circumstances(random, row);
    moments(random, n, row);
}

fn circumstances(random: &mut Random, row: &mut Row) {
    row.text(
        "language",
        random.pick(&[
            "English",
            "Español",
            "Français",
            "Deutsch",
            "日本語",
            "Português",
        ]),
    );
    row.text(
        "academic_degree",
        random.pick(&["Bachelor", "Master", "PhD", "None"]),
    );
    row.text(
        "nationality",
        random.pick(&["Brazilian", "Danish", "Kenyan", "Vietnamese", "Canadian"]),
    );
    row.text(
        "occupation",
        &format!(
            "{} {}",
            random.pick(&WORDS),
            random.pick(&["manager", "engineer", "clerk", "nurse", "driver"])
        ),
    );
    row.bare("height", &format!("1.{:02}", 40 + random.below(60)));
    row.bare("weight", &(45 + random.below(80)).to_string());
    row.text("blood_type", random.pick(&["A+", "B-", "O+", "AB−"]));
    row.text(
        "birth_date",
        &format!(
            "{}-{:02}-{:02}",
            1940 + random.below(65),
            1 + random.below(12),
            1 + random.below(28)
        ),
    );
    row.bare(
        "is_active",
        if random.below(3) > 0 { "true" } else { "false" },
    );
    row.bare(
        "balance",
        &format!("{}.{:02}", random.below(1_000_000), random.below(100)),
    );
    row.object(
        "address",
        &format!(
            r#"{{"street_number":"{}","street_name":"{} {}","city":"{}","region":"{}","postal_code":"{:05}","country_code":"{}"}}"#,
            random.below(9999),
            random.pick(&WORDS),
            random.pick(&["Street", "Avenue", "Lane", "Road"]),
            random.pick(&LAST),
            random.pick(&WORDS),
            random.below(100_000),
            random.pick(&["BR", "DK", "KE", "VN", "CA"])
        ),
    );
}

fn product(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    row.bare("id", &key.to_string());
    row.text("make", random.pick(&LAST));
    row.text(
        "model",
        &format!("{} {}", random.pick(&WORDS), random.below(900)),
    );
    row.bare("year", &(1960 + random.below(65)).to_string());
    row.bare(
        "price",
        &format!("{}.{:02}", 100 + random.below(90_000), random.below(100)),
    );
    row.bare(
        "in_stock",
        if random.below(2) > 0 { "true" } else { "false" },
    );
    row.text("description", &random.prose(85));
    moments(random, n, row);
}

fn purchase(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    row.bare("id", &key.to_string());
    row.bare("product_id", &(1 + random.below(100_000)).to_string());
    row.bare("user_id", &(1 + random.below(500_000)).to_string());
    row.bare("quantity", &(1 + random.below(9)).to_string());
    row.bare(
        "amount",
        &format!("{}.{:02}", random.below(10_000), random.below(100)),
    );
    row.text(
        "currency",
        random.pick(&["BRL", "DKK", "KES", "VND", "CAD"]),
    );
    row.text("note", &random.prose(10));
    row.text("added_to_cart_at", &moment(random.below(31_000_000)));
    row.text("purchased_at", &moment(random.below(31_000_000)));
    if random.below(8) == 0 {
        row.text("returned_at", &moment(random.below(31_000_000)));
    } else {
        row.null("returned_at");
    }
    moments(random, n, row);
}

/// When a row was made and last changed; later records are newer.
fn moments(random: &mut Random, n: u64, row: &mut Row) {
    row.text("created_at", &moment(random.below(31_000_000)));
    row.text("updated_at", &moment(31_600_000 + n));
}

/// A moment of 2023 and later, this many seconds after its beginning.
fn moment(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, day) = (2023 + days / 360, days % 360);
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        1 + day / 30,
        1 + day % 28,
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

const FIRST: [&str; 12] = [
    "Ada", "Bram", "Chloé", "Dmitri", "Esther", "Femi", "Grace", "Hugo", "Ines", "Jun", "Kofi",
    "Lena",
];
const LAST: [&str; 12] = [
    "Adeyemi", "Brown", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ito",
    "Jones", "Kim", "Larsen",
];
const WORDS: [&str; 16] = [
    "amber", "brick", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper",
    "kelp", "lantern", "meadow", "north", "orchard", "pine",
];

/// A small generator (splitmix64): the same numbers everywhere.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        Self(
            seed.bytes()
                .fold(7, |seed, byte| seed * 31 + u64::from(byte)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let length = u64::try_from(choices.len()).unwrap_or(1);
        usize::try_from(self.below(length))
            .ok()
            .and_then(|at| choices.get(at))
            .copied()
            .unwrap_or_default()
    }

    fn prose(&mut self, words: usize) -> String {
        (0..words)
            .map(|_| self.pick(&WORDS))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_same_everywhere() {
        let mut random = Random::new("users");
        assert_eq!(
            [random.next(), random.next()],
            [6_671_660_924_094_363_666, 11_644_895_007_624_711_056]
        );
    }

    #[test]
    fn json_and_csv_tell_the_same() {
        let mut row = Row::default();
        row.clear();
        row.bare("id", "1");
        row.text("name", "say \"hi\"");
        row.null("gone");
        row.finish();
        assert_eq!(row.json, r#"{"id":1,"name":"say \"hi\"","gone":null}"#);
        assert_eq!(row.csv, r#"1,"say ""hi""","#);
    }
}
