//! Signatures that others made: published examples of the schemes where there are some, `openssl dgst -hmac` otherwise.

use super::*;

struct Case {
    scheme: WebhookScheme,
    uri: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    secret: &'static str,
    /// Unix seconds of the signature; 0 where none is signed.
    at: i64,
}

const SLACK_BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

const CASES: &[Case] = &[
    // The example of the standard's libraries.
    Case {
        scheme: WebhookScheme::StandardWebhooks,
        uri: "",
        headers: &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,zzz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ],
        body: r#"{"test": 2432232314}"#,
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        at: 1_614_265_330,
    },
    // openssl
    Case {
        scheme: WebhookScheme::Stripe,
        uri: "",
        headers: &[(
            "stripe-signature",
            "t=1492774577,v1=0000000000000000000000000000000000000000000000000000000000000000,v1=20a78d39d616255bf0746197c92f469b1ed45e7475741280e4e1f8a61ad8b2e6,v0=6ffbb59b",
        )],
        body: r#"{"id":"evt_1","type":"customer.updated"}"#,
        secret: "whsec_example_not_a_real_one",
        at: 1_492_774_577,
    },
    // The example of GitHub's documentation.
    Case {
        scheme: WebhookScheme::GitHub,
        uri: "",
        headers: &[(
            "x-hub-signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        body: "Hello, World!",
        secret: "It's a Secret to Everybody",
        at: 0,
    },
    // openssl
    Case {
        scheme: WebhookScheme::Shopify,
        uri: "",
        headers: &[(
            "x-shopify-hmac-sha256",
            "9J2f49SDhzrFuJKZj2FMghBVLwPMJVc2ek0Yz4lmABY=",
        )],
        body: r#"{"id":820982911946154508,"updated_at":"2026-05-01T10:00:00Z"}"#,
        secret: "shpss_example_not_a_real_one",
        at: 0,
    },
    // The example of Slack's documentation.
    Case {
        scheme: WebhookScheme::Slack,
        uri: "",
        headers: &[
            ("x-slack-request-timestamp", "1531420618"),
            (
                "x-slack-signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            ),
        ],
        body: SLACK_BODY,
        secret: "8f742231b10e8888abcd99yyyzzz85a5",
        at: 1_531_420_618,
    },
    // openssl
    Case {
        scheme: WebhookScheme::HubSpot,
        uri: "https://hub.example.com/in/abc?portal=1:2",
        headers: &[
            ("x-hubspot-request-timestamp", "1760000000000"),
            (
                "x-hubspot-signature-v3",
                "PPpD/sUpf8AUTeMwDSU5ETBEXJdsKhFLOpF0ALP+JrY=",
            ),
        ],
        body: r#"[{"eventId":1,"subscriptionType":"contact.creation"}]"#,
        secret: "example-client-secret-0001",
        at: 1_760_000_000,
    },
];

impl Case {
    fn headers(&self) -> Headers {
        let pairs = self.headers.iter();
        Headers(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn verify(
        &self,
        headers: &Headers,
        body: &str,
        secrets: &[&str],
        late: i64,
    ) -> Result<(), WebhookRefusal> {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|text| SecretString::from(*text))
            .collect();
        let delivery = Delivery {
            method: "POST",
            uri: self.uri,
            headers,
            body: body.as_bytes(),
        };
        let now = OffsetDateTime::from_unix_timestamp(self.at + late).unwrap();
        verify(self.scheme, &delivery, &secrets, now)
    }
}

#[test]
fn what_others_signed_is_believed_in_its_time() {
    for case in CASES {
        let headers = case.headers();
        for late in [0, 299, -299] {
            let seen = case.verify(&headers, case.body, &[case.secret], late);
            assert_eq!(seen, Ok(()), "{:?} {late} s late", case.scheme);
        }
        let seen = case.verify(&headers, case.body, &["whsec_AAAA", case.secret], 0);
        assert_eq!(seen, Ok(()), "{:?} by the second secret", case.scheme);
    }
}

#[test]
fn a_changed_body_another_secret_and_no_secret_are_not() {
    for case in CASES {
        let headers = case.headers();
        let changed = format!("{} ", case.body);
        let other = if case.scheme == WebhookScheme::StandardWebhooks {
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"
        } else {
            "another"
        };
        for (body, secrets) in [
            (changed.as_str(), vec![case.secret]),
            (case.body, vec![other]),
            (case.body, vec![""]),
            (case.body, vec![]),
        ] {
            let seen = case.verify(&headers, body, &secrets, 0);
            assert_eq!(seen, Err(WebhookRefusal::Mismatch), "{:?}", case.scheme);
        }
    }
}

#[test]
fn what_is_signed_long_ago_or_ahead_is_not() {
    for case in CASES {
        let expected = match case.at {
            0 => Ok(()),
            _ => Err(WebhookRefusal::TooOld),
        };
        for late in [301, -301, 100_000] {
            if case.at + late < 0 {
                continue;
            }
            let seen = case.verify(&case.headers(), case.body, &[case.secret], late);
            assert_eq!(seen, expected, "{:?} {late} s late", case.scheme);
        }
        // A later time in the header is another signature.
        let Some(time) = case
            .headers
            .iter()
            .find(|(name, _)| name.ends_with("timestamp"))
        else {
            continue;
        };
        let mut headers = case.headers();
        headers.0.insert(
            time.0.to_owned(),
            format!("{}1", &time.1[..time.1.len() - 1]),
        );
        let seen = case.verify(&headers, case.body, &[case.secret], 0);
        assert_eq!(seen, Err(WebhookRefusal::Mismatch), "{:?}", case.scheme);
    }
}

#[test]
fn a_missing_or_broken_header_is_told_apart_from_a_wrong_signature() {
    for case in CASES {
        for (name, _) in case.headers {
            let mut without = case.headers();
            without.0.remove(*name);
            let seen = case.verify(&without, case.body, &[case.secret], 0);
            assert_eq!(
                seen,
                Err(WebhookRefusal::Unsigned),
                "{:?} {name}",
                case.scheme
            );
            if *name == "webhook-id" {
                continue;
            }
            let mut broken = case.headers();
            broken.0.insert((*name).to_owned(), "*".to_owned());
            let seen = case.verify(&broken, case.body, &[case.secret], 0);
            assert_eq!(
                seen,
                Err(WebhookRefusal::Unsigned),
                "{:?} {name}",
                case.scheme
            );
        }
    }
}

#[test]
fn a_secret_of_the_standard_is_known_by_its_form() {
    assert_eq!(check_standard(&fresh_standard()), Ok(()));
    for wrong in ["", "whsec_", "whsec_AAAA", "whsec_not base64!", "password"] {
        assert!(
            check_standard(&SecretString::from(wrong)).is_err(),
            "{wrong}"
        );
    }
}
