//! Addresses as Python's `urljoin` and `requests` make them, so that an API is asked for the same resource.
//!
//! What the `url` crate does beyond this cannot be turned off: it takes `%2e` for a dot when it resolves folders, and it
//! encodes an apostrophe in a query.

use super::encode::{is_unreserved, percent};

/// Characters that stand for themselves in a path, besides letters and digits.
const OF_PATHS: &[u8] = b"!$&'()*+,;=:@/";
/// The same in a query.
const OF_QUERIES: &[u8] = b"!$&'()*+,;=:@/?";

/// Joins a base and a path: one slash between, and a path that is a whole address stands alone.
pub fn join(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    let path = path.trim_start_matches(|letter: char| letter <= ' ');
    let path = path.replace(['\t', '\r', '\n'], "");
    if is_whole(&path) {
        return path;
    }
    let slash = if base.ends_with('/') { "" } else { "/" };
    let base = format!("{base}{slash}");
    let (root, folder) = split_root(&base);
    // An address without its scheme; or only three slashes, behind which no server stands.
    let path = match path.strip_prefix("//") {
        Some(rest) if rest.starts_with(|letter: char| letter.is_alphanumeric()) => {
            let scheme = root.split_once("//").map_or("", |(scheme, _)| scheme);
            return format!("{scheme}{path}");
        }
        Some(rest) => rest,
        None => path.as_str(),
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (path, rest) = path.split_at(end);
    let joined = if path.is_empty() {
        folder.to_owned()
    } else {
        resolved(folder, path)
    };
    let slash = if root.is_empty() || joined.starts_with('/') {
        ""
    } else {
        "/"
    };
    format!("{root}{slash}{joined}{rest}")
}

fn is_whole(path: &str) -> bool {
    path.split_once("://")
        .is_some_and(|(scheme, _)| is_web(scheme))
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Scheme and server, and the path without its query.
fn split_root(base: &str) -> (&str, &str) {
    let server = base.find("://").map_or(0, |at| at + "://".len());
    let path = base[server..].find(['/', '?', '#']);
    let (root, path) = base.split_at(path.map_or(base.len(), |at| server + at));
    let end = path.find(['?', '#']).unwrap_or(path.len());
    (root, &path[..end])
}

/// The path seen from a folder. Empty parts in the middle go, unless it begins at the root.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') {
        path.split('/').collect()
    } else {
        let mut folders: Vec<&str> = folder.split('/').collect();
        folders.pop_if(|last| !last.is_empty());
        let all: Vec<&str> = folders.into_iter().chain(path.split('/')).collect();
        let last = all.len() - 1;
        let all = all.into_iter().enumerate();
        all.filter(|(at, part)| *at == 0 || *at == last || !part.is_empty())
            .map(|(_, part)| part)
            .collect()
    };
    if parts.last().is_some_and(|last| matches!(*last, "." | "..")) {
        parts.push("");
    }
    let mut out: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            "." => {}
            ".." => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.join("/")
}

/// The address with everything encoded that is not plain. What is encoded already stays, where all of it is; empty queries
/// go.
pub fn requoted(url: &str) -> String {
    let url = url.trim_start();
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_web(scheme)) else {
        return url.to_owned();
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // To a browser a backslash is a slash; here it is a letter of the path.
    let (server, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
    let mut out = format!("{scheme}://{server}");
    if path.starts_with('\\') {
        out.push('/');
    }
    part(path, OF_PATHS, &mut out);
    for (mark, text) in [('?', query), ('#', fragment)] {
        if !text.is_empty() {
            out.push(mark);
            part(text, OF_QUERIES, &mut out);
        }
    }
    out
}

fn part(text: &str, plain: &[u8], out: &mut String) {
    let bytes = text.as_bytes();
    let is_encoded = (0..bytes.len())
        .filter(|at| bytes[*at] == b'%')
        .all(|at| escaped(&bytes[at..]).is_some());
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest {
        match escaped(rest).filter(|_| is_encoded) {
            Some(value) => {
                put(value, &[], out);
                rest = &rest[3..];
            }
            None => {
                put(*byte, plain, out);
                rest = behind;
            }
        }
    }
}

/// The byte that these three letters stand for, if they do.
fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

fn put(byte: u8, plain: &[u8], out: &mut String) {
    if is_unreserved(byte) || plain.contains(&byte) {
        out.push(char::from(byte));
    } else {
        percent(byte, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `HttpRequester._join_url` gives.
    #[test]
    fn joins_base_and_path_like_python() {
        let cases = [
            ("https://a/v1/", "users", "https://a/v1/users"),
            ("https://a/v1", "users", "https://a/v1/users"),
            ("https://a/v1", "", "https://a/v1"),
            ("https://a/v1", "https://b/next?x=1", "https://b/next?x=1"),
            ("https://a/v1", "HTTP://b/c", "HTTP://b/c"),
            ("https://a/v1", "//b/c", "https://b/c"),
            ("https://a/v1", "///x", "https://a/x"),
            ("https://a/v1", "items/a:b", "https://a/v1/items/a:b"),
            ("https://a/v1/", "/next?x=1", "https://a/next?x=1"),
            ("https://a/v1", "/n//x?y=1", "https://a/n//x?y=1"),
            ("https://a/v1", "?x=1", "https://a/v1/?x=1"),
            ("https://a/v1", "c//full", "https://a/v1/c/full"),
            ("https://a/v1//", "b", "https://a/v1/b"),
            ("https://a/v1/", "x//y/../z", "https://a/v1/x/z"),
            ("https://a/v1/", "../../../x", "https://a/x"),
            ("https://a/v1", "b/..", "https://a/v1/"),
            ("https://a", "b/.", "https://a/b/"),
            ("https://a/v1", "/", "https://a/"),
            ("https://a/v1?k=1", "users", "https://a/users"),
            ("https://a/v1", "x?u=//y/../z", "https://a/v1/x?u=//y/../z"),
            ("https://a/v1", " a\tb\n", "https://a/v1/ab"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(join(base, path), expected, "{base} {path}");
        }
    }

    /// What `requests` sends, but for a server's name in capitals and the slash behind a bare one: the `url` crate sees to
    /// those.
    #[test]
    fn encodes_addresses_like_python() {
        let cases = [
            (
                r#"https://a/a|b^c`d"<>\e"#,
                "https://a/a%7Cb%5Ec%60d%22%3C%3E%5Ce",
            ),
            (r"https://a\b/c", "https://a/%5Cb/c"),
            ("https://a/h%i", "https://a/h%25i"),
            ("https://a/a%20b%zz", "https://a/a%2520b%25zz"),
            ("https://a/b?x=a%2", "https://a/b?x=a%252"),
            (
                "https://a/a[1]?f[x]=1&g={y}",
                "https://a/a%5B1%5D?f%5Bx%5D=1&g=%7By%7D",
            ),
            ("https://a/é?q=ß", "https://a/%C3%A9?q=%C3%9F"),
            ("https://a/%7c%41?a=%7e%7c", "https://a/%7CA?a=~%7C"),
            (
                "https://a/b;c=d,e!$&'()*+?q=a?b/c@d:e",
                "https://a/b;c=d,e!$&'()*+?q=a?b/c@d:e",
            ),
            ("  https://a/b ", "https://a/b%20"),
            ("https://a/b\tc\n", "https://a/b%09c%0A"),
            ("https://a/b?", "https://a/b"),
            ("https://a/b?a=1#f|g", "https://a/b?a=1#f%7Cg"),
        ];
        for (url, expected) in cases {
            assert_eq!(requoted(url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_encoded_is_left_by_the_url_crate() {
        let url = requoted(r"https://a/c|d[1]/h%i\e?f[x]={y}^");
        assert_eq!(url::Url::parse(&url).unwrap().as_str(), url);
    }
}
