use airbyte::protocol::AirbyteCatalog;
use serde_json::json;

use super::*;

fn offers(names: &[(&str, &str)]) -> Vec<Offer> {
    let streams: Vec<_> = names
        .iter()
        .map(|(namespace, name)| {
            json!({"namespace": namespace, "name": name, "supported_sync_modes": ["full_refresh"],
                "json_schema": {"properties": {"id": {"type": "integer"}}}})
        })
        .collect();
    let catalog: AirbyteCatalog =
        serde_json::from_value(json!({ "streams": streams })).expect("a catalogue");
    discovered::offers(&catalog)
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn two_connections_never_share_a_table() {
    let offers = offers(&[("public", "users"), ("public", "Order Lines")]);
    assert_eq!(prefix("postgres", &offers, &texts(&["events"])), "");
    assert_eq!(prefix("postgres", &offers, &texts(&["users"])), "postgres_");
    assert_eq!(
        prefix(
            "postgres",
            &offers,
            &texts(&["users", "postgres_Order_Lines"])
        ),
        "postgres2_"
    );
}

#[test]
fn a_first_discovery_chooses_everything_once() {
    let streams = merge(
        "x_",
        offers(&[("a", "users"), ("b", "users"), ("a", "lines")]),
        &[],
    );
    let chosen: Vec<(&str, bool)> = streams
        .iter()
        .map(|stream| (stream.table.as_str(), stream.choice.selected))
        .collect();
    assert_eq!(
        chosen,
        [("x_users", true), ("x_users", false), ("x_lines", true)]
    );
}

#[test]
fn a_later_discovery_keeps_choices_and_only_offers_what_is_new() {
    let mut before = merge(
        "",
        offers(&[("", "users"), ("", "lines"), ("", "gone")]),
        &[],
    );
    before[1].choice.selected = false;
    before[0].choice.mode = model::SyncMode::FullRefreshAppend;
    let after = merge(
        "",
        offers(&[("", "lines"), ("", "users"), ("", "fresh")]),
        &before,
    );
    let chosen: Vec<(&str, bool)> = after
        .iter()
        .map(|stream| (stream.offer.name.as_str(), stream.choice.selected))
        .collect();
    assert_eq!(
        chosen,
        [("lines", false), ("users", true), ("fresh", false)]
    );
    assert_eq!(after[1].choice.mode, model::SyncMode::FullRefreshAppend);
}

#[test]
fn a_choice_that_no_longer_fits_becomes_the_default() {
    let mut before = merge("", offers(&[("", "users")]), &[]);
    before[0].choice.fields = Some(texts(&["id", "was_removed"]));
    let after = merge("", offers(&[("", "users")]), &before);
    assert_eq!(
        (after[0].choice.fields.as_ref(), after[0].choice.selected),
        (None, true)
    );
}
