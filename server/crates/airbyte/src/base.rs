//! Where an Airbyte's public API is, from what people write down; and where its Config API must be then.

use reqwest::Url;

use crate::Error;

/// Path of the public API on a self-hosted server.
const SELF_HOSTED: &str = "/api/public/v1";
/// Airbyte Cloud's API host and its path.
const CLOUD: (&str, &str) = ("api.airbyte.com", "/v1");
/// Where people look at Airbyte Cloud: programs have nothing to find there but the Config API.
const CLOUD_PAGES: &str = "cloud.airbyte.com";
/// Servers that companies ran with Docker Compose had a public API of its own at this port and path …
const OLD: (u16, &str) = (8006, "/v1");
/// … and everything else at this one.
const OLD_REST: u16 = 8000;

/// Where Airbyte Cloud answers its Config API.
const CLOUD_CONFIG: &str = "https://cloud.airbyte.com/api/v1";
/// Path of the Config API on a self-hosted server.
const SELF_HOSTED_CONFIG: &str = "/api/v1";

/// Base address of a public API, without a slash at its end; and that of the Config API, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    public: Url,
    config: Option<Url>,
}

impl BaseUrl {
    /// Reads an address; one without a path gets the usual one of its host.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut url = read(text)?;
        if url.host_str() == Some(CLOUD_PAGES) {
            return Err(Error::invalid(
                "At cloud.airbyte.com are the pages for people. The API of Airbyte Cloud is at https://api.airbyte.com.",
            ));
        }
        if url.path() == "/" {
            url.set_path(match (url.host_str(), url.port()) {
                (Some(host), _) if host == CLOUD.0 => CLOUD.1,
                (_, Some(port)) if port == OLD.0 => OLD.1,
                _ => SELF_HOSTED,
            });
        }
        let config = config_beside(&url);
        Ok(Self {
            public: url,
            config,
        })
    }

    /// The same with a Config API that is elsewhere than usual; one without a path gets the usual one.
    pub fn with_config(self, text: &str) -> Result<Self, Error> {
        let mut url = read(text)?;
        if url.path() == "/" {
            url.set_path(SELF_HOSTED_CONFIG);
        }
        Ok(Self {
            config: Some(url),
            ..self
        })
    }

    /// Where the Config API is. `None` behind an address of an unusual shape.
    pub fn config(&self) -> Option<&str> {
        self.config.as_ref().map(Url::as_str)
    }

    /// Whether it is Airbyte Cloud.
    pub fn is_cloud(&self) -> bool {
        self.public.host_str() == Some(CLOUD.0)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.public.as_str()
    }

    /// Address of one call. Segments are escaped, so an id can never climb out of the base.
    pub(crate) fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        below(&self.public, segments)
    }

    /// The same of the Config API.
    pub(crate) fn join_config<'a>(
        &self,
        segments: impl IntoIterator<Item = &'a str>,
    ) -> Option<Url> {
        self.config.as_ref().map(|url| below(url, segments))
    }
}

/// An address without a slash at the end of its path, and without what is no part of it.
fn read(text: &str) -> Result<Url, Error> {
    let mut url = Url::parse(text.trim()).map_err(|_| {
        Error::invalid("The Airbyte address is no URL. Write it like https://airbyte.example.com.")
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
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Where the Config API is, by the shape of the public API's address.
fn config_beside(public: &Url) -> Option<Url> {
    if public.host_str() == Some(CLOUD.0) {
        return Some(Url::parse(CLOUD_CONFIG).expect("a constant URL is one"));
    }
    let mut url = public.clone();
    if (url.port(), url.path()) == (Some(OLD.0), OLD.1) {
        url.set_port(Some(OLD_REST))
            .expect("http and https addresses have ports");
        url.set_path(SELF_HOSTED_CONFIG);
        return Some(url);
    }
    let before = public.path().strip_suffix(SELF_HOSTED)?;
    url.set_path(&format!("{before}{SELF_HOSTED_CONFIG}"));
    Some(url)
}

fn below<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("http and https addresses have paths")
        .pop_if_empty()
        .extend(segments);
    url
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
        assert_eq!(
            base("http://old.example:8006"),
            "http://old.example:8006/v1"
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
            (
                "http://old.example:8006/v1/",
                "http://old.example:8000/api/v1",
            ),
        ] {
            assert_eq!(BaseUrl::parse(public).unwrap().config(), Some(config));
        }
    }

    #[test]
    fn behind_an_address_of_another_shape_the_config_api_is_told() {
        let base = BaseUrl::parse("https://a.example/gateway/v1").unwrap();
        assert_eq!(base.config(), None);
        assert_eq!(base.join_config(["jobs", "get"]), None);
        let told = base.with_config("https://b.example/").unwrap();
        assert_eq!(told.as_str(), "https://a.example/gateway/v1");
        assert_eq!(told.config(), Some("https://b.example/api/v1"));
        let call = told.join_config(["jobs", "get"]).unwrap();
        assert_eq!(call.as_str(), "https://b.example/api/v1/jobs/get");
    }

    #[test]
    fn refuses_what_is_no_address_or_carries_a_password() {
        for text in [
            "",
            "airbyte.example.com",
            "ftp://a.example",
            "https://me:word@a.example",
            "https://cloud.airbyte.com/workspaces/1",
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
