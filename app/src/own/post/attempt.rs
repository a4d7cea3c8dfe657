//! The button that asks for the first rows: of which integration, with which secrets, and what came.

use std::collections::BTreeMap;

use hub::{Hub, Scope, own};
use model::Described;

use super::super::given::{Tried, TriedTable};
use crate::error::Error;

/// The button; its value is the position of an integration on the page that was posted.
const TRY: &str = "try";
/// Each integration of that page, in its order.
const NAME: &str = "name";
/// Before that position and the name of a secret: `secret.0.token`.
const SECRET: &str = "secret.";

/// Which rows were asked for.
pub struct Asked<'p> {
    /// Integrations that the page showed.
    shown: Vec<&'p str>,
    position: usize,
    secrets: BTreeMap<String, String>,
}

impl<'p> Asked<'p> {
    /// `None` when another button was pressed.
    pub fn of(pairs: &'p [(String, String)]) -> Option<Self> {
        let (_, pressed) = pairs.iter().find(|(name, _)| name == TRY)?;
        let position = pressed.parse().unwrap_or_else(|_| first_typed(pairs));
        let shown = pairs.iter().filter(|(name, _)| name == NAME);
        let secrets = pairs.iter().filter_map(|(field, value)| {
            let (at, secret) = place(field)?;
            (at == position).then(|| (secret.to_owned(), value.clone()))
        });
        Some(Self {
            shown: shown.map(|(_, name)| name.as_str()).collect(),
            position,
            secrets: secrets.collect(),
        })
    }

    /// Where the same integration stands in the text as it is now. What was typed goes to no other one: a new name is
    /// followed only where there was and is one alone.
    fn among(&self, all: &[Described]) -> Option<usize> {
        let name = *self.shown.get(self.position)?;
        let same = all.iter().position(|one| one.name == name);
        let is_alone = self.shown.len() == 1 && all.len() == 1;
        same.or(is_alone.then_some(0))
    }

    /// Asks the API as the text describes it now; `None` where the text has that integration no more.
    pub async fn tried(
        &self,
        hub: &Hub,
        scope: &Scope,
        document: &str,
        all: &[Described],
    ) -> Option<Tried> {
        let position = self.among(all)?;
        let name = all.get(position)?.name.clone();
        let found = own::try_out(hub, scope, document, &name, &self.secrets).await;
        let (tables, error) = match found {
            Ok(tables) => (tables.into_iter().map(shown_table).collect(), None),
            Err(error) => (Vec::new(), Some(at_secrets(error, position))),
        };
        Some(Tried {
            name,
            tables,
            error,
        })
    }
}

/// Enter in the field of a secret presses no button of its own: it means the integration whose secrets stand there.
fn first_typed(pairs: &[(String, String)]) -> usize {
    let typed = pairs.iter().filter(|(_, value)| !value.is_empty());
    let mut positions = typed.filter_map(|(field, _)| place(field));
    positions.next().map_or(0, |(position, _)| position)
}

/// `secret.0.token` → 0 and `token`.
fn place(field: &str) -> Option<(usize, &str)> {
    let (position, secret) = field.strip_prefix(SECRET)?.split_once('.')?;
    Some((position.parse().ok()?, secret))
}

fn shown_table(table: own::Table) -> TriedTable {
    let own::Table {
        sample,
        warning,
        hint,
        not_kept,
    } = table;
    TriedTable {
        sample,
        warning,
        hint,
        not_kept,
    }
}

/// A secret's field is called by its integration and its name here.
fn at_secrets(error: hub::Error, position: usize) -> Error {
    let mut error = Error::from(error);
    for field in &mut error.fields {
        field.field = format!("{SECRET}{position}.{}", field.field);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        list.iter().map(owned).collect()
    }

    fn described(names: &[&str]) -> Vec<Described> {
        let one = |name: &&str| Described {
            name: (*name).to_owned(),
            kind: "rest".to_owned(),
            description: None,
            secrets: Vec::new(),
            endpoints: Vec::new(),
            sender: None,
            direct: String::new(),
            airbyte: String::new(),
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn secrets_follow_a_new_name_only_where_there_is_one_alone() {
        let alone = pairs(&[("try", "0"), ("name", "Alpha"), ("secret.0.token", "t")]);
        let asked = Asked::of(&alone).unwrap();
        assert_eq!(asked.secrets["token"], "t");
        assert_eq!(asked.among(&described(&["Beta"])), Some(0));
        assert_eq!(asked.among(&described(&["Beta", "Alpha"])), Some(1));
        assert_eq!(asked.among(&described(&["Beta", "Gamma"])), None);
        let both = pairs(&[("try", "0"), ("name", "Alpha"), ("name", "Beta")]);
        let asked = Asked::of(&both).unwrap();
        assert_eq!(asked.among(&described(&["Beta"])), None);
    }

    #[test]
    fn enter_in_a_field_means_the_integration_of_that_field() {
        let typed = pairs(&[
            ("try", ""),
            ("name", "Alpha"),
            ("name", "Beta"),
            ("secret.0.token", ""),
            ("secret.1.token", "t"),
        ]);
        let asked = Asked::of(&typed).unwrap();
        assert_eq!(asked.position, 1);
        assert_eq!(asked.secrets["token"], "t");
        assert!(Asked::of(&pairs(&[("intent", "check")])).is_none());
    }
}
