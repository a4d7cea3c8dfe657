//! The answers of a connector to a question: a specification, a verdict, a catalogue.

use airbyte::protocol::{AirbyteMessage, ConnectionStatus};
use serde_json::Value;

use super::run::Run;
use super::verdict;
use crate::connector::RunContext;
use crate::fault::Fault;

/// Runs to the end and gives the first message that is the answer.
pub async fn first<T>(
    run: Run,
    cx: &RunContext,
    pick: impl Fn(AirbyteMessage) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let messages = run.collect(cx).await?;
    hand_on_config(&messages, cx).await;
    Ok(messages.into_iter().find_map(pick))
}

/// Runs a check to the end and gives its verdict.
pub async fn status(run: Run, cx: &RunContext) -> Result<(), Fault> {
    let verdict = first(run, cx, |message| match message {
        AirbyteMessage::ConnectionStatus { connection_status } => Some(connection_status),
        _ => None,
    })
    .await?
    .ok_or_else(|| Fault::bug("The connector ended without a verdict on the connection."))?;
    match verdict.status {
        ConnectionStatus::Succeeded => Ok(()),
        ConnectionStatus::Failed => Err(verdict::refused(&verdict.message.unwrap_or_default())),
    }
}

/// A connector that renewed its tokens during a question must not lose them. The newest of them go to whoever keeps them.
pub async fn hand_on_config(messages: &[AirbyteMessage], cx: &RunContext) -> Option<Value> {
    let newest = messages.iter().rev().find_map(|message| match message {
        AirbyteMessage::Control { control } => control
            .connector_config
            .as_ref()
            .map(|new| new.config.clone()),
        _ => None,
    })?;
    if let Some(sender) = &cx.new_config {
        // Without a keeper the old configuration stays, as the caller chose.
        let _ = sender.send(newest.clone()).await;
    }
    Some(newest)
}
