//! Google Analytics: reports whose rows are lists of values, day by day and property by property.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Vendor, ok, status};

const DIMENSIONS: [&str; 11] = [
    "date",
    "deviceCategory",
    "operatingSystem",
    "browser",
    "region",
    "country",
    "city",
    "hostName",
    "pagePathPlusQueryString",
    "sessionSource",
    "sessionMedium",
];
/// Metrics that count, and those that are parts of one another.
const COUNTS: [&str; 7] = [
    "active1DayUsers",
    "active7DayUsers",
    "active28DayUsers",
    "totalUsers",
    "newUsers",
    "sessions",
    "screenPageViews",
];
const PARTS: [&str; 4] = [
    "sessionsPerUser",
    "averageSessionDuration",
    "screenPageViewsPerSession",
    "bounceRate",
];

struct Analytics {
    /// Days that were counted, and how often the one page was seen.
    days: Vec<(&'static str, u32)>,
    limit: Limit,
}

/// Whether Google knows all of it, and gives as much in one report.
fn is_report(dimensions: &[String], metrics: &[String]) -> bool {
    let is_metric = |name: &String| COUNTS.contains(&&**name) || PARTS.contains(&&**name);
    dimensions.first().is_some_and(|first| first == "date")
        && dimensions.len() <= 9
        && dimensions.iter().all(|name| DIMENSIONS.contains(&&**name))
        && (1..=10).contains(&metrics.len())
        && metrics.iter().all(is_metric)
}

fn row(day: &str, count: u32, dimensions: &[String], metrics: &[String]) -> Value {
    let names = dimensions[1..].iter().map(|name| format!("a {name}"));
    let values = std::iter::once(day.replace('-', "")).chain(names);
    let figures = metrics.iter().map(|name| {
        if PARTS.contains(&name.as_str()) {
            "1.25".to_owned()
        } else {
            count.to_string()
        }
    });
    let held = |value: String| json!({"value": value});
    json!({
        "dimensionValues": values.map(held).collect::<Vec<_>>(), "metricValues": figures.map(held).collect::<Vec<_>>(),
    })
}

impl Vendor for Analytics {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, name: &str, text: &str| {
            status(
                code,
                json!({"error": {"code": code, "message": text, "status": name}}),
            )
        };
        if request.path == "/token" {
            if request.body["refresh_token"] != "renew" {
                return Err(status(
                    400,
                    json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
                ));
            }
            return Ok(ok(
                json!({"access_token": "fresh", "expires_in": 3599, "token_type": "Bearer"}),
            ));
        }
        if request.bearer() != "fresh" {
            return Err(said(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials.",
            ));
        }
        if request.path != "/v1beta/properties/123:runReport" {
            return Err(said(
                403,
                "PERMISSION_DENIED",
                "User does not have sufficient permissions for this property.",
            ));
        }
        let names = |list: &str| -> Vec<String> {
            let names = request.body[list].as_array().into_iter().flatten();
            names
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let (dimensions, metrics) = (names("dimensions"), names("metrics"));
        let range = &request.body["dateRanges"][0];
        let (Some(start), Some(end)) = (range["startDate"].as_str(), range["endDate"].as_str())
        else {
            return Err(request.malformed("dateRanges"));
        };
        if !is_report(&dimensions, &metrics) {
            return Err(request.malformed("dimensions or metrics"));
        }
        if dimensions.len() == 3 {
            self.limit.once(
                said(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens")
                    .header("Retry-After", "1"),
            )?;
        }
        let counted = self
            .days
            .iter()
            .filter(|(day, _)| (start..=end).contains(day));
        let rows: Vec<Value> = counted
            .map(|(day, count)| row(day, *count, &dimensions, &metrics))
            .collect();
        let limit = request.body["limit"]
            .as_u64()
            .filter(|limit| *limit <= 250_000);
        limit.ok_or_else(|| request.malformed("limit"))?;
        Ok(ok(
            json!({"rows": rows, "rowCount": rows.len(), "kind": "analyticsData#runReport"}),
        ))
    }
}

fn config(property: &str, token: &str) -> Value {
    json!({
        "property_ids": [property], "date_ranges_start_date": "2024-01-01", "date_ranges_end_date": "2024-02-20",
        "credentials": {"auth_type": "Client", "client_id": "id", "client_secret": "secret", "refresh_token": token},
    })
}

const PUBLIC: [&str; 2] = [
    "https://analyticsdata.googleapis.com",
    "https://oauth2.googleapis.com",
];

pub async fn whole() -> Whole {
    let analytics = StandIn::open(Analytics {
        days: vec![("2024-01-02", 5)],
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "google-analytics-data-api",
        &PUBLIC,
        &analytics.base,
        config("123", "renew"),
    );
    Whole::new([connector], analytics)
}

#[tokio::test]
async fn reports_are_read_day_by_day_and_the_last_days_again() {
    let days = vec![("2024-01-02", 5), ("2024-02-09", 7), ("2024-02-10", 8)];
    let analytics = StandIn::open(Analytics {
        days,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "google-analytics-data-api",
        &PUBLIC,
        &analytics.base,
        config("123", "renew"),
    );
    connector
        .with(config("123", "spent"))
        .check()
        .await
        .unwrap_err();
    assert!(
        connector
            .with(config("999", "renew"))
            .refusal()
            .await
            .contains("may not read the property")
    );
    connector.check().await.unwrap();
    let streams = [
        "daily_active_users",
        "weekly_active_users",
        "four_weekly_active_users",
        "devices",
        "locations",
        "pages",
        "traffic_sources",
        "website_overview",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(
        first.ids("daily_active_users"),
        ["123/2024-01-02", "123/2024-02-09", "123/2024-02-10"]
    );
    assert_eq!(
        first.records("daily_active_users")[0],
        json!({"property_id": "123", "date": "2024-01-02", "active1DayUsers": 5})
    );
    assert_eq!(
        first.ids("traffic_sources")[0],
        "123/2024-01-02/a sessionSource/a sessionMedium"
    );
    assert_eq!(analytics.refused(), 1);

    analytics.then(|analytics| analytics.days.push(("2024-02-11", 9)));
    let second = connector.read_from(&first).await;
    assert_eq!(
        second.ids("daily_active_users"),
        ["123/2024-02-09", "123/2024-02-10", "123/2024-02-11"]
    );
    analytics.is_content();
    connector.airbyte_reads_the_same().await;
}
