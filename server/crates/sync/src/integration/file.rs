//! `type: file`: a file at an address or in a bucket, read whole each time.

use super::rest::check_address;
use super::section::Section;

pub(super) const KEYS: &[&str] = &[
    "url",
    "format",
    "table",
    "delimiter",
    "encoding",
    "archive_file",
    "region",
    "endpoint",
    "access_key_id",
    "secret_access_key",
    "secret_name",
];

/// What only a file in a bucket has.
const OF_A_BUCKET: [&str; 5] = [
    "region",
    "endpoint",
    "access_key_id",
    "secret_access_key",
    "secret_name",
];

/// What a table's name may be, as both file sources have it.
const MOST_OF_A_TABLE: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    JsonLines,
    Excel,
}

const FORMATS: [(&str, Format); 4] = [
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("jsonl", Format::JsonLines),
    ("excel", Format::Excel),
];

/// What the end of a name tells.
const ENDINGS: [(&str, Format); 7] = [
    (".csv", Format::Csv),
    (".tsv", Format::Csv),
    (".json", Format::Json),
    (".jsonl", Format::JsonLines),
    (".ndjson", Format::JsonLines),
    (".xlsx", Format::Excel),
    (".xls", Format::Excel),
];

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Excel => "excel",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub place: Place,
    /// The file of an archive that holds several.
    pub in_archive: Option<String>,
    pub format: Format,
    pub table: String,
    /// What separates the values of a CSV file.
    pub delimiter: Option<&'static str>,
    pub encoding: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `https://…`
    Web(String),
    Bucket(Bucket),
}

/// `s3://bucket/key`, and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub name: String,
    pub key: String,
    pub region: Option<String>,
    /// Of a storage that is not Amazon's.
    pub endpoint: Option<String>,
    pub access_key_id: String,
    /// `${secrets.name}`
    pub secret_access_key: String,
}

const DELIMITERS: [(&str, &str); 4] = [(",", ","), (";", ";"), ("|", "|"), ("tab", "tab")];

pub(super) fn read(section: &Section<'_>, name: &str) -> File {
    let url = section.need_text("url");
    let place = match url.strip_prefix("s3://") {
        Some(object) => Place::Bucket(bucket(section, object)),
        None => web(section, &url),
    };
    let format = format(section, &url);
    let delimiter = section.choice("delimiter", &DELIMITERS);
    for name in ["delimiter", "encoding"] {
        if format != Format::Csv
            && let Some(value) = section.get(name)
        {
            section.problem(value.at, name, "is for csv only");
        }
    }
    let is_tsv = path(&url).rsplit('.').next() == Some("tsv");
    File {
        table: table(section, name),
        format,
        delimiter: delimiter.or(is_tsv.then_some("tab")),
        encoding: section.word("encoding"),
        in_archive: section.word("archive_file"),
        place,
    }
}

fn web(section: &Section<'_>, url: &str) -> Place {
    if let Some(value) = section.get("url")
        && let Err(why) = check_address(url)
    {
        section.problem(value.at, "url", why);
    }
    for name in OF_A_BUCKET {
        if let Some(value) = section.get(name) {
            section.problem(value.at, name, "is for s3:// addresses only");
        }
    }
    Place::Web(url.to_owned())
}

fn bucket(section: &Section<'_>, object: &str) -> Bucket {
    let (name, key) = object.split_once('/').unwrap_or((object, ""));
    if let Some(value) = section.get("url")
        && (name.is_empty() || key.is_empty())
    {
        let why = "is no s3://bucket/name of the file";
        section.problem(value.at, "url", why);
    }
    let endpoint = section.word("endpoint");
    if let Some(endpoint) = &endpoint
        && let Some(value) = section.get("endpoint")
        && let Err(why) = check_address(endpoint)
    {
        section.problem(value.at, "endpoint", why);
    }
    Bucket {
        name: name.to_owned(),
        key: key.to_owned(),
        region: section.word("region"),
        endpoint,
        access_key_id: section.need_text("access_key_id"),
        secret_access_key: section.secret("secret_access_key"),
    }
}

/// The name of the file, in small letters and unpacked.
fn path(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.to_lowercase();
    let packed = [".gz", ".zip"];
    let unpacked = packed.iter().find_map(|ending| path.strip_suffix(ending));
    unpacked.unwrap_or(&path).to_owned()
}

fn format(section: &Section<'_>, url: &str) -> Format {
    if section.get("format").is_some() {
        return section.choice("format", &FORMATS).unwrap_or(Format::Csv);
    }
    let path = path(url);
    let told = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending));
    if told.is_none() && !url.is_empty() {
        let names = FORMATS.map(|(name, _)| name).join(", ");
        let why = format!("is missing, and the url does not tell it: one of {names}");
        section.problem(section.at, "format", &why);
    }
    told.map_or(Format::Csv, |(_, format)| *format)
}

/// The table's own name, or the integration's in plain letters.
fn table(section: &Section<'_>, name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_- ".contains(letter);
    let Some(table) = section.word("table") else {
        let letters = any_ascii::any_ascii(name).to_lowercase();
        let letters = letters.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        });
        return letters.take(MOST_OF_A_TABLE).collect();
    };
    if (table.len() > MOST_OF_A_TABLE || !table.chars().all(plain))
        && let Some(value) = section.get("table")
    {
        let why =
            format!("is no table name: up to {MOST_OF_A_TABLE} letters, digits, spaces, - and _");
        section.problem(value.at, "table", &why);
    }
    table
}
