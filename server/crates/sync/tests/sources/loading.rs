//! Moves what a source reads into the PostgreSQL destination, as the attempts of a connection do.

use std::time::Duration;

use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;
use sync::connector::{Connector, RunContext};
use sync::load::{self, Fence, RunOptions, Target, TlsMode};
use sync::receipt::StreamReceipt;
use tokio::sync::{Notify, mpsc};

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

/// How an attempt ends early.
struct Early<'a> {
    after: usize,
    /// Told when it is dead; else it is cut off.
    dead: Option<&'a Notify>,
}

impl Early<'_> {
    async fn end(&self) {
        if let Some(dead) = self.dead {
            dead.notify_one();
            std::future::pending::<()>().await;
        }
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
        self.rows(&local(), catalog, token, None).await
    }

    /// An attempt that reads to the end in a context of its own, as files that are uploaded want it.
    pub async fn all_in(
        &self,
        cx: &RunContext,
        catalog: &ConfiguredAirbyteCatalog,
        token: i64,
    ) -> Option<Vec<StreamReceipt>> {
        self.rows(cx, catalog, token, None).await
    }

    /// An attempt that is cut off after so many bytes.
    pub async fn some(&self, catalog: &ConfiguredAirbyteCatalog, token: i64, after: usize) {
        let early = Early { after, dead: None };
        let receipts = self.rows(&local(), catalog, token, Some(early)).await;
        assert!(receipts.is_none(), "it was not cut off: {receipts:?}");
    }

    /// An attempt that dies after so many bytes, without a last word to the destination.
    pub async fn dies(&self, catalog: &ConfiguredAirbyteCatalog, token: i64, after: usize) {
        let dead = Notify::new();
        let early = Early {
            after,
            dead: Some(&dead),
        };
        let cx = local();
        tokio::select! {
            receipts = self.rows(&cx, catalog, token, Some(early)) => panic!("it came to an end: {receipts:?}"),
            () = dead.notified() => {}
        }
    }

    async fn rows(
        &self,
        cx: &RunContext,
        catalog: &ConfiguredAirbyteCatalog,
        token: i64,
        early: Option<Early<'_>>,
    ) -> Option<Vec<StreamReceipt>> {
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
                if sender.send(chunk).await.is_err() {
                    return;
                }
                if let Some(early) = early.as_ref().filter(|early| bytes > early.after) {
                    return early.end().await;
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
            self.source.read(self.config, catalog, &states, cx, lines),
            pass_on,
            load::write(self.target, catalog, input, events, run),
            async { while told.recv().await.is_some() {} },
        );
        let receipts = written.ok()?;
        let whole = receipts.iter().all(|receipt| receipt.problem().is_none());
        (read.is_ok() && whole).then_some(receipts)
    }
}
