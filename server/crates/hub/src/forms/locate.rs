//! From a place in a configuration to the form field that holds it.

use super::{
    name::Name,
    node::{Kind, Node},
    read::Choices,
    root_name,
};

#[derive(Debug)]
pub struct Place<'a> {
    pub name: Name,
    pub node: &'a Node,
}

/// Follows a path of keys and indices as far as the form knows it.
pub fn locate<'a>(root: &'a Node, path: &[&str], choices: &Choices) -> Option<Place<'a>> {
    let mut place = enter(
        Place {
            name: root_name(),
            node: root,
        },
        choices,
        path,
    );
    for (depth, token) in path.iter().enumerate() {
        let below = match &place.node.kind {
            Kind::Group(group) => {
                let (key, node) = group.properties.iter().find(|(key, _)| key == token)?;
                Place {
                    name: place.name.child(key),
                    node,
                }
            }
            Kind::Rows(item) => {
                let index = choices.row(&place.name, token.parse().ok()?);
                Place {
                    name: place.name.index(index),
                    node: item,
                }
            }
            _ => return Some(place),
        };
        place = enter(below, choices, &path[depth + 1..]);
    }
    Some(place)
}

/// Steps into the chosen branch of a choice when the path goes on below it.
fn enter<'a>(mut place: Place<'a>, choices: &Choices, rest: &[&str]) -> Place<'a> {
    while let Kind::OneOf(one_of) = &place.node.kind {
        let chosen = choices.branch(&place.name);
        let Some(branch) = one_of.branches.get(chosen) else {
            break;
        };
        let single = !matches!(branch.node.kind, Kind::Group(_) | Kind::Fixed(_));
        if rest.is_empty() && !single {
            break;
        }
        place = Place {
            name: place.name.index(chosen),
            node: &branch.node,
        };
    }
    place
}

/// Names of all fields in the order of the form, along the chosen branches.
pub fn order(root: &Node, choices: &Choices) -> Vec<Name> {
    let mut names = Vec::new();
    collect(root, &root_name(), choices, &mut names);
    names
}

fn collect(node: &Node, name: &Name, choices: &Choices, names: &mut Vec<Name>) {
    names.push(name.clone());
    match &node.kind {
        Kind::Group(group) => {
            for (key, child) in &group.properties {
                collect(child, &name.child(key), choices, names);
            }
        }
        Kind::OneOf(one_of) => {
            let chosen = choices.branch(name);
            if let Some(branch) = one_of.branches.get(chosen) {
                collect(&branch.node, &name.index(chosen), choices, names);
            }
        }
        Kind::Rows(item) => {
            for index in 0..choices.row_count(name) {
                collect(item, &name.index(choices.row(name, index)), choices, names);
            }
        }
        _ => {}
    }
}
