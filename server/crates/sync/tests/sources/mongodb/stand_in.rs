//! A stand-in for a MongoDB server: it keeps documents, and is reached as a real one is. What it says to whom is the matter
//! of [`super::served`].

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use bson::{Document, doc};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use super::served::Server;

/// How a server is set up.
#[derive(Clone)]
pub struct Setup {
    pub ip: IpAddr,
    pub tls: bool,
    pub user: Option<User>,
    /// What it says of itself besides: its replica set and its part there.
    pub part: Document,
    /// Documents in a batch, whatever is asked for.
    pub batch: usize,
    /// Answers are forgotten after so many batches.
    pub forgets_after: Option<usize>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            ip: Ipv4Addr::LOCALHOST.into(),
            tls: false,
            user: None,
            part: doc! {"isWritablePrimary": true},
            batch: 101,
            forgets_after: None,
        }
    }
}

#[derive(Clone)]
pub struct User {
    pub name: &'static str,
    pub password: &'static str,
    pub mechanisms: &'static [&'static str],
    /// It does not know the password itself, and pretends.
    pub pretends: bool,
}

impl User {
    pub const ANNA: Self = Self {
        name: "anna",
        password: "right, käse",
        mechanisms: &["SCRAM-SHA-1", "SCRAM-SHA-256"],
        pretends: false,
    };
}

#[derive(Default)]
pub struct Store {
    pub databases: BTreeMap<String, BTreeMap<String, Collection>>,
    pub cursors: HashMap<i64, Rest>,
    pub last_cursor: i64,
    /// Every command, in the order they came.
    pub commands: Vec<Document>,
}

#[derive(Default)]
pub struct Collection {
    pub kind: &'static str,
    pub documents: Vec<Document>,
}

/// What of an answer is still to be given.
pub struct Rest {
    pub collection: String,
    pub documents: Vec<Document>,
    pub batches: usize,
}

/// A running server; dropped, it is gone.
pub struct StandIn {
    pub port: u16,
    /// Made out to `localhost`.
    pub certificate: String,
    pub store: Arc<Mutex<Store>>,
    ip: IpAddr,
    _task: AbortOnDropHandle<()>,
}

impl StandIn {
    pub async fn start(setup: Setup) -> Self {
        Self::sharing(setup, Arc::default()).await
    }

    /// Another member with the same documents.
    pub async fn sharing(setup: Setup, store: Arc<Mutex<Store>>) -> Self {
        let listener = TcpListener::bind((setup.ip, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).unwrap();
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
        let acceptor = setup.tls.then(|| TlsAcceptor::from(Arc::new(tls)));
        let (ip, shared) = (setup.ip, Arc::clone(&store));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (setup, store, acceptor) =
                    (setup.clone(), Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move {
                    let _ = Server::new(setup, store).greet(stream, acceptor).await;
                });
            }
        });
        Self {
            port,
            certificate: cert.pem(),
            store,
            ip,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub fn insert(&self, collection: &str, documents: impl IntoIterator<Item = Document>) {
        let mut store = self.store.lock().unwrap();
        let shop = store.databases.entry("shop".to_owned()).or_default();
        shop.entry(collection.to_owned())
            .or_default()
            .documents
            .extend(documents);
    }

    /// A source's configuration for it.
    pub fn config(&self) -> Value {
        json!({"database_config": {
            "cluster_type": "SELF_MANAGED_REPLICA_SET",
            "connection_string": format!("mongodb://{}:{}/", self.ip, self.port),
            "databases": ["shop"],
        }})
    }

    pub fn commands(&self, name: &str) -> Vec<Document> {
        let store = self.store.lock().unwrap();
        let named = |command: &&Document| command.keys().next().is_some_and(|first| first == name);
        store.commands.iter().filter(named).cloned().collect()
    }
}
