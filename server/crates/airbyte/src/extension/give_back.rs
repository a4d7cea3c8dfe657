//! `POST /x/sources/{id}/give_back`: the newest token of a saved source is taken back at the provider that gave it.

use serde::{Deserialize, Serialize};

/// The body: the client that somebody granted it to. The token stays where it is, which is in the source alone. Carries a
/// secret: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GiveBack {
    pub client_id: String,
    pub client_secret: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenBack {
    pub became: Became,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// The provider took it back.
    GivenBack,
    /// The provider has no address for that.
    NoEndpoint,
    /// The source holds none that is known of.
    NoToken,
    /// The provider said no, and would say it again.
    Refused,
    /// The provider did not answer.
    Unreachable,
    /// What this version does not know.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn what_a_newer_server_says_is_no_error() {
        for (said, became) in [
            ("no_token", Became::NoToken),
            ("sent_by_post", Became::Unknown),
        ] {
            let answer: GivenBack = from_value(json!({"became": said, "more": 1})).unwrap();
            assert_eq!(answer.became, became, "{said}");
        }
    }
}
