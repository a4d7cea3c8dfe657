//! A file in a bucket of Amazon S3, or of a storage that speaks like it, fetched with somebody's key.
//!
//! The request is signed in its headers: an address that opens the file by itself could end up in a log.

use http::Request as Unsigned;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use reqwest::{Method, Request, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::open::until;
use crate::connector::RunContext;
use crate::fault::{Fault, Kind};
use crate::outbound::Purpose;

const SERVICE: &str = "s3";
const REGION: &str = "us-east-1";
/// As much of a refusal as is looked at.
const REFUSAL_BYTES: usize = 16 * 1024;

/// Where the file is, and the key that may read it.
#[derive(Debug, Clone, Deserialize)]
pub struct Object {
    pub bucket: String,
    /// The file's name with its folders.
    pub key: String,
    #[serde(default)]
    pub region: Option<String>,
    /// Of a storage that is not Amazon's.
    #[serde(default)]
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: SecretString,
}

impl Object {
    /// Asks for the file; nothing but its beginning is fetched until it is read.
    pub async fn get(&self, cx: &RunContext) -> Result<Response, Fault> {
        let url = self.url()?;
        let mut request = cx.outbound.request(Method::GET, url).build().map_err(|_| {
            Fault::config("This address cannot be called.").at_field("location.endpoint")
        })?;
        self.sign(&mut request)?;
        let answer = cx.outbound.send(request, Purpose::Download).await;
        let answer = answer.map_err(|fault| fault.at_field("location.endpoint"))?;
        if answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        Err(refused(answer).await)
    }

    fn region(&self) -> &str {
        let given = self.region.as_deref().map(str::trim);
        given.filter(|region| !region.is_empty()).unwrap_or(REGION)
    }

    /// With the bucket in the path: right for names with dots, and for every storage that speaks S3.
    fn url(&self) -> Result<Url, Fault> {
        let amazon = format!("https://s3.{}.amazonaws.com", self.region());
        let given = self.endpoint.as_deref().map(str::trim);
        let base = given.filter(|base| !base.is_empty()).unwrap_or(&amazon);
        let key = self.key.trim().trim_start_matches('/');
        if key.is_empty() || key.ends_with('/') {
            return Err(Fault::config("Name one file, with its folders.").at_field("location.key"));
        }
        let path = format!(
            "{}/{}/{}",
            base.trim_end_matches('/'),
            encoded(self.bucket.trim()),
            encoded(key)
        );
        Url::parse(&path).map_err(|_| {
            Fault::config(
                "This is no address of a storage. It should look like https://s3.example.com.",
            )
            .at_field("location.endpoint")
        })
    }

    fn sign(&self, request: &mut Request) -> Result<(), Fault> {
        let credential = AwsCredential {
            key_id: plain(&self.access_key_id, "location.access_key_id")?,
            secret_key: plain(
                self.secret_access_key.expose_secret(),
                "location.secret_access_key",
            )?,
            token: None,
        };
        let unsigned = Unsigned::get(request.url().as_str()).body(HttpRequestBody::empty());
        let mut signed = unsigned.map_err(|error| {
            Fault::bug("The request could not be made.").with_detail(error.to_string())
        })?;
        AwsAuthorizer::new(&credential, SERVICE, self.region())
            .try_authorize(&mut signed, None)
            .map_err(|error| {
                Fault::bug("The request could not be signed.").with_detail(error.to_string())
            })?;
        request
            .headers_mut()
            .extend(std::mem::take(signed.headers_mut()));
        Ok(())
    }
}

/// Letters that a header may hold.
fn plain(text: &str, field: &'static str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::config("Copy the whole key, and nothing beside it.").at_field(field));
    }
    Ok(text.to_owned())
}

/// As the signature has it: everything but letters, digits and `-._~` is encoded, and `/` parts folders.
fn encoded(path: &str) -> String {
    let strict = |part: &str| {
        let encoded: String = byte_serialize(part.as_bytes()).collect();
        encoded
            .replace('+', "%20")
            .replace('*', "%2A")
            .replace("%7E", "~")
    };
    path.split('/').map(strict).collect::<Vec<_>>().join("/")
}

/// What the storage said, as what a person can do.
async fn refused(answer: Response) -> Fault {
    let status = answer.status();
    let until = until(&answer);
    let text = beginning(answer).await;
    let code = between(&text, "<Code>", "</Code>")
        .unwrap_or_default()
        .to_owned();
    let said = format!("{} {code}", status.as_u16());
    let fault = match (&*code, status) {
        ("NoSuchBucket", _) => {
            Fault::config("There is no bucket with this name.").at_field("location.bucket")
        }
        ("NoSuchKey", _) | (_, StatusCode::NOT_FOUND) => {
            Fault::config("There is no such file in the bucket.").at_field("location.key")
        }
        ("InvalidAccessKeyId", _) => {
            Fault::credentials("The storage does not know this access key.")
                .at_field("location.access_key_id")
        }
        ("SignatureDoesNotMatch", _) => {
            Fault::credentials("The secret does not belong to this access key.")
                .at_field("location.secret_access_key")
        }
        (
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "TemporaryRedirect"
            | "IllegalLocationConstraintException",
            _,
        ) => {
            let region = between(&text, "<Region>", "</Region>");
            let hint = region.map_or_else(String::new, |region| format!(" It is in {region}."));
            Fault::config(format!("The bucket is in another region.{hint}"))
                .at_field("location.region")
        }
        ("SlowDown", _) | (_, StatusCode::TOO_MANY_REQUESTS) => Fault::new(
            Kind::RateLimited { until },
            "The storage asks to call it less often.",
        ),
        (_, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Fault::forbidden(
            "This access key may not read the file. It needs s3:GetObject for it; for a file that is not there, s3:ListBucket tells.",
        ),
        (_, status) if status.is_server_error() => Fault::upstream("The storage failed."),
        _ => Fault::config("The storage did not give the file."),
    };
    fault.with_detail(said)
}

/// Nothing more where the line breaks: what is there still says something.
async fn beginning(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < REFUSAL_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(key: &str, endpoint: Option<&str>) -> Object {
        Object {
            bucket: "my.bucket".to_owned(),
            key: key.to_owned(),
            region: Some("eu-central-1".to_owned()),
            endpoint: endpoint.map(str::to_owned),
            access_key_id: "id".to_owned(),
            secret_access_key: SecretString::from("secret"),
        }
    }

    #[test]
    fn odd_names_are_encoded_as_they_are_signed() {
        let url = bucket("a b/ü+=*~.csv", None).url().unwrap();
        assert_eq!(
            url.as_str(),
            "https://s3.eu-central-1.amazonaws.com/my.bucket/a%20b/%C3%BC%2B%3D%2A~.csv"
        );
        let own = bucket("/x.csv", Some("https://s3.example.com/"))
            .url()
            .unwrap();
        assert_eq!(own.as_str(), "https://s3.example.com/my.bucket/x.csv");
        assert!(bucket("folder/", None).url().is_err());
        assert!(bucket("x", Some("s3.example.com")).url().is_err());
    }

    #[test]
    fn the_secret_is_neither_in_the_address_nor_shown() {
        let one = bucket("x.csv", None);
        let mut request = Request::new(Method::GET, one.url().unwrap());
        one.sign(&mut request).unwrap();
        assert_eq!(request.url().query(), None);
        let signed = request.headers()["authorization"].to_str().unwrap();
        assert!(
            signed.starts_with("AWS4-HMAC-SHA256 Credential=id/"),
            "{signed}"
        );
        assert!(!format!("{one:?}").contains("secret\""), "{one:?}");
    }
}
