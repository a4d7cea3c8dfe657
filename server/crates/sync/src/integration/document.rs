//! A whole document: the custom types it brings, and its integrations one after the other.

use super::destination::Destination;
use super::problem::{Found, Problem, Problems, Reader};
use super::schedule::{self, Schedule};
use super::section::Section;
use super::types::{BuiltIn, Types};
use super::{Integration, Kind, database, file, rest, webhook};
use crate::yaml::{self, Mark, Marked};

const MOST_OF_A_NAME: usize = 100;

pub fn read(
    document: &str,
    types: Option<&str>,
    reader: Reader,
) -> Result<Vec<Integration>, Problems> {
    let document = parsed(document, 0)?;
    let operators = types.map(|text| parsed(text, 1)).transpose()?;
    let found = Found::new(reader);
    let integrations = Reading {
        found: &found,
        types: Types::default(),
    }
    .whole(&document, operators.as_ref());
    found.unless_wrong(integrations)
}

/// What is no YAML has one problem only: nothing behind it can be read.
fn parsed(text: &str, number: usize) -> Result<Marked, Problems> {
    match yaml::parse(text) {
        Ok(read) => Ok(read.in_text(number)),
        Err(broken) => {
            let at = Mark {
                text: number,
                ..broken.at
            };
            let message = format!("this is not valid YAML: {}", broken.why);
            Err(Problems(vec![Problem::new(at, message)]))
        }
    }
}

struct Reading<'d> {
    found: &'d Found,
    types: Types<'d>,
}

impl<'d> Reading<'d> {
    fn whole(mut self, document: &'d Marked, operators: Option<&'d Marked>) -> Vec<Integration> {
        if let Some(operators) = operators
            && let Some(root) = Section::open(operators, "", &[&["types"]], self.found)
        {
            self.types.add(&root);
        }
        let Some(root) = Section::open(document, "", &[&["apis", "types"]], self.found) else {
            return Vec::new();
        };
        self.types.add(&root);
        self.types.check(self.found);
        let Some(apis) = root.child("apis", &["integrations"]) else {
            if root.get("apis").is_none() {
                root.missing("apis");
            }
            return Vec::new();
        };
        if apis.get("integrations").is_none() {
            apis.missing("integrations");
        }
        let mut all: Vec<Integration> = Vec::new();
        for (place, item) in apis.items("integrations") {
            let Some((integration, at)) = self.integration(&place, item) else {
                continue;
            };
            if all.iter().any(|other| other.name == integration.name) {
                let message = format!("{place}.name is taken by another integration");
                self.found.problem(at, message);
            }
            all.push(integration);
        }
        all
    }

    /// An integration, and where its name stands.
    fn integration(&self, place: &str, item: &Marked) -> Option<(Integration, Mark)> {
        let (built_in, completed) = self.types.resolve(item, place, self.found)?;
        let section = Section::open(&completed, place, &built_in.keys(), self.found)?;
        let name = name(&section);
        let at = section.get("name").map_or(section.at, |name| name.at);
        let description = section.word("description");
        let usual = match built_in {
            BuiltIn::Webhook => webhook::SCHEDULE,
            BuiltIn::Rest | BuiltIn::Database | BuiltIn::File => schedule::MANUAL,
        };
        let kind = match built_in {
            BuiltIn::Rest => Kind::Rest(rest::read(&section)),
            BuiltIn::Database => Kind::Database(database::read(&section)?),
            BuiltIn::File => Kind::File(file::read(&section, &name)),
            BuiltIn::Webhook => Kind::Webhook(webhook::read(&section)),
        };
        let integration = Integration {
            name,
            description,
            destination: Destination::read(&section),
            schedule: Schedule::read(&section, usual),
            secrets: self.found.take_secrets(),
            kind,
        };
        Some((integration, at))
    }
}

/// What an integration or an endpoint is called.
pub(super) fn name(section: &Section<'_>) -> String {
    let name = section.need_word("name");
    let unfit = name.chars().count() > MOST_OF_A_NAME || name.chars().any(char::is_control);
    if unfit && let Some(value) = section.get("name") {
        let why = format!("is no name: one line of at most {MOST_OF_A_NAME} characters");
        section.problem(value.at, "name", &why);
    }
    name
}
