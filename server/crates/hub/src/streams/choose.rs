//! Judges what a person chose for the streams of a connection.

use model::{FieldError, Preset, StreamChoice, SyncMode};
use store::streams::{Choice, Stream};

/// Checks every choice against what the stream offers; the result replaces the stored choices in the same order.
pub fn judge(streams: &[Stream], choices: &[StreamChoice]) -> Result<Vec<Choice>, Vec<FieldError>> {
    let mut errors = Vec::new();
    for choice in choices {
        let namespace = choice.namespace.as_deref().unwrap_or_default();
        if !streams
            .iter()
            .any(|stream| stream.offer.is(namespace, &choice.name))
        {
            errors.push(FieldError::new(
                &choice.name,
                format!(
                    "The source has no table {}. Load the page again.",
                    choice.name
                ),
            ));
        }
    }
    let chosen: Vec<Choice> = streams
        .iter()
        .map(|stream| match asked(stream, choices) {
            Some(choice) => one(stream, choice, &mut errors),
            None => stream.choice.clone(),
        })
        .collect();
    errors.extend(together(streams, &chosen));
    if errors.is_empty() {
        Ok(chosen)
    } else {
        Err(errors)
    }
}

fn asked<'a>(stream: &Stream, choices: &'a [StreamChoice]) -> Option<&'a StreamChoice> {
    choices.iter().find(|choice| {
        stream.offer.is(
            choice.namespace.as_deref().unwrap_or_default(),
            &choice.name,
        )
    })
}

fn one(stream: &Stream, asked: &StreamChoice, errors: &mut Vec<FieldError>) -> Choice {
    let offer = &stream.offer;
    let choice = Choice {
        selected: asked.selected,
        mode: asked.mode,
        primary_key: offer
            .source_key
            .clone()
            .unwrap_or_else(|| asked.primary_key.clone()),
        cursor: if offer.source_cursor {
            offer.default_cursor.clone()
        } else {
            asked.cursor.clone().filter(|cursor| !cursor.is_empty())
        },
        fields: Some(asked.fields.clone())
            .filter(|fields| !fields.is_empty() && !offer.is_all(fields)),
    };
    // What is not selected may be incomplete: it is kept for later.
    if choice.selected {
        let mut refuse = |part: &str, detail: String| {
            errors.push(FieldError::new(format!("{}.{part}", offer.name), detail));
        };
        check(stream, &choice, &mut refuse);
    }
    choice
}

fn check(stream: &Stream, choice: &Choice, refuse: &mut impl FnMut(&str, String)) {
    let offer = &stream.offer;
    let name = &offer.name;
    let unknown = |field: &String| !offer.fields.iter().any(|known| known.name == *field);
    if !offer.modes.contains(&choice.mode) {
        refuse(
            "mode",
            format!("{name} cannot be read that way. Choose one of the offered ways."),
        );
    }
    if choice.mode.needs_key() && choice.primary_key.is_empty() {
        refuse(
            "primary_key",
            format!("Choose the key of {name}: the fields that tell its rows apart."),
        );
    }
    if offer.source_key.is_none()
        && let Some(field) = choice.primary_key.iter().find(|field| unknown(field))
    {
        refuse(
            "primary_key",
            format!("{name} has no field {field}. Choose the key among its fields."),
        );
    }
    if choice.mode.needs_cursor() && !offer.source_cursor {
        match &choice.cursor {
            None => refuse(
                "cursor",
                format!("Choose the cursor of {name}: the field that grows with every change."),
            ),
            Some(cursor) if unknown(cursor) => refuse(
                "cursor",
                format!("{name} has no field {cursor}. Choose the cursor among its fields."),
            ),
            Some(_) => {}
        }
    }
    let Some(fields) = &choice.fields else {
        return;
    };
    if let Some(field) = fields.iter().find(|field| unknown(field)) {
        refuse(
            "fields",
            format!("{name} has no field {field}. Load the page again."),
        );
    }
    let needed = choice
        .primary_key
        .iter()
        .filter(|_| choice.mode.needs_key());
    let needed = needed.chain(choice.cursor.iter().filter(|_| choice.mode.needs_cursor()));
    let missing: Vec<&str> = needed
        .filter(|field| !fields.contains(field) && !unknown(field))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        refuse(
            "fields",
            format!(
                "Keep {} of {name}: it is its key or cursor.",
                missing.join(" and ")
            ),
        );
    }
}

/// Rules between streams: something must be chosen, and no two may land in one table.
fn together(streams: &[Stream], chosen: &[Choice]) -> Vec<FieldError> {
    let selected: Vec<&Stream> = streams
        .iter()
        .zip(chosen)
        .filter(|(_, choice)| choice.selected)
        .map(|(stream, _)| stream)
        .collect();
    if selected.is_empty() {
        return vec![FieldError::new("streams", "Choose at least one table.")];
    }
    let mut errors = Vec::new();
    for (index, stream) in selected.iter().enumerate() {
        let double = selected[..index]
            .iter()
            .find(|other| other.table == stream.table);
        if let Some(other) = double {
            errors.push(FieldError::new(
                format!("{}.selected", stream.offer.name),
                format!(
                    "{} and {} would both fill the table {}. Choose one here and make a second connection for the other.",
                    other.offer.label(),
                    stream.offer.label(),
                    stream.table
                ),
            ));
        }
    }
    errors
}

/// One-click choices: the preset's mode where the stream allows it. `selected` are the labels to keep; `None` keeps
/// what is chosen.
pub fn preset(
    streams: &[Stream],
    preset: Preset,
    selected: Option<&[String]>,
) -> Vec<StreamChoice> {
    streams
        .iter()
        .map(|stream| {
            let offer = &stream.offer;
            StreamChoice {
                namespace: Some(offer.namespace.clone()).filter(|namespace| !namespace.is_empty()),
                name: offer.name.clone(),
                selected: selected.map_or(stream.choice.selected, |labels| {
                    labels.contains(&offer.label())
                }),
                mode: preset_mode(stream, preset),
                primary_key: stream.choice.primary_key.clone(),
                cursor: stream
                    .choice
                    .cursor
                    .clone()
                    .or_else(|| offer.default_cursor.clone()),
                fields: stream.choice.fields.clone().unwrap_or_default(),
            }
        })
        .collect()
}

fn preset_mode(stream: &Stream, preset: Preset) -> SyncMode {
    let offer = &stream.offer;
    let cursor =
        offer.source_cursor || stream.choice.cursor.is_some() || offer.default_cursor.is_some();
    let key = !stream.choice.primary_key.is_empty();
    let order = match preset {
        Preset::ExactCopy => [
            SyncMode::IncrementalDedupedHistory,
            SyncMode::FullRefreshOverwrite,
        ],
        Preset::KeepHistory => [SyncMode::IncrementalAppend, SyncMode::FullRefreshAppend],
    };
    order
        .into_iter()
        .filter(|mode| offer.modes.contains(mode))
        .find(|mode| (cursor || !mode.needs_cursor()) && (key || !mode.needs_key()))
        .unwrap_or(stream.choice.mode)
}

#[cfg(test)]
mod tests;
