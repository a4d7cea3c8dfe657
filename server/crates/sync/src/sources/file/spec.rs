//! What the file source asks of a person.

use airbyte::protocol::ConnectorSpecification;
use serde_json::{Value, json};

pub fn spec() -> ConnectorSpecification {
    let mut spec = ConnectorSpecification::new(schema());
    spec.supports_incremental = Some(false);
    spec.protocol_version = Some("0.2.0".to_owned());
    spec
}

fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "File",
        "type": "object",
        "required": ["dataset_name", "location"],
        "additionalProperties": true,
        "properties": {
            "dataset_name": {
                "type": "string", "title": "Table name", "order": 0, "minLength": 1, "maxLength": 60,
                "description": "The table the rows land in.", "examples": ["price_list"],
                "pattern": "^[A-Za-z0-9_ -]+$", "pattern_descriptor": "letters, digits, spaces, - and _"
            },
            "location": {
                "type": "object", "title": "Where the file is", "order": 1,
                "oneOf": [
                    {
                        "title": "Upload", "description": "A file from your computer.", "required": ["from", "file"],
                        "properties": {
                            "from": {"type": "string", "const": "upload", "order": 0},
                            "file": {
                                "type": "string", "title": "File", "order": 1, "format": "upload", "pattern": "^upload://",
                                "accept": ".csv,.tsv,.txt,.json,.jsonl,.ndjson,.xlsx,.xls,.gz,.zip",
                                "description": "CSV, JSON, JSON lines or Excel; also packed with gzip or ZIP."
                            }
                        }
                    },
                    {
                        "title": "Web address", "description": "A file that can be downloaded without signing in. Each run downloads it anew.",
                        "required": ["from", "url"],
                        "properties": {
                            "from": {"type": "string", "const": "url", "order": 0},
                            "url": {
                                "type": "string", "title": "Address", "order": 1, "examples": ["https://example.com/prices.csv"],
                                "description": "The address of the file itself, not of a page that shows it.",
                                "pattern": "^https?://.+", "pattern_descriptor": "https://…"
                            }
                        }
                    },
                    {
                        "title": "S3 bucket", "description": "A file in Amazon S3, or in a storage that speaks like it. Each run fetches it anew.",
                        "required": ["from", "bucket", "key", "access_key_id", "secret_access_key"],
                        "properties": {
                            "from": {"type": "string", "const": "s3", "order": 0},
                            "bucket": {"type": "string", "title": "Bucket", "order": 1, "minLength": 1, "examples": ["my-exports"]},
                            "key": {
                                "type": "string", "title": "Name of the file", "order": 2, "minLength": 1, "examples": ["daily/prices.csv.gz"],
                                "description": "With its folders."
                            },
                            "region": {"type": "string", "title": "Region", "order": 3, "default": "us-east-1", "examples": ["eu-central-1"]},
                            "access_key_id": {"type": "string", "title": "Access key ID", "order": 4, "minLength": 1, "description": "Of a key that may read this file (s3:GetObject)."},
                            "secret_access_key": {"type": "string", "title": "Secret access key", "order": 5, "minLength": 1, "airbyte_secret": true},
                            "endpoint": {
                                "type": "string", "title": "Address of the storage", "order": 6, "examples": ["https://s3.example.com"],
                                "description": "Only for a storage that is not Amazon’s.", "pattern": "^https?://.+", "pattern_descriptor": "https://…"
                            }
                        }
                    }
                ]
            },
            "format": format(),
            "archive_file": {
                "type": "string", "title": "File in the ZIP archive", "order": 3, "examples": ["2026/prices.csv"],
                "description": "Only where the archive holds several files."
            }
        }
    })
}

fn format() -> Value {
    let kind = |name: &str| json!({"type": "string", "const": name, "order": 0});
    json!({
        "type": "object", "title": "Format", "order": 2, "default": {"type": "auto"},
        "oneOf": [
            {"title": "Recognise it", "description": "By the file's content, whatever its name.", "required": ["type"], "properties": {"type": kind("auto")}},
            {
                "title": "CSV", "description": "Values separated by a character.", "required": ["type"],
                "properties": {
                    "type": kind("csv"),
                    "delimiter": {"type": "string", "title": "Separator", "order": 1, "enum": ["auto", ",", ";", "tab", "|"], "default": "auto"},
                    "encoding": {
                        "type": "string", "title": "Encoding", "order": 2, "default": "auto", "examples": ["utf-8", "windows-1252"],
                        "description": "Only if letters with accents come out wrong. latin-1 and iso-8859-1 are read as windows-1252, which has all their letters and more signs, as web browsers do."
                    },
                    "quote": {"type": "string", "title": "Quote", "order": 3, "enum": ["\"", "'", "none"], "default": "\""},
                    "header": {
                        "type": "boolean", "title": "First row holds the column names", "order": 4, "default": true,
                        "description": "Otherwise the columns are called column_1, column_2 and so on."
                    },
                    "skip_rows": {
                        "type": "integer", "title": "Lines to skip at the beginning", "order": 5, "default": 0, "minimum": 0, "maximum": 1000
                    },
                    "types": {
                        "type": "string", "title": "Types", "order": 6, "enum": ["recognise", "text"], "default": "recognise",
                        "description": "“recognise” looks at the beginning of the file (up to 4 MiB): whole numbers, numbers, yes/no, dates and times. A later value that does not fit becomes empty, and the row says so. “text” keeps every value as it stands."
                    }
                }
            },
            {"title": "JSON", "description": "One list of objects.", "required": ["type"], "properties": {"type": kind("json")}},
            {"title": "JSON lines", "description": "One object per line.", "required": ["type"], "properties": {"type": kind("jsonl")}},
            {
                "title": "Excel", "required": ["type"],
                "description": "A workbook, .xlsx or .xls. Each sheet becomes a table. A duration, such as 36:30 hours, becomes the text PT36H30M. A cell that holds an error, such as #N/A, becomes empty, and its row says so.",
                "properties": {
                    "type": kind("excel"),
                    "sheet": {"type": "string", "title": "Sheet", "order": 1, "description": "Only this sheet. Leave empty for all."},
                    "skip_rows": {
                        "type": "integer", "title": "Rows to skip at the beginning", "order": 2, "default": 0, "minimum": 0, "maximum": 1000,
                        "description": "Those above the names of the columns, such as a title; blank ones count. Holds for each sheet."
                    }
                }
            }
        ]
    })
}
