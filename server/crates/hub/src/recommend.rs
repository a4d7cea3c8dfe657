//! Which integrations to connect first: a sum of arguments from the business profile and from what is connected.
//!
//! Pure: the rules are data (`fits.toml`), the profile and the connected slugs come from the caller.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use model::{
    Availability, BusinessProfile, BusinessType, CompanySize, Consent, Industry, Integration,
    IntegrationCard, Recommendation, RemoteAirbyte, Runs, ScorePart,
};
use serde::Deserialize;

use crate::{Offer, catalogue, own};

const FILE: &str = include_str!("../data/fits.toml");
/// More than a person reads before choosing.
const MOST: usize = 8;
/// Of tools that replace each other, so many are suggested at most.
const MOST_ALTERNATIVES: usize = 2;
/// What running on this very installation adds: it can be connected at once.
const READY_POINTS: u16 = 15;
/// Pointless once something real is connected.
const SAMPLE_DATA: &str = "sample-data";

static FITS: LazyLock<Fits> =
    LazyLock::new(|| parse(FILE).expect("the file of fits is checked by a test"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fits {
    alternatives: Vec<Vec<String>>,
    fit: Vec<Fit>,
}

/// One argument, and the integrations it speaks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fit {
    #[serde(default)]
    industries: Vec<Industry>,
    #[serde(default)]
    sizes: Vec<CompanySize>,
    #[serde(default)]
    kinds: Vec<BusinessType>,
    #[serde(default)]
    connected: Vec<String>,
    reason: String,
    points: BTreeMap<String, u16>,
}

fn parse(text: &str) -> Result<Fits, toml::de::Error> {
    toml::from_str(text)
}

/// What the installation offers; it decides how honest a suggestion can be.
#[derive(Debug, Clone)]
pub struct Installation {
    pub remote: RemoteAirbyte,
    /// Slugs of integrations where a person signs in at the provider instead of pasting keys.
    pub signs_in: BTreeSet<String>,
    /// What this hub's Airbyte offers, where it tells.
    pub offer: Option<Arc<Offer>>,
    /// What the tenant describes itself.
    pub own: Vec<Integration>,
}

/// What to connect first, the best first. `connected` are the slugs of the live connections; they are not suggested
/// again, and neither are tools that replace them.
pub fn recommend(
    profile: Option<&BusinessProfile>,
    connected: &[&str],
    here: &Installation,
) -> Vec<Recommendation> {
    let arguments = arguments(profile, connected);
    let mut scored: Vec<Recommendation> = catalogue::all()
        .iter()
        .filter(|entry| is_open(&entry.slug, connected))
        .filter_map(|entry| recommendation(entry, &arguments, here))
        .collect();
    scored.sort_by_key(|one| Reverse(one.score));
    without_crowds(scored)
}

impl Installation {
    pub fn card(&self, entry: &Integration) -> IntegrationCard {
        let consent = if self.signs_in.contains(&entry.slug) {
            Consent::Offered
        } else {
            Consent::NotOffered
        };
        entry.card(&self.runs(entry), self.remote, consent)
    }

    /// What there is besides the bundled catalogue: the tenant's own, and what this hub's Airbyte offers.
    pub fn more(&self) -> Vec<Integration> {
        let offered = self.offer.iter().flat_map(|offer| offer.more());
        self.own.iter().chain(offered).cloned().collect()
    }

    /// Where an integration runs: as the catalogue says, unless the Airbyte elsewhere says otherwise.
    pub fn runs(&self, entry: &Integration) -> Runs {
        if own::is_own(&entry.slug) {
            return entry.runs.clone();
        }
        let offer = self.offer.as_ref();
        offer.map_or_else(|| entry.runs.clone(), |offer| offer.runs(entry))
    }
}

/// A rule that holds here: which answers made it hold, and the name that stands for `{with}`.
struct Argument {
    fit: &'static Fit,
    because: String,
    with: &'static str,
}

fn arguments(profile: Option<&BusinessProfile>, connected: &[&str]) -> Vec<Argument> {
    FITS.fit
        .iter()
        .filter_map(|fit| argument(fit, profile, connected))
        .collect()
}

/// `None` when the rule does not hold.
fn argument(
    fit: &'static Fit,
    profile: Option<&BusinessProfile>,
    connected: &[&str],
) -> Option<Argument> {
    let mut because = Vec::new();
    if !fit.industries.is_empty() {
        because.push(
            profile
                .map(|one| one.industry)
                .filter(|one| fit.industries.contains(one))?
                .label(),
        );
    }
    if !fit.sizes.is_empty() {
        because.push(
            profile
                .map(|one| one.size)
                .filter(|one| fit.sizes.contains(one))?
                .label(),
        );
    }
    if !fit.kinds.is_empty() {
        because.push(
            profile
                .map(|one| one.kind)
                .filter(|one| fit.kinds.contains(one))?
                .label(),
        );
    }
    let with = match fit.connected.as_slice() {
        [] => "",
        slugs => catalogue::find(
            slugs
                .iter()
                .find(|slug| connected.contains(&slug.as_str()))?,
        )?
        .name
        .as_str(),
    };
    if !with.is_empty() {
        because.push(with);
    }
    let because = if because.is_empty() {
        "Any business".to_owned()
    } else {
        because.join(" · ")
    };
    Some(Argument { fit, because, with })
}

/// Not connected yet, and not a replacement of something connected.
fn is_open(slug: &str, connected: &[&str]) -> bool {
    let is_taken = |group: &Vec<String>| {
        group.iter().any(|one| one == slug)
            && group.iter().any(|one| connected.contains(&one.as_str()))
    };
    let pointless = slug == SAMPLE_DATA && !connected.is_empty();
    !pointless && !connected.contains(&slug) && !FITS.alternatives.iter().any(is_taken)
}

/// `None` when nothing speaks for it, or no engine can run it.
fn recommendation(
    entry: &Integration,
    arguments: &[Argument],
    here: &Installation,
) -> Option<Recommendation> {
    let card = here.card(entry);
    let mut parts: Vec<ScorePart> = arguments
        .iter()
        .filter_map(|argument| part(entry, argument))
        .collect();
    parts.sort_by_key(|part| Reverse(part.points));
    let reason = parts.first()?.reason.clone();
    match card.availability {
        Availability::Ready => parts.push(ready_part()),
        Availability::NeedsAirbyte => {}
        Availability::Unavailable => return None,
    }
    parts.sort_by_key(|part| Reverse(part.points));
    Some(Recommendation {
        reason,
        tables: entry.gives.tables.clone(),
        unlocks: entry.gives.features.clone(),
        effort: card.effort.clone(),
        score: parts.iter().map(|part| part.points).sum(),
        integration: card,
        parts,
    })
}

fn part(entry: &Integration, argument: &Argument) -> Option<ScorePart> {
    let points = *argument.fit.points.get(&entry.slug)?;
    let reason = argument
        .fit
        .reason
        .replace("{name}", &entry.name)
        .replace("{with}", argument.with);
    Some(ScorePart {
        because: argument.because.clone(),
        points,
        reason,
    })
}

fn ready_part() -> ScorePart {
    ScorePart {
        because: "Runs here".to_owned(),
        points: READY_POINTS,
        reason: "It can be connected on this installation now.".to_owned(),
    }
}

/// The first ones, with room for other kinds of tools between those that replace each other.
fn without_crowds(sorted: Vec<Recommendation>) -> Vec<Recommendation> {
    let mut taken = vec![0; FITS.alternatives.len()];
    let has_room = |one: &Recommendation| {
        let group = FITS
            .alternatives
            .iter()
            .position(|group| group.contains(&one.integration.slug));
        group.is_none_or(|group| {
            taken[group] += 1;
            taken[group] <= MOST_ALTERNATIVES
        })
    };
    sorted.into_iter().filter(has_room).take(MOST).collect()
}

#[cfg(test)]
mod tests;
