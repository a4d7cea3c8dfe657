//! A hub without an engine, for what people do before anything moves: its mails can be read and its clock be turned.

use std::{fs, time::Duration};

use airbyte::{Auth, BaseUrl, Client as AirbyteClient, Server};
use hub::{Client, Clock, Error, Hub, HubParts, mail::Mail, storage::Storage, tenant_db::TenantDb};
use model::{SignUp, UserId};
use seal::KeyRing;
use serde_json::json;
use store::{Store, bootstrap, self_check::OldServer};
use tempfile::TempDir;
use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::world::{passwords, server, sql};

pub const PASSWORD: &str = "lantern orbit mustard";

pub struct People {
    pub hub: Hub,
    pub client: Client,
    names: bootstrap::Names,
    folder: TempDir,
}

impl People {
    /// Nobody listens where this hub looks for its engine: these stories need none.
    pub async fn new() -> Self {
        Self::with_engine_at("http://127.0.0.1:9").await
    }

    /// One whose engine answers everything with 403.
    pub async fn with_engine_that_refuses() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut line, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _read = line.read(&mut request).await;
                    let refusal =
                        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _sent = line.write_all(refusal.as_bytes()).await;
                });
            }
        });
        Self::with_engine_at(&format!("http://{address}")).await
    }

    async fn with_engine_at(base: &str) -> Self {
        let stamp = Uuid::now_v7().simple().to_string();
        let names = bootstrap::Names {
            control: format!("core_{stamp}_c"),
            data: format!("core_{stamp}_d"),
        };
        let logins = bootstrap::embedded(&server(), &names, &passwords())
            .await
            .expect("roles and databases");
        store::migrate(&logins.control_owner)
            .await
            .expect("the control database is migrated");
        store::migrate_tenant_database(&logins.data_superuser)
            .await
            .expect("the data database is prepared");
        let store = Store::connect(logins.control.clone(), 8)
            .await
            .expect("a pool");
        let folder = tempfile::tempdir().expect("a folder");
        let nowhere = BaseUrl::parse(base).expect("an address");
        let hub = Hub::new(HubParts {
            store,
            keys: KeyRing::random().expect("keys"),
            tenant_db: TenantDb::new(logins.data_provisioner, None),
            storage: Storage::open(&format!("file://{}/files", folder.path().display()))
                .expect("storage"),
            redis: None,
            mail: Mail::folder(&folder.path().join("mail"), "hub@example.com")
                .expect("a mail folder"),
            direct: AirbyteClient::connect(nowhere.clone(), Auth::None, Server::Engine)
                .expect("a client"),
            airbyte: AirbyteClient::connect(nowhere, Auth::None, Server::Engine).expect("a client"),
            engine: hub::Engine::Embedded,
            only_workspace: None,
            only_destination: None,
            public_url: "http://localhost".to_owned(),
            clock: Clock::fixed(datetime!(2026-05-04 12:00:00 UTC)),
            old_postgres: OldServer::Allow,
            upload_limit_bytes: 1_000_000,
            providers: oauth::Providers::load(None).expect("providers"),
            logins: Vec::new(),
            integration_types: None,
            outbound: crate::world::outbound(),
        })
        .expect("a hub");
        let client = Client {
            ip: "203.0.113.7".to_owned(),
            user_agent: "curl/8".to_owned(),
        };
        Self {
            hub,
            client,
            names,
            folder,
        }
    }

    /// Also keeps two mails of one story from having one name.
    pub fn later(&self, seconds: u64) {
        self.hub.clock().advance(Duration::from_secs(seconds));
    }

    pub fn form(email: &str, password: &str) -> SignUp {
        SignUp {
            email: email.to_owned(),
            company: "Northwind".to_owned(),
            password: password.to_owned(),
        }
    }

    /// Every mail to somebody, oldest first, its lines whole again.
    pub fn mails(&self, to: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.folder.path().join("mail")) else {
            return Vec::new();
        };
        let mut paths: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
        paths.retain(|path| path.to_string_lossy().ends_with(&format!("-{to}.eml")));
        paths.sort();
        paths
            .iter()
            .map(|path| {
                fs::read_to_string(path)
                    .expect("a mail")
                    .replace("=\r\n", "")
                    .replace("=3D", "=")
            })
            .collect()
    }

    /// The six digits of the newest mail.
    pub fn code(&self, to: &str) -> String {
        let mail = self.mails(to).pop().expect("a mail");
        let subject = mail
            .lines()
            .find_map(|line| line.strip_prefix("Subject: "))
            .expect("a subject");
        subject.chars().take(6).collect()
    }

    /// The token of the newest mail's link.
    pub fn token(&self, to: &str) -> String {
        let mail = self.mails(to).pop().expect("a mail");
        let (_, link) = mail.split_once("http://localhost/reset/").expect("a link");
        link.chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect()
    }

    pub async fn end(self) {
        self.hub.store().pool.close().await;
        for database in [&self.names.control, &self.names.data] {
            sql(
                "postgres",
                &format!("DROP DATABASE \"{database}\" WITH (FORCE)"),
            )
            .await;
        }
    }
}

/// Whoever the stories are about.
pub const ANA: &str = "ana@example.com";

/// The field that a refused form blames.
pub fn field(outcome: Result<impl Sized, Error>) -> String {
    match outcome {
        Err(Error::Invalid(errors)) => errors[0].field.clone(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}

/// A browser that is signed in.
pub async fn open_session(t: &People, user: UserId) {
    let now = t.hub.clock().now();
    let session = store::sessions::Session {
        token_hash: &seal::token::hash(&seal::token::letters(10)),
        user: Some(user),
        data: &json!({"user": user}),
        ip: "203.0.113.7",
        user_agent: "curl/8",
        expires_at: now + time::Duration::minutes(30),
    };
    let mut conn = t.hub.store().pool.acquire().await.unwrap();
    assert!(
        store::sessions::create(&mut conn, &session, now)
            .await
            .unwrap()
    );
}
