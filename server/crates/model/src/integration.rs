//! Integrations: what the catalogue says about one tool a business can connect.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The shelf an integration stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Databases,
    CrmSales,
    Ecommerce,
    Payments,
    Marketing,
    Analytics,
    Communication,
    Productivity,
    FileStorage,
    /// What fits any business: files, an API of one's own, sample data.
    Generic,
}

impl Category {
    pub const ALL: [Self; 10] = [
        Self::Databases,
        Self::CrmSales,
        Self::Ecommerce,
        Self::Payments,
        Self::Marketing,
        Self::Analytics,
        Self::Communication,
        Self::Productivity,
        Self::FileStorage,
        Self::Generic,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Databases => "databases",
            Self::CrmSales => "crm_sales",
            Self::Ecommerce => "ecommerce",
            Self::Payments => "payments",
            Self::Marketing => "marketing",
            Self::Analytics => "analytics",
            Self::Communication => "communication",
            Self::Productivity => "productivity",
            Self::FileStorage => "file_storage",
            Self::Generic => "generic",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Databases => "Databases",
            Self::CrmSales => "CRM & Sales",
            Self::Ecommerce => "E-commerce",
            Self::Payments => "Payments",
            Self::Marketing => "Marketing",
            Self::Analytics => "Analytics",
            Self::Communication => "Communication",
            Self::Productivity => "Productivity",
            Self::FileStorage => "File storage",
            Self::Generic => "Files & generic",
        }
    }
}

/// How a person proves to the tool that we may read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// OAuth: a window of the provider asks for consent.
    SignIn,
    /// OAuth without a consent window: client id, client secret and refresh token of an app the customer made.
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

/// Whether the engine in use can open a provider's consent window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    Offered,
    NotOffered,
}

/// Whether a real Airbyte is configured besides the embedded engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemoteAirbyte {
    Configured,
    Absent,
}

/// Which engine can run an integration, said honestly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// Built in; nothing is installed.
    Directly,
    /// The embedded engine installs the connector once and runs it here.
    Embedded,
    /// Only a configured Airbyte can run it.
    AirbyteOnly,
    /// No engine can run it today.
    Nowhere { why: String },
}

impl Runs {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Directly => "directly",
            Self::Embedded => "embedded",
            Self::AirbyteOnly => "airbyte_only",
            Self::Nowhere { .. } => "nowhere",
        }
    }

    pub const fn label(&self) -> &'static str {
        match self {
            Self::Directly => "Runs here, built in",
            Self::Embedded => "Runs here, embedded engine",
            Self::AirbyteOnly => "With Airbyte only",
            Self::Nowhere { .. } => "Cannot run today",
        }
    }

    /// Whether it can be connected now.
    pub const fn availability(&self, remote: RemoteAirbyte) -> Availability {
        match (self, remote) {
            (Self::Directly | Self::Embedded, _)
            | (Self::AirbyteOnly, RemoteAirbyte::Configured) => Availability::Ready,
            (Self::AirbyteOnly, RemoteAirbyte::Absent) => Availability::NeedsAirbyte,
            (Self::Nowhere { .. }, _) => Availability::Unavailable,
        }
    }
}

/// Whether an integration can be connected on this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Ready,
    /// It would run if the operator configured an Airbyte.
    NeedsAirbyte,
    Unavailable,
}

/// The catalogue's filter on where an integration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunsFilter {
    /// Directly or embedded: no Airbyte needed.
    Here,
    Directly,
    Embedded,
    AirbyteOnly,
    Nowhere,
}

impl RunsFilter {
    pub const ALL: [Self; 5] = [
        Self::Here,
        Self::Directly,
        Self::Embedded,
        Self::AirbyteOnly,
        Self::Nowhere,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Directly => "directly",
            Self::Embedded => "embedded",
            Self::AirbyteOnly => "airbyte_only",
            Self::Nowhere => "nowhere",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Here => "Runs here",
            Self::Directly => "Built in",
            Self::Embedded => "Embedded engine",
            Self::AirbyteOnly => "With Airbyte only",
            Self::Nowhere => "Cannot run today",
        }
    }

    pub const fn accepts(self, runs: &Runs) -> bool {
        match self {
            Self::Here => matches!(runs, Runs::Directly | Runs::Embedded),
            Self::Directly => matches!(runs, Runs::Directly),
            Self::Embedded => matches!(runs, Runs::Embedded),
            Self::AirbyteOnly => matches!(runs, Runs::AirbyteOnly),
            Self::Nowhere => matches!(runs, Runs::Nowhere { .. }),
        }
    }
}

/// What connecting asks of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Effort {
    /// Our estimate for someone who has what it needs at hand.
    pub seconds: u16,
    /// What that is, as the end of "needs …"; empty when nothing is needed.
    pub needs: String,
}

impl Effort {
    /// "~40 s, needs a Stripe admin".
    pub fn words(&self) -> String {
        let mut words = match self.seconds {
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

    /// The short form that lists and recommendations show.
    pub fn card(&self, remote: RemoteAirbyte, consent: Consent) -> IntegrationCard {
        IntegrationCard {
            slug: self.slug.clone(),
            name: self.name.clone(),
            category: self.category,
            summary: self.summary.clone(),
            auth: self.auth_here(consent),
            effort: self.effort.words(),
            runs: self.runs.clone(),
            availability: self.runs.availability(remote),
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
    /// "~40 s, needs a Stripe admin".
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

    #[test]
    fn only_a_configured_airbyte_makes_airbyte_only_ready() {
        assert_eq!(
            Runs::AirbyteOnly.availability(RemoteAirbyte::Absent),
            Availability::NeedsAirbyte
        );
        assert_eq!(
            Runs::AirbyteOnly.availability(RemoteAirbyte::Configured),
            Availability::Ready
        );
        assert_eq!(
            Runs::Nowhere { why: String::new() }.availability(RemoteAirbyte::Configured),
            Availability::Unavailable
        );
    }

    #[test]
    fn names_read_back() {
        assert!(
            Category::ALL
                .into_iter()
                .all(|category| Category::parse(category.name()) == Some(category))
        );
        assert!(
            RunsFilter::ALL
                .into_iter()
                .all(|filter| RunsFilter::parse(filter.name()) == Some(filter))
        );
    }
}
