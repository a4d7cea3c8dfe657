//! Where each shipped grant sends people, and what goes along.

use std::collections::{BTreeMap, BTreeSet};

use oauth::{Providers, consent, words};
use serde_json::{Value, json};
use url::Url;

const STATE: &str = "the-state";
const REDIRECT: &str = "https://hub.example.com/oauth/callback?of=hub";

/// How scopes are written one after the other.
#[derive(Clone, Copy)]
enum Joined {
    /// A blank, which is a plus sign in an address.
    Blank,
    Comma,
    /// There are none to be asked for.
    Nothing,
}

use Joined::{Blank, Comma, Nothing};

/// Whether the provider checks who comes back for the token.
#[derive(Clone, Copy, PartialEq)]
enum Proof {
    S256,
    None,
}

use Proof::S256;

/// The connector, plausible answers, the host people are sent to, and in which manner.
fn expected() -> Vec<(&'static str, Value, &'static str, Joined, Proof)> {
    let shop = json!({"shop": "acme"});
    let subdomain = json!({"subdomain": "acme"});
    let sandbox = json!({"is_sandbox": true});
    let site = json!({"domain": "acme.atlassian.net"});
    let tenant = json!({"credentials": {"tenant_id": "acme.example.com"}});
    let (europe, none) = (json!({"dc_region": "EU"}), json!({}));
    let google = "accounts.google.com";
    let microsoft = "login.microsoftonline.com";
    let n = || none.clone();
    vec![
        ("google-sheets", n(), google, Blank, S256),
        ("google-drive", n(), google, Blank, S256),
        ("google-analytics-data-api", n(), google, Blank, S256),
        ("hubspot", n(), "app.hubspot.com", Blank, Proof::None),
        ("salesforce", n(), "login.salesforce.com", Blank, S256),
        (
            "salesforce",
            sandbox.clone(),
            "test.salesforce.com",
            Blank,
            S256,
        ),
        (
            "pipedrive",
            n(),
            "oauth.pipedrive.com",
            Nothing,
            Proof::None,
        ),
        ("zoho-crm", n(), "accounts.zoho.com", Comma, Proof::None),
        ("zoho-crm", europe, "accounts.zoho.eu", Comma, Proof::None),
        ("shopify", shop, "acme.myshopify.com", Comma, Proof::None),
        ("square", n(), "connect.squareup.com", Blank, Proof::None),
        (
            "square",
            sandbox,
            "connect.squareupsandbox.com",
            Blank,
            Proof::None,
        ),
        ("stripe", n(), "connect.stripe.com", Blank, Proof::None),
        (
            "quickbooks",
            n(),
            "appcenter.intuit.com",
            Blank,
            Proof::None,
        ),
        ("slack", n(), "slack.com", Comma, Proof::None),
        ("notion", n(), "api.notion.com", Nothing, Proof::None),
        ("airtable", n(), "airtable.com", Blank, S256),
        ("asana", n(), "app.asana.com", Blank, S256),
        ("jira", site, "auth.atlassian.com", Blank, Proof::None),
        ("monday", n(), "auth.monday.com", Blank, Proof::None),
        ("github", n(), "github.com", Blank, S256),
        (
            "zendesk-support",
            subdomain,
            "acme.zendesk.com",
            Blank,
            S256,
        ),
        ("intercom", n(), "app.intercom.com", Nothing, Proof::None),
        (
            "mailchimp",
            n(),
            "login.mailchimp.com",
            Nothing,
            Proof::None,
        ),
        ("microsoft-onedrive", n(), microsoft, Blank, S256),
        ("microsoft-teams", tenant, microsoft, Blank, S256),
    ]
}

#[test]
fn every_shipped_grant_leads_to_its_provider() {
    let all = Providers::load(None).unwrap();
    for (source_type, config, host, joined, proof) in expected() {
        let (provider, grant) = all.grant(source_type).unwrap();
        let words = words(grant, &config).unwrap();
        let redirect = Url::parse(REDIRECT).unwrap();
        let consent = consent(provider, grant, &words, "app-1", &redirect, STATE).unwrap();
        let url = consent.url;
        assert_eq!((url.scheme(), url.host_str()), ("https", Some(host)));
        assert!(url.port().is_none() && url.username().is_empty(), "{url}");
        assert!(!url.as_str().contains(['{', '}']), "{url}");
        asked(&url);
        scopes(&url, &grant.scopes, joined);
        assert_eq!(consent.verifier.is_some(), proof == S256, "{url}");
        let query = query(&url);
        let method = query.get("code_challenge_method").map(String::as_str);
        assert_eq!(method, (proof == S256).then_some("S256"), "{url}");
        let challenge = query.get("code_challenge").map(String::len);
        assert_eq!(challenge, (proof == S256).then_some(43), "{url}");
    }
}

fn query(url: &Url) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let query: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(query.len(), pairs.len(), "something is asked twice: {url}");
    query
}

/// What the standard asks for.
fn asked(url: &Url) {
    let query = query(url);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "app-1"),
        ("redirect_uri", REDIRECT),
        ("state", STATE),
    ] {
        assert_eq!(query[name], value, "{url}");
    }
}

fn scopes(url: &Url, wanted: &[String], joined: Joined) {
    let query = query(url);
    let separator = match joined {
        Blank => " ",
        Comma => ",",
        Nothing => {
            assert!(wanted.is_empty() && !query.contains_key("scope"), "{url}");
            return;
        }
    };
    let asked: Vec<&str> = query["scope"].split(separator).collect();
    let (ours, others) = asked.split_at(wanted.len());
    assert_eq!(ours, wanted, "{url}");
    // Who signs in, and that it lasts, is asked for beside what the connector needs.
    let identity = ["openid", "email", "user.email:read", "offline_access"];
    assert!(others.iter().all(|scope| identity.contains(scope)), "{url}");
    assert!(
        !url.as_str().contains("%20"),
        "a blank is a plus sign: {url}"
    );
}

#[test]
fn no_shipped_grant_is_left_out() {
    let all = Providers::load(None).unwrap();
    let ids = all.all().iter().map(|provider| provider.id.as_str());
    let shipped: BTreeSet<&str> = ids.flat_map(|id| all.source_types(id)).collect();
    let table = expected();
    let tried: BTreeSet<&str> = table.iter().map(|row| row.0).collect();
    assert_eq!(shipped, tried);
}
