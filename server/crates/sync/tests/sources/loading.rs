//! Moves what a source reads into the PostgreSQL destination, as the attempts of a connection do.

use std::time::Duration;

use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;
use sync::connector::Connector;
use sync::load::{self, Fence, RunOptions, Target, TlsMode};
use sync::receipt::StreamReceipt;
use tokio::sync::mpsc;

use crate::database::Database;
use crate::harness::local;

/// The schema `arrived` of a database.
pub fn target(destination: &Database) -> Target {
    let config = &destination.config;
    let text = |name: &str| config[name].as_str().unwrap().to_owned();
    Target {
        host: text("host"),
        port: u16::try_from(config["port"].as_u64().unwrap()).unwrap(),
        database: text("database"),
        user: text("username"),
        password: SecretString::from(text("password")),
        schema: "arrived".to_owned(),
        tls: TlsMode::Disable,
    }
}

/// A source and where its rows go.
pub struct Move<'a> {
    pub source: &'a Connector,
    pub config: &'a Value,
    pub target: &'a Target,
}

impl Move<'_> {
    /// An attempt that reads to the end. Gives the receipts if all of it arrived.
    pub async fn all(
        &self,
        catalog: &ConfiguredAirbyteCatalog,
        token: i64,
    ) -> Option<Vec<StreamReceipt>> {
        self.rows(catalog, token, None).await
    }

    /// An attempt that is cut off after so many bytes.
    pub async fn some(&self, catalog: &ConfiguredAirbyteCatalog, token: i64, bytes: usize) {
        let receipts = self.rows(catalog, token, Some(bytes)).await;
        assert!(receipts.is_none(), "it was not cut off: {receipts:?}");
    }

    async fn rows(
        &self,
        catalog: &ConfiguredAirbyteCatalog,
        token: i64,
        hang_up: Option<usize>,
    ) -> Option<Vec<StreamReceipt>> {
        let cx = local();
        let states = load::resumable_states(self.target, "con", catalog)
            .await
            .unwrap();
        let (lines, mut receiver) = mpsc::channel::<Bytes>(1);
        let (sender, input) = mpsc::channel(1);
        let (events, mut told) = mpsc::channel(10_000);
        let pass_on = async move {
            let mut bytes = 0;
            while let Some(chunk) = receiver.recv().await {
                bytes += chunk.len();
                if sender.send(chunk).await.is_err() || hang_up.is_some_and(|most| bytes > most) {
                    return;
                }
            }
        };
        let run = RunOptions {
            fence: Some(Fence {
                key: "con".to_owned(),
                states: None,
                token,
            }),
            commit_every: Duration::ZERO,
            ..RunOptions::default()
        };
        let (read, (), written, ()) = tokio::join!(
            self.source.read(self.config, catalog, &states, &cx, lines),
            pass_on,
            load::write(self.target, catalog, input, events, run),
            async { while told.recv().await.is_some() {} },
        );
        let receipts = written.ok()?;
        let whole = receipts.iter().all(|receipt| receipt.problem().is_none());
        (read.is_ok() && whole).then_some(receipts)
    }
}
