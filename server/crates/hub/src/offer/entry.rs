//! Connectors that the bundled catalogue does not know, as entries of it: their name, and nothing made up.

use airbyte::{
    SourceDefinition,
    extension::{Definition, Runtime},
};
use model::{Category, Effort, Gives, Integration, Runs};
use store::offered::Offered;
use uuid::Uuid;

use crate::Engine;

/// Letters of a type that a slug takes over.
const LONGEST: usize = 60;

/// One of an Airbyte elsewhere. `None` for one that says neither its name nor its image.
pub fn elsewhere(source: &SourceDefinition) -> Option<Offered> {
    let image = source
        .docker_repository
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let source_type = image.strip_prefix("source-").unwrap_or(image);
    let name = [source.name.trim(), source_type]
        .into_iter()
        .find(|name| !name.is_empty())?;
    let definition = source.source_definition_id;
    Some(offered("airbyte", definition, name, source_type, &[]))
}

/// One that an operator added to the embedded engine.
pub fn own(definition: &Definition) -> Option<Offered> {
    let added = matches!(
        definition.runtime,
        Runtime::Executable | Runtime::Declarative
    );
    added.then(|| {
        let Definition {
            definition_id,
            name,
            source_type,
            components,
            ..
        } = definition;
        offered("own", *definition_id, name, source_type, components)
    })
}

fn offered(
    whose: &str,
    definition: Uuid,
    name: &str,
    source_type: &str,
    components: &[String],
) -> Offered {
    Offered {
        definition,
        slug: slug(whose, definition, source_type),
        name: name.to_owned(),
        source_type: source_type.to_owned(),
        components: components.to_vec(),
    }
}

/// The beginning of the id tells apart what is made from the same image.
fn slug(whose: &str, definition: Uuid, source_type: &str) -> String {
    let id = definition.simple().to_string();
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    let words: String = source_type.chars().map(plain).take(LONGEST).collect();
    let parts = [
        whose,
        words.trim_matches('-'),
        id.get(..8).unwrap_or_default(),
    ];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// What is known of it. How it is connected is told by its specification, when somebody opens the form.
pub fn of(engine: Engine, stored: Offered) -> Integration {
    let Offered {
        definition,
        slug,
        name,
        source_type,
        components,
    } = stored;
    let (who, runs) = match engine {
        Engine::Remote => ("The Airbyte of this installation offers", Runs::AirbyteOnly),
        Engine::Embedded => (
            "The operator of this installation added",
            if components.is_empty() {
                Runs::Directly
            } else {
                Runs::Embedded
            },
        ),
    };
    Integration {
        summary: format!("{who} {name}. Which tables it brings is seen once it is connected."),
        category: Category::Others,
        auth: Vec::new(),
        effort: Effort {
            seconds: 0,
            needs: String::new(),
        },
        gives: Gives {
            tables: Vec::new(),
            features: Vec::new(),
        },
        runs,
        note: (!components.is_empty()).then(|| in_python(&components)),
        keywords: vec![source_type.clone()],
        source_type: Some(source_type).filter(|known| !known.is_empty()),
        definition_id: Some(definition.to_string()),
        logo: None,
        slug,
        name,
    }
}

/// Why it does not run directly.
fn in_python(components: &[String]) -> String {
    format!(
        "Parts of it are written in Python, so Airbyte's own runtime runs it here: {}.",
        components
            .iter()
            .map(|component| short(component))
            .collect::<Vec<_>>()
            .join(", ")
    )
}

/// The class without its module: `package.module.Class (stream “name”)`.
fn short(component: &str) -> &str {
    let class = component.split(' ').next().unwrap_or_default();
    match class.rfind('.') {
        Some(dot) => &component[dot + 1..],
        None => component,
    }
}

#[cfg(test)]
mod tests {
    use uuid::uuid;

    use super::*;

    fn source(name: &str, image: &str) -> SourceDefinition {
        SourceDefinition {
            source_definition_id: uuid!("1a2b3c4d-0000-4000-8000-000000000000"),
            name: name.to_owned(),
            docker_repository: image.to_owned(),
            docker_image_tag: String::new(),
        }
    }

    #[test]
    fn an_entry_is_named_by_what_the_airbyte_says() {
        let cases = [
            (
                "Zoom",
                "airbyte/source-zoom",
                "Zoom",
                "zoom",
                "airbyte-zoom-1a2b3c4d",
            ),
            (
                " ",
                "registry:5000/own/Shop_API",
                "Shop_API",
                "Shop_API",
                "airbyte-shop-api-1a2b3c4d",
            ),
            (
                "Lager & Häuser",
                "",
                "Lager & Häuser",
                "",
                "airbyte-1a2b3c4d",
            ),
            (
                "../etc",
                "x/source-../..",
                "../etc",
                "..",
                "airbyte-1a2b3c4d",
            ),
        ];
        for (name, image, shown, source_type, slug) in cases {
            let offered = elsewhere(&source(name, image)).expect("it has a name");
            assert_eq!(
                (
                    offered.name.as_str(),
                    offered.source_type.as_str(),
                    offered.slug.as_str()
                ),
                (shown, source_type, slug)
            );
        }
        assert_eq!(elsewhere(&source("", "")), None);
    }

    #[test]
    fn nothing_is_made_up() {
        let zoom = elsewhere(&source("Zoom", "airbyte/source-zoom")).expect("it has a name");
        let entry = of(Engine::Remote, zoom);
        assert_eq!(entry.effort.words(), "");
        assert!(entry.auth.is_empty() && entry.gives.tables.is_empty());
        assert_eq!(
            entry.definition_id.as_deref(),
            Some("1a2b3c4d-0000-4000-8000-000000000000")
        );
    }

    #[test]
    fn only_what_the_operator_added_is_new_to_the_catalogue() {
        let with = |runtime| {
            own(&Definition {
                definition_id: uuid!("1a2b3c4d-0000-4000-8000-000000000000"),
                name: "harbour".to_owned(),
                source_type: "harbour".to_owned(),
                runtime,
                ready: true,
                components: Vec::new(),
                second_runtime: false,
                lacks_airbytes_part: false,
                describes_provider: false,
            })
        };
        let slug = |runtime| with(runtime).map(|offered| offered.slug);
        assert_eq!(
            slug(Runtime::Declarative).as_deref(),
            Some("own-harbour-1a2b3c4d")
        );
        assert!(slug(Runtime::Executable).is_some());
        assert_eq!(
            (slug(Runtime::Python), slug(Runtime::Builtin)),
            (None, None)
        );
        let entry = of(Engine::Embedded, with(Runtime::Declarative).expect("added"));
        assert_eq!((entry.runs, entry.note), (Runs::Directly, None));
    }

    #[test]
    fn a_manifest_with_python_says_what_runs_it_and_why() {
        let stored = Offered {
            definition: uuid!("1a2b3c4d-0000-4000-8000-000000000000"),
            slug: "own-harbour".to_owned(),
            name: "harbour".to_owned(),
            source_type: "harbour".to_owned(),
            components: vec!["components.Ships (stream “ships”)".to_owned()],
        };
        let entry = of(Engine::Embedded, stored);
        assert_eq!(entry.runs, Runs::Embedded);
        let note = entry.note.expect("a note");
        assert!(
            note.contains("Python") && note.contains(" Ships (stream “ships”)"),
            "{note}"
        );
    }
}
