//! What the log of a run in detail says of its requests: never a query, a header, a body or a secret.

use std::time::Duration;

use reqwest::Url;

use super::Prepared;
use super::tries::Pauses;
use crate::connector::Veil;
use crate::declarative::env::Env;
use crate::declarative::request::Page;
use crate::fault::Fault;

/// The parts of a path are names and numbers; one that is longer may be a key.
const LONGEST_PART: usize = 40;

/// One line for one exchange, in the stream that it was for.
pub async fn exchange(
    request: &Prepared,
    answer: &Result<Page, Fault>,
    took: Duration,
    stream: Option<&str>,
    env: &Env,
) {
    let millis = took.as_millis();
    let came = match answer {
        Ok(page) => format!(
            "HTTP {}, {} bytes in {millis} ms.",
            page.status,
            page.size()
        ),
        Err(fault) => format!(
            "no answer in {millis} ms. {}",
            env.secrets.text(&fault.message)
        ),
    };
    let text = || {
        format!(
            "{} {}: {came}",
            request.method,
            place(&request.url, &env.secrets)
        )
    };
    env.cx.debug(stream, text).await;
}

/// Why the pause before the next try is as long as it is.
pub async fn pause(pauses: Pauses, pause: Duration, stream: &str, env: &Env) {
    let why = if pauses.asked.is_some() {
        "as the connector's definition says"
    } else if pauses.named == Some(pause) {
        "as the answer asks"
    } else {
        "longer with each try"
    };
    let text = || format!("The pause of {:.1} s: {why}.", pause.as_secs_f64());
    env.cx.debug(Some(stream), text).await;
}

/// Where a request goes, as far as that may be told.
fn place(url: &Url, veil: &Veil) -> String {
    let path = veil.text(url.path());
    let parts: Vec<&str> = path.split('/').map(short).collect();
    let origin = url.origin().ascii_serialization();
    veil.text(&format!("{origin}{}", parts.join("/")))
}

fn short(part: &str) -> &str {
    if part.len() > LONGEST_PART {
        "…"
    } else {
        part
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_told_without_what_is_nobodys_business() {
        let veil = Veil::of(&json!({"api_key": "k3y/with slash"}), &[]);
        let long = "a".repeat(41);
        let cases = [
            (
                "https://ana:pass@api.example.com:8443/v1/ships?token=t#here".to_owned(),
                "https://api.example.com:8443/v1/ships",
            ),
            (
                "https://api.example.com/k3y%2Fwith%20slash/ships".to_owned(),
                "https://api.example.com/**********/ships",
            ),
            (
                format!("https://api.example.com/{long}/ships"),
                "https://api.example.com/…/ships",
            ),
            (
                "https://api.example.com/0190a6f1-3c7e-7d1a-8d21-0f5a3f3d9b11/ships".to_owned(),
                "https://api.example.com/0190a6f1-3c7e-7d1a-8d21-0f5a3f3d9b11/ships",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(place(&Url::parse(&url).unwrap(), &veil), expected, "{url}");
        }
    }
}
