//! Server functions of the pages: each is a public address. All registered ones are called by nobody, by a stranger and
//! by another site, and one that this table does not know fails the test: who may call it has to be decided.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Hub, Person, text};

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Anyone,
    /// Somebody signed in (or, for codes, signing up), about themselves or their workspace.
    SignedIn,
    /// A member of the workspace that the ids in the arguments belong to.
    Owner,
    /// A platform admin; to others there is nothing here.
    Operator,
}

use Who::{Anyone, Operator, Owner, SignedIn};

/// Function, who may call it, its arguments: `$name` is an id of Anna's.
const FUNCTIONS: &[(&str, Who, &str)] = &[
    ("account/join", SignedIn, "company=x"),
    ("account/load_visitor", Anyone, ""),
    ("account/request_reset", Anyone, "email=nobody@example.com"),
    ("account/resend_code", SignedIn, ""),
    (
        "account/reset_password",
        Anyone,
        "token=none password=river-stone-lantern-1",
    ),
    (
        "account/sign_in",
        Anyone,
        "email=nobody@example.com password=wrong",
    ),
    ("account/sign_out", Anyone, ""),
    ("account/sign_up", Anyone, "email=x company=x password=x"),
    ("account/verify", SignedIn, "code=000000"),
    ("activity/changes", SignedIn, "after="),
    (
        "activity/runs",
        SignedIn,
        "query[state]= query[connection]= query[after]=",
    ),
    (
        "admin/audit",
        Operator,
        "query[tenant]= query[actor]= query[action]= query[after]=",
    ),
    (
        "admin/create_tenant",
        Operator,
        "name=New email=new@example.com",
    ),
    ("admin/delete_tenant", Operator, "tenant=$tenant name=Anna"),
    ("admin/find_connections", Operator, "q=people"),
    ("admin/health", Operator, ""),
    ("admin/plan_deletion", Operator, "id=$tenant"),
    (
        "admin/load_rehearsal",
        Operator,
        "id=reh_01hzzzzzzzzzzzzzzzzzzzzzzz",
    ),
    ("admin/load_rehearsals", Operator, ""),
    ("admin/start_rehearsal", Operator, "class=auth"),
    ("admin/resume", Operator, "tenant=$tenant"),
    ("admin/retry_step", Operator, "tenant=$tenant step=storage"),
    ("admin/suspend", Operator, "tenant=$tenant reason=none"),
    ("admin/tenant", Operator, "id=$tenant"),
    (
        "admin/tenants",
        Operator,
        "query[q]= query[state]= query[after]=",
    ),
    ("admin/undo_step", Operator, "tenant=$tenant step=storage"),
    ("apps/app", Owner, "id=$app"),
    ("apps/apps", SignedIn, ""),
    ("apps/create_app", SignedIn, "name=Other"),
    ("apps/revoke_app", Owner, "app=$app"),
    ("apps/set_tables", Owner, "app=$app"),
    ("apps/tables", SignedIn, ""),
    ("catalogue/load_catalogue", SignedIn, ""),
    ("catalogue/load_detail", SignedIn, "slug=files"),
    (
        "connections/choose_tables",
        Owner,
        "connection=$connection preset=exact_copy",
    ),
    (
        "connections/consent",
        Owner,
        "flow=flw_01hzzzzzzzzzzzzzzzzzzzzzzz",
    ),
    ("connections/keep_tried", Owner, "connection=$connection"),
    ("connections/load_connect_form", SignedIn, "slug=files"),
    (
        "connections/load_connection",
        Owner,
        "connection=$connection tab=runs",
    ),
    ("connections/load_connections", SignedIn, ""),
    (
        "connections/load_edit_form",
        Owner,
        "connection=$connection",
    ),
    ("connections/load_removal", Owner, "connection=$connection"),
    ("connections/load_sample", Owner, "sample=$sample"),
    ("connections/load_test", Owner, "test=$test"),
    (
        "connections/pause_connection",
        Owner,
        "connection=$connection",
    ),
    (
        "connections/remove_connection",
        Owner,
        "connection=$connection name=People",
    ),
    (
        "connections/rename_connection",
        Owner,
        "connection=$connection name=Mine",
    ),
    (
        "connections/resume_connection",
        Owner,
        "connection=$connection",
    ),
    (
        "connections/set_schedule",
        Owner,
        "connection=$connection schedule=manual",
    ),
    ("ways/load_what_if", Owner, "connection=$connection"),
    ("ways/rehearse", Owner, "connection=$connection"),
    ("ways/run_in_detail", Owner, "connection=$connection"),
    (
        "ways/set_routes",
        Owner,
        "connection=$connection attempts=3 fallback_minutes=5",
    ),
    (
        "ways/try_routes",
        Owner,
        "connection=$connection attempts=3 fallback_minutes=5",
    ),
    ("connections/start_run", Owner, "connection=$connection"),
    ("connections/start_sample", Owner, "connection=$connection"),
    ("connections/start_test", Owner, "connection=$connection"),
    // Whoever took a link has it in their session; nobody else has one.
    ("links/load_link", Anyone, ""),
    ("links/load_send_existing", Owner, "connection=$connection"),
    ("links/load_send_new", SignedIn, "slug=files"),
    (
        "links/revoke_link",
        Owner,
        "link=lnk_01hzzzzzzzzzzzzzzzzzzzzzzz",
    ),
    ("links/test_link_again", Anyone, ""),
    ("providers/platform_clients", Operator, ""),
    ("providers/own_clients", SignedIn, ""),
    (
        "providers/set_platform_client",
        Operator,
        "provider=hubspot client_id=a client_secret=b",
    ),
    (
        "providers/set_own_client",
        SignedIn,
        "provider=hubspot client_id=a client_secret=b",
    ),
    ("own/load_own", SignedIn, ""),
    ("own/remove_own", SignedIn, "slug=mine-nothing"),
    (
        "providers/remove_platform_client",
        Operator,
        "provider=hubspot",
    ),
    ("providers/remove_own_client", SignedIn, "provider=hubspot"),
    ("home/load_start", Anyone, ""),
    ("home/retry_provisioning", SignedIn, ""),
    ("runs/cancel", Owner, "run=$run"),
    ("runs/log", Owner, "id=$run after=0"),
    ("runs/run", Owner, "id=$run"),
    ("runs/run_again", Owner, "connection=$connection"),
    (
        "settings/change_password",
        SignedIn,
        "old_password=wrong password=river-stone-lantern-2",
    ),
    ("settings/end_session", Owner, "session=$session"),
    ("settings/key_just_made", SignedIn, ""),
    ("settings/keys", SignedIn, ""),
    ("settings/my_profile", SignedIn, ""),
    ("settings/revoke_key", Owner, "key=$key"),
    ("settings/sessions", SignedIn, ""),
    ("shell/load_flash", Anyone, ""),
    ("shell/load_me", Anyone, ""),
    ("shell/set_theme", Anyone, "theme=dark"),
    ("webhooks/load_events", Owner, "connection=$connection"),
    ("webhooks/turn_off_events", Owner, "connection=$connection"),
    ("welcome/load_profile", SignedIn, ""),
    (
        "welcome/save_profile",
        SignedIn,
        "industry=retail size=solo kind=shop",
    ),
    ("welcome/skip_profile", SignedIn, ""),
];

#[test]
fn every_function_is_known_here() {
    let hub = Hub::start();
    let registered: BTreeSet<String> = registered(&hub).into_iter().collect();
    let known: BTreeSet<String> = FUNCTIONS
        .iter()
        .map(|(function, _, _)| address(function))
        .collect();
    assert_eq!(registered, known);
}

#[test]
fn nobody_gets_in() {
    let hub = Hub::start();
    for (function, who, arguments) in FUNCTIONS {
        let nobody = Person::visiting(&hub);
        // An id that is well formed, so that the answer is about the caller.
        let arguments = arguments.replace('$', "unknown_");
        let answer = nobody.call(function, &pairs(&arguments));
        if *who == Anyone {
            assert_ne!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{function}: {answer:?}"
            );
            assert_ne!(
                answer.status,
                StatusCode::INTERNAL_SERVER_ERROR,
                "{function}: {answer:?}"
            );
        } else {
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{function}: {answer:?}"
            );
        }
    }
}

#[test]
fn strangers_find_nothing_of_others() {
    let hub = Hub::start();
    let anna = Person::joining(&hub, "Anna");
    let ids = ids_of(&anna, &hub);
    let bob = Person::joining(&hub, "Bob");
    let mut tried = 0;
    for (function, who, arguments) in FUNCTIONS {
        if !matches!(who, Owner | Operator) {
            continue;
        }
        let arguments = with_ids(arguments, &ids);
        let answer = bob.call(function, &pairs(&arguments));
        assert_eq!(
            answer.status,
            StatusCode::NOT_FOUND,
            "{function} {arguments}: {answer:?}"
        );
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
    let api = anna.api(&hub);
    let still = api.get(&format!("/api/v1/connections/{}", text(&ids, "connection")));
    assert_eq!(
        still["row"]["name"], "People",
        "nothing was changed: {still}"
    );
    let runs = bob.call(
        "activity/runs",
        &[
            ("query[state]", ""),
            ("query[connection]", text(&ids, "connection")),
            ("query[after]", ""),
        ],
    );
    assert!(
        runs.status == StatusCode::NOT_FOUND || runs.json()["runs"]["items"] == json!([]),
        "{runs:?}"
    );
}

#[test]
fn another_sites_page_can_call_none() {
    let hub = Hub::start();
    let client = crate::harness::client();
    for function in registered(&hub) {
        let address = format!("{}{function}", hub.url.trim_end_matches('/'));
        for (name, value) in [
            ("origin", "https://evil.test"),
            ("sec-fetch-site", "cross-site"),
            ("x-nothing", "no origin at all"),
        ] {
            let answer = client
                .post(&address)
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded")
                .body("")
                .send()
                .expect("the hub answers");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{function} {name}");
        }
    }
}

#[test]
fn a_function_that_does_not_exist_is_not_there() {
    let hub = Hub::start();
    let answer = Person::visiting(&hub).post_data("/fn/app/account/api/nothing", &[]);
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.text.contains("leptos"), "{}", answer.text);
}

/// Paths of all functions, as the program lists them.
fn registered(hub: &Hub) -> Vec<String> {
    let routes: Value = serde_json::from_str(&hub.ok(&["routes", "--json"])).expect("JSON");
    let routes = routes.as_array().expect("a list").clone();
    let functions: Vec<Value> = routes
        .into_iter()
        .filter(|route| route["kind"] == "function")
        .collect();
    assert!(functions.len() > 40, "{functions:?}");
    for function in &functions {
        // A function that a link could call would get around the check of the origin.
        assert_eq!(function["method"], "POST", "{function}");
    }
    functions
        .iter()
        .map(|function| text(function, "path").to_owned())
        .collect()
}

fn address(function: &str) -> String {
    let (module, name) = function.rsplit_once('/').expect("module/function");
    format!("/fn/app/{module}/api/{name}")
}

fn pairs(arguments: &str) -> Vec<(&str, &str)> {
    arguments
        .split_whitespace()
        .map(|pair| pair.split_once('=').expect("name=value"))
        .collect()
}

fn with_ids(arguments: &str, ids: &Value) -> String {
    let words: Vec<String> = arguments
        .split_whitespace()
        .map(|pair| match pair.split_once('$') {
            Some((before, name)) => format!("{before}{}", text(ids, name)),
            None => pair.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// One of everything that Anna has.
fn ids_of(anna: &Person, hub: &Hub) -> Value {
    let api = anna.api(hub);
    let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = api.connect("files", "People", &file);
    let run = api.run(&connection);
    let sample = api.post(
        &format!("/api/v1/connections/{connection}/samples"),
        &json!({}),
    );
    let app = api.post("/api/v1/apps", &json!({ "name": "Invoices" }));
    let keys = anna.call("settings/keys", &[]).json();
    let sessions = anna.call("settings/sessions", &[]).json();
    json!({
        "tenant": anna.tenant(), "connection": connection, "test": test["id"], "run": run["row"]["id"],
        "sample": sample["sample"], "app": app["app"], "key": keys[0]["id"], "session": sessions[0]["id"],
    })
}
