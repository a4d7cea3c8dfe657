//! Recommendations: which integration to connect first, and the sum that says why.

use serde::{Deserialize, Serialize};

use crate::IntegrationCard;

/// One suggestion, with everything its card shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Recommendation {
    pub integration: IntegrationCard,
    /// The strongest argument, as a sentence.
    pub reason: String,
    /// Tables it would bring.
    pub tables: Vec<String>,
    /// What apps could do then.
    pub unlocks: Vec<String>,
    /// "~40 s, needs a Stripe admin".
    pub effort: String,
    /// The sum of the parts.
    pub score: u16,
    /// "Why this?": every part of the score, the strongest first.
    pub parts: Vec<ScorePart>,
}

/// One summand of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ScorePart {
    /// Which answer or fact gave the points: "Retail & shops", "Runs here".
    pub because: String,
    pub points: u16,
    /// The argument as a sentence.
    pub reason: String,
}
