//! `type: database`: a database server and the login that reads it.

use super::section::Section;

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
            Self::MongoDb => &["schemas", "ssl_mode", "ca_certificate"],
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
    Require,
    VerifyCa,
    VerifyFull,
}

const SSL_MODES: [(&str, SslMode); 4] = [
    ("disable", SslMode::Disable),
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
        ssl_mode: section
            .choice("ssl_mode", &SSL_MODES)
            .unwrap_or(SslMode::Require),
        ca_certificate: certificate(section),
    })
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
    if let Some(host) = section.get("host") {
        section.problem(host.at, "host", "is said by connection_string already");
    }
    Some(text)
}

/// Checking who the server is takes the authority that says so.
fn certificate(section: &Section<'_>) -> Option<String> {
    let certificate = section.word("ca_certificate");
    let mode = section
        .get("ssl_mode")
        .filter(|_| !section.says("ca_certificate"));
    if let Some(value) = mode
        && matches!(
            section.choice("ssl_mode", &SSL_MODES),
            Some(SslMode::VerifyCa | SslMode::VerifyFull)
        )
    {
        section.problem(value.at, "ssl_mode", "needs ca_certificate");
    }
    certificate
}
