//! What a run should know of where an API leads it, though paging goes on.

use std::sync::atomic::Ordering;

use url::Url;

use super::Pages;
use crate::declarative::request::Page;

impl Pages<'_> {
    /// What is odd about the page that is next, seen from the one that named it.
    pub(super) fn remarks(&self, page: &Page) -> Vec<String> {
        let remarks = [self.circle.remark(), self.elsewhere(page)];
        remarks.into_iter().flatten().collect()
    }

    /// An address from an answer is asked as the manifest asks its own, credentials and all. Once for a stream.
    fn elsewhere(&self, page: &Page) -> Option<String> {
        let token = self.token.as_ref().map(|token| &token["next_page_token"]);
        let next = self.retriever.paginator.path(token)?;
        let remark = elsewhere(&page.url, &next)?;
        let told = self.retriever.left_host.swap(true, Ordering::Relaxed);
        (!told).then_some(remark)
    }
}

/// What to say of an address at another host than that of the page that named it, or at the same without encryption. A
/// path alone names none: it is joined to the manifest's own base.
fn elsewhere(from: &str, to: &str) -> Option<String> {
    let from = Url::parse(from).ok()?;
    let to = from.join(to).ok()?;
    let host = named(&to)?;
    let bare = from.scheme() == "https" && to.scheme() == "http";
    let way = match (is_same_host(&from, &to), bare) {
        (true, false) => return None,
        (true, true) => "from https to its next page over http, unencrypted",
        (false, false) => "to another host for its next page",
        (false, true) => "to another host for its next page, over http, unencrypted",
    };
    Some(format!(
        "The API leads {way}: “{host}”. It is asked with the same credentials, and so are all that follow."
    ))
}

/// The usual port of http and that of https are one host.
fn is_same_host(a: &Url, b: &Url) -> bool {
    let usual = a.port().is_none() && b.port().is_none();
    a.host_str() == b.host_str()
        && (usual || a.port_or_known_default() == b.port_or_known_default())
}

fn named(address: &Url) -> Option<String> {
    let host = address.host_str()?;
    Some(match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "to another host for its next page";
    const BARE: &str = "from https to its next page over http, unencrypted";
    const OTHER_AND_BARE: &str = "to another host for its next page, over http, unencrypted";

    #[test]
    fn another_host_is_told_from_another_page() {
        for (from, to) in [
            ("https://a.test/v1?page=1", "https://a.test/v2?page=2"),
            ("https://a.test/v1", "/v1?page=2"),
            ("https://a.test/v1", "?page=2"),
            ("https://a.test/v1", "https://a.test:443/v1"),
            ("http://a.test/v1", "https://A.test/v1"),
            ("http://a.test:8080/v1", "https://a.test:8080/v1"),
        ] {
            assert_eq!(elsewhere(from, to), None, "{from} {to}");
        }
        let cases = [
            ("https://a.test/v1", "https://b.test/v1", OTHER, "b.test"),
            ("https://a.test/v1", "//b.test/v1", OTHER, "b.test"),
            (
                "https://a.test/v1",
                "https://a.test.b/v1",
                OTHER,
                "a.test.b",
            ),
            ("http://a.test:81/", "http://a.test:82/", OTHER, "a.test:82"),
            ("http://a.test/", "https://a.test:82/", OTHER, "a.test:82"),
            ("https://a.test/v1", "http://a.test/v1", BARE, "a.test"),
            ("https://a.test:81/", "http://a.test:81/", BARE, "a.test:81"),
            (
                "https://a.test/",
                "http://b.test/",
                OTHER_AND_BARE,
                "b.test",
            ),
        ];
        for (from, to, way, host) in cases {
            let remark = elsewhere(from, to).unwrap_or_default();
            let start = format!("The API leads {way}: “{host}”. ");
            assert!(remark.starts_with(&start), "{from} {to} {remark}");
        }
    }
}
