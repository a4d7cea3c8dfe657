//! What the server or the network said, in plain words, with the form field to change.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::fault::{Fault, Kind};

/// Whether the login ended before it began, over encryption.
pub fn is_tls(error: &Error) -> bool {
    let text = text(error);
    error.as_db_error().is_none()
        && (text.contains("TLS") || text.contains("tls") || text.contains("certificate"))
}

/// A refused login.
pub fn login(error: &Error) -> Fault {
    if let Some(refused) = error.as_db_error() {
        return by_state(refused.code(), refused.message());
    }
    let text = text(error);
    let fault = if text.contains("server does not support TLS") {
        Fault::config("The server does not offer encryption. Turn it on there, or choose “Not encrypted” inside a network you trust.").at_field("ssl_mode")
    } else if text.contains("certificate") {
        Fault::config("The server's certificate could not be verified.").at_field("ssl_mode")
    } else if is_tls(error) {
        Fault::unreachable("Encryption could not be agreed with the server.").at_field("ssl_mode")
    } else if text.contains("password missing") {
        Fault::credentials("The server asks for a password.").at_field("password")
    } else {
        Fault::unreachable(
            "The server closed the connection during the login. Is it a PostgreSQL server?",
        )
        .at_field("host")
    };
    fault.with_detail(text)
}

/// A failed query.
pub fn query(error: &Error) -> Fault {
    match error.as_db_error() {
        Some(refused) => by_state(refused.code(), refused.message()),
        None => {
            Fault::unreachable("The connection to the database broke off.").with_detail(text(error))
        }
    }
}

fn by_state(state: &SqlState, message: &str) -> Fault {
    let fault = match state {
        s if *s == SqlState::INVALID_PASSWORD => {
            Fault::credentials("The server refused this user name and password. Check both; it does not say which is wrong.").at_field("password")
        }
        s if *s == SqlState::INVALID_CATALOG_NAME => Fault::config("There is no database with this name on the server.").at_field("database"),
        s if *s == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => authorization(message),
        s if *s == SqlState::INSUFFICIENT_PRIVILEGE => Fault::forbidden("The login may not read this. Grant it SELECT, or leave the table out."),
        s if *s == SqlState::UNDEFINED_TABLE || *s == SqlState::INVALID_SCHEMA_NAME => Fault::config("The table no longer exists."),
        s if *s == SqlState::UNDEFINED_COLUMN => Fault::config("A column of the table no longer exists."),
        s if *s == SqlState::TOO_MANY_CONNECTIONS => Fault::upstream("The server has no free connection left."),
        s if *s == SqlState::LOCK_NOT_AVAILABLE => Fault::upstream("The table was locked for more than a minute."),
        s if *s == SqlState::QUERY_CANCELED => Fault::upstream("The server cancelled the query."),
        s if *s == SqlState::T_R_SERIALIZATION_FAILURE => {
            Fault::upstream("The standby server cancelled the read, because it had to apply changes. Read from the primary, or allow longer reads there.")
        }
        // Says PgBouncer; a pooler that keeps transactions together is as good as none.
        s if *s == SqlState::PROTOCOL_VIOLATION && message.contains("statement pooling") => {
            Fault::config("A pooler stands before this database that gives every statement another connection. Enter the address of the database itself, or of a pooler for transactions.").at_field("host")
        }
        s if matches!(s.code().get(..2), Some("53" | "57" | "58" | "08")) => Fault::upstream("The server cannot answer at the moment."),
        _ => Fault::new(Kind::Upstream, "The server reported an error."),
    };
    fault.with_detail(message.to_owned())
}

fn authorization(message: &str) -> Fault {
    if message.contains("no encryption") || message.contains("SSL off") {
        Fault::config(
            "The server only accepts encrypted connections from here. Choose “Encrypted”.",
        )
        .at_field("ssl_mode")
    } else if message.contains("pg_hba.conf") {
        Fault::forbidden("The server does not accept this login from this server's address. Allow it in the database's access rules (pg_hba.conf).").at_field("host")
    } else {
        Fault::credentials("The server does not accept this login.").at_field("username")
    }
}

fn text(error: &Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
