//! The catalogue file against what it must hold, and the search against what people type.

use std::collections::HashSet;
use std::path::Path;

use model::{AuthMethod, Runs, RunsFilter};

use super::*;
use model::Category::{
    Analytics, Communication, CrmSales, Databases, Ecommerce, FileStorage, Generic, Marketing,
    Payments, Productivity,
};

/// Where everything runs as the file says.
fn search(query: &Query) -> Found<'static> {
    super::search(query, &[], |entry| entry.runs.clone())
}

/// Every integration the product promises, by shelf.
const PROMISED: [(model::Category, &[&str]); 10] = [
    (
        Databases,
        &[
            "PostgreSQL",
            "MySQL",
            "MongoDB",
            "Snowflake",
            "BigQuery",
            "Redshift",
        ],
    ),
    (
        CrmSales,
        &[
            "Salesforce",
            "HubSpot",
            "Pipedrive",
            "Zoho CRM",
            "Copper",
            "Close.com",
            "Gong",
        ],
    ),
    (
        Ecommerce,
        &[
            "Shopify",
            "WooCommerce",
            "Magento",
            "BigCommerce",
            "Square Online",
            "Amazon Seller",
        ],
    ),
    (
        Payments,
        &[
            "Stripe",
            "PayPal",
            "Square",
            "Braintree",
            "Chargebee",
            "Recurly",
        ],
    ),
    (
        Marketing,
        &[
            "Mailchimp",
            "SendGrid",
            "Klaviyo",
            "Braze",
            "Marketo",
            "Pardot",
        ],
    ),
    (
        Analytics,
        &[
            "Google Analytics",
            "Mixpanel",
            "Amplitude",
            "Segment",
            "Heap",
            "Pendo",
        ],
    ),
    (
        Communication,
        &[
            "Slack",
            "Microsoft Teams",
            "Discord",
            "Twilio",
            "Intercom",
            "Zendesk",
        ],
    ),
    (
        Productivity,
        &[
            "Google Sheets",
            "Notion",
            "Airtable",
            "Asana",
            "Jira",
            "Monday.com",
        ],
    ),
    (
        FileStorage,
        &["Google Drive", "Dropbox", "AWS S3", "Box", "OneDrive"],
    ),
    (
        Generic,
        &["Files (CSV, JSON, Excel)", "REST API", "Sample data"],
    ),
];

/// What the embedded engine says it can run, as far as this test needs it.
#[derive(Deserialize)]
struct Definitions {
    definition: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    id: String,
    source_type: String,
    runtime: Runtime,
}

#[derive(Deserialize)]
struct Runtime {
    kind: String,
}

fn slugs(found: &[&Integration]) -> Vec<String> {
    found.iter().map(|entry| entry.slug.clone()).collect()
}

fn hits(text: &str) -> Vec<String> {
    slugs(
        &search(&Query {
            text,
            ..Query::default()
        })
        .hits,
    )
}

#[test]
fn holds_every_promised_integration_on_its_shelf() {
    for (category, names) in PROMISED {
        for name in names {
            let entry = all().iter().find(|entry| entry.name == *name);
            assert_eq!(entry.map(|entry| entry.category), Some(category), "{name}");
        }
    }
}

#[test]
fn slugs_and_names_are_unique_and_clean() {
    let mut seen = HashSet::new();
    for entry in all() {
        assert!(
            seen.insert(&entry.slug) && seen.insert(&entry.name),
            "{} twice",
            entry.slug
        );
        let clean =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        assert!(entry.slug.chars().all(clean), "{}", entry.slug);
    }
}

#[test]
fn definition_ids_are_uuids_and_stand_with_a_source_type() {
    for entry in all() {
        assert_eq!(
            entry.definition_id.is_some(),
            entry.source_type.is_some(),
            "{}",
            entry.slug
        );
        assert!(
            entry.definition_id.is_some()
                || matches!(entry.runs, Runs::Nowhere { .. } | Runs::Described),
            "{}",
            entry.slug
        );
        if let Some(id) = &entry.definition_id {
            let parsed = uuid::Uuid::parse_str(id).expect("a UUID");
            assert_eq!(parsed.hyphenated().to_string(), *id);
        }
    }
}

#[test]
fn every_text_is_there_and_ends_properly() {
    for entry in all() {
        let why = match &entry.runs {
            Runs::Nowhere { why } => Some(why),
            _ => None,
        };
        for sentence in [Some(&entry.summary), entry.note.as_ref(), why]
            .into_iter()
            .flatten()
        {
            assert!(
                sentence.ends_with('.') && sentence.trim() == sentence && sentence.len() > 20,
                "{sentence}"
            );
        }
        let lists = [&entry.gives.tables, &entry.gives.features, &entry.keywords];
        for part in lists.into_iter().flatten() {
            assert!(
                !part.is_empty() && !part.ends_with('.') && part.trim() == part,
                "{}: {part}",
                entry.slug
            );
        }
        assert!(
            lists.iter().all(|list| !list.is_empty()) && !entry.auth.is_empty(),
            "{}",
            entry.slug
        );
        let needs_nothing = entry.auth == [AuthMethod::None];
        assert_eq!(
            entry.effort.needs.is_empty(),
            needs_nothing,
            "{}",
            entry.slug
        );
    }
}

#[test]
fn logos_exist_and_none_is_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../public/brands");
    let files: HashSet<String> = std::fs::read_dir(folder)
        .expect("the brand logos")
        .map(|file| {
            file.expect("an entry")
                .file_name()
                .to_string_lossy()
                .replace(".svg", "")
        })
        .collect();
    let named: HashSet<String> = all()
        .iter()
        .filter_map(|entry| entry.logo.clone())
        .collect();
    assert_eq!(named, files);
}

#[test]
fn says_it_runs_here_exactly_when_the_engine_has_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/data/definitions.toml");
    let text = std::fs::read_to_string(file).expect("the engine's definitions");
    let definitions: Definitions = toml::from_str(&text).expect("readable definitions");
    let mut engine: Vec<_> = definitions
        .definition
        .into_iter()
        .map(|known| {
            (
                known.id,
                known.source_type,
                if known.runtime.kind == "builtin" {
                    "directly"
                } else {
                    "embedded"
                },
            )
        })
        .collect();
    // What people describe themselves has no definition before they do.
    let here = all()
        .iter()
        .filter(|entry| RunsFilter::Here.accepts(&entry.runs) && entry.runs != Runs::Described);
    let mut catalogue: Vec<_> = here
        .map(|entry| {
            let id = entry.definition_id.clone().expect("an id");
            (
                id,
                entry.source_type.clone().expect("a type"),
                entry.runs.name(),
            )
        })
        .collect();
    engine.sort();
    catalogue.sort();
    // two entries may be one connector, as the shop and the till of Square
    catalogue.dedup();
    assert_eq!(catalogue, engine);
}

#[test]
fn finds_by_slug_and_by_source_type() {
    assert_eq!(
        find("stripe").map(|entry| entry.name.as_str()),
        Some("Stripe")
    );
    assert_eq!(find("nothing"), None);
    let cases = [
        ("mongodb-v2", "mongodb"),
        ("postgres", "postgresql"),
        ("square", "square"),
        ("paypal-transaction", "paypal"),
    ];
    for (source_type, slug) in cases {
        assert_eq!(
            find_source_type(source_type).map(|entry| entry.slug.as_str()),
            Some(slug)
        );
    }
}

#[test]
fn the_first_hit_is_what_people_mean() {
    let cases = [
        ("stripe", "stripe"),
        ("STRIPE ", "stripe"),
        ("strpie", "stripe"),
        ("shoppify", "shopify"),
        ("salefsorce", "salesforce"),
        ("postgress", "postgresql"),
        ("mongo", "mongodb"),
        ("google sheet", "google-sheets"),
        ("googlesheets", "google-sheets"),
        ("sheets", "google-sheets"),
        ("excel", "files"),
        ("xlsx", "files"),
        ("ga4", "google-analytics"),
        ("monday.com", "monday"),
        ("s3", "aws-s3"),
        ("teams", "microsoft-teams"),
        ("demo", "sample-data"),
        ("zoho crm", "zoho-crm"),
        ("box", "box"),
        ("hubspto", "hubspot"),
    ];
    for (text, slug) in cases {
        assert_eq!(hits(text).first().map(String::as_str), Some(slug), "{text}");
    }
}

#[test]
fn every_entry_is_found_by_its_own_name() {
    for entry in all() {
        assert_eq!(hits(&entry.name).first(), Some(&entry.slug));
    }
}

#[test]
fn filters_narrow_and_combine() {
    let shelf = search(&Query {
        category: Some(Payments),
        ..Query::default()
    });
    assert_eq!(shelf.hits.len(), 6);
    let here = search(&Query {
        category: Some(Payments),
        runs: Some(RunsFilter::Here),
        ..Query::default()
    });
    assert_eq!(
        slugs(&here.hits),
        ["stripe", "paypal", "square", "chargebee", "recurly"]
    );
    let direct = search(&Query {
        category: Some(Databases),
        runs: Some(RunsFilter::Directly),
        ..Query::default()
    });
    assert_eq!(slugs(&direct.hits), ["postgresql", "mysql", "mongodb"]);
    assert_eq!(search(&Query::default()).hits.len(), all().len());
}

#[test]
fn nothing_found_offers_what_is_near_and_what_is_generic() {
    let found = search(&Query {
        text: "shopware",
        ..Query::default()
    });
    assert_eq!(found.hits, Vec::<&Integration>::new());
    assert_eq!(found.nearest.len(), 3);
    assert_eq!(found.nearest[0].slug, "shopify");
    assert_eq!(slugs(&found.generic), ["files", "postgresql", "rest-api"]);

    let hidden = search(&Query {
        text: "stripe",
        category: Some(Databases),
        ..Query::default()
    });
    assert_eq!(hidden.nearest[0].slug, "stripe");
}
