//! Shopify as its documentation has it.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use url::form_urlencoded::Serializer;

use crate::stand_in::{Answer, Limit, Request, Store, Vendor, ok, page, status, wrong};

/// The version that is asked for: Shopify keeps each for a year.
const VERSION: &str = "2026-07";

pub struct Shopify {
    pub store: Store,
    limit: Limit,
    /// The question that each page's address stands for.
    asked: Vec<Request>,
}

fn said(code: u16, text: &str) -> Answer {
    status(code, json!({"errors": text}))
}

impl Vendor for Shopify {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        match request.header("x-shopify-access-token") {
            "right" => {}
            "narrow" => {
                let text = "[API] This action requires merchant approval for read_orders scope.";
                return Err(said(403, text));
            }
            _ => return Err(said(401, "[API] Invalid API key or access token")),
        }
        match request.parts()[..] {
            ["admin", "api", VERSION, ref more @ ..] => self.resource(request, more),
            _ => Err(said(404, "Not Found")),
        }
    }
}

impl Shopify {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            limit: Limit::default(),
            asked: Vec::new(),
        }
    }

    fn resource(&mut self, request: &Request, more: &[&str]) -> Result<Answer, Answer> {
        match *more {
            ["shop.json"] => Ok(ok(json!({"shop": self.store.list("shop")[0]}))),
            ["locations.json"] => {
                request.only(&[])?;
                Ok(ok(json!({"locations": self.store.list("locations")})))
            }
            ["orders.json"] => {
                // the bucket is full, and leaks two requests a second
                self.limit.once(
                    said(429, "Exceeded 2 calls per second for api client.")
                        .header("Retry-After", "2.0")
                        .header("X-Shopify-Shop-Api-Call-Limit", "40/40"),
                )?;
                self.changed(request, "orders", "orders", &["status", "updated_at_max"])
            }
            ["checkouts.json"] => self.changed(
                request,
                "checkouts",
                "checkouts",
                &["status", "updated_at_max"],
            ),
            ["orders", id, what] => self.of_order(request, id, what),
            ["collects.json"] => self.listed(request, "collects", "collects"),
            ["price_rules.json" | "products.json"] if !self.is_of_changes(request) => {
                let rows = more[0].trim_end_matches(".json");
                self.listed(request, rows, rows)
            }
            ["price_rules", id, "discount_codes.json"] => {
                let list = format!("codes of {id}");
                if !self.store.holds(&list) {
                    return Err(said(404, "Not Found"));
                }
                self.listed(request, &list, "discount_codes")
            }
            ["inventory_items.json"] => self.named(request),
            ["inventory_levels.json"] => {
                self.changed(request, "levels", "inventory_levels", &["location_ids"])
            }
            [file] => {
                let rows = file.trim_end_matches(".json");
                let known = [
                    "custom_collections",
                    "customers",
                    "draft_orders",
                    "metafields",
                    "price_rules",
                    "products",
                    "smart_collections",
                ];
                let list = known.iter().find(|known| **known == rows);
                let list = list.ok_or_else(|| wrong(format!("{} is unknown", request.path)))?;
                self.changed(request, list, list, &["updated_at_max"])
            }
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }

    /// What an order holds beside itself.
    fn of_order(&self, request: &Request, id: &str, what: &str) -> Result<Answer, Answer> {
        request.only(&[])?;
        match (id, what) {
            ("2", "refunds.json") => Err(said(404, "Not Found")),
            (_, "refunds.json") => {
                let found = self.store.list(&format!("refunds of {id}"));
                Ok(ok(json!({"refunds": found})))
            }
            (_, "transactions.json") => {
                let list = format!("transactions of {id}");
                if self.store.holds(&list) {
                    return Ok(ok(json!({"transactions": self.store.list(&list)})));
                }
                let id: i64 = id.parse().unwrap();
                let one = json!({"id": id + 5000, "order_id": id, "kind": "sale"});
                Ok(ok(json!({"transactions": [one]})))
            }
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }

    /// What changed in a stretch of time.
    fn changed(
        &mut self,
        request: &Request,
        list: &str,
        rows: &str,
        known: &[&str],
    ) -> Result<Answer, Answer> {
        let (first, from) = self.question(request, &[known, &["updated_at_min"]].concat())?;
        let since = first
            .moment("updated_at_min")?
            .ok_or_else(|| request.malformed("updated_at_min"))?;
        for name in known {
            let right = match (*name, first.param(name)) {
                ("status", Some(status)) => status == "any",
                ("updated_at_max", found) => {
                    first.moment(name)?;
                    found.is_some()
                }
                ("location_ids", found) => found == Some("70"),
                _ => false,
            };
            if !right {
                return Err(request.malformed(name));
            }
        }
        let mut found = self.store.list(list);
        found.retain(|one| utc(one).as_str() >= since);
        self.pages(request, &first, from, (rows, &found))
    }

    /// All there is.
    fn listed(&mut self, request: &Request, list: &str, rows: &str) -> Result<Answer, Answer> {
        let (first, from) = self.question(request, &[])?;
        let found = self.store.list(list);
        self.pages(request, &first, from, (rows, &found))
    }

    /// Those that are named, at most a hundred.
    fn named(&self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["ids", "limit"])?;
        let size = request.size("limit", 250)?;
        let ids = request.shaped("ids", r"\d+(,\d+){0,99}")?;
        let ids = ids.ok_or_else(|| request.malformed("ids"))?;
        let ids: Vec<&str> = ids.split(',').collect();
        let mut found = self.store.list("inventory_items");
        found.retain(|one| ids.contains(&one["id"].to_string().as_str()));
        found.truncate(size);
        Ok(ok(json!({"inventory_items": found})))
    }

    /// The question that a page belongs to, and where the page begins; the address of a further page remembers both.
    fn question(&mut self, request: &Request, known: &[&str]) -> Result<(Request, usize), Answer> {
        let Some(info) = request.param("page_info") else {
            request.only(&[known, &["limit"]].concat())?;
            self.asked.push(request.clone());
            return Ok((request.clone(), 0));
        };
        // anything else beside it is refused
        request.only(&["page_info", "limit"])?;
        Ok(self.remembered(info))
    }

    fn remembered(&self, info: &str) -> (Request, usize) {
        let (at, from) = info.split_once('-').unwrap();
        let first = self.asked[at.parse::<usize>().unwrap()].clone();
        (first, from.parse().unwrap())
    }

    /// Whether changes alone are asked for, be it by a further page.
    fn is_of_changes(&self, request: &Request) -> bool {
        let first = request
            .param("page_info")
            .map(|info| self.remembered(info).0);
        let first = first.as_ref().unwrap_or(request);
        first.param("updated_at_min").is_some()
    }

    /// One page, and the address of the next.
    fn pages(
        &self,
        request: &Request,
        first: &Request,
        from: usize,
        (rows, found): (&str, &[&Value]),
    ) -> Result<Answer, Answer> {
        let (items, next) = page(found, from, request.size("limit", 250)?);
        let answer = ok(json!({rows: items})).header("X-Shopify-Shop-Api-Call-Limit", "1/40");
        let Some(next) = next else {
            return Ok(answer);
        };
        let at = self.asked.iter().position(|one| one.query == first.query);
        let query = Serializer::new(String::new())
            .append_pair("limit", "250")
            .append_pair("page_info", &format!("{}-{next}", at.unwrap()))
            .finish();
        let link = format!("<{}{}?{query}>; rel=\"next\"", request.base, request.path);
        Ok(answer.header("Link", link))
    }
}

/// When something changed, in UTC.
fn utc(one: &Value) -> String {
    let moment = OffsetDateTime::parse(one["updated_at"].as_str().unwrap(), &Rfc3339).unwrap();
    moment.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap()
}
