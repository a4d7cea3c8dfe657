//! The settings of an Airbyte elsewhere: where it is, how it knows us, and what of it may be used.

use airbyte::{Auth, BaseUrl};
use anyhow::{Context, bail};
use uuid::Uuid;

use super::{Settings, both};

/// What means nothing without `AIRBYTE_BASE_URL`, and what it is.
const DETAILS: [(&str, &str); 3] = [
    ("AIRBYTE_WORKSPACE_ID", "a workspace"),
    ("AIRBYTE_DESTINATION_ID", "a destination"),
    ("AIRBYTE_CONFIG_URL", "the Config API"),
];

/// An Airbyte to use instead of the embedded engine.
pub struct Airbyte {
    pub base: BaseUrl,
    pub auth: Auth,
    /// Airbyte's public list of connectors; `None` where an operator does not want it asked.
    pub registry: Option<String>,
    /// The only workspace that it lets us have.
    pub workspace: Option<Uuid>,
    /// The destination in that workspace that is used as it is.
    pub destination: Option<Uuid>,
}

impl std::fmt::Debug for Airbyte {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Airbyte")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

pub(super) fn read(settings: &Settings) -> anyhow::Result<Option<Airbyte>> {
    let auth = auth(settings)?;
    let workspace = id(settings, "AIRBYTE_WORKSPACE_ID", "workspace")?;
    let destination = id(settings, "AIRBYTE_DESTINATION_ID", "destination")?;
    let Some(url) = settings.text("AIRBYTE_BASE_URL") else {
        for (name, what) in DETAILS {
            if settings.text(name).is_some() {
                bail!(
                    "{name} names {what} of an Airbyte, but not the address of that Airbyte: set AIRBYTE_BASE_URL"
                );
            }
        }
        if !matches!(auth, Auth::None) {
            bail!("credentials of an Airbyte are set, but not its address: set AIRBYTE_BASE_URL");
        }
        return Ok(None);
    };
    if destination.is_some() && workspace.is_none() {
        bail!(
            "AIRBYTE_DESTINATION_ID is for one tenant in a workspace that is there already: set AIRBYTE_WORKSPACE_ID to the workspace of that destination"
        );
    }
    let base = base_url(&url, settings.text("AIRBYTE_CONFIG_URL").as_deref())?;
    let registry = registry(settings, &base);
    Ok(Some(Airbyte {
        base,
        auth,
        registry,
        workspace,
        destination,
    }))
}

/// One way to prove who we are; two at once would leave it to chance which one counts.
fn auth(settings: &Settings) -> anyhow::Result<Auth> {
    let application = both(settings, "AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET")?;
    let login = both(settings, "AIRBYTE_USERNAME", "AIRBYTE_PASSWORD")?;
    let key = settings.secret("AIRBYTE_API_KEY");
    Ok(match (application, login, key) {
        (Some((client_id, client_secret)), None, None) => Auth::Application {
            client_id,
            client_secret,
        },
        (None, Some((username, password)), None) => Auth::Basic { username, password },
        (None, None, Some(key)) => Auth::Bearer(key),
        (None, None, None) => Auth::None,
        _ => bail!(
            "set one kind of credentials for the Airbyte only: AIRBYTE_CLIENT_ID with its secret, AIRBYTE_API_KEY, or AIRBYTE_USERNAME with its password"
        ),
    })
}

fn id(settings: &Settings, name: &str, of: &str) -> anyhow::Result<Option<Uuid>> {
    let Some(text) = settings.text(name) else {
        return Ok(None);
    };
    let id = Uuid::parse_str(&text).with_context(|| format!("{name} is no id of a {of}"))?;
    Ok(Some(id))
}

/// Both APIs of an Airbyte: without the second one no connection could be tested.
fn base_url(url: &str, config: Option<&str>) -> anyhow::Result<BaseUrl> {
    let base = BaseUrl::parse(url).map_err(|error| anyhow::anyhow!("AIRBYTE_BASE_URL: {error}"))?;
    let base = match config {
        Some(config) => base
            .with_config(config)
            .map_err(|error| anyhow::anyhow!("AIRBYTE_CONFIG_URL: {error}"))?,
        None => base,
    };
    if base.config().is_none() {
        bail!(
            "AIRBYTE_BASE_URL: {} does not end as the public API of an Airbyte does (/api/public/v1, or :8006/v1 of old servers), so it does not tell where the Config API is, which tests connections. Write the address without a path, or set AIRBYTE_CONFIG_URL as well",
            base.as_str()
        );
    }
    Ok(base)
}

/// The public list that fits: what Airbyte Cloud runs asks for less than the same connectors elsewhere.
fn registry(settings: &Settings, base: &BaseUrl) -> Option<String> {
    let url = settings.text("AIRBYTE_REGISTRY_URL");
    if url.as_deref() == Some("off") {
        return None;
    }
    Some(url.unwrap_or_else(|| {
        let name = if base.is_cloud() { "cloud" } else { "oss" };
        format!("https://connectors.airbyte.com/files/registries/v0/{name}_registry.json")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: (&str, &str) = ("AIRBYTE_BASE_URL", "http://airbyte.example.com");
    const WORKSPACE: (&str, &str) = (
        "AIRBYTE_WORKSPACE_ID",
        "18dccc91-0ab1-4f72-9ed7-0b8fc27c5826",
    );
    const DESTINATION: (&str, &str) = (
        "AIRBYTE_DESTINATION_ID",
        "0a4b0a4b-1c2d-4e3f-8a9b-0c1d2e3f4a5b",
    );

    fn refusal(values: &[(&'static str, &str)]) -> String {
        let read = read(&Settings::of(values));
        read.expect_err("it is refused").to_string()
    }

    #[test]
    fn what_belongs_to_an_airbyte_is_refused_without_its_address() {
        let config = (
            "AIRBYTE_CONFIG_URL",
            "http://airbyte.example.com:8001/api/v1",
        );
        for (value, what) in [
            (config, "the Config API"),
            (WORKSPACE, "a workspace"),
            (DESTINATION, "a destination"),
            (("AIRBYTE_API_KEY", "key"), "credentials"),
        ] {
            let why = refusal(&[value]);
            assert!(
                why.contains(what) && why.ends_with("set AIRBYTE_BASE_URL"),
                "{why}"
            );
        }
        let whole = read(&Settings::of(&[URL, config])).unwrap().unwrap();
        let at = whole.base.config().expect("an address");
        assert!(at.starts_with(config.1), "{at}");
        assert!(read(&Settings::default()).unwrap().is_none());
    }

    #[test]
    fn a_destination_is_given_together_with_its_workspace() {
        let why = refusal(&[URL, DESTINATION]);
        assert!(why.contains("set AIRBYTE_WORKSPACE_ID"), "{why}");
        let why = refusal(&[URL, WORKSPACE, ("AIRBYTE_DESTINATION_ID", "warehouse")]);
        assert_eq!(why, "AIRBYTE_DESTINATION_ID is no id of a destination");
        let given = read(&Settings::of(&[URL, WORKSPACE, DESTINATION]));
        let destination = given.unwrap().unwrap().destination;
        let destination = destination.map(|id| id.to_string());
        assert_eq!(destination.as_deref(), Some(DESTINATION.1));
    }
}
