//! Where an Airbyte's public API is, from what people write down.

use reqwest::Url;

use crate::Error;

/// Path of the public API on a self-hosted server.
const SELF_HOSTED: &str = "/api/public/v1";
/// Airbyte Cloud's API host and its path.
const CLOUD: (&str, &str) = ("api.airbyte.com", "/v1");

/// Where Airbyte Cloud answers its Config API.
const CLOUD_CONFIG: &str = "https://cloud.airbyte.com/api/v1";
/// Path of the Config API on a self-hosted server.
const SELF_HOSTED_CONFIG: &str = "/api/v1";

/// Base address of a public API, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address; one without a path gets the usual one of its host.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut url = Url::parse(text.trim()).map_err(|_| {
            Error::invalid(
                "The Airbyte address is no URL. Write it like https://airbyte.example.com.",
            )
        })?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Error::invalid(
                "The Airbyte address must start with https:// or http:// and name a host.",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid(
                "The Airbyte address holds a user name or password. Set the credentials aside from the address.",
            ));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let path = match path.as_str() {
            "" if url.host_str() == Some(CLOUD.0) => CLOUD.1,
            "" => SELF_HOSTED,
            path => path,
        };
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Where the Config API of the same server is. Behind an address of an unusual shape there is none: its calls are
    /// answered with 404.
    pub(crate) fn config(&self) -> Self {
        if self.is_cloud() {
            let cloud = Url::parse(CLOUD_CONFIG).expect("a constant URL is one");
            return Self(cloud);
        }
        let mut url = self.0.clone();
        let below = url.path().strip_suffix(SELF_HOSTED).map(str::to_owned);
        if let Some(below) = below {
            url.set_path(&format!("{below}{SELF_HOSTED_CONFIG}"));
        }
        Self(url)
    }

    /// Whether it is Airbyte Cloud.
    pub fn is_cloud(&self) -> bool {
        self.0.host_str() == Some(CLOUD.0)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Address of one call. Segments are escaped, so an id can never climb out of the base.
    pub(crate) fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        url.path_segments_mut()
            .expect("http and https addresses have paths")
            .pop_if_empty()
            .extend(segments);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> String {
        BaseUrl::parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn completes_what_people_write() {
        assert_eq!(
            base("https://api.airbyte.com"),
            "https://api.airbyte.com/v1"
        );
        assert_eq!(
            base("http://localhost:8000/"),
            "http://localhost:8000/api/public/v1"
        );
        assert_eq!(
            base(" https://a.example/air/api/public/v1/ "),
            "https://a.example/air/api/public/v1"
        );
    }

    #[test]
    fn knows_where_the_config_api_is() {
        for (public, config) in [
            (
                "https://api.airbyte.com",
                "https://cloud.airbyte.com/api/v1",
            ),
            ("http://localhost:8000", "http://localhost:8000/api/v1"),
            (
                "https://a.example/air/api/public/v1",
                "https://a.example/air/api/v1",
            ),
        ] {
            assert_eq!(BaseUrl::parse(public).unwrap().config().as_str(), config);
        }
    }

    #[test]
    fn refuses_what_is_no_address_or_carries_a_password() {
        for text in [
            "",
            "airbyte.example.com",
            "ftp://a.example",
            "https://me:word@a.example",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_stays_one_segment() {
        let url = BaseUrl::parse("http://a.example")
            .unwrap()
            .join(["sources", "../jobs?x"]);
        assert_eq!(
            url.as_str(),
            "http://a.example/api/public/v1/sources/..%2Fjobs%3Fx"
        );
    }
}
