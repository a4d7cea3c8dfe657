//! Signing in by the Airbyte elsewhere: it knows the provider and keeps the tokens, we never see them.

use std::{fs, sync::Arc};

use reqwest::{
    Method, StatusCode,
    blocking::{Client, RequestBuilder},
    header::LOCATION,
    redirect::Policy,
};
use serde_json::{Value, json};

use super::{
    issuer::Issuer,
    provider::{CLIENT, Provider},
    standin::Platform,
};
use crate::harness::{Answer, Api, Hub, Person, SourceDatabase, eventually, text};

/// The password that signing in stands for.
const PASSWORD: &str = "tok-1-of-the-shop";

struct World<P> {
    provider: P,
    platform: Platform,
    hub: Hub,
    shop: Arc<SourceDatabase>,
    reader: String,
    anna: Person,
    api: Api,
}

impl World<Provider> {
    fn new() -> Self {
        let provider = Provider::start(PASSWORD);
        let described = provider.described();
        Self::at(provider, &described)
    }

    /// Sends the form, goes to the provider and is led back to Airbyte, which leads on; where to, at our hub.
    fn trip(&self, form_at: &str, name: &str) -> String {
        let callback = hop(&self.leave(form_at, name));
        self.home(&hop(&callback))
    }
}

impl<P> World<P> {
    fn at(provider: P, described: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("providers.toml");
        fs::write(&file, described).expect("a file");
        let platform = Platform::signing_in(&[
            ("OAUTH_PROVIDERS_FILE", file.display().to_string()),
            // The provider of this test speaks plain http.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        platform.register(CLIENT);
        let hub = Hub::start_with(&[
            ("AIRBYTE_BASE_URL", platform.url.clone()),
            ("AIRBYTE_CLIENT_ID", platform.client_id.clone()),
            ("AIRBYTE_CLIENT_SECRET", platform.client_secret.clone()),
        ]);
        let shop = SourceDatabase::create(
            "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 7)",
        );
        let reader = shop.reader(PASSWORD);
        let anna = Person::joining(&hub, "Anna");
        let api = anna.api(&hub);
        Self {
            provider,
            platform,
            hub,
            shop: Arc::new(shop),
            reader,
            anna,
            api,
        }
    }

    /// The form without its password: that is what signing in gives.
    fn typed(&self, name: &str) -> Vec<(String, String)> {
        let mut fields = self.shop.fields();
        let others = [
            ("form.name", name),
            ("form.way", "sign_in"),
            ("form.intent", "sign_in"),
            ("username", &self.reader),
        ];
        fields.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    }

    /// Sends the form; the provider's page that it leads to.
    fn leave(&self, form_at: &str, name: &str) -> String {
        let typed = self.typed(name);
        let pairs: Vec<(&str, &str)> = typed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let sent = self.anna.post(form_at, &pairs);
        let go = sent.location.clone().unwrap_or_else(|| panic!("{sent:?}"));
        let leaving = self.anna.get(&go);
        assert_eq!(leaving.status, StatusCode::OK, "{leaving:?}");
        link(&leaving)
    }

    /// The path of an address at our hub: that one needs Anna's cookies.
    fn home(&self, at: &str) -> String {
        at.strip_prefix(self.hub.url.trim_end_matches('/'))
            .unwrap_or_else(|| panic!("back at the hub: {at}"))
            .to_owned()
    }

    fn test_passes(&self, page: &str) -> String {
        let (connection, test) = page
            .strip_prefix("/connections/")
            .and_then(|rest| rest.split_once("/test/"))
            .unwrap_or_else(|| panic!("a test: {page}"));
        let view = eventually("the test is over", || {
            let view = self.api.get(&format!("/api/v1/tests/{test}"));
            ["passed", "failed"]
                .contains(&text(&view, "state"))
                .then_some(view)
        });
        assert_eq!(view["state"], "passed", "{view}");
        connection.to_owned()
    }
}

/// The address that the page leads on to.
pub fn link(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("0;url=").expect("it leads on");
    let (url, _) = rest.split_once('"').expect("an attribute ends");
    url.replace("&amp;", "&")
}

fn client() -> Client {
    Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client")
}

pub fn hop(url: &str) -> String {
    let answer = client().get(url).send().expect("an answer");
    let next = answer.headers().get(LOCATION).cloned();
    let next = next.unwrap_or_else(|| panic!("{url} leads on: {:?}", answer.text()));
    next.to_str().expect("text").to_owned()
}

fn leads_to_no_test(landed: &Answer) {
    let to = landed.location.as_deref().unwrap_or_default();
    assert!(!to.contains("/test/"), "{landed:?}");
    assert!(!landed.status.is_server_error(), "{landed:?}");
}

#[test]
fn airbyte_signs_a_customer_in_and_keeps_the_tokens() {
    let world = World::new();
    let form = world.anna.get("/connect/postgresql");
    assert!(
        form.text.contains("Sign in with PostgreSQL"),
        "{}",
        form.text
    );
    assert!(!form.text.contains("name=\"password\""), "{}", form.text);
    assert!(
        !form.text.contains("For whoever registered the client"),
        "the client is Airbyte's"
    );

    world.provider.refuses(true);
    let refused = world.anna.get(&world.trip("/connect/postgresql", "Shop"));
    let next = refused.location.as_deref().expect("back to the form");
    let form = world.anna.get(next);
    assert!(form.text.contains("was not allowed"), "{}", form.text);
    assert!(
        form.text.contains(&world.reader),
        "what was typed is still there: {}",
        form.text
    );

    world.provider.refuses(false);
    let late = world.trip("/connect/postgresql", "Shop");
    world
        .hub
        .control("UPDATE oauth_flows SET expires_at = now() - interval '1 second'");
    leads_to_no_test(&world.anna.get(&late));
    let back = world.trip("/connect/postgresql", "Shop");
    // The way back is hers, and not used up by others who come with it.
    for other in [
        Person::joining(&world.hub, "Ben"),
        Person::visiting(&world.hub),
    ] {
        leads_to_no_test(&other.get(&back));
    }
    let landed = world.anna.get(&back);
    let page = landed
        .location
        .clone()
        .unwrap_or_else(|| panic!("{landed:?}"));
    let connection = world.test_passes(&page);
    assert_eq!(
        world.anna.get(&back).status,
        StatusCode::BAD_REQUEST,
        "a trip ends once"
    );
    let run = world.api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 7, "{run}");

    // The token changes: whoever signs in again keeps connection and tables.
    world.shop.set_password(&world.reader, "tok-2-of-the-shop");
    world.provider.gives("tok-2-of-the-shop");
    let landed = world
        .anna
        .get(&world.trip(&format!("/connections/{connection}/edit"), "Shop"));
    let page = landed
        .location
        .clone()
        .unwrap_or_else(|| panic!("{landed:?}"));
    assert_eq!(world.test_passes(&page), connection);
    let run = world.api.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");

    let log = world.hub.log();
    for secret in [PASSWORD, "tok-2-of-the-shop", "_secret_", CLIENT.1] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let health = String::from_utf8(world.hub.cli(&["doctor"], "").stdout).expect("text");
    assert!(health.contains("signs people in"), "{health}");
}

#[test]
fn a_real_provider_signs_a_customer_in_through_airbyte() {
    let issuer = Issuer::start();
    let described = issuer.described();
    let mut world = World::at(issuer, &described);
    let (shop, reader) = (Arc::clone(&world.shop), world.reader.clone());
    let callback = world.platform.callback();
    world
        .provider
        .serve(&callback, move |token| shop.set_password(&reader, token));
    let at = world.leave("/connect/postgresql", "Shop");
    let allowed = world.provider.allow(&world.hub, &at, "dana");
    assert!(allowed.starts_with(&callback), "{allowed}");
    let landed = world.anna.get(&world.home(&hop(&allowed)));
    let page = landed
        .location
        .clone()
        .unwrap_or_else(|| panic!("{landed:?}"));
    let connection = world.test_passes(&page);
    let run = world.api.run(&connection);
    assert_eq!(run["streams"][0]["table_rows"], 7, "{run}");
    assert_eq!(
        client().get(&allowed).send().expect("an answer").status(),
        StatusCode::BAD_REQUEST,
        "a callback counts once"
    );
}

#[test]
fn a_secret_works_in_its_own_workspace_and_a_client_is_needed() {
    let world = World::new();
    let ask = |method: Method, path: &str, body: &Value| -> (StatusCode, Value) {
        let request: RequestBuilder = client()
            .request(
                method,
                format!("{}/api/public/v1/{path}", world.platform.url),
            )
            .bearer_auth(world.platform.token())
            .json(body);
        let answer = request.send().expect("an answer");
        (answer.status(), answer.json().unwrap_or(Value::Null))
    };
    let workspace = |name: &str| {
        let (_, made) = ask(Method::POST, "workspaces", &json!({ "name": name }));
        text(&made, "workspaceId").to_owned()
    };
    let (one, two) = (workspace("One"), workspace("Two"));
    let initiate = |workspace: &str, source_type: &str, redirect: &str| {
        let body =
            json!({ "workspaceId": workspace, "sourceType": source_type, "redirectUrl": redirect });
        ask(Method::POST, "sources/initiateOAuth", &body)
    };
    let (status, problem) = initiate(&one, "postgres", "http://hub.example.com/back");
    assert_eq!(
        (status, text(&problem, "title")),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid-redirect-url")
    );
    let (status, problem) = initiate(&one, "hubspot", "https://hub.example.com/back");
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert!(
        problem.to_string().contains("oauthCredentials"),
        "{problem}"
    );
    assert_eq!(
        initiate(&one, "nobody-knows", "https://hub.example.com/back").0,
        StatusCode::BAD_REQUEST
    );

    let (_, consent) = initiate(&one, "postgres", "https://hub.example.com/back?mine=1");
    let callback = hop(text(&consent, "consentUrl"));
    let back = hop(&callback);
    let secret = back
        .strip_prefix("https://hub.example.com/back?mine=1&secret_id=")
        .unwrap_or_else(|| panic!("{back}"));
    assert_eq!(
        client().get(&callback).send().expect("an answer").status(),
        StatusCode::BAD_REQUEST,
        "a callback counts once"
    );
    let source = |workspace: &str| {
        let mut configuration = world.shop.configuration();
        configuration
            .as_object_mut()
            .expect("an object")
            .remove("password");
        configuration["sourceType"] = json!("postgres");
        let body = json!({ "name": "Shop", "workspaceId": workspace, "configuration": configuration, "secretId": secret });
        ask(Method::POST, "sources", &body)
    };
    assert_eq!(source(&two).0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, made) = source(&one);
    assert_eq!(status, StatusCode::OK, "{made}");
    assert_eq!(made["configuration"]["password"], "**********", "{made}");
}
