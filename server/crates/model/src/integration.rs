//! Integrations: what the catalogue says about one tool a business can connect.

mod category;
mod runs;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

pub use category::Category;
pub use runs::{Availability, Consent, RemoteAirbyte, Runs, RunsFilter};

/// How a person proves to the tool that we may read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// OAuth: a window of the provider asks for consent.
    SignIn,
    /// OAuth without a consent window: client id, client secret and refresh token of an app the customer made.
    #[serde(rename = "oauth_app")]
    OAuthApp,
    /// One key or token, pasted.
    ApiKey,
    /// A key with its secret, or an id with its secret, pasted.
    KeyPair,
    /// Host, database, user and password.
    DatabaseLogin,
    /// A service account's key file or key pair.
    ServiceAccount,
    /// A file is uploaded.
    Upload,
    /// A file is fetched from an HTTPS address.
    HttpsAddress,
    /// Nothing to prove.
    None,
}

impl AuthMethod {
    pub const fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::OAuthApp => "Own OAuth app",
            Self::ApiKey => "API key",
            Self::KeyPair => "Key and secret",
            Self::DatabaseLogin => "Database login",
            Self::ServiceAccount => "Service account",
            Self::Upload => "Upload",
            Self::HttpsAddress => "HTTPS address",
            Self::None => "Nothing needed",
        }
    }
}

/// What connecting asks of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Effort {
    /// Our estimate for someone who has what it needs at hand; 0 where we have none.
    pub seconds: u16,
    /// What that is, as the end of "needs …"; empty when nothing is needed.
    pub needs: String,
}

impl Effort {
    /// "~40 s, needs a Stripe admin"; nothing without an estimate.
    pub fn words(&self) -> String {
        let mut words = match self.seconds {
            0 => return String::new(),
            seconds @ 0..90 => format!("~{seconds} s"),
            seconds => format!("~{} min", seconds.div_ceil(60)),
        };
        if !self.needs.is_empty() {
            let _infallible = write!(words, ", needs {}", self.needs);
        }
        words
    }
}

/// What a connected integration brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Gives {
    /// The tables people ask for first; the connector may have more.
    pub tables: Vec<String>,
    /// What an app can do with them.
    pub features: Vec<String>,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Integration {
    /// Its name in URLs and files.
    pub slug: String,
    pub name: String,
    pub category: Category,
    /// One or two sentences on what it holds.
    pub summary: String,
    /// What the connector takes, the easiest first.
    pub auth: Vec<AuthMethod>,
    pub effort: Effort,
    pub gives: Gives,
    pub runs: Runs,
    /// Something to know before connecting: an older connector release, a special account.
    #[serde(default)]
    pub note: Option<String>,
    /// Airbyte's `sourceType`.
    #[serde(default)]
    pub source_type: Option<String>,
    /// Airbyte's definition id, a UUID.
    #[serde(default)]
    pub definition_id: Option<String>,
    /// File name in `/brands/`, without `.svg`; without it the monogram stands.
    #[serde(default)]
    pub logo: Option<String>,
    /// Other words people search by.
    #[serde(default)]
    pub keywords: Vec<String>,
}

impl Integration {
    /// The auth methods as they are on this installation: without a consent window, signing in means bringing one's
    /// own OAuth app, which then comes last.
    pub fn auth_here(&self, consent: Consent) -> Vec<AuthMethod> {
        if consent == Consent::Offered || !self.auth.contains(&AuthMethod::SignIn) {
            return self.auth.clone();
        }
        let pasted = self
            .auth
            .iter()
            .copied()
            .filter(|method| *method != AuthMethod::SignIn && *method != AuthMethod::OAuthApp);
        pasted.chain([AuthMethod::OAuthApp]).collect()
    }

    /// The short form that lists and recommendations show; `runs` is where it runs on this installation.
    pub fn card(&self, runs: &Runs, remote: RemoteAirbyte, consent: Consent) -> IntegrationCard {
        IntegrationCard {
            slug: self.slug.clone(),
            name: self.name.clone(),
            category: self.category,
            summary: self.summary.clone(),
            auth: self.auth_here(consent),
            effort: self.effort.words(),
            runs: runs.clone(),
            availability: runs.availability(remote),
            logo: self.logo.clone(),
            monogram: monogram(&self.name),
        }
    }
}

/// An integration as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct IntegrationCard {
    pub slug: String,
    pub name: String,
    pub category: Category,
    pub summary: String,
    pub auth: Vec<AuthMethod>,
    /// "~40 s, needs a Stripe admin"; empty where it is not known.
    pub effort: String,
    pub runs: Runs,
    pub availability: Availability,
    pub logo: Option<String>,
    pub monogram: String,
}

/// One or two letters for a tile without a logo: "Amazon Seller" → "AS", "Slack" → "Sl".
pub fn monogram(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    match (words.next(), words.next()) {
        (Some(first), Some(second)) => [first, second]
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect(),
        _ => name
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .take(2)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effort_reads_as_a_sentence_part() {
        let cases = [
            (0, "", ""),
            (40, "a Stripe admin", "~40 s, needs a Stripe admin"),
            (89, "", "~89 s"),
            (90, "", "~2 min"),
            (300, "IT", "~5 min, needs IT"),
        ];
        for (seconds, needs, words) in cases {
            assert_eq!(
                Effort {
                    seconds,
                    needs: needs.to_owned()
                }
                .words(),
                words
            );
        }
    }

    #[test]
    fn monograms_take_two_letters() {
        for (name, letters) in [
            ("Amazon Seller", "AS"),
            ("Slack", "Sl"),
            ("Monday.com", "Mo"),
            ("REST API", "RA"),
            ("(x) y", "XY"),
            ("", ""),
        ] {
            assert_eq!(monogram(name), letters);
        }
    }
}
