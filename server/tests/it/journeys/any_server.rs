//! A server that nobody but an operator knows, real and reached by TLS alone: people sign in there by the entry for any
//! OAuth 2.0 server, and what it gives opens an API until the connection is removed.

use std::{collections::HashMap, fs};

use reqwest::{Method, StatusCode, Url};
use tempfile::TempDir;

use super::{described_sign_in::form_of, locked_harbour::LockedHarbour};
use crate::{
    airbyte::{CLIENT, Issuer, back_to_a_test, link},
    harness::{Answer, Api, Front, Hub, Person, eventually},
};

/// What the operator adds; QUAY stands for the API's address.
const MANIFEST: &str = r#"
version: 7.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [ships] }
streams:
  - type: DeclarativeStream
    name: ships
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: QUAY
        path: /ships
        authenticator: { type: BearerAuthenticator, api_token: "{{ config['token'] }}" }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [ships] } }
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties: { id: { type: integer }, name: { type: string } }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [token]
    properties:
      quay: { type: string, title: Quay, order: 0 }
      token: { type: string, title: Token, airbyte_secret: true, order: 1 }
"#;
/// What the harbour needs of whichever provider.
const NEEDS: &str = "scopes = ['rows', 'offline_access']\npermissions = ['See the ships']\n\
    tokens = [{ from = 'access_token', to = ['token'] }]\nrenewal = 'hub'\n";
/// Less than the hub wants to have left: each run needs a new token.
const LIFE: u32 = 300;

/// What an operator writes: where the server is, as constants of the entry for any server. This one gives lasting tokens
/// only to whoever is asked for consent.
fn by_the_entry_for_any(server: &str) -> String {
    let host = server.trim_start_matches("https://");
    format!(
        "[[grant]]\nsource_type = 'harbour'\nprovider = 'generic'\nauthorize_params = {{ prompt = 'consent' }}\n\
         asks.authorize_host = {{ default = '{host}' }}\nasks.authorize_path = {{ default = 'auth' }}\n\
         asks.token_host = {{ default = '{host}' }}\nasks.token_path = {{ default = 'token' }}\n{NEEDS}"
    )
}

/// The same server described whole, in place of that entry: it takes back what was granted.
fn by_an_entry_of_its_own(server: &str) -> String {
    format!(
        "[[provider]]\nid = 'generic'\nname = 'Harbour ID'\nauthorize_url = '{server}/auth'\ntoken_url = '{server}/token'\n\
         authorize_params = {{ prompt = 'consent' }}\nrevoke = {{ url = '{server}/token/revocation', client = true }}\n\
         [[grant]]\nsource_type = 'harbour'\nprovider = 'generic'\n{NEEDS}"
    )
}

/// Whether the hub is told to trust the certificate of provider and API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Told,
    Untold,
}

struct World {
    issuer: Issuer,
    /// Where the provider is reached.
    server: String,
    harbour: LockedHarbour,
    hub: Hub,
    anna: Person,
    api: Api,
    _front: Front,
    _folder: TempDir,
}

impl World {
    fn new(described: fn(&str) -> String, trust: Trust) -> Self {
        let (mut issuer, harbour) = (Issuer::start(), LockedHarbour::open());
        let front = Front::new();
        let (server, quay) = (front.before(&issuer.url), front.before(&harbour.url));
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).expect("a file");
            path.display().to_string()
        };
        let manifest = file("harbour.yaml", &MANIFEST.replace("QUAY", &quay));
        // Plain http stays closed.
        let mut settings = vec![
            (
                "OAUTH_PROVIDERS_FILE",
                file("providers.toml", &described(&server)),
            ),
            ("TRIBUTARY_MANIFESTS", format!("harbour={manifest}")),
        ];
        if trust == Trust::Told {
            let trusted = file("authorities.pem", &front.certificate);
            settings.push(("TRIBUTARY_TRUST_CERTIFICATES", trusted));
        }
        let hub = Hub::start_with(&settings);
        let lock = harbour.lock();
        issuer.serve_for(&callback(&hub), Some(LIFE), move |token| {
            lock.changes_to(token);
        });
        register(&hub);
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        Self {
            issuer,
            server,
            harbour,
            hub,
            anna,
            api,
            _front: front,
            _folder: folder,
        }
    }

    /// Sends the form; the provider's page that it leads to.
    fn leave(&self) -> Url {
        let typed = [
            ("form.name", "Ships"),
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("quay", "north"),
        ];
        let sent = self.anna.post(&form_of(&self.api, "harbour"), &typed);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let page = self.anna.get(&go);
        assert!(page.text.contains("See the ships"), "{page:?}");
        Url::parse(&link(&page)).expect("an address")
    }

    /// Signs in there and allows it; the address that leads back. The browser of a test trusts no test's certificate, so it
    /// takes the provider's own door, behind the front.
    fn allow(&self, away: &Url) -> String {
        let inside = away.as_str().replace(&self.server, &self.issuer.url);
        self.issuer.allow(&self.hub, &inside, "dana")
    }

    /// Opens an address of the hub with Anna's cookies.
    fn at_home(&self, address: &str) -> Answer {
        let path = address.strip_prefix(self.hub.url.trim_end_matches('/'));
        self.anna.get(path.expect("back at the hub"))
    }

    fn signs_in(&self) -> String {
        let back = self.allow(&self.leave());
        let (connection, test) = back_to_a_test(&self.hub, &self.anna, &back);
        let test = self.api.tested(&test);
        assert_eq!(test["state"], "passed", "{test}");
        assert_eq!(self.at_home(&back).status, StatusCode::BAD_REQUEST, "once");
        connection
    }

    fn run_succeeds(&self, connection: &str) {
        let run = self.api.run(connection);
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        assert_eq!(run["streams"][0]["table_rows"], 2, "{run}");
    }

    fn remove(&self, connection: &str) {
        let path = format!("/api/v1/connections/{connection}?name=Ships");
        let (status, said) = self.api.call(Method::DELETE, &path, None);
        assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
    }

    /// What the workspace's trail says became of the grant.
    fn trail_says(&self, words: &str) {
        eventually(words, || {
            let trail = self.anna.get("/activity?tab=changes");
            trail.text.contains(words).then_some(())
        });
    }

    /// Whether the provider still knows a refresh token.
    fn counts(&self, token: &str) -> bool {
        let (status, said) = self.issuer.ask("/token/introspection", &[("token", token)]);
        assert_eq!(status, StatusCode::OK, "{said}");
        said["active"].as_bool().expect("it says so")
    }

    /// They are neither in the log nor stored as they are.
    fn are_secret(&self, tokens: &[String]) {
        let log = self.hub.log();
        for token in tokens.iter().map(String::as_str).chain([CLIENT.1]) {
            assert!(!log.contains(token), "{token} is in the log");
            for (column, table) in [("tokens", "oauth_grants"), ("secrets", "connections")] {
                let query = format!("SELECT position('{token}'::bytea IN {column}) FROM {table}");
                assert_eq!(self.hub.control(&query), ["0"], "{column} of {table}");
            }
        }
    }
}

fn callback(hub: &Hub) -> String {
    format!("{}/oauth/callback", hub.url.trim_end_matches('/'))
}

/// The operator registers the client of the one server that the entry is for.
fn register(hub: &Hub) {
    let operator = Person::operating(hub);
    let page = operator.get("/admin/providers/generic");
    assert!(page.text.contains(&callback(hub)), "{page:?}");
    let client = [
        ("provider", "generic"),
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
    ];
    let set = operator.call("providers/set_platform_client", &client);
    assert!(set.status.is_success(), "{set:?}");
}

/// What the provider is asked in the address.
fn asked(world: &World, away: &Url) {
    let asked: HashMap<String, String> = away.query_pairs().into_owned().collect();
    let (there, home) = (format!("{}/auth?", world.server), callback(&world.hub));
    assert!(away.as_str().starts_with(&there), "{away}");
    for (name, said) in [
        ("response_type", "code"),
        ("client_id", CLIENT.0),
        ("redirect_uri", home.as_str()),
        ("scope", "rows offline_access"),
        ("code_challenge_method", "S256"),
        ("prompt", "consent"),
    ] {
        assert_eq!(asked[name], said, "{name} in {away}");
    }
    for (name, letters) in [("state", 43), ("code_challenge", 43)] {
        assert_eq!(asked[name].len(), letters, "{name} in {away}");
    }
    assert!(!away.as_str().contains(CLIENT.1), "{away}");
}

#[test]
fn people_sign_in_by_the_entry_for_any_server_and_stay_signed_in() {
    let world = World::new(by_the_entry_for_any, Trust::Told);
    let form = world.anna.get(&form_of(&world.api, "harbour")).text;
    assert!(form.contains("Sign in with OAuth 2.0"), "{form}");
    assert!(!form.contains("name=\"token\""), "{form}");
    asked(&world, &world.leave());
    let stray = format!("{}?code=c&state=made-up", callback(&world.hub));
    assert_eq!(world.at_home(&stray).status, StatusCode::BAD_REQUEST);

    let connection = world.signs_in();
    let before = world.issuer.asked();
    assert_eq!(before[0], "authorization_code taken");
    for more in 1..=2 {
        world.run_succeeds(&connection);
        let asked = world.issuer.asked();
        assert_eq!(asked.len(), before.len() + more, "{asked:?}");
        assert_eq!(asked[before.len()..], vec!["refresh_token taken"; more]);
    }

    // Each answer replaces both tokens, and only the newest are worth anything.
    let opened_to = world.harbour.lock().opened_to();
    assert!(opened_to.len() >= 3, "the test and each run: {opened_to:?}");
    let lasting = world.issuer.renewable();
    let (newest, used) = lasting.split_last().expect("refresh tokens");
    assert_eq!(used.len(), before.len() + 1);
    assert!(world.counts(newest), "the newest counts");
    assert!(!used.iter().any(|token| world.counts(token)), "no other");
    world.are_secret(&[opened_to, lasting].concat());

    // The entry names no place to give a grant back: whoever signed in is told so.
    world.remove(&connection);
    world.trail_says("The provider has no way to give a sign-in back");
}

#[test]
fn a_server_that_takes_grants_back_is_told_when_the_connection_goes() {
    let world = World::new(by_an_entry_of_its_own, Trust::Told);
    let connection = world.signs_in();
    world.run_succeeds(&connection);
    let lasting = world.issuer.renewable().pop().expect("a refresh token");
    assert!(world.counts(&lasting));
    world.remove(&connection);
    world.trail_says("The sign-in was given back at the provider.");
    assert!(!world.counts(&lasting));
}

#[test]
fn a_server_whose_certificate_nobody_vouches_for_is_sent_no_code() {
    let world = World::new(by_the_entry_for_any, Trust::Untold);
    let back = world.allow(&world.leave());
    let landed = world.at_home(&back);
    let back_at = landed.location.as_deref().expect("the form");
    let form = world.anna.get(back_at).text;
    assert!(form.contains("OAuth 2.0 could not be asked"), "{form}");
    assert!(form.contains("value=\"north\""), "{form}");
    assert_eq!(world.issuer.asked(), Vec::<String>::new());
    let connections = world.api.get("/api/v1/connections");
    assert_eq!(connections["items"].as_array().map(Vec::len), Some(0));
}
