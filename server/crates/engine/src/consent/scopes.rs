//! The scopes of one sign-in: those that the description of the connector names, or some of them where a caller says so.

use super::way::Way;
use crate::problem::{ApiError, ApiResult};

/// Letters of a scope that an answer repeats.
const TOLD: usize = 100;

/// What a caller asks for instead of the usual scopes.
pub(crate) struct Asked {
    /// None leaves everything as it is described.
    pub scopes: Vec<String>,
    /// People may leave these out. Counts beside `scopes` only, as the API has it.
    pub optional: Vec<String>,
}

impl Way<'_> {
    /// Asks for these alone. The client stands for what the description names: nobody gets more by it.
    pub(super) fn ask_for(&mut self, asked: Asked) -> ApiResult<()> {
        let Asked {
            scopes,
            mut optional,
        } = asked;
        if scopes.is_empty() {
            return Ok(());
        }
        self.are_offered("requestedScopes", &scopes)?;
        self.are_offered("requestedOptionalScopes", &optional)?;
        optional.retain(|scope| !scopes.contains(scope));
        self.provider.to_mut().ask_for(&scopes, &optional);
        let grant = self.grant.to_mut();
        grant.scopes = scopes;
        grant.optional_scopes = optional;
        Ok(())
    }

    fn are_offered(&self, field: &str, asked: &[String]) -> ApiResult<()> {
        let offered = self.provider.offers(&self.grant);
        let other = asked
            .iter()
            .find(|scope| !offered.contains(&scope.as_str()));
        let Some(other) = other else {
            return Ok(());
        };
        let other: String = other.chars().take(TOLD).collect();
        let all = match offered.as_slice() {
            [] => "none".to_owned(),
            some => some.join(", "),
        };
        Err(ApiError::bad_request(&format!(
            "{field}: “{other}” is not offered. Scopes of this connector: {all}."
        )))
    }
}
