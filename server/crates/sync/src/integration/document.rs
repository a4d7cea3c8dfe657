//! A whole document: the custom types it brings, and its integrations one after the other.

use super::destination::Destination;
use super::problem::{Found, Problem, Problems, Reader};
use super::schedule::{self, Schedule};
use super::section::Section;
use super::types::{BuiltIn, Types};
use super::{Integration, Kind, database, file, rest, webhook};
use crate::yaml::{self, Mark, Marked, Node};

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
        match apis.get("integrations") {
            None => apis.missing("integrations"),
            Some(value) if matches!(&value.node, Node::List(items) if items.is_empty()) => {
                apis.meaningless(value.at, "integrations", "is empty: describe one");
            }
            Some(_) => {}
        }
        let mut all: Vec<Integration> = Vec::new();
        for (place, item) in apis.items("integrations") {
            let Some((integration, at)) = self.integration(&place, item) else {
                continue;
            };
            self.refuse_taken(&place, at, &integration.name, &all);
            all.push(integration);
        }
        all
    }

    /// Nobody tells two from each other by capital letters alone.
    fn refuse_taken(&self, place: &str, at: Mark, name: &str, before: &[Integration]) {
        let is_new = self.found.reader != Reader::Keeper;
        if before.iter().any(|other| other.name == name) {
            let message = format!("{place}.name is taken by another integration");
            self.found.problem(at, message);
        } else if is_new && before.iter().any(|other| is_alike(&other.name, name)) {
            let message = format!(
                "{place}.name differs from another integration's by capital letters alone: give it another name"
            );
            self.found.problem(at, message);
        }
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

/// Whether two names are one to whoever does not look at capital letters.
pub(super) fn is_alike(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(integrations: &str) -> String {
        format!("apis:\n  integrations: {integrations}\n")
    }

    /// An API with this name, and one more line.
    fn api(name: &str, line: &str) -> String {
        format!(
            "\n    - name: {name}\n      type: rest\n      base_url: https://api.example.com\n      {line}\n      endpoints: [{{ name: ships, path: /ships }}]"
        )
    }

    fn said(document: &str, reader: Reader) -> String {
        read(document, None, reader).map_or_else(|wrong| wrong.to_string(), |_| String::new())
    }

    /// Each is told with its place, and what was kept before it was a mistake is read as ever.
    #[test]
    fn what_nobody_can_mean_is_told_with_its_place() {
        let twins = "endpoints: [{ name: ships, path: /ships }, { name: Ships, path: /s }]";
        let twins = api("A", "").replace("endpoints: [{ name: ships, path: /ships }]", twins);
        for (integrations, expected) in [
            (
                "[]".to_owned(),
                "line 2, column 17: apis.integrations is empty: describe one",
            ),
            (
                format!("{}{}", api("A", ""), api("a", "")),
                "line 8, column 13: integrations[1].name differs from another integration's by capital letters alone",
            ),
            (
                twins,
                "integrations[0].endpoints[1].name differs from another endpoint's by capital letters alone",
            ),
            (
                api("A", "airbyte_schedule: 0 0 30 2 *"),
                "line 6, column 25: integrations[0].airbyte_schedule is never due",
            ),
            (
                api("A", "headers: { 'X Key': a }"),
                "integrations[0].headers.X Key is no name of a header",
            ),
            (
                api("A", "").replace("path: /ships", "path: '/ships#all'"),
                "integrations[0].endpoints[0].path has a #",
            ),
        ] {
            let document = of(&integrations);
            let told = said(&document, Reader::Anyone);
            assert!(
                told.starts_with("line ") && told.contains(expected),
                "{told}"
            );
            assert_eq!(told.lines().count(), 1, "{told}");
            assert_eq!(said(&document, Reader::Keeper), "", "{document}");
        }
    }

    #[test]
    fn an_address_inside_is_a_mistake_of_a_workspace_and_says_which_it_is() {
        let at = |base_url: &str| of(&api("A", "").replace("https://api.example.com", base_url));
        for (base_url, address) in [
            ("https://169.254.169.254/latest", "169.254.169.254"),
            ("https://10.0.0.8/v1", "10.0.0.8"),
            ("https://2130706433", "127.0.0.1"),
            ("'https://[fe80::1]/'", "fe80::1"),
        ] {
            let document = at(base_url);
            let wrong = read(&document, None, Reader::Workspace).unwrap_err().0;
            let [problem] = wrong.as_slice() else {
                panic!("{base_url}: {wrong:?}")
            };
            assert_eq!((problem.line, problem.column), (5, 17), "{problem}");
            assert_eq!(problem.address, Some(address.parse().unwrap()));
            for reader in [Reader::Anyone, Reader::Postgres, Reader::Keeper] {
                assert_eq!(said(&document, reader), "", "{base_url}");
            }
        }
        for open in [
            "https://93.184.216.34/v1",
            "https://${secrets.quay}.example.com",
        ] {
            assert_eq!(said(&at(open), Reader::Workspace), "", "{open}");
        }
    }
}
