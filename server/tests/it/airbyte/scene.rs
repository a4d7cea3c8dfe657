//! What stories of an Airbyte elsewhere begin and end with: a hub on it, a shop to read, and one of everything there.

use super::standin::Platform;
use crate::harness::{Hub, Person, Setting, SourceDatabase};

/// What a hub is told about its Airbyte.
pub fn settings(platform: &Platform) -> Vec<Setting> {
    vec![
        ("AIRBYTE_REGISTRY_URL", platform.registry()),
        ("AIRBYTE_BASE_URL", platform.url.clone()),
        ("AIRBYTE_CLIENT_ID", platform.client_id.clone()),
        ("AIRBYTE_CLIENT_SECRET", platform.client_secret.clone()),
    ]
}

pub fn hub_with(platform: &Platform) -> Hub {
    Hub::start_with(&settings(platform))
}

/// Thirty orders.
pub fn shop() -> SourceDatabase {
    SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'lamp' FROM generate_series(1, 30) n",
    )
}

/// After one run of one connection of one tenant, whatever went wrong on the way.
pub fn holds_one_of_each(platform: &Platform) {
    for kind in [
        "workspaces",
        "destinations",
        "sources",
        "connections",
        "jobs",
    ] {
        assert_eq!(platform.count(kind), 1, "{kind}");
    }
}

/// Comes back at this address from signing in; the connection, and its test that goes on.
pub fn back_to_a_test(hub: &Hub, person: &Person, address: &str) -> (String, String) {
    let path = address
        .strip_prefix(hub.url.trim_end_matches('/'))
        .unwrap_or_else(|| panic!("back at the hub: {address}"));
    let landed = person.get(path);
    let page = landed
        .location
        .as_deref()
        .unwrap_or_else(|| panic!("{landed:?}"));
    let (connection, test) = page
        .strip_prefix("/connections/")
        .and_then(|rest| rest.split_once("/test/"))
        .unwrap_or_else(|| panic!("a test: {page}"));
    (connection.to_owned(), test.to_owned())
}
