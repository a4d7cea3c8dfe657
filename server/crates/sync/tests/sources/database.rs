//! A database of its own for each test, on the server of `TEST_DATABASE_URL`.

use serde_json::{Value, json};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

const NO_SERVER: &str = "the tests of the PostgreSQL source need TEST_DATABASE_URL, a superuser's address of a scratch server";

/// A fresh database, dropped by the next test of the same name.
pub struct Database {
    pub client: Client,
    /// The source's configuration for it.
    pub config: Value,
    own: Config,
}

impl Database {
    pub async fn create(name: &str) -> Self {
        let url = std::env::var_os("TEST_DATABASE_URL").expect(NO_SERVER);
        let server: Config = url.to_str().expect(NO_SERVER).parse().expect(NO_SERVER);
        let name = format!("sync_source_{name}");
        let admin = connect(&server).await;
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .unwrap();
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let mut own = server.clone();
        own.dbname(&name);
        let Some(Host::Tcp(host)) = server.get_hosts().first() else {
            panic!("{NO_SERVER}")
        };
        let config = json!({
            "host": host, "port": server.get_ports().first().copied().unwrap_or(5432), "database": name,
            "username": server.get_user().unwrap_or("postgres"), "password": server.get_password().map(String::from_utf8_lossy).unwrap_or_default(),
            "ssl_mode": {"mode": "disable"}
        });
        Self {
            client: connect(&own).await,
            config,
            own,
        }
    }

    /// Another session.
    pub async fn connect_again(&self) -> Client {
        connect(&self.own).await
    }

    /// Waits until every transaction of the server is over that began before this moment: those of other tests count too,
    /// and what was written after one of them began may count as new.
    pub async fn settled(&self) {
        let row = self.client.query_one("SELECT txid_current()", &[]).await;
        let now: i64 = row.unwrap().get(0);
        let over = "SELECT txid_snapshot_xmin(txid_current_snapshot()) > $1";
        while !self
            .client
            .query_one(over, &[&now])
            .await
            .unwrap()
            .get::<_, bool>(0)
        {
            tokio::task::yield_now().await;
        }
    }

    pub async fn run(&self, sql: &str) {
        self.client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}: {sql}"));
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect(NO_SERVER);
    tokio::spawn(connection);
    client
}
