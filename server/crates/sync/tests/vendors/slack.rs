//! Slack: refusals inside of good answers, channels that have to be joined, messages and their threads.

use serde_json::{Value, json};
use sync::fault::Kind;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, second, status};

struct Slack {
    store: Store,
    limit: Limit,
    joined: Vec<String>,
    /// What it says to whoever has the right token, instead of an answer.
    refuses: Option<&'static str>,
}

impl Vendor for Slack {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |word: &str| ok(json!({"ok": false, "error": word}));
        if request.bearer() != "xoxb-right" {
            return Err(said("invalid_auth"));
        }
        if let Some(word) = self.refuses {
            return Err(said(word));
        }
        let channel = request.param("channel").unwrap_or_default().to_owned();
        let (items, found) = match request.parts()[..] {
            ["api", "conversations.list"] => {
                request.only(&["types", "limit", "cursor"])?;
                let mut found = self.store.list("channels");
                found.retain(|one| {
                    request.param("types").unwrap().contains("private") || one["is_private"] != true
                });
                ("channels", found)
            }
            ["api", "conversations.join"] if request.method == "POST" => {
                let id = request.body["channel"].as_str().unwrap().to_owned();
                self.joined.push(id.clone());
                return Ok(ok(
                    json!({"ok": true, "channel": {"id": id, "is_member": true}}),
                ));
            }
            ["api", "conversations.history"] => {
                request.only(&["channel", "oldest", "inclusive", "limit", "cursor"])?;
                let in_channel = self.is_member(&channel) || self.joined.contains(&channel);
                if !in_channel {
                    return Err(said("not_in_channel"));
                }
                let refusal = status(429, json!({"ok": false, "error": "ratelimited"}));
                self.limit.once(refusal.header("Retry-After", "1"))?;
                ("messages", self.messages(request, &channel)?)
            }
            ["api", "conversations.replies"] => {
                request.only(&["channel", "ts", "limit", "cursor"])?;
                let mut found = self.store.list(&format!("messages of {channel}"));
                let thread = request.shaped("ts", r"\d{10}\.\d{6}")?.unwrap();
                found.retain(|one| one["thread_ts"] == thread);
                ("messages", found)
            }
            ["api", "users.list"] => {
                request.only(&["limit", "cursor"])?;
                ("members", self.store.list("users"))
            }
            _ => return Err(said("unknown_method")),
        };
        let from = request.param("cursor").map_or(0, |cursor| {
            cursor.trim_start_matches("next:").parse().unwrap()
        });
        let (data, next) = page(&found, from, request.size("limit", 999)?);
        let next = next.map_or(String::new(), |next| format!("next:{next}"));
        Ok(ok(
            json!({"ok": true, items: data, "response_metadata": {"next_cursor": next}}),
        ))
    }
}

impl Slack {
    fn is_member(&self, channel: &str) -> bool {
        let channels = self.store.list("channels");
        let is_it = |one: &&Value| one["id"] == channel && one["is_member"] == true;
        channels.iter().any(is_it)
    }

    /// Messages of a channel without the answers in threads, the newest first.
    fn messages(&self, request: &Request, channel: &str) -> Result<Vec<&Value>, Answer> {
        let oldest = request.shaped("oldest", r"\d{10}")?.unwrap_or("0");
        let mut found = self.store.list(&format!("messages of {channel}"));
        found.retain(|one| {
            let is_answer = one
                .get("thread_ts")
                .is_some_and(|thread| *thread != one["ts"]);
            !is_answer && one["ts"].as_str().unwrap() >= oldest
        });
        found.reverse();
        Ok(found)
    }
}

fn moment(at: i64) -> String {
    format!("{}.000100", second(at))
}

fn message(at: i64) -> Value {
    json!({"type": "message", "ts": moment(at), "text": "Hello", "user": "U1"})
}

fn threaded(thread: i64, at: i64) -> Value {
    let mut message = message(at);
    message["thread_ts"] = json!(moment(thread));
    message
}

fn config(token: &str) -> Value {
    json!({
        "start_date": "2023-12-01T00:00:00Z", "lookback_window": 0, "join_channels": true,
        "credentials": {"option_title": "API Token Credentials", "api_token": token},
    })
}

pub async fn whole() -> Whole {
    let slack = StandIn::open(Slack {
        store: Store::of(include_str!("examples/slack.json")),
        limit: Limit::default(),
        joined: Vec::new(),
        refuses: None,
    })
    .await;
    let address = ["https://slack.com"];
    let connector = Connected::new("slack", &address, &slack.base, config("xoxb-right"));
    Whole::new([connector], slack)
}

#[tokio::test]
async fn channels_are_joined_and_their_messages_and_threads_read() {
    let channel = |id: &str, name: &str, member: bool| json!({"id": id, "name": name, "is_member": member, "is_archived": false, "is_private": false});
    let store = Store::default()
        .with(
            "channels",
            [
                channel("C1", "support", true),
                channel("C2", "sales", false),
            ],
        )
        .with(
            "users",
            (1..=350).map(|at| json!({"id": format!("U{at}"), "name": "ada"})),
        )
        .with("messages of C1", (1..=230).map(message))
        .with("messages of C2", [threaded(5, 5), threaded(5, 6)]);
    let slack = StandIn::open(Slack {
        store,
        limit: Limit::default(),
        joined: Vec::new(),
        refuses: None,
    })
    .await;
    let connector = Connected::new(
        "slack",
        &["https://slack.com"],
        &slack.base,
        config("xoxb-right"),
    );
    assert!(
        connector
            .with(config("xoxb-wrong"))
            .refusal()
            .await
            .starts_with("Slack refused the sign-in.")
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        ["channel_messages", "channels", "threads", "users"]
    );

    let first = connector.read().await;
    assert_eq!(first.ids("users").len(), 350);
    assert_eq!(first.ids("channel_messages").len(), 231);
    assert_eq!(
        first.ids("threads"),
        [format!("C2/{}", moment(5)), format!("C2/{}", moment(6))]
    );
    assert_eq!(slack.refused(), 1);

    slack.then(|slack| {
        assert!(slack.joined.iter().all(|id| id == "C2") && !slack.joined.is_empty());
        slack.store.add("messages of C1", message(231));
    });
    let second = connector.read_from(&first).await;
    let new = [
        format!("C1/{}", moment(230)),
        format!("C1/{}", moment(231)),
        format!("C2/{}", moment(5)),
    ];
    assert_eq!(second.ids("channel_messages"), new);
    slack.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn channels_are_left_alone_when_nobody_wants_them_joined() {
    let store = Store::default()
        .with(
            "channels",
            [
                json!({"id": "C1", "name": "support", "is_member": true}),
                json!({"id": "C2", "name": "sales", "is_member": false}),
            ],
        )
        .with("messages of C1", [message(1)])
        .with("messages of C2", [message(2)]);
    let slack = StandIn::open(Slack {
        store,
        limit: Limit::default(),
        joined: Vec::new(),
        refuses: None,
    })
    .await;
    let mut config = config("xoxb-right");
    config["join_channels"] = json!(false);
    let connector = Connected::new("slack", &["https://slack.com"], &slack.base, config);
    assert_eq!(
        connector.read().await.ids("channel_messages"),
        [format!("C1/{}", moment(1))]
    );
    slack.then(|slack| assert!(slack.joined.is_empty()));
    slack.is_content();
}

/// All with the status of success. Who has to sign in again is told so, and so is who has to ask for more rights.
#[tokio::test]
async fn a_refusal_inside_of_a_good_answer_says_what_helps() {
    let slack = StandIn::open(Slack {
        store: Store::of(include_str!("examples/slack.json")),
        limit: Limit::default(),
        joined: Vec::new(),
        refuses: None,
    })
    .await;
    let address = ["https://slack.com"];
    let connector = Connected::new("slack", &address, &slack.base, config("xoxb-right"));
    let ended = "Slack refused the sign-in.";
    let closed = "The Slack app may not read this.";
    for (word, kind, says) in [
        ("invalid_auth", Kind::Credentials, ended),
        ("not_authed", Kind::Credentials, ended),
        ("token_expired", Kind::Credentials, ended),
        ("token_revoked", Kind::Credentials, ended),
        ("account_inactive", Kind::Credentials, ended),
        ("missing_scope", Kind::Forbidden, closed),
        ("not_allowed_token_type", Kind::Forbidden, closed),
    ] {
        slack.then(|slack| slack.refuses = Some(word));
        let fault = connector.check().await.unwrap_err();
        assert_eq!(fault.kind, kind, "{word}: {fault:?}");
        assert!(fault.message.starts_with(says), "{word}: {fault}");
    }
}
