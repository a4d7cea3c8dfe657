//! Integration YAML: a few lines that describe an API, a database or a file, and become what moves its data, directly
//! and by Airbyte.
//!
//! A document is read strictly, and everything that is wrong with it is told at once, with its place. It never holds a
//! secret, only the names of secrets, and so does everything made from it.

mod airbyte;
mod database;
mod destination;
mod direct;
mod document;
mod file;
mod problem;
mod rest;
mod schedule;
mod secrets;
mod section;
mod types;
mod values;
mod webhook;

pub use self::airbyte::{Airbyte, Source};
pub use destination::Destination;
pub use direct::Direct;
pub use problem::{Problem, Problems, Reader};
pub use schedule::Schedule;
pub use webhook::SENDERS;

use database::Database;
use file::File;
use rest::Rest;
use webhook::Webhook;

/// One entry of `apis.integrations`.
#[derive(Debug, Clone, PartialEq)]
pub struct Integration {
    pub name: String,
    pub description: Option<String>,
    /// The names of the secrets it needs, in the order they are met.
    pub secrets: Vec<String>,
    pub destination: Destination,
    pub schedule: Schedule,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Rest(Rest),
    Database(Database),
    File(File),
    Webhook(Webhook),
}

impl Integration {
    /// Reads a document. `types` is the text of an operator's file of custom types, which the document may use.
    pub fn read(document: &str, types: Option<&str>) -> Result<Vec<Self>, Problems> {
        Self::read_for(Reader::Anyone, document, types)
    }

    /// The same for somebody in particular.
    pub fn read_for(
        reader: Reader,
        document: &str,
        types: Option<&str>,
    ) -> Result<Vec<Self>, Problems> {
        document::read(document, types, reader)
    }

    /// What moves its data in this process.
    pub fn direct(&self) -> Direct {
        direct::of(self)
    }

    /// What moves its data by Airbyte.
    pub fn airbyte(&self) -> Airbyte {
        airbyte::of(self)
    }

    /// How it signs the events it sends, for one that sends them.
    pub fn sender(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Webhook(webhook) => Some(webhook.sender),
            Kind::Rest(_) | Kind::Database(_) | Kind::File(_) => None,
        }
    }

    /// The built-in type: rest, database, file or webhook.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Rest(_) => "rest",
            Kind::Database(_) => "database",
            Kind::File(_) => "file",
            Kind::Webhook(_) => "webhook",
        }
    }
}
