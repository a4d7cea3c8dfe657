//! A person with a browser that runs no scripts of ours: keeps cookies, posts forms, follows nothing by itself.

use std::{cell::RefCell, collections::BTreeMap, fs, path::PathBuf, time::Duration};

use reqwest::{
    Method, StatusCode,
    blocking::{Client, Response},
    header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use serde_json::Value;

use super::{Api, Hub, eventually};

const FORM: &str = "application/x-www-form-urlencoded";

/// One browser.
pub struct Person {
    base: String,
    client: Client,
    cookies: RefCell<BTreeMap<String, String>>,
    mails: PathBuf,
    pub email: String,
}

/// What a browser got.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub kind: String,
    /// Where it leads on.
    pub location: Option<String>,
    pub text: String,
}

impl Answer {
    fn of(response: Response) -> Self {
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        Self {
            status: response.status(),
            kind: header(CONTENT_TYPE).unwrap_or_default(),
            location: header(LOCATION),
            text: response.text().expect("the answer is text"),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Person {
    /// Whoever opens the site for the first time.
    pub fn visiting(hub: &Hub) -> Self {
        Self {
            base: hub.url.trim_end_matches('/').to_owned(),
            client: browser(),
            cookies: RefCell::default(),
            mails: hub.data_dir().join("mail"),
            email: String::new(),
        }
    }

    /// The hub was started again, at another address; the session goes on.
    pub fn moved_to(&mut self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.base);
    }

    /// Signs up, proves the address with the mailed code and waits until the workspace is ready.
    pub fn joining(hub: &Hub, name: &str) -> Self {
        let person = Self::signing_up(hub, name);
        let proven = person.call("account/verify", &[("code", &person.code())]);
        assert!(proven.status.is_success(), "code: {proven:?}");
        person.is_ready();
        person
    }

    /// Signs up; the code is in the mail.
    pub fn signing_up(hub: &Hub, name: &str) -> Self {
        let mut person = Self::visiting(hub);
        person.email = format!("{}@example.com", name.to_lowercase());
        let made = person.call(
            "account/sign_up",
            &[
                ("email", &person.email),
                ("company", name),
                ("password", Self::PASSWORD),
            ],
        );
        assert!(made.status.is_success(), "sign-up: {made:?}");
        person
    }

    /// An operator who has signed in.
    pub fn operating(hub: &Hub) -> Self {
        let mut person = Self::visiting(hub);
        "op@example.com".clone_into(&mut person.email);
        let made = ["admin", "create", "--email", &person.email];
        let made = hub.cli(&made, Self::PASSWORD);
        assert!(made.status.success(), "{made:?}");
        let form = [
            ("email", person.email.as_str()),
            ("password", Self::PASSWORD),
            ("next", ""),
        ];
        let answer = person.call("account/sign_in", &form);
        let is_in = answer.status.is_success() || answer.status.is_redirection();
        assert!(is_in, "{answer:?}");
        person
    }

    /// Waits until the workspace is prepared.
    pub fn is_ready(&self) {
        eventually("the workspace is ready", || {
            let me = self.call("shell/load_me", &[]).json();
            (me["tenant"]["tenant_state"] == "active").then_some(())
        });
    }

    pub const PASSWORD: &str = "river stone lantern 4711";

    /// The tenant of a person who joined.
    pub fn tenant(&self) -> String {
        let me = self.call("shell/load_me", &[]).json();
        me["tenant"]["tenant"]
            .as_str()
            .unwrap_or_else(|| panic!("a member of a tenant: {me}"))
            .to_owned()
    }

    /// A program of this person's tenant.
    pub fn api(&self, hub: &Hub) -> Api {
        let tenant = self.tenant();
        let key = hub.ok(&["api-key", "create", "--tenant", &tenant, "--scope", "admin"]);
        Api::new(&hub.url, tenant, key)
    }

    /// Calls a server function as our scripts do; `account/sign_in` is the function of that module of the pages.
    pub fn call(&self, function: &str, form: &[(&str, &str)]) -> Answer {
        let (module, name) = function.rsplit_once('/').expect("module/function");
        self.post_data(&format!("/fn/app/{module}/api/{name}"), form)
    }

    /// Opens a page.
    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "text/html", None)
    }

    /// Posts a form for data.
    pub fn post_data(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, "application/json", Some(encoded(form)))
    }

    /// Posts a form for the next page, as a browser without scripts does.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, "text/html", Some(encoded(form)))
    }

    fn send(&self, method: Method, path: &str, accept: &str, body: Option<String>) -> Answer {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header(ACCEPT, accept)
            .header(ORIGIN, &self.base)
            .header(COOKIE, self.cookie_line());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, FORM).body(body);
        }
        let response = request.send().expect("the hub answers");
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().expect("cookies are text");
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("name=value");
            self.cookies
                .borrow_mut()
                .insert(name.trim().to_owned(), value.to_owned());
        }
        Answer::of(response)
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// The six digits of the newest mail to this address.
    pub fn code(&self) -> String {
        eventually("a mail with a code", || {
            let mut mails: Vec<PathBuf> = fs::read_dir(&self.mails)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.to_string_lossy().contains(&self.email))
                .collect();
            mails.sort();
            let mail = fs::read_to_string(mails.pop()?).ok()?;
            let subject = mail
                .lines()
                .find_map(|line| line.strip_prefix("Subject: "))?;
            let code: String = subject.chars().take_while(char::is_ascii_digit).collect();
            (code.len() == 6).then_some(code)
        })
    }
}

/// `a=1&b=2`, escaped.
fn encoded(form: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://form").expect("a URL");
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

fn browser() -> Client {
    Client::builder()
        .timeout(Duration::from_mins(2))
        .redirect(Policy::none())
        .build()
        .expect("a client")
}
