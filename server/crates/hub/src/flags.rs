//! Feature flags of apps: which integrations are live.

use std::collections::BTreeMap;

/// Integrations that send mail, the first live one wins as `EMAIL_PROVIDER`.
const MAIL: [&str; 4] = ["sendgrid", "mailchimp", "klaviyo", "braze"];

/// One connection as flags see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// Slug of the catalogue.
    pub integration: String,
    /// Its rows can be relied on.
    pub live: Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    Yes,
    No,
}

/// `STRIPE_ENABLED` → true. An integration with several connections is on when one of them is live.
pub fn flags(connections: &[Connected]) -> BTreeMap<String, bool> {
    let mut flags = BTreeMap::new();
    for connection in connections {
        *flags
            .entry(flag_name(&connection.integration))
            .or_insert(false) |= connection.live == Live::Yes;
    }
    flags
}

/// The first live integration that sends mail.
pub fn email_provider(connections: &[Connected]) -> Option<&'static str> {
    MAIL.into_iter().find(|slug| {
        connections
            .iter()
            .any(|connection| connection.integration == *slug && connection.live == Live::Yes)
    })
}

/// `amazon-seller` → `AMAZON_SELLER_ENABLED`.
fn flag_name(slug: &str) -> String {
    let name: String = slug
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    let prefix = if name.starts_with(|first: char| first.is_ascii_digit()) {
        "_"
    } else {
        ""
    };
    format!("{prefix}{name}_ENABLED")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(list: &[(&str, Live)]) -> Vec<Connected> {
        list.iter()
            .map(|(integration, live)| Connected {
                integration: (*integration).to_owned(),
                live: *live,
            })
            .collect()
    }

    #[test]
    fn one_live_connection_turns_its_flag_on() {
        let flags = flags(&connected(&[
            ("stripe", Live::No),
            ("stripe", Live::Yes),
            ("slack", Live::No),
            ("rest-api", Live::Yes),
        ]));
        let expected = [
            ("REST_API_ENABLED", true),
            ("SLACK_ENABLED", false),
            ("STRIPE_ENABLED", true),
        ];
        assert_eq!(
            flags,
            expected.map(|(name, on)| (name.to_owned(), on)).into()
        );
    }

    #[test]
    fn every_integration_has_a_flag_that_shells_take() {
        for entry in crate::catalogue::all() {
            assert!(
                crate::bundle::env::is_name(&flag_name(&entry.slug)),
                "{}",
                entry.slug
            );
        }
        assert!(crate::bundle::env::is_name(&flag_name("7shifts")));
    }

    #[test]
    fn mail_comes_from_the_first_live_sender() {
        assert_eq!(
            email_provider(&connected(&[
                ("mailchimp", Live::Yes),
                ("sendgrid", Live::Yes)
            ])),
            Some("sendgrid")
        );
        assert_eq!(email_provider(&connected(&[("sendgrid", Live::No)])), None);
    }
}
