//! The rules file against the catalogue, and what each kind of business is told.

use super::*;

static ALONE: Installation = Installation {
    remote: RemoteAirbyte::Absent,
    signs_in: BTreeSet::new(),
    offer: None,
    own: Vec::new(),
};
static WITH_AIRBYTE: Installation = Installation {
    remote: RemoteAirbyte::Configured,
    signs_in: BTreeSet::new(),
    offer: None,
    own: Vec::new(),
};

fn slugs(found: &[Recommendation]) -> Vec<&str> {
    found
        .iter()
        .map(|one| one.integration.slug.as_str())
        .collect()
}

fn every_profile() -> impl Iterator<Item = BusinessProfile> {
    Industry::ALL.iter().flat_map(|industry| {
        CompanySize::ALL.iter().flat_map(move |size| {
            BusinessType::ALL.iter().map(move |kind| BusinessProfile {
                industry: *industry,
                size: *size,
                kind: *kind,
            })
        })
    })
}

#[test]
fn rules_name_only_integrations_that_can_run_somewhere() {
    let named = FITS
        .fit
        .iter()
        .flat_map(|fit| fit.points.keys().chain(&fit.connected));
    for slug in named.chain(FITS.alternatives.iter().flatten()) {
        let entry =
            catalogue::find(slug).unwrap_or_else(|| panic!("{slug} is not in the catalogue"));
        assert!(!matches!(entry.runs, Runs::Nowhere { .. }), "{slug}");
    }
}

#[test]
fn reasons_are_sentences_without_invented_figures() {
    for fit in &FITS.fit {
        assert!(
            fit.reason.ends_with('.')
                && !fit
                    .reason
                    .contains(|letter: char| letter.is_ascii_digit() || letter == '%'),
            "{}",
            fit.reason
        );
        assert_eq!(
            fit.reason.contains("{with}"),
            !fit.connected.is_empty(),
            "{}",
            fit.reason
        );
        assert!(fit.points.values().all(|points| *points > 0));
    }
}

#[test]
fn each_business_hears_first_what_it_starts_with() {
    use model::{BusinessType as Kind, CompanySize as Size, Industry as In};
    let cases: [(In, Size, Kind, &[&str]); 9] = [
        (In::Retail, Size::Small, Kind::B2c, &["shopify", "stripe"]),
        (
            In::Software,
            Size::Micro,
            Kind::Subscription,
            &["stripe", "postgresql", "mixpanel"],
        ),
        (
            In::Software,
            Size::Small,
            Kind::B2b,
            &["stripe", "postgresql", "hubspot"],
        ),
        (
            In::Finance,
            Size::Enterprise,
            Kind::B2b,
            &["salesforce", "snowflake", "postgresql"],
        ),
        (
            In::Charity,
            Size::Micro,
            Kind::Nonprofit,
            &["stripe", "google-sheets", "mailchimp"],
        ),
        (
            In::Hospitality,
            Size::Small,
            Kind::B2c,
            &["google-sheets", "square"],
        ),
        (
            In::ProfessionalServices,
            Size::Small,
            Kind::Agency,
            &["hubspot", "asana"],
        ),
        (
            In::Manufacturing,
            Size::Medium,
            Kind::B2b,
            &["salesforce", "files", "onedrive"],
        ),
        (
            In::PublicSector,
            Size::Large,
            Kind::Internal,
            &["postgresql", "files", "onedrive"],
        ),
    ];
    for (industry, size, kind, expected) in cases {
        let profile = BusinessProfile {
            industry,
            size,
            kind,
        };
        let found = recommend(Some(&profile), &[], &ALONE);
        let first = &slugs(&found)[..5];
        for slug in expected {
            assert!(
                first.contains(slug),
                "{}: {slug} not in {first:?}",
                profile.words()
            );
        }
    }
}

#[test]
fn the_profile_changes_what_comes_first() {
    let retail = BusinessProfile {
        industry: Industry::Retail,
        size: CompanySize::Small,
        kind: BusinessType::B2c,
    };
    let found = recommend(Some(&retail), &[], &ALONE);
    assert_eq!(found[0].integration.slug, "shopify");
    assert_eq!(
        found[0].reason,
        "Shops usually start here because orders and customers live in it."
    );
    assert_eq!(
        found[0].effort,
        "~60 s, needs the shop’s owner or a staff account with app rights"
    );
    assert_ne!(slugs(&found), slugs(&recommend(None, &[], &ALONE)));
}

#[test]
fn without_a_profile_only_general_arguments_count() {
    let found = recommend(None, &[], &ALONE);
    assert_eq!(
        slugs(&found),
        [
            "google-sheets",
            "postgresql",
            "stripe",
            "files",
            "hubspot",
            "salesforce",
            "sample-data"
        ]
    );
    assert!(
        found
            .iter()
            .flat_map(|one| &one.parts)
            .all(|part| part.because == "Any business" || part.because == "Runs here")
    );
}

#[test]
fn every_score_is_the_sum_of_its_parts_and_sorted() {
    for profile in every_profile() {
        let found = recommend(Some(&profile), &[], &WITH_AIRBYTE);
        assert!((4..=MOST).contains(&found.len()), "{}", profile.words());
        assert!(found.is_sorted_by_key(|one| Reverse(one.score)));
        for one in &found {
            assert_eq!(
                one.score,
                one.parts.iter().map(|part| part.points).sum::<u16>()
            );
            assert!(one.parts.is_sorted_by_key(|part| Reverse(part.points)));
            assert!(one.parts.iter().any(|part| part.reason == one.reason));
            assert!(!one.reason.contains('{'), "{}", one.reason);
        }
    }
}

#[test]
fn connected_tools_and_their_replacements_are_not_suggested() {
    let profile = BusinessProfile {
        industry: Industry::Retail,
        size: CompanySize::Small,
        kind: BusinessType::B2b,
    };
    let found = recommend(Some(&profile), &["shopify", "hubspot"], &WITH_AIRBYTE);
    for gone in [
        "shopify",
        "woocommerce",
        "hubspot",
        "salesforce",
        "pipedrive",
        "sample-data",
    ] {
        assert!(!slugs(&found).contains(&gone), "{gone}");
    }
}

#[test]
fn what_is_connected_speaks_for_its_neighbours() {
    let found = recommend(None, &["paypal"], &ALONE);
    let hubspot = found
        .iter()
        .find(|one| one.integration.slug == "hubspot")
        .expect("suggested");
    assert_eq!(
        hubspot.reason,
        "Next to PayPal, HubSpot gives each payment the customer behind it."
    );
    assert!(hubspot.parts.iter().any(|part| part.because == "PayPal"));
}

#[test]
fn tools_that_replace_each_other_leave_room_for_others() {
    for profile in every_profile() {
        let found = recommend(Some(&profile), &[], &WITH_AIRBYTE);
        for group in &FITS.alternatives {
            let count = found
                .iter()
                .filter(|one| group.contains(&one.integration.slug))
                .count();
            assert!(
                count <= MOST_ALTERNATIVES,
                "{}: {:?}",
                profile.words(),
                slugs(&found)
            );
        }
    }
}

#[test]
fn a_configured_airbyte_makes_its_connectors_ready() {
    let profile = BusinessProfile {
        industry: Industry::Education,
        size: CompanySize::Large,
        kind: BusinessType::Internal,
    };
    let score = |here| {
        let found = recommend(Some(&profile), &[], here);
        let one = found
            .into_iter()
            .find(|one| one.integration.slug == "microsoft-teams")
            .expect("suggested");
        (one.integration.availability, one.score)
    };
    let (alone, low) = score(&ALONE);
    let (with_airbyte, high) = score(&WITH_AIRBYTE);
    assert_eq!(
        (alone, with_airbyte),
        (Availability::NeedsAirbyte, Availability::Ready)
    );
    assert_eq!(high - low, READY_POINTS);
}
