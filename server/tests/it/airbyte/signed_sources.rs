//! Sources that programs sign people in for by the engine's API: their tokens are renewed, one at a time, and given back when
//! no source lives by them any more, or none ever did.

use airbyte::{
    Client, Error, OAuthOwner, Server,
    api::{ActorType, InitiateOAuth, OAuthCredentials, SourceCreate, SourcePatch, WorkspaceCreate},
    extension::{SampleLine, SampleRequest},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{
    described_sign_in::{BACK, client},
    pier::{BOATS, CLIENT, Pier, TUGS, lasting},
    sign_in::hop,
};
use crate::harness::{Hub, eventually};

struct World {
    pier: Pier,
    hub: Hub,
    client: Client,
    workspace: Uuid,
    runtime: Runtime,
    _folder: TempDir,
}

impl World {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pier = Pier::open();
        let hub = pier.hub(folder.path(), more);
        let client = client(&hub, Server::Engine);
        let runtime = Runtime::new().expect("a runtime");
        let named = WorkspaceCreate::named("Oder");
        let workspace = runtime.block_on(client.create_workspace(&named));
        let world = Self {
            workspace: workspace.expect("a workspace").workspace_id,
            pier,
            hub,
            client,
            runtime,
            _folder: folder,
        };
        world.register(BOATS);
        world.register(TUGS);
        world
    }

    fn register(&self, source_type: &str) {
        let credentials = OAuthCredentials {
            actor_type: ActorType::Source,
            name: source_type.to_owned(),
            configuration: json!({ "client_id": CLIENT.0, "client_secret": CLIENT.1 }),
        };
        let owner = OAuthOwner::Workspace(self.workspace);
        let set = self.client.set_oauth_credentials(owner, &credentials);
        self.runtime.block_on(set).expect("a client");
    }

    /// Somebody signs in; the name of the secret.
    fn signed_in(&self, source_type: &str) -> String {
        let asked = InitiateOAuth {
            source_type: source_type.to_owned(),
            workspace_id: self.workspace,
            redirect_url: BACK.to_owned(),
            input: json!({}),
            requested_scopes: Vec::new(),
            requested_optional_scopes: Vec::new(),
        };
        let consent = self.runtime.block_on(self.client.initiate_oauth(&asked));
        let back = hop(&hop(consent.expect("an address").as_str()));
        let secret = back.strip_prefix(&format!("{BACK}?secret_id="));
        secret.unwrap_or_else(|| panic!("{back}")).to_owned()
    }

    fn source(&self, source_type: &str, secret: &str) -> Uuid {
        let configuration = json!({ "sourceType": source_type });
        self.made_with(configuration, Some(secret.to_owned()))
    }

    fn made_with(&self, configuration: Value, secret_id: Option<String>) -> Uuid {
        let new = SourceCreate {
            name: "Boats".to_owned(),
            workspace_id: self.workspace,
            definition_id: None,
            configuration,
            secret_id,
        };
        let made = self.runtime.block_on(self.client.create_source(&new));
        made.expect("a source").source_id
    }

    /// How many boats it brings; why none.
    async fn read(&self, source: Uuid) -> Result<usize, String> {
        let request = SampleRequest {
            source_id: Some(source),
            definition_id: None,
            manifest: None,
            workspace_id: None,
            configuration: None,
            streams: Vec::new(),
            limit: Some(5),
        };
        let mut lines = self.client.sample(&request).await.expect("an answer");
        while let Some(line) = lines.next().await.expect("a line") {
            if let SampleLine::Stream(sample) = line {
                return sample.problem.map_or(Ok(sample.records.len()), Err);
            }
        }
        panic!("it says nothing of its stream");
    }

    fn reads(&self, source: Uuid) -> Result<usize, String> {
        self.runtime.block_on(self.read(source))
    }

    fn remove(&self, source: Uuid) {
        let removed = self.client.delete_source(source);
        self.runtime.block_on(removed).expect("it is removed");
        let gone = self.runtime.block_on(self.client.source(source));
        assert!(matches!(gone, Err(Error::NotFound { .. })), "it is there");
    }

    /// By this sign-in, or by these settings, from now on.
    fn changes(&self, source: Uuid, patch: &SourcePatch) {
        let changed = self.client.update_source(source, patch);
        self.runtime.block_on(changed).expect("it is changed");
    }

    fn signs_in_again(&self, source: Uuid, source_type: &str) {
        let again = SourcePatch {
            secret_id: Some(self.signed_in(source_type)),
            ..SourcePatch::default()
        };
        self.changes(source, &again);
    }

    fn takes_keys(&self, source: Uuid) {
        let typed = SourcePatch {
            configuration: Some(json!({ "pass": "typed by somebody" })),
            ..SourcePatch::default()
        };
        self.changes(source, &typed);
    }

    /// No source can be made any more with what was granted so far.
    fn an_hour_passes(&self) {
        self.hub.control(
            "UPDATE engine.oauth_grants SET open_until = now() - interval '1 second';
             UPDATE jobs SET run_at = now()
             WHERE kind IN ('engine.give_back', 'engine.unused_sign_in') AND state = 'queued'",
        );
    }

    fn waiting(&self) -> String {
        let jobs = "SELECT count(*) FROM jobs WHERE kind = 'engine.give_back' AND state = 'queued'";
        self.hub.control(jobs).concat()
    }

    /// Until so many grants are left that somebody lives by.
    fn are_left(&self, grants: &str) {
        eventually("what was granted is followed to its end", || {
            let left = self.hub.control("SELECT count(*) FROM engine.oauth_grants");
            (left == [grants]).then_some(())
        });
    }

    fn no_secret_is_told(&self) {
        let log = self.hub.log();
        for secret in ["-of-the-pier", CLIENT.1] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}

#[test]
fn a_token_that_ends_is_renewed_once_for_all_who_read_by_it() {
    let world = World::new("");
    let source = world.source(BOATS, &world.signed_in(BOATS));
    let read = || world.read(source);
    let all = world
        .runtime
        .block_on(async { tokio::join!(read(), read(), read(), read()) });
    assert_eq!(all, (Ok(2), Ok(2), Ok(2), Ok(2)));
    assert_eq!(world.pier.given(), 2, "by the sign-in, and by one renewal");
    assert_eq!(world.reads(source), Ok(2));
    assert_eq!(world.pier.given(), 2, "which lasts");

    let ended = world.source(BOATS, &world.signed_in(BOATS));
    world.pier.forgets(true);
    for _ in 0..3 {
        let told = world.reads(ended).expect_err("the sign-in has ended");
        assert!(told.contains("Sign in again"), "{told}");
    }
    assert_eq!(world.pier.refused(), 1, "no storm of questions");
    world.pier.forgets(false);
    world.signs_in_again(ended, BOATS);
    assert_eq!(world.reads(ended), Ok(2));
    world.no_secret_is_told();
}

#[test]
fn what_was_granted_is_given_back_once_when_the_last_source_is_gone() {
    let world = World::new("");
    let secret = world.signed_in(BOATS);
    let [first, second] = [0; 2].map(|_| world.source(BOATS, &secret));
    assert_eq!((world.reads(first), world.reads(second)), (Ok(2), Ok(2)));
    world.remove(first);
    assert_eq!(world.waiting(), "0", "the other source lives by it");
    assert_eq!(world.reads(second), Ok(2));

    let workspace = world.client.delete_workspace(world.workspace);
    world.runtime.block_on(workspace).expect("it is removed");
    assert_eq!(world.waiting(), "1", "a source could still be made with it");
    assert_eq!(world.pier.given_back(), Vec::<String>::new());
    world.an_hour_passes();
    world.are_left("0");
    assert_eq!(world.pier.given_back(), [lasting(2)], "the newest, once");
    world.no_secret_is_told();
}

#[test]
fn what_a_connector_renewed_is_given_back_when_its_provider_answers_again() {
    let world = World::new("");
    let source = world.source(TUGS, &world.signed_in(TUGS));
    assert_eq!(world.reads(source), Ok(2));
    assert_eq!(world.pier.given(), 2, "the connector renewed it");
    world.an_hour_passes();
    world.pier.closes(true);
    world.remove(source);
    eventually("the provider is told", || {
        (world.pier.turned_away() > 0).then_some(())
    });
    world.pier.closes(false);
    world.are_left("0");
    assert_eq!(world.pier.given_back(), [lasting(2)]);
    world.no_secret_is_told();
}

#[test]
fn an_end_of_all_that_an_account_granted_waits_for_the_last_of_its_sources() {
    let world = World::new(", whole_account = true");
    let lone = world.source(BOATS, &world.signed_in(BOATS));
    let typed =
        json!({ "sourceType": TUGS, "app": CLIENT.0, "app_secret": CLIENT.1, "pass": "typed" });
    let typed = world.made_with(typed, None);
    world.an_hour_passes();
    world.remove(lone);
    world.are_left("0");
    assert_eq!(
        world.pier.given_back(),
        Vec::<String>::new(),
        "whose the other source is, nobody can tell"
    );

    world.remove(typed);
    let [first, last] = [0; 2].map(|_| world.source(BOATS, &world.signed_in(BOATS)));
    world.an_hour_passes();
    world.remove(first);
    world.are_left("1");
    assert_eq!(world.pier.given_back(), Vec::<String>::new());
    world.remove(last);
    world.are_left("0");
    assert_eq!(world.pier.given_back(), [lasting(3)]);
}

#[test]
fn what_no_source_was_made_with_is_given_back_once_none_can_be_made_with_it() {
    let world = World::new("");
    let _unused = world.signed_in(BOATS);
    let source = world.source(TUGS, &world.signed_in(TUGS));
    assert_eq!(world.pier.given_back(), Vec::<String>::new());
    world.an_hour_passes();
    world.are_left("1");
    assert_eq!(world.pier.given_back(), [lasting(1)]);

    let _unused = world.signed_in(TUGS);
    world.an_hour_passes();
    world.are_left("1");
    assert_eq!(world.pier.given_back(), [lasting(1), lasting(3)]);
    world.remove(source);
    world.are_left("0");
    assert_eq!(world.pier.given_back().last(), Some(&lasting(2)));
    world.no_secret_is_told();
}

#[test]
fn what_another_sign_in_or_keys_replaced_is_given_back_when_no_other_source_lives_by_it() {
    let world = World::new("");
    let mut given_back = Vec::new();
    for (source_type, older, newer) in [(BOATS, 1, 2), (TUGS, 3, 4)] {
        let secret = world.signed_in(source_type);
        let [first, second] = [0; 2].map(|_| world.source(source_type, &secret));
        world.an_hour_passes();
        world.signs_in_again(first, source_type);
        assert_eq!(world.waiting(), "0", "the other source lives by it");
        world.takes_keys(second);
        world.are_left("1");
        given_back.push(lasting(older));
        assert_eq!(world.pier.given_back(), given_back);

        world.takes_keys(first);
        assert_eq!(world.waiting(), "1", "a source could still be made with it");
        world.an_hour_passes();
        world.are_left("0");
        given_back.push(lasting(newer));
        assert_eq!(world.pier.given_back(), given_back);
    }
    world.no_secret_is_told();
}

#[test]
fn a_sign_in_of_nobody_known_may_be_the_same_account_s() {
    let world = World::new(", whole_account = true");
    let [first, last] = [0; 2].map(|_| world.source(BOATS, &world.signed_in(BOATS)));
    let older = "(SELECT min(id::text)::uuid FROM engine.oauth_grants)";
    let untold = format!("UPDATE engine.oauth_grants SET account_id = NULL WHERE id = {older}");
    world.hub.control(&untold);
    world.an_hour_passes();
    world.remove(last);
    world.are_left("1");
    assert_eq!(world.pier.given_back(), Vec::<String>::new());
    world.remove(first);
    world.are_left("0");
    assert_eq!(world.pier.given_back(), [lasting(1)]);
}

#[test]
fn what_another_sign_in_s_source_holds_is_not_taken_back_under_it() {
    let world = World::new("");
    let secret = world.signed_in(TUGS);
    let [first, second] = [0; 2].map(|_| world.source(TUGS, &secret));
    let third = world.source(TUGS, &world.signed_in(TUGS));
    // Its grant keeps another token than the source holds, as where a connector has renewed it since.
    world.hub.control(&format!(
        "UPDATE engine.sources SET grant_id = (SELECT grant_id FROM engine.sources WHERE id = '{third}')
         WHERE id = '{second}'"
    ));
    world.an_hour_passes();
    world.remove(first);
    world.are_left("1");
    assert_eq!(world.pier.given_back(), Vec::<String>::new());
    world.remove(second);
    world.remove(third);
    world.are_left("0");
    assert_eq!(world.pier.given_back(), [lasting(2)]);
}
