//! What the server or the network said, in plain words, with the form field to change.

use super::client::{Error, Refusal};
use super::row::RowError;
use super::value::Unwritable;
use crate::fault::{Fault, Kind};

pub fn silent() -> Fault {
    Fault::timeout(
        "The server accepted the connection but did not answer. Is it a MySQL or MariaDB server?",
    )
    .at_field("host")
}

pub fn no_tls_offered() -> Fault {
    Fault::config("The server does not offer encryption. Turn it on there, or choose “Encrypted if possible” inside a network you trust.").at_field("ssl_mode")
}

/// What failed between the first packet and the last of the login.
pub fn login(error: &Error) -> Fault {
    let fault = match error {
        Error::Refused(refusal) => return refused(refusal),
        Error::Tls(error) if error.to_string().contains("certificate") => {
            Fault::config("The server's certificate could not be verified.").at_field("ssl_mode")
        }
        Error::Tls(_) => Fault::unreachable("Encryption could not be agreed with the server.").at_field("ssl_mode"),
        Error::Method(_) => Fault::unsupported("The login proves itself in a way this source does not speak. Give it a password of the usual kind (mysql_native_password or caching_sha2_password).").at_field("username"),
        Error::ClearPassword => Fault::config("The server wants the password itself, which is sent over encryption only. Choose “Encrypted”, and turn encryption on at the server.").at_field("ssl_mode"),
        _ => Fault::unreachable("The server closed the connection or spoke another protocol. Is it a MySQL or MariaDB server?").at_field("host"),
    };
    fault.with_detail(error.to_string())
}

/// A failed question.
pub fn query(error: &Error) -> Fault {
    let fault = match error {
        Error::Refused(refusal) => return refused(refusal),
        Error::TooLarge => Fault::data(
            "A row of the table is larger than 64 MB. Leave the field with the large values out.",
        ),
        Error::Silent => Fault::timeout("The database has not answered for half an hour."),
        Error::FileAsked => Fault::upstream(
            "The server asked for a file of this machine. It gets none, and is not read from.",
        ),
        Error::Nonsense(_) => Fault::upstream("The database's answer could not be read."),
        _ => Fault::unreachable("The connection to the database broke off."),
    };
    fault.with_detail(error.to_string())
}

/// A row that cannot be passed on.
pub fn row(error: &RowError) -> Fault {
    match error.why {
        Unwritable::NoTruth => Fault::config(format!(
            "The column “{}” is a TINYINT(1), which is read as true or false, but holds other numbers than 0 and 1. Turn on “TINYINT(1) as a whole number” in the connection's settings, or leave this field out.",
            error.column
        ))
        .at_field("treat_tinyint1_as_integer"),
        Unwritable::Malformed(_) => Fault::upstream("The database's answer could not be read.")
            .with_detail(error.to_string()),
    }
}

/// By the numbers of MySQL and MariaDB, which agree below 1900.
fn refused(refusal: &Refusal) -> Fault {
    let fault = match refusal.code {
        1045 | 1698 => Fault::credentials("The server refused this user name and password. Check both; it does not say which is wrong. It may also refuse logins from this server's address, or without encryption.").at_field("password"),
        1820 | 1862 => Fault::credentials("The password has expired. Set a new one at the server.").at_field("password"),
        3118 | 4151 => Fault::credentials("The login is locked.").at_field("username"),
        1044 => Fault::forbidden("The login works, but it may not use this database. Check the database's name, or grant the login SELECT on it.").at_field("database"),
        1049 => Fault::config("There is no database with this name on the server.").at_field("database"),
        1130 => Fault::forbidden("The server does not accept logins from this server's address. Allow it for this user there.").at_field("host"),
        1129 => Fault::forbidden("The server blocks this server's address after too many failed connections. Run FLUSH HOSTS there.").at_field("host"),
        3159 => Fault::config("The server only accepts encrypted connections. Choose “Encrypted”.").at_field("ssl_mode"),
        1040 | 1203 | 1226 => Fault::upstream("The server has no free connection left."),
        1142 | 1143 | 1227 | 1370 => Fault::forbidden("The login may not read this. Grant it SELECT, or leave the table out."),
        1051 | 1146 => Fault::config("The table no longer exists."),
        1054 => Fault::config("A column of the table no longer exists."),
        1356 => Fault::config("The view refers to a table or column that is gone, or that its owner may not read."),
        1412 => Fault::upstream("The table was changed while it was read."),
        1205 | 1213 => Fault::upstream("The table was locked for more than a minute."),
        1317 | 1969 | 3024 => Fault::upstream("The server cancelled the query."),
        1053 | 1077 | 1079 => Fault::upstream("The server is shutting down."),
        _ => Fault::new(Kind::Upstream, "The server reported an error."),
    };
    fault.with_detail(format!("{} (error {})", refusal.message, refusal.code))
}
