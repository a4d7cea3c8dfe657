//! Settings that lead elsewhere than the stored ones: what is kept of those was meant for another place. Whoever may change
//! an address would else be sent what somebody else once typed.

use model::FieldError;
use serde_json::Value;

use super::{
    Schema, fill,
    pointers::{Certain, lead_elsewhere, pointers_in},
    read, secrets,
};

const TYPE_AGAIN: &str =
    "The address changed. Type this again, so that it goes only where you mean it to.";
/// The same of what signing in gave.
pub(crate) const SIGN_IN_AGAIN: &str =
    "The address changed. Sign in again, so that it is used only where you mean it to.";

/// A secret that was kept for another place.
pub(super) fn type_again(field: &str) -> FieldError {
    FieldError::new(field, TYPE_AGAIN)
}

impl Schema {
    /// From now on the words of the provider's addresses count among the places: a shop, a region. What a connector itself
    /// describes may use its words for anything, so those do not.
    pub(crate) fn addressed_by(&mut self, grant: &oauth::Grant) {
        let is_listed =
            grant.provider != oauth::AIRBYTE && oauth::connector_of(&grant.provider).is_none();
        if is_listed {
            self.addressed = Some(grant.clone());
        }
    }

    /// Whether the new settings name a place that the stored ones do not.
    pub(crate) fn leads_elsewhere(&self, stored: &Value, new: &Value) -> bool {
        let mut known = pointers_in(stored);
        // A form posts the defaults of what was left out before.
        let pairs = fill::fill(&self.root, Some(stored));
        let shown = read::read(&self.root, &pairs, Some(stored)).config;
        known.extend(pointers_in(&shown));
        let words = |config: &Value| {
            let grant = self.addressed.as_ref()?;
            Some(oauth::words(grant, config).map_err(|error| error.to_string()))
        };
        let mut new_places = pointers_in(new);
        if self.addressed.is_some() {
            // The provider's words tell them, however they are written.
            new_places.retain(|one| one.certain != Certain::Place);
        }
        lead_elsewhere(&known, &new_places) || words(stored) != words(new)
    }

    /// A configuration without what nobody may make use of again.
    pub(crate) fn without_secrets(&self, config: &Value) -> Value {
        let (mut masked, _) = self.split(config);
        secrets::remove_masks(&mut masked);
        masked
    }
}
