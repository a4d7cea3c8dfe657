//! What the server or the network said, in plain words, with the form field to change.

use super::address::FIELD;
use super::client::{Error, Refusal};
use crate::fault::{Fault, Kind};

/// `CursorNotFound`: the server forgot an answer that was not fetched in time.
pub const FORGOTTEN: i32 = 43;

pub fn silent() -> Fault {
    Fault::timeout("The server accepted the connection but did not answer. Is it a MongoDB server, and is encryption (tls=true) set as it wants it?")
        .at_field(FIELD)
}

/// What failed between the first message and the last of the login.
pub fn login(error: &Error) -> Fault {
    let fault = match error {
        Error::Refused(refusal) => return refused(refusal),
        Error::Tls(error) if error.to_string().contains("certificate") => {
            Fault::config("The server's certificate could not be verified.").at_field(FIELD)
        }
        Error::Tls(_) => Fault::unreachable("Encryption could not be agreed with the server. Atlas also ends connections from addresses that its access list does not name.").at_field(FIELD),
        Error::Impostor => Fault::forbidden("The server could not prove that it knows the password, so it is not the one meant.").at_field(FIELD),
        _ => Fault::unreachable("The server closed the connection or spoke another protocol. Is it a MongoDB server of version 3.6 or newer, and is encryption (tls=true) set as it wants it?").at_field(FIELD),
    };
    fault.with_detail(error.to_string())
}

/// A failed question.
pub fn query(error: &Error) -> Fault {
    let fault = match error {
        Error::Refused(refusal) => return refused(refusal),
        Error::TooLarge => Fault::data("An answer of the server is larger than MongoDB allows."),
        Error::Silent => Fault::timeout("The database has not answered for half an hour."),
        Error::Nonsense(_) => Fault::upstream("The database's answer could not be read."),
        _ => Fault::unreachable("The connection to the database broke off."),
    };
    fault.with_detail(error.to_string())
}

pub fn unreadable() -> Fault {
    Fault::upstream("The database's answer could not be read.")
}

/// By MongoDB's numbers; 8000 is Atlas's own.
fn refused(refusal: &Refusal) -> Fault {
    let fault = match refusal.code {
        18 | 11 | 8000 => Fault::credentials("The server refused this user name and password. Check both, and the database that knows the user (authentication source); it does not say which is wrong.").at_field("database_config.password"),
        13 => Fault::forbidden("The login may not read this. Grant it the role “read” on the database."),
        26 => Fault::config("The collection no longer exists."),
        FORGOTTEN => Fault::upstream("The server forgot an answer that was fetched too slowly."),
        50 => Fault::timeout("The server cancelled the query: it took too long."),
        292 | 96 => Fault::upstream("The server could not put the documents in order in its memory. Create an index on the cursor field."),
        91 | 189 | 10_107 | 11_600 | 11_602 | 13_435 | 13_436 => {
            Fault::upstream("The member of the replica set that answered is changing its part.")
        }
        334 => Fault::unsupported("The server does not offer a way to log in that this source speaks (SCRAM-SHA-256, SCRAM-SHA-1).").at_field("database_config.username"),
        _ => Fault::new(Kind::Upstream, "The server reported an error."),
    };
    fault.with_detail(format!("{} (error {})", refusal.message, refusal.code))
}
