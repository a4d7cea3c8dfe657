//! Why a connection could not be made secure, and what to check: found among the causes of a call that failed.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, Error};

/// In plain words, where it was the handshake with this host that failed.
pub fn problem(error: &reqwest::Error, host: &str) -> Option<String> {
    // What goes wrong later is an answer that broke off.
    if !error.is_connect() {
        return None;
    }
    let why = match cause(error, |_: &Error| true) {
        Some(Error::InvalidCertificate(problem)) => {
            let why = certificate(problem);
            return Some(format!(
                "The certificate of “{host}” could not be verified, so nothing was sent: {why}"
            ));
        }
        Some(error) => handshake(error),
        None if broke_off(error) => {
            "it ended the connection in the middle of the handshake. Check the port, and whether it can be asked over https:// at all."
        }
        None => return None,
    };
    Some(format!(
        "A secure connection to “{host}” could not be made, so nothing was sent: {why}"
    ))
}

fn handshake(error: &Error) -> &'static str {
    match error {
        Error::InvalidMessage(_) | Error::PeerSentOversizedRecord => {
            "what answers there does not speak TLS. Check the port, and whether it can be asked over https:// at all."
        }
        Error::PeerIncompatible(_) => {
            "it offers only versions or ciphers of TLS that are not safe any more. Whoever runs it has to offer TLS 1.2 or newer."
        }
        Error::AlertReceived(_) => {
            "it refused the handshake. Check the host name; it may also want a certificate from whoever calls, and there is none."
        }
        _ => "the handshake failed. Whoever runs it has to look at its TLS settings.",
    }
}

fn certificate(problem: &CertificateError) -> &'static str {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired. Whoever runs that server has to renew it."
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet. Check the clocks of that server and of this one."
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name. Check the host name in the address."
        }
        CertificateError::UnknownIssuer => {
            "it is signed by itself or by an authority that is not trusted here, or the certificates in between are missing. Install one of a public authority there, or ask the operator of this server to trust its own."
        }
        CertificateError::Revoked => {
            "its authority has revoked it. Whoever runs that server has to replace it."
        }
        _ => "it cannot be accepted as it is. Whoever runs that server has to replace it.",
    }
}

/// Whether the other side went away before the handshake was over; before that there is nothing that could end early.
fn broke_off(error: &reqwest::Error) -> bool {
    let early = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
    cause(error, early).is_some()
}

/// The first cause of this kind, however deep the client wrapped it.
fn cause<T: StdError + 'static>(
    error: &reqwest::Error,
    is_wanted: impl Fn(&T) -> bool,
) -> Option<&T> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>()
            && is_wanted(found)
        {
            return Some(found);
        }
        next = inside(error);
    }
    None
}

/// An I/O error does not call what it wraps its source, but what that has for one.
fn inside<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    if let Some(wrapped) = wrapped {
        return Some(wrapped);
    }
    error.source()
}

#[cfg(test)]
mod tests;
