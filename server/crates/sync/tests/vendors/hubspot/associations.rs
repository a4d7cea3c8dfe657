//! What belongs to what: asked about a hundred objects at a time, which no search tells.

use serde_json::{Value, json};
use sync::fault::Kind;

use super::{HubSpot, account, object};
use crate::connector::Brought;
use crate::stand_in::{Answer, Request, page, status};

/// So many objects may be asked about at once at most.
const LOT: usize = 1000;
/// So much of what belongs to one object is in one answer.
const AT_ONCE: usize = 500;

/// Two objects that belong together.
pub fn pair(from: i64, to: i64) -> Value {
    let kinds = json!([{"category": "HUBSPOT_DEFINED", "typeId": 4, "label": null}]);
    json!({"from": from.to_string(), "to": to, "types": kinds})
}

impl HubSpot {
    /// Each object with its own page of what belongs to it. Objects without any are told as errors beside the rest.
    pub(super) fn associated(
        &self,
        from: &str,
        to: &str,
        request: &Request,
    ) -> Result<Answer, Answer> {
        request.only(&[])?;
        let inputs = request.body["inputs"].as_array();
        let inputs = inputs.filter(|inputs| (1..=LOT).contains(&inputs.len()));
        let inputs = inputs.ok_or_else(|| request.malformed("inputs"))?;
        let pairs = self.store.list(&format!("{from} to {to}"));
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in inputs {
            let id = input["id"]
                .as_str()
                .ok_or_else(|| request.malformed("id"))?;
            if self.store.list("untold").iter().any(|one| **one == id) {
                errors.push(untold(id));
                continue;
            }
            let mut own = pairs.clone();
            own.retain(|pair| pair["from"] == id);
            if own.is_empty() {
                errors.push(alone(from, to, id));
                continue;
            }
            let at = input["after"].as_str().map_or(Ok(0), str::parse::<usize>);
            let at = at.map_err(|_| request.malformed("after"))?;
            results.push(found(id, &own, at));
        }
        let code = if errors.is_empty() { 200 } else { 207 };
        let count = errors.len();
        let answer =
            json!({"status": "COMPLETE", "results": results, "numErrors": count, "errors": errors});
        Ok(status(code, answer))
    }
}

fn found(id: &str, own: &[&Value], at: usize) -> Value {
    let (found, next) = page(own, at, AT_ONCE);
    let to = found
        .into_iter()
        .map(|pair| json!({"toObjectId": pair["to"], "associationTypes": pair["types"]}));
    let mut result = json!({"from": {"id": id}, "to": to.collect::<Vec<_>>()});
    if let Some(next) = next {
        result["paging"] = json!({"next": {"after": next.to_string(), "link": "?after"}});
    }
    result
}

fn alone(from: &str, to: &str, id: &str) -> Value {
    json!({
        "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": format!("No {to} is associated with {from} {id}."),
        "context": {"fromObjectId": [id], "fromObjectType": [from], "toObjectType": [to]},
    })
}

/// An error that says nothing about what belongs to the object.
fn untold(id: &str) -> Value {
    json!({
        "status": "error", "category": "INTERNAL_ERROR", "message": "internal error", "context": {"fromObjectId": [id]},
    })
}

#[tokio::test]
async fn an_object_whose_answer_is_missing_fails_the_read() {
    let (hubspot, connector) = account().await;
    hubspot.then(|hubspot| hubspot.store.add("untold", json!("250")));
    let fault = connector.try_read(&Brought::default()).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Upstream, "{fault:?}");
    let said = fault.to_string();
    assert!(
        said.contains("HubSpot did not tell for all objects what belongs to them."),
        "{said}"
    );
    hubspot.is_content();
}

#[tokio::test]
async fn what_belongs_to_an_object_is_read_to_its_end() {
    let (hubspot, connector) = account().await;
    let read = connector.read().await;
    assert_eq!(read.ids("contacts_companies"), ["250/15"]);
    assert_eq!(
        read.records("contacts_companies"),
        [json!({
            "fromObjectId": "250", "toObjectId": "15",
            "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 4, "label": null}],
        })]
    );
    assert_eq!(read.ids("deals_contacts").len(), 501);
    let asked = hubspot.asked("/crm/v4/associations/deals/contacts/batch/read");
    let asked: Vec<&Value> = asked.iter().map(|request| &request.body).collect();
    assert_eq!(
        asked,
        [
            &json!({"inputs": [{"id": "9"}]}),
            &json!({"inputs": [{"id": "9", "after": "500"}]}),
        ]
    );
    hubspot.is_content();
}

#[tokio::test]
async fn many_objects_are_asked_about_in_lots() {
    let (hubspot, connector) = account().await;
    hubspot.then(|hubspot| {
        for id in 1..=101 {
            hubspot.store.add("tickets", object(id, 1));
        }
        for id in [1, 101] {
            hubspot.store.add("tickets to contacts", pair(id, 250));
        }
    });
    let read = connector.read().await;
    assert_eq!(read.ids("tickets_contacts"), ["1/250", "101/250"]);
    let asked = hubspot.asked("/crm/v4/associations/tickets/contacts/batch/read");
    let mut lots: Vec<usize> = asked
        .iter()
        .map(|request| request.body["inputs"].as_array().unwrap().len())
        .collect();
    lots.sort_unstable();
    assert_eq!(lots, [1, 100]);
    hubspot.is_content();
}
