//! Searches for what changed: 10,000 results at most, so each goes on behind the last object.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{HubSpot, account, answered, object, shown};
use crate::stand_in::{Answer, Request, ok, page};

impl HubSpot {
    /// Finds by conditions that must all hold. Counting pages ends at 10,000 results, so `after` is not taken here.
    pub(super) fn search(&self, kind: &str, request: &Request) -> Result<Answer, Answer> {
        let body = &request.body;
        let limit = body["limit"].as_u64().filter(|limit| *limit <= 200);
        let limit = limit.ok_or_else(|| request.malformed("limit"))?;
        if body["sorts"] != json!([{"propertyName": "hs_object_id", "direction": "ASCENDING"}])
            || body["filterGroups"].as_array().map(Vec::len) != Some(1)
        {
            return Err(request.malformed("sorts"));
        }
        let changed = if kind == "contacts" {
            "lastmodifieddate"
        } else {
            "hs_lastmodifieddate"
        };
        let mut found = self.store.list(kind);
        for filter in body["filterGroups"][0]["filters"].as_array().unwrap() {
            let value = filter["value"]
                .as_str()
                .and_then(|text| text.parse::<i64>().ok());
            let value = value.ok_or_else(|| request.malformed("filters"))?;
            let known = |one: &Value, name: &str| match name {
                "hs_object_id" => one["id"].as_str().unwrap().parse().unwrap(),
                _ => millis(&one["updatedAt"]),
            };
            let name = filter["propertyName"].as_str().unwrap();
            if name != "hs_object_id" && name != changed {
                return Err(request.malformed("propertyName"));
            }
            match filter["operator"].as_str() {
                Some("GTE") => found.retain(|one| known(one, name) >= value),
                Some("LTE") => found.retain(|one| known(one, name) <= value),
                Some("GT") => found.retain(|one| known(one, name) > value),
                _ => return Err(request.malformed("operator")),
            }
        }
        found.sort_by_key(|one| one["id"].as_str().unwrap().parse::<i64>().unwrap());
        let asked: Option<Vec<&str>> = body["properties"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect());
        let asked = asked.ok_or_else(|| request.malformed("properties"))?;
        if body["after"] != Value::Null {
            return Err(request.malformed("after"));
        }
        let total = found.len();
        let (found, next) = page(&found, 0, usize::try_from(limit).unwrap());
        let found: Vec<Value> = found.into_iter().map(|one| shown(one, &asked)).collect();
        let mut answer = answered(&found, next);
        answer["total"] = json!(total);
        Ok(ok(answer))
    }
}

fn millis(moment: &Value) -> i64 {
    let moment = OffsetDateTime::parse(moment.as_str().unwrap(), &Rfc3339).unwrap();
    moment.unix_timestamp() * 1000 + i64::from(moment.millisecond())
}

#[tokio::test]
async fn more_changes_than_one_search_gives_are_all_found() {
    let (hubspot, connector) = account().await;
    let first = connector.read().await;
    hubspot.then(|hubspot| {
        for id in 10..=10_109 {
            hubspot.store.add("products", object(id, 2));
        }
    });
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("products").len(), 10_101);
    assert_eq!(hubspot.asked("/crm/v3/objects/products/search").len(), 51);
    hubspot.is_content();
}
