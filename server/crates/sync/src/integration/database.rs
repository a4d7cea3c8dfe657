//! `type: database`: a database server and the login that reads it.

use serde_json::Value;

use super::section::Section;
use crate::yaml::Node;

pub(super) const KEYS: &[&str] = &[
    "engine",
    "host",
    "port",
    "connection_string",
    "database",
    "schemas",
    "username",
    "password",
    "secret_name",
    "auth_source",
    "ssl_mode",
    "ca_certificate",
    "jdbc_url_params",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    PostgreSql,
    MySql,
    MongoDb,
}

const ENGINES: [(&str, Engine); 3] = [
    ("postgresql", Engine::PostgreSql),
    ("mysql", Engine::MySql),
    ("mongodb", Engine::MongoDb),
];

impl Engine {
    fn usual_port(self) -> u16 {
        match self {
            Self::PostgreSql => 5432,
            Self::MySql => 3306,
            Self::MongoDb => 27017,
        }
    }

    /// Keys that mean nothing to it.
    fn foreign(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSql => &["connection_string", "auth_source"],
            Self::MySql => &["connection_string", "auth_source", "schemas"],
            Self::MongoDb => &["schemas", "ssl_mode", "ca_certificate", "jdbc_url_params"],
        }
    }

    /// How the way there may be protected. PostgreSQL sources take `prefer` for `require`, and those of MySQL know no `disable`.
    fn ssl_modes(self) -> &'static [(&'static str, SslMode)] {
        match self {
            Self::PostgreSql | Self::MongoDb => &POSTGRESQL_MODES,
            Self::MySql => &MYSQL_MODES,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::MongoDb => "MongoDB",
        }
    }
}

/// How the way there is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    Disable,
    /// Encrypted where the server can.
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

const POSTGRESQL_MODES: [(&str, SslMode); 4] = [
    ("disable", SslMode::Disable),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const MYSQL_MODES: [(&str, SslMode); 4] = [
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Database {
    pub engine: Engine,
    pub host: String,
    pub port: u16,
    /// MongoDB's way to name several servers, without a login.
    pub connection_string: Option<String>,
    /// Of the database on that server.
    pub name: String,
    pub schemas: Vec<String>,
    pub username: String,
    /// `${secrets.name}`
    pub password: String,
    pub auth_source: String,
    pub ssl_mode: SslMode,
    /// PEM text.
    pub ca_certificate: Option<String>,
    /// `name=value&name=value`: settings of the driver that Airbyte's sources have.
    pub driver_settings: Option<String>,
}

/// `None` when the engine is not known: nothing else can be judged then.
pub(super) fn read(section: &Section<'_>) -> Option<Database> {
    if section.get("engine").is_none() {
        section.missing("engine");
    }
    let engine = section.choice("engine", &ENGINES)?;
    for name in engine.foreign() {
        if let Some(value) = section.get(name) {
            let why = format!("is not for {}", engine.title());
            section.problem(value.at, name, &why);
        }
    }
    let connection_string = connection_string(section);
    let ssl_mode = ssl_mode(section, engine);
    Some(Database {
        engine,
        host: if connection_string.is_some() {
            String::new()
        } else {
            host(section)
        },
        port: section
            .count("port", 1..=u64::from(u16::MAX))
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(engine.usual_port()),
        connection_string,
        name: section.need_text("database"),
        schemas: section.words("schemas"),
        username: section.need_text("username"),
        password: section.secret("password"),
        auth_source: section
            .word("auth_source")
            .unwrap_or_else(|| "admin".to_owned()),
        ssl_mode: ssl_mode.unwrap_or(SslMode::Require),
        ca_certificate: certificate(section, engine, ssl_mode),
        driver_settings: driver_settings(section),
    })
}

fn ssl_mode(section: &Section<'_>, engine: Engine) -> Option<SslMode> {
    let value = section.get("ssl_mode")?;
    let forbids = matches!(&value.node, Node::Scalar(Value::String(text)) if text == "disable");
    if engine == Engine::MySql && forbids {
        let why = "cannot be disable for MySQL, whose sources encrypt where the server can: say prefer for that";
        section.meaningless(value.at, "ssl_mode", why);
        return Some(SslMode::Disable);
    }
    section.choice("ssl_mode", engine.ssl_modes())
}

fn host(section: &Section<'_>) -> String {
    let host = section.need_text("host");
    if let Some(value) = section.get("host")
        && host.contains(['/', '@', ' '])
    {
        let why = "is a name or an IP address, without https://, login and port";
        section.problem(value.at, "host", why);
    }
    host
}

fn connection_string(section: &Section<'_>) -> Option<String> {
    let value = section.get("connection_string")?;
    let text = section.text("connection_string")?;
    if !text.starts_with("mongodb://") && !text.starts_with("mongodb+srv://") {
        let why = "is no mongodb://… and no mongodb+srv://…";
        section.problem(value.at, "connection_string", why);
    }
    if text.contains('@') {
        let why = "holds a login: say it in username and password";
        section.problem(value.at, "connection_string", why);
    }
    let already = "is said by connection_string already";
    if let Some(host) = section.get("host") {
        section.problem(host.at, "host", already);
    }
    if let Some(port) = section.get("port") {
        section.meaningless(port.at, "port", already);
    }
    Some(text)
}

/// Checking who the server is takes the authority that says so, and an authority is named to have it checked.
fn certificate(section: &Section<'_>, engine: Engine, mode: Option<SslMode>) -> Option<String> {
    let is_checked = matches!(mode, Some(SslMode::VerifyCa | SslMode::VerifyFull));
    if is_checked
        && !section.says("ca_certificate")
        && let Some(value) = section.get("ssl_mode")
    {
        section.problem(value.at, "ssl_mode", "needs ca_certificate");
    }
    // What a mode that is no mode would have meant is not known.
    let is_unchecked = !is_checked && (mode.is_some() || section.get("ssl_mode").is_none());
    if is_unchecked
        && engine != Engine::MongoDb
        && let Some(value) = section.get("ca_certificate")
    {
        let why = "needs ssl_mode: verify-ca or verify-full, or nobody looks at it";
        section.meaningless(value.at, "ca_certificate", why);
    }
    section.word("ca_certificate")
}

/// Whether a driver's setting is (a part of) the login: MySQL's has up to three passwords, with numbers.
fn is_login(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let word = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let secret = ["password", "secret", "token"];
    word == "user" || secret.iter().any(|end| word.ends_with(end))
}

/// A login has keys of its own: what stands in a driver's settings is shown.
fn driver_settings(section: &Section<'_>) -> Option<String> {
    let value = section.get("jdbc_url_params")?;
    let text = section.word("jdbc_url_params")?;
    let pairs = || text.split('&').map(|pair| pair.split_once('='));
    if pairs().any(|pair| pair.is_none_or(|(name, _)| name.trim().is_empty())) {
        let why = "is not name=value, with & between several";
        section.problem(value.at, "jdbc_url_params", why);
    } else if pairs().flatten().any(|(name, _)| is_login(name)) {
        let why = "holds a login: say it in username and password";
        section.problem(value.at, "jdbc_url_params", why);
    }
    Some(text)
}
