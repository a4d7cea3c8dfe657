//! Encryption of a database connection: how strictly the server's certificate is looked at.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::fault::Fault;

/// Whom to take for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust<'a> {
    /// Whoever answers.
    Anyone,
    /// Whoever this authority, as PEM text, has given a certificate for any name.
    Authority(&'a str),
    /// Whoever has a certificate for the host's name, of this authority or of a public one.
    Name(Option<&'a str>),
}

/// The TLS set-up of a database connection.
pub fn client_config(trust: Trust<'_>, extra_roots: &[String]) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anyone => Arc::new(AnyCertificate {
            provider: Arc::clone(&provider),
        }),
        Trust::Authority(pem) => Arc::new(AnyName {
            inner: verifier(authority(pem)?, &provider)?,
        }),
        Trust::Name(pem) => match pem.map(str::trim).filter(|pem| !pem.is_empty()) {
            Some(pem) => verifier(authority(pem)?, &provider)?,
            None => verifier(public_authorities(extra_roots)?, &provider)?,
        },
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Fault::bug("Encryption could not be set up.").with_detail(error.to_string())
        })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| bad_authority(error.to_string()))
}

fn authority(pem: &str) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, pem).map_err(bad_authority)?;
    if roots.is_empty() {
        Err(bad_authority("it holds no certificate".to_owned()))
    } else {
        Ok(roots)
    }
}

fn add(roots: &mut RootCertStore, pem: &str) -> Result<(), String> {
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn bad_authority(detail: String) -> Fault {
    Fault::config("The certificate authority is not a certificate in PEM form.")
        .with_detail(detail)
        .at_field("ssl_mode.ca_certificate")
}

fn public_authorities(extra: &[String]) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for pem in extra {
        add(&mut roots, pem).map_err(|error| {
            Fault::config("A trusted certificate of this server cannot be read.").with_detail(error)
        })?;
    }
    if roots.is_empty() {
        return Err(Fault::config(
            "This server knows no public certificate authority. Enter the database's own.",
        )
        .at_field("ssl_mode.ca_certificate"));
    }
    Ok(roots)
}

/// Takes any certificate: protects against listeners, not against impostors. What `require` means in databases.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Verifies the authority, but not the name on the certificate. What `verify-ca` means in databases.
#[derive(Debug)]
struct AnyName {
    inner: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The name is checked last, after chain and dates.
        match self
            .inner
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
        {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
