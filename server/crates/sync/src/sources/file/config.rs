//! The file source's configuration as typed values.

use serde::Deserialize;
use serde_json::Value;

use super::s3::Object;
use crate::fault::Fault;

#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// The stream's name.
    pub dataset_name: String,
    #[serde(default)]
    location: Option<Location>,
    /// The address as Airbyte's file source has it; `upload://` works here too.
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    pub format: Format,
    /// Which file of a ZIP archive that holds several.
    #[serde(default)]
    pub archive_file: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Location {
    Url { url: String },
    Upload { file: String },
    S3(Object),
}

#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Format {
    #[default]
    Auto,
    Csv(CsvOptions),
    Json,
    Jsonl,
    Excel {
        #[serde(default)]
        sheet: Option<String>,
        /// Of every sheet, blank ones too.
        #[serde(default)]
        skip_rows: u32,
    },
}

#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct CsvOptions {
    pub delimiter: String,
    pub encoding: String,
    pub quote: String,
    pub header: bool,
    pub skip_rows: usize,
    pub types: Types,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: "auto".to_owned(),
            encoding: "auto".to_owned(),
            quote: "\"".to_owned(),
            header: true,
            skip_rows: 0,
            types: Types::Recognise,
        }
    }
}

/// Whether values get types of their own.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Types {
    #[default]
    Recognise,
    Text,
}

impl Config {
    pub fn parse(config: &Value) -> Result<Self, Fault> {
        Self::deserialize(config).map_err(|error| {
            Fault::config("The file's settings are incomplete.").with_detail(error.to_string())
        })
    }

    pub fn location(&self) -> Result<Location, Fault> {
        match (&self.location, &self.url) {
            (Some(location), _) => Ok(location.clone()),
            (None, Some(url)) if url.starts_with("upload://") => {
                Ok(Location::Upload { file: url.clone() })
            }
            (None, Some(url)) => Ok(Location::Url { url: url.clone() }),
            (None, None) => Err(Fault::config(
                "Say where the file is: upload it, or enter its address.",
            )
            .at_field("location")),
        }
    }

    pub fn csv(&self) -> CsvOptions {
        match &self.format {
            Format::Csv(options) => options.clone(),
            _ => CsvOptions::default(),
        }
    }
}
