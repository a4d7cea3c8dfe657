//! What comes back: a good answer read to its end, or what a bad one says.

use std::time::Duration;

use reqwest::{Response, header};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::Error;

/// Error answers are read this far.
const ERROR_BYTES: usize = 64 * 1024;
/// The longest answer accepted, unpacked: logs and catalogues of big accounts fit many times over.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Lets good answers through and reads the others as errors.
pub(super) async fn accept(answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let retry_after = answer
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|v| read_retry_after(v.to_str().ok()?));
    let body = read_start(answer).await;
    Err(Error::from_answer(status, retry_after, &body))
}

/// Seconds, or a date.
fn read_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
    Some(Duration::try_from(at - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO))
}

async fn read_start(mut answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    // What arrived before a break still tells more than nothing.
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ERROR_BYTES {
            body.truncate(ERROR_BYTES);
            break;
        }
    }
    body
}

pub(super) async fn read_json<T: DeserializeOwned>(
    answer: Response,
    what: &'static str,
) -> Result<T, Error> {
    let bytes = read_whole(answer, what, LONGEST_ANSWER).await?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Unreadable { what, source })
}

async fn read_whole(
    mut answer: Response,
    what: &'static str,
    longest: usize,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Error::transport)? {
        if bytes.len() + chunk.len() > longest {
            return Err(Error::unreadable(what, "it is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_is_seconds_or_a_date_as_servers_write_it() {
        let now = OffsetDateTime::now_utc();
        let ahead = (now + Duration::from_secs(90)).format(&Rfc2822).unwrap();
        // Servers name the zone where the library writes its distance.
        let http_date = ahead.replace("+0000", "GMT");
        let wait = read_retry_after(&http_date).unwrap();
        assert!((85..=90).contains(&wait.as_secs()), "{http_date}: {wait:?}");
        assert_eq!(read_retry_after(" 7 "), Some(Duration::from_secs(7)));
        let past = "Fri, 21 Nov 1997 09:55:06 GMT";
        assert_eq!(read_retry_after(past), Some(Duration::ZERO));
        assert_eq!(read_retry_after("soon"), None);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_given_up() {
        let answer = || Response::from(axum::http::Response::new("0123456789"));
        assert_eq!(
            read_whole(answer(), "list", 10).await.unwrap(),
            b"0123456789"
        );
        assert!(matches!(
            read_whole(answer(), "list", 9).await,
            Err(Error::Unreadable { what: "list", .. })
        ));
    }
}
