//! A manifest whose requests are sent once: whoever waits at a page learns at once why there is no answer.

use serde_json::{Value, json};

/// Where a stream describes requests.
const REQUESTS: [&str; 2] = [
    "/retriever/requester",
    "/retriever/requester/authenticator/login_requester",
];

/// Takes every second try away.
pub fn once(manifest: &mut Value) {
    let streams = manifest
        .pointer_mut("/streams")
        .and_then(Value::as_array_mut);
    for stream in streams.into_iter().flatten() {
        for place in REQUESTS {
            let request = stream.pointer_mut(place);
            if let Some(request) = request.filter(|request| request.is_object()) {
                without_retries(request);
            }
        }
    }
}

fn without_retries(request: &mut Value) {
    let handler = &mut request["error_handler"];
    if handler.is_null() {
        *handler = json!({"type": "DefaultErrorHandler"});
    }
    handler["max_retries"] = json!(0);
}

#[cfg(test)]
mod tests {
    use sync::integration::{Direct, Integration};

    use super::*;

    #[test]
    fn requests_for_rows_and_for_a_session_are_sent_once_and_end_as_they_did() {
        let document = "apis:
  integrations:
    - name: Harbour
      type: rest
      base_url: https://api.example.com
      authentication: { type: session_token, login_path: /login, login_body: { password: \"${secrets.door}\" }, token_path: id }
      endpoints: [{ name: ships, path: /ships, paging: { type: page, end_status: 404 } }]
";
        let read = Integration::read(document, None).unwrap();
        let Direct::Manifest { manifest, .. } = read[0].direct() else {
            panic!("an API is a manifest")
        };
        let mut changed = manifest.clone();
        once(&mut changed);
        let handler = |manifest: &Value, place: &str| {
            let place = format!("/streams/0{place}/error_handler");
            manifest.pointer(&place).cloned().unwrap_or_default()
        };
        for place in REQUESTS {
            assert_eq!(handler(&changed, place)["max_retries"], 0, "{place}");
        }
        let filters = |manifest: &Value| handler(manifest, REQUESTS[0])["response_filters"].clone();
        assert!(filters(&changed).is_array());
        assert_eq!(filters(&changed), filters(&manifest));
        assert_eq!(changed["spec"], manifest["spec"]);
    }
}
