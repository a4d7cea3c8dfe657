//! Redis and S3, where an operator has them: each tenant gets its own part and nothing else.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use crate::harness::{Hub, Person, bundle, client};

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where its servers are"
)]
fn server(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("set {name}; “cargo hub test” does"))
}

#[test]
fn a_tenants_redis_login_reaches_its_prefix_only() {
    let hub = Hub::start_with(&[("REDIS_URL", server("TEST_REDIS_URL"))]);
    let (anna, bob) = (Person::joining(&hub, "Anna"), Person::joining(&hub, "Bob"));
    let (hers, his) = (redis_of(&hub, &anna), redis_of(&hub, &bob));
    let mut redis = Redis::login(&hers.url);
    let own = format!("{}colour", hers.prefix);
    assert_eq!(redis.ask(&format!("SET {own} blue")), "+OK");
    assert_eq!(redis.ask(&format!("GET {own}")), "$4");
    redis.line();
    for command in [
        "SET colour red".to_owned(),
        format!("GET {}colour", his.prefix),
        format!("SET {}colour red", his.prefix),
        "KEYS *".to_owned(),
        "FLUSHALL".to_owned(),
        "CONFIG GET *".to_owned(),
        "ACL LIST".to_owned(),
    ] {
        let answer = redis.ask(&command);
        assert!(answer.starts_with("-NOPERM"), "{command}: {answer}");
    }
    let ready = anna.api(&hub).get("/api/v1/tenant");
    let cache = ready["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["name"] == "cache")
        .expect("a step for the cache");
    assert_eq!(cache["state"], "done", "{cache}");
}

#[test]
fn without_redis_the_step_says_so_and_nothing_fails() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let ready = anna.get("/api/v1/tenant");
    let cache = ready["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["name"] == "cache")
        .expect("a step for the cache");
    assert_eq!(cache["state"], "not_configured", "{cache}");
}

#[test]
fn uploads_lie_in_the_bucket_under_the_tenants_prefix() {
    let s3 = server("TEST_S3_URL");
    let bucket = format!("it-{}", std::process::id());
    let made = client()
        .put(format!("{s3}/{bucket}"))
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request",
        )
        .send()
        .expect("the S3 server answers");
    assert!(made.status().is_success(), "{}", made.status());
    let hub = Hub::start_with(&[
        ("STORAGE_URL", format!("s3://{bucket}")),
        ("AWS_ENDPOINT", s3.clone()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
    ]);
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoë\n");
    let (connection, test) = anna.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(hub.rows(&anna.tenant, "SELECT name FROM people"), ["Zoë"]);
    let listed = client()
        .get(format!("{s3}/{bucket}?list-type=2"))
        .send()
        .expect("the S3 server answers")
        .text()
        .expect("XML");
    let prefix = anna.tenant.trim_start_matches("ten_");
    assert!(
        listed.contains(&format!("<Key>{prefix}/uploads/")),
        "{listed}"
    );
}

/// A tenant's part of Redis, as its apps are told.
struct Part {
    url: reqwest::Url,
    prefix: String,
}

fn redis_of(hub: &Hub, person: &Person) -> Part {
    let file = bundle(hub, person, "Cache", &[]);
    Part {
        url: file["REDIS_URL"].parse().expect("a URL"),
        prefix: file["REDIS_PREFIX"].clone(),
    }
}

/// One connection that speaks the protocol by hand.
struct Redis(BufReader<TcpStream>);

impl Redis {
    fn login(url: &reqwest::Url) -> Self {
        let address = (url.host_str().expect("a host"), url.port().unwrap_or(6379));
        let mut redis = Self(BufReader::new(
            TcpStream::connect(address).expect("Redis answers"),
        ));
        let (user, password) = (url.username(), url.password().expect("a password"));
        assert_eq!(redis.ask(&format!("AUTH {user} {password}")), "+OK");
        redis
    }

    /// Sends a command; the first line of the answer.
    fn ask(&mut self, command: &str) -> String {
        write!(self.0.get_mut(), "{command}\r\n").expect("Redis reads");
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("Redis answers");
        line.trim_end().to_owned()
    }
}
