//! The bundled catalogue under an Airbyte's own list, and how long that list is believed.

use model::{Availability, RemoteAirbyte, RunsFilter};
use time::macros::datetime;

use super::*;
use crate::catalogue;

const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

fn entry(slug: &str) -> &'static Integration {
    catalogue::find(slug).expect("it is in the catalogue")
}

fn offering(slugs: &[&str]) -> Offer {
    let ids = slugs.iter().map(|slug| specs::definition(entry(slug)));
    Offer::elsewhere(ids.map(|id| id.expect("it has a definition")), Vec::new())
}

fn denied() -> airbyte::Error {
    airbyte::Error::Forbidden {
        message: "no".to_owned(),
    }
}

fn broken() -> airbyte::Error {
    airbyte::Error::Upstream {
        status: 500,
        message: "no".to_owned(),
        retry_after: None,
    }
}

#[test]
fn what_it_lacks_is_told_and_what_it_has_can_be_connected() {
    let offer = offering(&["postgresql", "stripe", "bigcommerce"]);
    let remote = RemoteAirbyte::Configured;
    for (slug, availability) in [
        ("postgresql", Availability::Ready),
        ("stripe", Availability::Ready),
        // Withdrawn elsewhere, but this one still has it.
        ("bigcommerce", Availability::Ready),
        ("mysql", Availability::Unavailable),
        ("files", Availability::Unavailable),
        ("heap", Availability::Unavailable),
    ] {
        let runs = offer.runs(entry(slug));
        assert_eq!(runs.availability(remote), availability, "{slug}: {runs:?}");
    }
    assert_eq!(
        offer.runs(entry("mysql")),
        Runs::Nowhere {
            why: "This Airbyte does not offer MySQL.".to_owned()
        }
    );
    assert_eq!(
        offer.runs(entry("heap")),
        entry("heap").runs,
        "its own reason says more"
    );
}

#[test]
fn an_answer_is_kept_and_then_asked_for_once() {
    let kept = Kept::default();
    assert_eq!(kept.look(NOW), Look::Unknown);
    let offer = offering(&["stripe"]);
    let shown = Arc::new(offer.clone());
    kept.keep(Ok(offer), NOW);
    assert_eq!(
        kept.look(NOW + ASK_AGAIN - Duration::from_secs(1)),
        Look::Fresh(Some(shown.clone()))
    );
    let later = NOW + ASK_AGAIN;
    assert_eq!(kept.look(later), Look::Due(shown.clone()));
    assert_eq!(kept.look(later), Look::Fresh(Some(shown.clone())));
    kept.keep(Err(broken()), later);
    assert_eq!(kept.look(later), Look::Fresh(Some(shown.clone())));
    assert_eq!(kept.look(later + TRY_AGAIN), Look::Due(shown));
}

#[test]
fn without_an_answer_nothing_is_said_against_the_catalogue() {
    for (error, wait) in [(denied(), ASK_AGAIN), (broken(), TRY_AGAIN)] {
        let kept = Kept::default();
        kept.keep(Err(error), NOW);
        assert_eq!(kept.last(), None);
        assert_eq!(
            kept.look(NOW + wait - Duration::from_secs(1)),
            Look::Fresh(None)
        );
        assert_eq!(kept.look(NOW + wait), Look::Unknown);
    }
    let kept = Kept::default();
    kept.keep(Ok(offering(&["stripe"])), NOW);
    kept.keep(Err(denied()), NOW + ASK_AGAIN);
    assert_eq!(kept.last(), None, "what it may no longer tell is not shown");
}

#[test]
fn a_search_for_what_runs_goes_by_what_this_one_offers() {
    let offer = offering(&["stripe", "files"]);
    let found = |text, runs| {
        let query = catalogue::Query {
            text,
            runs: Some(runs),
            ..catalogue::Query::default()
        };
        catalogue::search(&query, offer.more(), |entry| offer.runs(entry))
    };
    let lacking = found("mysql", RunsFilter::Nowhere);
    assert!(lacking.hits.iter().any(|entry| entry.slug == "mysql"));
    let nothing = found("mysql", RunsFilter::AirbyteOnly);
    assert_eq!(nothing.hits, Vec::<&Integration>::new());
    let generic: Vec<&str> = nothing
        .generic
        .iter()
        .map(|entry| entry.slug.as_str())
        .collect();
    assert_eq!(
        generic,
        ["files", "rest-api"],
        "it does not offer databases"
    );
}
