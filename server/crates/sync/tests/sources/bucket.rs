//! Files in a bucket: a real S3 server, and the refusals that Amazon documents.

use axum::{Router, http::StatusCode};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sync::connector::{Connector, RunContext};
use sync::fault::Kind;
use sync::outbound::{Policy, Purpose, Scheme};
use time::OffsetDateTime;

use crate::harness::{check, context, read_whole};

const SOURCE: Connector = Connector::File;
const SECRET: &str = "secret-that-must-not-show";

#[expect(clippy::disallowed_methods, reason = "where the tests' storage is")]
fn storage() -> String {
    std::env::var("TEST_S3_URL").expect("TEST_S3_URL names a scratch S3 server")
}

fn plain_http() -> RunContext {
    context(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    })
}

/// Writes as a client does that the server does not ask for a signature.
async fn put(cx: &RunContext, path: &str, body: &'static [u8]) {
    let url = Url::parse(&format!("{}/{path}", storage())).unwrap();
    let request = cx.outbound.request(Method::PUT, url).body(body);
    let request = request
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request",
        )
        .build()
        .unwrap();
    let answer = cx.outbound.send(request, Purpose::Api).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

fn config(endpoint: &str, bucket: &str, key: &str) -> Value {
    json!({ "dataset_name": "prices", "location": {
        "from": "s3", "bucket": bucket, "key": key, "endpoint": endpoint,
        "access_key_id": "test", "secret_access_key": SECRET,
    } })
}

#[tokio::test]
async fn a_file_of_a_bucket_is_read_and_what_is_not_there_is_told() {
    let cx = plain_http();
    let bucket = format!("files-{}", std::process::id());
    put(&cx, &bucket, b"").await;
    put(
        &cx,
        &format!("{bucket}/daily/ma%C3%9Fe%20%2B1.csv"),
        b"id,cm\n1,20\n2,30\n",
    )
    .await;

    let good = config(&storage(), &bucket, "daily/maße +1.csv");
    assert_eq!(check(&SOURCE, &good, &cx).await.0, Ok(()));
    let outcome = read_whole(&SOURCE, &good, &cx).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.column("cm"), [20, 30]);

    for (bucket, key, field) in [
        (&*bucket, "daily/other.csv", "location.key"),
        ("nobody-has-this-one", "a.csv", "location.bucket"),
    ] {
        let fault = check(&SOURCE, &config(&storage(), bucket, key), &cx)
            .await
            .0
            .unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (Kind::Config, Some(field)),
            "{fault}"
        );
    }
}

/// A storage that always says this.
async fn saying(status: u16, code: &str, more: &str) -> String {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code>{more}</Error>");
    let status = StatusCode::from_u16(status).unwrap();
    serving(Router::new().fallback(async move || (status, body))).await
}

async fn serving(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn each_refusal_names_what_to_change() {
    for (status, code, more, kind, field) in [
        (
            403,
            "InvalidAccessKeyId",
            "",
            Kind::Credentials,
            Some("location.access_key_id"),
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "",
            Kind::Credentials,
            Some("location.secret_access_key"),
        ),
        (403, "AccessDenied", "", Kind::Forbidden, None),
        (
            400,
            "AuthorizationHeaderMalformed",
            "<Region>eu-north-1</Region>",
            Kind::Config,
            Some("location.region"),
        ),
        (
            301,
            "PermanentRedirect",
            "",
            Kind::Config,
            Some("location.region"),
        ),
        (503, "SlowDown", "", Kind::RateLimited { until: None }, None),
        (500, "InternalError", "", Kind::Upstream, None),
    ] {
        let endpoint = saying(status, code, more).await;
        let fault = check(&SOURCE, &config(&endpoint, "b", "a.csv"), &plain_http())
            .await
            .0
            .unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, field),
            "{code}: {fault}"
        );
        assert!(
            fault
                .detail
                .as_deref()
                .is_some_and(|said| said.contains(code)),
            "{code}: {fault:?}"
        );
        assert!(!format!("{fault:?}").contains(SECRET));
        if !more.is_empty() {
            assert!(fault.message.contains("eu-north-1"), "{fault}");
        }
    }
}

#[tokio::test]
async fn who_is_busy_is_left_alone_until_the_time_that_it_names() {
    let busy = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")]);
    let endpoint = serving(Router::new().fallback(async move || busy)).await;
    let address = json!({ "dataset_name": "prices", "location": {
        "from": "url", "url": format!("{endpoint}/a.csv"),
    } });
    for place in [config(&endpoint, "b", "a.csv"), address] {
        let fault = check(&SOURCE, &place, &plain_http()).await.0.unwrap_err();
        let Kind::RateLimited { until: Some(until) } = fault.kind else {
            panic!("{fault:?}");
        };
        let pause = until - OffsetDateTime::now_utc();
        assert!((50..=60).contains(&pause.whole_seconds()), "{pause}");
    }
}

#[tokio::test]
async fn a_storage_inside_the_house_is_not_called() {
    let cx = context(Policy::default());
    let fault = check(&SOURCE, &config("https://127.0.0.1:9", "b", "a.csv"), &cx)
        .await
        .0
        .unwrap_err();
    assert_eq!(
        (fault.kind.clone(), fault.field.as_deref()),
        (Kind::Forbidden, Some("location.endpoint")),
        "{fault}"
    );
}
