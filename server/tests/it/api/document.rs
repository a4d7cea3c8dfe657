//! The OpenAPI document names every call that programs rely on.

use crate::harness::Hub;

#[test]
fn the_document_names_every_call() {
    let hub = Hub::start();
    let document = hub.document();
    for path in [
        "/api/airbyte/sources",
        "/api/airbyte/recommendations",
        "/api/airbyte/sources/create",
        "/api/airbyte/sources/test",
        "/api/airbyte/sources/sample",
        "/api/v1/connections",
        "/api/v1/connections/{connection}/streams",
        "/api/v1/runs/{run}",
        "/api/v1/apps/{app}",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path} is missing");
    }
}
