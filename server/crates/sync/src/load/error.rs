//! PostgreSQL's errors in words a person can act on. Row contents (the DETAIL of an error) never get into them.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::fault::Fault;

use super::target::Target;

/// An error of a statement.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub fn fault(error: Error) -> Fault {
    match error.as_db_error() {
        Some(db) => of_statement(db),
        None if error.is_closed() || is_io(&error) => lost().with_detail(chain(&error)),
        None => Fault::bug("The loader and the destination did not understand each other.")
            .with_detail(chain(&error)),
    }
}

/// The connection broke: nothing since the last commit was kept.
pub fn lost() -> Fault {
    Fault::unreachable(
        "The connection to the destination database was lost. What was not committed was taken back; the next run goes on from the last saved state.",
    )
}

/// An error of getting connected at all.
pub fn while_connecting(error: &Error, target: &Target) -> Fault {
    let place = format!("{}:{}", target.host, target.port);
    let Some(db) = error.as_db_error() else {
        let words = chain(error);
        return if words.contains("TLS") || words.contains("certificate") || words.contains("tls") {
            Fault::config(format!("No trusted encrypted connection to {place}. Check the SSL mode and the certificate.")).with_detail(words).at_field("ssl_mode")
        } else {
            Fault::unreachable(format!(
                "No answer from {place}. Check host, port and firewall."
            ))
            .with_detail(words)
            .at_field("host")
        };
    };
    let code = db.code();
    let fault = if *code == SqlState::INVALID_PASSWORD
        || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
    {
        Fault::credentials(format!(
            "The destination refused the login of “{}”. Check user and password.",
            target.user
        ))
        .at_field("password")
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        Fault::config(format!(
            "There is no database “{}” on {place}.",
            target.database
        ))
        .at_field("database")
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        Fault::forbidden(format!(
            "“{}” may not connect to the database “{}”.",
            target.user, target.database
        ))
        .at_field("username")
    } else {
        return of_statement(db);
    };
    fault.with_detail(db.message())
}

fn of_statement(db: &DbError) -> Fault {
    let code = db.code().code();
    let fault = match code {
        "42501" => Fault::forbidden("The destination's login lacks a right it needs. Grant it, or use another login."),
        "53100" => Fault::upstream("The destination's disk is full. Free some space; what was not committed was taken back and the next run goes on from the last saved state."),
        "53200" => Fault::upstream("The destination is out of memory. Nothing was changed; try again later."),
        "53300" => Fault::upstream("The destination takes no more connections at the moment. Try again later."),
        "55P03" => Fault::upstream("A table of the destination is locked by someone else. Try again later."),
        "40001" | "40P01" => Fault::upstream("The destination asked to try again, because others worked on the same rows."),
        "57014" => Fault::upstream("The destination's administrator, or a limit set there, stopped the statement."),
        "57P01" | "57P02" | "57P03" => lost(),
        "25006" => Fault::config("The destination is read-only (a standby?). Point the connection at the primary server.").at_field("host"),
        "3F000" => Fault::config("The schema does not exist in the destination.").at_field("schema"),
        "54000" | "54001" | "54011" => Fault::data("A row is larger than PostgreSQL can store: too many filled columns, or too long a key. Choose fewer fields for this table."),
        _ => match code.get(..2) {
            Some("08") => lost(),
            Some("22" | "23") => Fault::data(match db.column() {
                Some(column) => format!("The destination's table does not take a value in its column “{column}”. Someone has added a rule to the table; remove the rule."),
                None => "The destination's table does not take a row. Someone has added a rule to the table; remove the rule.".to_owned(),
            }),
            _ => Fault::bug("The destination refused a statement of the loader."),
        },
    };
    let fault = fault.with_detail(format!("{} ({code})", db.message()));
    match db.table() {
        Some(table) => fault.in_stream(table),
        None => fault,
    }
}

/// Whether the statement failed with this state.
pub fn is(error: &Error, states: &[SqlState]) -> bool {
    error.code().is_some_and(|code| states.contains(code))
}

fn is_io(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<std::io::Error>() {
            return true;
        }
        source = inner.source();
    }
    false
}

/// The whole chain of an error in one line.
fn chain(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let text = inner.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = inner.source();
    }
    words
}
