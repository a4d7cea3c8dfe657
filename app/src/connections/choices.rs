//! Which tables a form says to keep, and how.

use model::{ConnectionId, Preset, StreamChoice, SyncMode};

use super::given::PostedStream;

/// Stores the choice of a preset for the ticked tables, or that of each table.
pub async fn choose(
    hub: &hub::Hub,
    scope: &hub::Scope,
    connection: ConnectionId,
    preset: &str,
    streams: Vec<PostedStream>,
) -> Result<(), hub::Error> {
    let preset = match preset {
        "exact_copy" => Preset::ExactCopy,
        "keep_history" => Preset::KeepHistory,
        _ => {
            let choices = streams.into_iter().filter_map(choice).collect();
            return hub::streams::choose(hub, scope, connection, choices).await;
        }
    };
    let labels: Vec<String> = streams
        .into_iter()
        .filter(|stream| stream.selected.is_some())
        .map(|stream| {
            if stream.namespace.is_empty() {
                stream.name
            } else {
                format!("{}.{}", stream.namespace, stream.name)
            }
        })
        .collect();
    hub::streams::preset(hub, scope, connection, preset, Some(&labels)).await
}

fn choice(posted: PostedStream) -> Option<StreamChoice> {
    let full = |text: String| Some(text).filter(|text| !text.is_empty());
    Some(StreamChoice {
        namespace: full(posted.namespace),
        name: posted.name,
        selected: posted.selected.is_some(),
        mode: SyncMode::parse(&posted.mode)?,
        primary_key: posted.primary_key.into_iter().filter_map(full).collect(),
        cursor: full(posted.cursor),
        fields: posted.fields,
    })
}
