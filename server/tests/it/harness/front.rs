//! TLS in front of a test's own servers, which speak none: one certificate for all, which nobody trusts who is not told to.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// Ends with this.
pub struct Front {
    /// As PEM.
    pub certificate: String,
    acceptor: TlsAcceptor,
    runtime: Runtime,
}

impl Front {
    pub fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("its key");
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("the key is of the certificate");
        Self {
            certificate: cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(tls)),
            runtime: Runtime::new().expect("a runtime"),
        }
    }

    /// The address at which this server is reached by TLS.
    pub fn before(&self, server: &str) -> String {
        let server = server.trim_start_matches("http://").to_owned();
        let acceptor = self.acceptor.clone();
        self.runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let url = format!("https://{}", listener.local_addr().expect("an address"));
            tokio::spawn(async move {
                while let Ok((outside, _)) = listener.accept().await {
                    tokio::spawn(carry(acceptor.clone(), outside, server.clone()));
                }
            });
            url
        })
    }
}

/// What one caller and the server say.
async fn carry(acceptor: TlsAcceptor, outside: TcpStream, server: String) {
    // Whoever does not trust the certificate is gone already.
    let Ok(mut outside) = acceptor.accept(outside).await else {
        return;
    };
    let Ok(mut inside) = TcpStream::connect(server).await else {
        return;
    };
    let _one_of_them_ended = copy_bidirectional(&mut outside, &mut inside).await;
}
