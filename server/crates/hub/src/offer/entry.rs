//! Connectors that only an Airbyte elsewhere knows, as entries of the catalogue: their name, and nothing made up.

use airbyte::SourceDefinition;
use model::{Category, Effort, Gives, Integration, Runs};
use store::offered::Offered;

/// Letters of a type that a slug takes over.
const LONGEST: usize = 60;

/// As it is kept. `None` for one that says neither its name nor its image.
pub fn offered(source: &SourceDefinition) -> Option<Offered> {
    let image = source
        .docker_repository
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let source_type = image.strip_prefix("source-").unwrap_or(image).to_owned();
    let name = [source.name.trim(), &source_type]
        .into_iter()
        .find(|name| !name.is_empty())?;
    Some(Offered {
        definition: source.source_definition_id,
        slug: slug(&source_type, source),
        name: name.to_owned(),
        source_type: source_type.clone(),
    })
}

/// The beginning of the id tells apart what is made from the same image.
fn slug(source_type: &str, source: &SourceDefinition) -> String {
    let id = source.source_definition_id.simple().to_string();
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    let words: String = source_type.chars().map(plain).take(LONGEST).collect();
    let parts = [
        "airbyte",
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
pub fn of(stored: Offered) -> Integration {
    let Offered {
        definition,
        slug,
        name,
        source_type,
    } = stored;
    Integration {
        summary: format!(
            "The Airbyte of this installation offers {name}. What it asks for and which tables it brings is told by its own form."
        ),
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
        runs: Runs::AirbyteOnly,
        note: None,
        keywords: vec![source_type.clone()],
        source_type: Some(source_type).filter(|known| !known.is_empty()),
        definition_id: Some(definition.to_string()),
        logo: None,
        slug,
        name,
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
            let offered = offered(&source(name, image)).expect("it has a name");
            assert_eq!(
                (
                    offered.name.as_str(),
                    offered.source_type.as_str(),
                    offered.slug.as_str()
                ),
                (shown, source_type, slug)
            );
        }
        assert_eq!(offered(&source("", "")), None);
    }

    #[test]
    fn nothing_is_made_up() {
        let entry = of(offered(&source("Zoom", "airbyte/source-zoom")).expect("it has a name"));
        assert_eq!(entry.effort.words(), "");
        assert!(entry.auth.is_empty() && entry.gives.tables.is_empty());
        assert_eq!(
            entry.definition_id.as_deref(),
            Some("1a2b3c4d-0000-4000-8000-000000000000")
        );
    }
}
