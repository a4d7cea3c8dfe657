//! What strangers write: callbacks and customers' answers are anybody's text.

use oauth::{Callback, Grant, Providers, Refusal, read_callback, reduce, words};
use proptest::prelude::*;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z_]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let keys = prop_oneof![
            Just("properties".to_owned()),
            Just("oneOf".to_owned()),
            Just("required".to_owned()),
            Just("credentials".to_owned()),
            Just("auth_type".to_owned()),
            Just("const".to_owned()),
            "[a-z_]{0,8}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_answer_never_leads_to_another_host(given in ".{0,60}") {
        let all = Providers::load(None).expect("the shipped list reads");
        let (_, grant) = all.grant("shopify").expect("Shopify is described");
        if let Ok(words) = words(grant, &json!({ "shop": given })) {
            let shop = &words["shop"];
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
            prop_assert!(!shop.is_empty() && shop.chars().all(is_name), "{}", shop);
        }
    }

    #[test]
    fn a_callback_gives_a_code_only_from_its_issuer(
        pairs in prop::collection::vec(("(code|state|iss|error|error_description|[a-z]{0,6})", ".{0,40}"), 0..8)
    ) {
        let all = Providers::load(None).expect("the shipped list reads");
        let google = all.provider("google").expect("Google is described");
        match read_callback(google, &pairs) {
            Callback::Code(code) => {
                prop_assert!(!code.is_empty());
                let mut named = pairs.iter().filter(|(name, value)| name == "iss" && !value.is_empty());
                prop_assert!(named.all(|(_, iss)| iss == "https://accounts.google.com"));
                let codes = pairs.iter().filter(|(name, value)| name == "code" && !value.is_empty());
                prop_assert_eq!(codes.count(), 1);
            }
            Callback::Refused(Refusal::Denied { words } | Refusal::Other { words, .. }) => {
                let words = words.unwrap_or_default();
                prop_assert!(!words.contains(char::is_control) && words.chars().count() <= 300);
            }
            Callback::Refused(_) => {}
        }
    }

    #[test]
    fn what_a_specification_fills_can_be_read_again(length in 1..4000_usize) {
        let path = vec!["k"; length];
        let section = json!({"auth_flow_type": "oauth2.0", "predicate_key": path, "predicate_value": "sign_in",
            "oauth_config_specification": {
                "oauth_user_input_from_connector_config_specification": {"properties": {"a": {"path_in_connector_config": path}}},
                "complete_oauth_output_specification": {"properties": {
                    "t": {"path_in_connector_config": path}, "u": {"path_in_connector_config": ["u"]}}}}});
        let grant = Grant::specified("shop", &section).expect("it fills one setting at least");
        let mut config = json!({});
        grant.choose(&mut config);
        for written in [config, grant.from_answers(&json!({"a": 1}))] {
            prop_assert_eq!(serde_json::from_str::<Value>(&written.to_string()).ok(), Some(written));
        }
    }

    #[test]
    fn any_schema_can_be_reduced(schema in any_json()) {
        let all = Providers::load(None).expect("the shipped list reads");
        let (_, grant) = all.grant("google-sheets").expect("Sheets is described");
        let once = reduce(&schema, grant);
        prop_assert_eq!(&reduce(&once, grant), &once);
    }
}
