//! What a token endpoint answers: the first byte chooses status and provider, the rest is the answer, and also the callback.

#![no_main]

#[path = "../../../airbyte/fuzz/stand_in.rs"]
mod stand_in;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth::{Client, Endpoint, Providers, Words, account, exchange, fill, refresh};
use secrecy::SecretString;
use serde_json::json;
use stand_in::StandIn;
use sync::outbound::{Outbound, Policy, Scheme};
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use url::Url;

const STATUSES: [u16; 4] = [200, 400, 401, 503];
/// Where providers say who signed in.
const ACCOUNTS: [&str; 4] = [
    "from = 'token'",
    "from = 'id_token'",
    "from = 'callback'",
    "from = 'url', url = '{at}/me'",
];

struct World {
    runtime: Runtime,
    server: StandIn,
    outbound: Outbound,
    providers: Providers,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let server = StandIn::start();
    let at = format!("http://{}", server.address);
    let own: String = ACCOUNTS
        .iter()
        .enumerate()
        .map(|(number, account)| {
            let account = account.replace("{at}", &at);
            format!(
                "[[provider]]\nid = 'p{number}'\nname = 'P'\nauthorize_url = '{at}/a'\ntoken_url = '{at}/t'\n\
                 account = {{ {account}, id = 'id', name = 'team.name' }}\n\
                 [[grant]]\nsource_type = 's{number}'\nprovider = 'p{number}'\ntokens = [\n\
                 {{ from = 'access_token', to = ['a'] }}, {{ from = 'refresh_token', to = ['b', 'c'] }},\n\
                 {{ from = 'expires_at', to = ['b', 'd'] }}, {{ from = 'realm', to = ['e'] }} ]\n"
            )
        })
        .collect();
    let policy = Policy {
        allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    World {
        runtime: runtime.enable_all().build().expect("a runtime"),
        outbound: Outbound::new(policy).expect("a way out"),
        providers: Providers::load(Some(&own)).expect("four more providers"),
        server,
    }
});

fuzz_target!(|input: &[u8]| {
    let Some((first, answer)) = input.split_first() else {
        return;
    };
    let first = usize::from(*first);
    WORLD
        .server
        .answers(STATUSES[first % STATUSES.len()], answer);
    let name = format!("s{}", first / STATUSES.len() % ACCOUNTS.len());
    let (provider, grant) = WORLD.providers.grant(&name).expect("it was described");
    let client = Client {
        id: "us".to_owned(),
        secret: SecretString::from("hush"),
    };
    let at = Endpoint {
        outbound: &WORLD.outbound,
        provider,
        words: &Words::new(),
        client: &client,
    };
    let back = Url::parse("https://hub.example.com/oauth/callback").expect("an address");
    let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time");
    let callback: Vec<_> = url::form_urlencoded::parse(answer).into_owned().collect();
    WORLD.runtime.block_on(async {
        let _ = refresh(at, &SecretString::from("old"), now).await;
        let Ok(tokens) = exchange(at, &back, "code".to_owned(), None, now).await else {
            return;
        };
        assert!(tokens.expires_at.is_none_or(|end| end > now));
        assert!(!tokens.rest.contains_key("access_token"));
        let mut config = json!({});
        fill(&mut config, grant, &client, &tokens, None);
        assert!(config["a"].is_string());
        if let Ok(Some(account)) = account(at, &tokens, &callback).await {
            assert!(!account.id.is_empty());
        }
    });
});
