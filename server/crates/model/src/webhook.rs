//! Webhooks in: how a sender signs, and what is known of a connection's endpoint (mission C9).

use serde::{Deserialize, Serialize};

/// How a sender proves that an event is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookScheme {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`, as standardwebhooks.com has it.
    StandardWebhooks,
    Stripe,
    #[serde(rename = "github")]
    GitHub,
    Shopify,
    Slack,
    #[serde(rename = "hubspot")]
    HubSpot,
}

impl WebhookScheme {
    pub const ALL: [Self; 6] = [
        Self::StandardWebhooks,
        Self::Stripe,
        Self::GitHub,
        Self::Shopify,
        Self::Slack,
        Self::HubSpot,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standard_webhooks",
            Self::Stripe => "stripe",
            Self::GitHub => "github",
            Self::Shopify => "shopify",
            Self::Slack => "slack",
            Self::HubSpot => "hubspot",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "Standard Webhooks",
            Self::Stripe => "Stripe",
            Self::GitHub => "GitHub",
            Self::Shopify => "Shopify",
            Self::Slack => "Slack",
            Self::HubSpot => "HubSpot",
        }
    }

    /// The scheme of a tool, by its slug; the open standard for all others.
    pub fn of_integration(slug: &str) -> Self {
        match slug {
            "stripe" => Self::Stripe,
            "github" => Self::GitHub,
            "shopify" => Self::Shopify,
            "slack" => Self::Slack,
            "hubspot" => Self::HubSpot,
            _ => Self::StandardWebhooks,
        }
    }

    /// May this side make the signing secret? Else the sender makes it, and a person pastes it.
    pub const fn secret_is_ours(self) -> bool {
        matches!(self, Self::StandardWebhooks | Self::GitHub)
    }

    /// Where the sender shows or takes the signing secret.
    pub const fn where_secret(self) -> &'static str {
        match self {
            Self::StandardWebhooks => {
                "Give it to the sender, or paste the one that the sender shows: it begins with whsec_."
            }
            Self::Stripe => {
                "Stripe shows it when the endpoint is made, under Developers, Webhooks: it begins with whsec_."
            }
            Self::GitHub => "Enter it at GitHub as the webhook's secret.",
            Self::Shopify => {
                "Shopify shows it under Settings, Notifications, Webhooks; for an app it is the app's client secret."
            }
            Self::Slack => {
                "Slack shows it under Basic Information of your app, as the signing secret."
            }
            Self::HubSpot => "It is your HubSpot app's client secret, under Auth.",
        }
    }
}

/// Why something sent to an endpoint was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookRefusal {
    /// A header that the scheme needs is missing or not as it should be.
    Unsigned,
    /// The signature is another one.
    Mismatch,
    /// Signed longer ago than is believed, or in the future.
    TooOld,
    /// The signing secret was not told yet.
    NoSecret,
    /// Not JSON, or not what the scheme says.
    Unreadable,
    /// More than is taken in at once.
    TooLarge,
}

impl WebhookRefusal {
    pub const ALL: [Self; 6] = [
        Self::Unsigned,
        Self::Mismatch,
        Self::TooOld,
        Self::NoSecret,
        Self::Unreadable,
        Self::TooLarge,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Mismatch => "mismatch",
            Self::TooOld => "too_old",
            Self::NoSecret => "no_secret",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }

    /// What happened, and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unsigned => "The signature was missing: check that the kind of sender is right.",
            Self::Mismatch => "Signature did not match: check the signing secret.",
            Self::TooOld => {
                "It was signed more than 5 minutes ago or ahead: check the sender's clock. A delivery that is sent again must be signed again."
            }
            Self::NoSecret => {
                "The signing secret is not set yet: paste the one that the sender shows."
            }
            Self::Unreadable => {
                "What was sent is not JSON as this kind of sender sends it: check that the kind is right."
            }
            Self::TooLarge => {
                "It was larger than 256 KB, the most that is taken in at once: have the sender send less."
            }
        }
    }
}

/// The last refusal of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookRefused {
    pub reason: WebhookRefusal,
    /// The same in words.
    pub detail: String,
    /// RFC 3339.
    pub at: String,
    /// Nothing was taken in since.
    pub is_newest: bool,
}

/// An event that was taken in, without what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookArrival {
    /// Its type, as the sender calls it.
    pub kind: String,
    /// When it came, RFC 3339.
    pub at: String,
    /// Is it in the table of events?
    pub is_row: bool,
}

/// An endpoint that is on. Its address was shown once, when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookView {
    pub scheme: WebhookScheme,
    /// Where the events land.
    pub table: String,
    /// Is there a signing secret? Without one nothing is taken in.
    pub has_secret: bool,
    /// RFC 3339, as the others.
    pub secret_set_at: Option<String>,
    /// Until then the secret before a rotation is good, too.
    pub old_secret_until: Option<String>,
    pub created_at: String,
    /// Since when it has the address it has.
    pub address_made_at: String,
    pub last_event_at: Option<String>,
    /// Events of the last 24 hours.
    pub events_24h: i64,
    /// Events that were taken in and are not rows yet.
    pub waiting: i64,
    pub last_refusal: Option<WebhookRefused>,
    /// The last ten events, the newest first.
    pub newest: Vec<WebhookArrival>,
    /// Why rows are late.
    pub problem: Option<String>,
}

/// Whether a connection takes events in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookStatus {
    /// What fits its integration.
    pub suggested: WebhookScheme,
    /// None: turned off.
    pub endpoint: Option<WebhookView>,
}

/// How to turn an endpoint on, or change it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookSettings {
    /// Left out: what fits the integration, or stays as it is.
    #[serde(default)]
    pub scheme: Option<WebhookScheme>,
    /// The sender's signing secret. Left out: one is made where the scheme allows it, or it follows later.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What of an endpoint is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookPart {
    /// The old address ends at once.
    Address,
    /// The old secret is good for 24 hours more.
    Secret,
}

impl WebhookPart {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "address" => Some(Self::Address),
            "secret" => Some(Self::Secret),
            _ => None,
        }
    }
}

/// Which part of an endpoint to make anew.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookRotation {
    pub part: WebhookPart,
    /// The sender's new signing secret, where the sender makes it.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What is shown once: nobody can show it again.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WebhookMade {
    pub endpoint: WebhookView,
    /// The address to give to the sender, when it is new.
    pub url: Option<String>,
    /// The signing secret to give to the sender, when it was made here.
    pub secret: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_are_what_programs_send() {
        for scheme in WebhookScheme::ALL {
            assert_eq!(WebhookScheme::parse(scheme.name()), Some(scheme));
        }
        for why in WebhookRefusal::ALL {
            assert_eq!(WebhookRefusal::parse(why.name()), Some(why));
        }
    }

    #[test]
    fn a_tool_of_its_own_scheme_suggests_it() {
        assert_eq!(
            WebhookScheme::of_integration("stripe"),
            WebhookScheme::Stripe
        );
        assert_eq!(
            WebhookScheme::of_integration("postgres"),
            WebhookScheme::StandardWebhooks
        );
    }
}
