//! Which requests a policy is for.

use fancy_regex::Regex;

use crate::declarative::manifest::Node;
use crate::declarative::request::Prepared;
use crate::declarative::template::pattern;
use crate::declarative::text::plain;
use crate::fault::Fault;

/// `HttpRequestRegexMatcher`.
#[derive(Debug)]
pub struct Matcher {
    method: Option<String>,
    base: Option<String>,
    path: Option<Regex>,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub weight: u64,
}

impl Matcher {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let pairs = |name: &str| {
            let fields = node.child(name)?;
            let fields = fields.iter().flat_map(Node::fields);
            Ok::<_, Fault>(
                fields
                    .filter(|(name, _)| *name != "$parameters")
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            )
        };
        let path = match node.str("url_path_pattern")? {
            Some(text) => Some(pattern::compile(text).map_err(|error| {
                node.wrong("url_path_pattern", "is no regular expression")
                    .with_detail(error.to_string())
            })?),
            None => None,
        };
        Ok(Self {
            method: node.str("method")?.map(str::to_uppercase),
            base: node
                .str("url_base")?
                .map(|base| base.trim_end_matches('/').to_owned()),
            path,
            params: pairs("params")?,
            headers: pairs("headers")?,
            weight: node.count("weight")?.unwrap_or(1).max(1),
        })
    }

    pub fn matches(&self, request: &Prepared) -> bool {
        let url = &request.url;
        let method = self.method.as_ref();
        if method.is_some_and(|method| method != request.method.as_str()) {
            return false;
        }
        let base = url.origin().ascii_serialization();
        if self.base.as_ref().is_some_and(|wanted| *wanted != base) {
            return false;
        }
        let path = url.path().trim_end_matches('/');
        // Where it takes too long to tell, the request counts: a quota is kept rather than broken.
        let fits = |pattern: &Regex| pattern.is_match(path).unwrap_or(true);
        if !self.path.as_ref().is_none_or(fits) {
            return false;
        }
        let has = |(name, value): &(String, String)| {
            url.query_pairs()
                .any(|(found, text)| found == *name && text == *value)
        };
        self.params.iter().all(has)
            && self.headers.iter().all(|(name, value)| {
                let found = request
                    .headers
                    .get(name)
                    .and_then(|found| found.to_str().ok());
                found == Some(value)
            })
    }
}
