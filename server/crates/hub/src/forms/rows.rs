//! Adding and removing rows of a list by a plain form post, for browsers without scripts.

/// Name of the button that adds a row; its value is the list's name.
const ADD: &str = "form.add";
/// Name of the button that removes a row; its value is the row's name (`hosts.2`).
const REMOVE: &str = "form.remove";

/// Carries out "add a row" and "remove this row" buttons. `true` means: one was pressed, so show the form again
/// instead of submitting it.
pub fn edit_rows(pairs: &mut Vec<(String, String)>) -> bool {
    let pressed: Vec<(String, String)> = pairs
        .extract_if(.., |(name, _)| name == ADD || name == REMOVE)
        .collect();
    for (button, target) in &pressed {
        if button == ADD {
            add(pairs, target);
        } else {
            remove(pairs, target);
        }
    }
    !pressed.is_empty()
}

fn add(pairs: &mut Vec<(String, String)>, list: &str) {
    let prefix = format!("{list}.");
    let next = pairs
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&prefix)?.split('.').next()?.parse().ok())
        .max()
        .map_or(0, |last: usize| last + 1);
    pairs.push((format!("{list}.{next}"), String::new()));
}

fn remove(pairs: &mut Vec<(String, String)>, row: &str) {
    let below = format!("{row}.");
    pairs.retain(|(name, _)| name != row && !name.starts_with(&below));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn buttons_change_rows_and_ask_for_the_form_again() {
        let mut posted = pairs(&[("hosts.0.name", "a"), ("hosts.4.name", "b"), (ADD, "hosts")]);
        assert!(edit_rows(&mut posted));
        assert_eq!(
            posted,
            pairs(&[
                ("hosts.0.name", "a"),
                ("hosts.4.name", "b"),
                ("hosts.5", "")
            ])
        );
        posted.push((REMOVE.to_owned(), "hosts.4".to_owned()));
        assert!(edit_rows(&mut posted));
        assert_eq!(posted, pairs(&[("hosts.0.name", "a"), ("hosts.5", "")]));
        assert!(!edit_rows(&mut posted));
    }
}
