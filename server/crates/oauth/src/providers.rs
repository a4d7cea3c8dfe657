//! All providers and grants: those that ship, and those an operator adds or replaces.

use serde::Deserialize;

use crate::{
    AIRBYTE, Error, check,
    provider::{Grant, Provider},
    specified::OF_CONNECTOR,
};

/// All of them. An operator's entry replaces a shipped one of the same name.
#[derive(Debug)]
pub struct Providers {
    providers: Vec<Provider>,
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Provider>,
    #[serde(default)]
    grant: Vec<Grant>,
}

impl Providers {
    /// The shipped list, and an operator's file over it.
    pub fn load(own: Option<&str>) -> Result<Self, Error> {
        let mut all = Self {
            providers: Vec::new(),
            grants: Vec::new(),
        };
        let shipped = include_str!("../data/providers.toml");
        for text in [Some(shipped), own].into_iter().flatten() {
            all.add(text)?;
        }
        check::all(&all.providers, &all.grants)?;
        Ok(all)
    }

    fn add(&mut self, text: &str) -> Result<(), Error> {
        let file: File = toml::from_str(text).map_err(|error| Error::Data(error.to_string()))?;
        for new in file.provider {
            if new.id == AIRBYTE || new.id.starts_with(OF_CONNECTOR) {
                return Err(Error::Data(format!(
                    "no provider can be called “{}”",
                    new.id
                )));
            }
            self.providers.retain(|known| known.id != new.id);
            self.providers.push(new);
        }
        for new in file.grant {
            self.grants
                .retain(|known| known.source_type != new.source_type);
            self.grants.push(new);
        }
        Ok(())
    }

    pub fn all(&self) -> &[Provider] {
        &self.providers
    }

    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// How signing in works for a connector, if it does.
    pub fn grant(&self, source_type: &str) -> Option<(&Provider, &Grant)> {
        let grant = self
            .grants
            .iter()
            .find(|grant| grant.source_type == source_type)?;
        Some((self.provider(&grant.provider)?, grant))
    }

    /// The connectors that sign in at a provider.
    pub fn source_types<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a str> {
        self.grants
            .iter()
            .filter(move |grant| grant.provider == provider)
            .map(|grant| grant.source_type.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_reads_and_holds_together() {
        let all = Providers::load(None).unwrap();
        for id in [
            "salesforce",
            "hubspot",
            "shopify",
            "google",
            "slack",
            "notion",
            "airtable",
            "asana",
            "zendesk",
            "intercom",
            "mailchimp",
            "microsoft",
            "square",
            "stripe",
            "quickbooks",
            "atlassian",
            "pipedrive",
        ] {
            assert!(all.provider(id).is_some(), "{id}");
            assert!(all.source_types(id).next().is_some(), "nothing uses {id}");
        }
        // An operator's own connectors may sign in there.
        assert!(all.provider("generic").is_some());
        assert_eq!(all.source_types("generic").next(), None);
        let (provider, grant) = all.grant("google-sheets").unwrap();
        assert_eq!((provider.id.as_str(), grant.scopes.len()), ("google", 2));
    }

    #[test]
    fn an_operator_replaces_and_adds() {
        let own = "
            [[provider]]
            id = 'hubspot'
            name = 'Our HubSpot'
            authorize_url = 'https://login.example.com/authorize'
            token_url = 'https://login.example.com/token'

            [[provider]]
            id = 'own'
            name = 'Own'
            authorize_url = 'https://{zone}.example.com/authorize'
            token_url = 'https://{zone}.example.com/token'
        ";
        let all = Providers::load(Some(own)).unwrap();
        assert_eq!(all.provider("hubspot").unwrap().name, "Our HubSpot");
        let grant = format!(
            "{own}\n[[grant]]\nsource_type = 'mine'\nprovider = 'own'\ntokens = [{{ from = 'access_token', to = ['key'] }}]"
        );
        let refused = Providers::load(Some(&grant)).unwrap_err().to_string();
        assert!(
            refused.contains("“mine” does not ask for “zone”"),
            "{refused}"
        );
        let unknown = "[[grant]]\nsource_type = 'mine'\nprovider = 'nobody'\ntokens = []";
        assert!(Providers::load(Some(unknown)).is_err());
    }
}
