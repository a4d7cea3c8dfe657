//! TLS towards PostgreSQL, with the modes people know from `sslmode`.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use serde_json::Value;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fault::Fault;

/// How sure the connection must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// No encryption.
    Disable,
    /// Encrypted if the server can; the certificate is not looked at.
    #[default]
    Prefer,
    /// Encrypted; the certificate is not looked at.
    Require,
    /// Encrypted, and the certificate comes from this authority (PEM) or a public one.
    VerifyCa(Option<String>),
    /// The same, and it is made for this host.
    VerifyFull(Option<String>),
}

impl TlsMode {
    pub(super) fn wire_mode(&self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa(_) | Self::VerifyFull(_) => SslMode::Require,
        }
    }
}

/// Reads `ssl_mode: {"mode": …, "ca_certificate": …}`, and the older `ssl: true`.
pub fn mode_from_config(config: &Value) -> Result<TlsMode, Fault> {
    let mode = match config.get("ssl_mode") {
        Some(Value::String(mode)) => Some(mode.as_str()),
        Some(object) => object.get("mode").and_then(Value::as_str),
        None => None,
    };
    let authority = || {
        config
            .pointer("/ssl_mode/ca_certificate")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    match mode {
        None if config.get("ssl") == Some(&Value::Bool(true)) => Ok(TlsMode::Require),
        None | Some("prefer" | "allow") => Ok(TlsMode::Prefer),
        Some("disable") => Ok(TlsMode::Disable),
        Some("require") => Ok(TlsMode::Require),
        Some("verify-ca") => Ok(TlsMode::VerifyCa(authority())),
        Some("verify-full") => Ok(TlsMode::VerifyFull(authority())),
        Some(other) => Err(Fault::config(format!("The SSL mode “{other}” is not known. Choose disable, prefer, require, verify-ca or verify-full.")).at_field("ssl_mode")),
    }
}

pub(super) fn connector(mode: &TlsMode) -> Result<MakeRustlsConnect, Fault> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Fault::bug("Encrypted connections cannot be set up.").with_detail(error.to_string())
        })?;
    let config = match mode {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier {
                provider,
                chain: None,
            }))
            .with_no_client_auth(),
        TlsMode::VerifyCa(authority) => {
            let chain = WebPkiServerVerifier::builder_with_provider(
                Arc::new(roots(authority.as_deref())?),
                Arc::clone(&provider),
            )
            .build()
            .map_err(|error| {
                Fault::config("The certificate authority cannot be used.")
                    .with_detail(error.to_string())
                    .at_field("ssl_mode")
            })?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Verifier {
                    provider,
                    chain: Some(chain),
                }))
                .with_no_client_auth()
        }
        TlsMode::VerifyFull(authority) => builder
            .with_root_certificates(roots(authority.as_deref())?)
            .with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn roots(authority: Option<&str>) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    let Some(pem) = authority.filter(|pem| !pem.trim().is_empty()) else {
        for certificate in rustls_native_certs::load_native_certs().certs {
            // One that cannot be read is none to trust.
            let _ = roots.add(certificate);
        }
        return Ok(roots);
    };
    let unreadable = || {
        Fault::config(
            "The CA certificate is not readable PEM text (-----BEGIN CERTIFICATE----- …).",
        )
        .at_field("ssl_mode")
    };
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots
            .add(certificate.map_err(|_| unreadable())?)
            .map_err(|_| unreadable())?;
    }
    if roots.is_empty() {
        Err(unreadable())
    } else {
        Ok(roots)
    }
}

/// Checks the chain but not the host's name (`verify-ca`), or nothing but the signatures (`require`, as libpq does).
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
