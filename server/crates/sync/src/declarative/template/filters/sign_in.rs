//! Filters that only descriptions of signing in know (`oauth_connector_input_specification`): the platform's, not those of
//! the Python runtime.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::Digest as _;

use super::super::error::TemplateError;
use super::super::eval::{Frame, Result, text_of};
use super::super::functions::quote;
use super::super::value::Val;
use super::{Run, plain};

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "urlEncoder" => |frame, value, args| plain(frame, value, args, encoded),
        "urlDecoder" => |frame, value, args| plain(frame, value, args, decoded),
        "base64Encoder" => |frame, value, args| {
            plain(frame, value, args, |frame, value| {
                let text = text_of(value)?;
                frame.text(STANDARD.encode(text))
            })
        },
        "base64Decoder" => |frame, value, args| plain(frame, value, args, from_base64),
        "codechallengeS256" | "codeChallengeS256" => |frame, value, args| {
            plain(frame, value, args, |frame, value| {
                // As RFC 7636 has it: whoever takes padding and signs out of it finds none.
                let hash = sha2::Sha256::digest(text_of(value)?);
                frame.text(URL_SAFE_NO_PAD.encode(hash))
            })
        },
        _ => return None,
    })
}

fn encoded<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let text = quote(text_of(value)?, "");
    frame.text(text)
}

fn decoded<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    // Without a separator, the whole text is one name.
    let whole = text_of(value)?.replace('&', "%26").replace('=', "%3D");
    let mut pairs = url::form_urlencoded::parse(whole.as_bytes());
    let name = pairs.next().map(|(name, _)| name.into_owned());
    frame.text(name.unwrap_or_default())
}

fn from_base64<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let bytes = STANDARD.decode(text_of(value)?).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    frame.text(text.ok_or_else(|| TemplateError::value("what is to be decoded is no base64"))?)
}
