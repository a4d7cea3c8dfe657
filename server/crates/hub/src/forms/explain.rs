//! What the validator found, as one plain sentence at the field it belongs to. Values are never repeated: they may be
//! secret.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Problem},
};
use model::FieldError;
use serde_json::Value;

use super::{
    build::scalar_text,
    locate::{Place, locate},
    node::{Kind, Node},
    read::Choices,
    root_name,
};

pub fn problems(root: &Node, schema: &Value, config: &Value, choices: &Choices) -> Vec<FieldError> {
    let options = jsonschema::draft7::options().should_validate_formats(true);
    let Ok(validator) = options.build(schema) else {
        // A schema that contradicts itself cannot judge anybody; the connector's own check will.
        return Vec::new();
    };
    let mut found: Vec<FieldError> = Vec::new();
    for error in validator.iter_errors(config) {
        let problem = explain(root, &error, choices);
        if !found.iter().any(|known| known.field == problem.field) {
            found.push(problem);
        }
    }
    found
}

fn explain(root: &Node, error: &ValidationError<'_>, choices: &Choices) -> FieldError {
    let path = error.instance_path().to_string();
    let mut tokens: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    if let Problem::Required { property } = error.kind() {
        tokens.push(scalar_text(property));
    }
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let place = locate(root, &tokens, choices).unwrap_or_else(|| Place {
        name: root_name(),
        node: root,
    });
    FieldError::new(place.name.as_str(), sentence(error.kind(), place.node))
}

fn sentence(problem: &Problem, node: &Node) -> String {
    match problem {
        Problem::Required { .. } => missing(node),
        Problem::Type { kind } => wrong_type(kind),
        Problem::Pattern { .. } => wrong_form(node),
        Problem::Format { format } => wrong_format(format),
        Problem::Minimum { limit } => format!("Use {limit} or more."),
        Problem::Maximum { limit } => format!("Use {limit} or less."),
        Problem::ExclusiveMinimum { limit } => format!("Use more than {limit}."),
        Problem::ExclusiveMaximum { limit } => format!("Use less than {limit}."),
        Problem::MultipleOf { multiple_of } => format!("Use a multiple of {multiple_of}."),
        Problem::MinLength { limit } => format!("Use at least {}.", count(*limit, "character")),
        Problem::MaxLength { limit } => format!("Use at most {}.", count(*limit, "character")),
        Problem::MinItems { limit } => format!("Add at least {}.", count(*limit, "entry")),
        Problem::MaxItems { limit } => format!("Keep at most {}.", count(*limit, "entry")),
        Problem::UniqueItems => "Remove the entry that is there twice.".to_owned(),
        Problem::MinProperties { limit } => {
            format!("Fill in at least {}.", count(*limit, "setting"))
        }
        Problem::MaxProperties { limit } => {
            format!("Fill in at most {}.", count(*limit, "setting"))
        }
        Problem::Enum { options } => one_of(options),
        Problem::Constant { expected_value } => format!("Use {}.", scalar_text(expected_value)),
        Problem::AnyOf { .. } | Problem::OneOfNotValid { .. } => together(node),
        Problem::OneOfMultipleValid { .. } => "Fill in only one of the alternatives.".to_owned(),
        Problem::AdditionalProperties { unexpected } => {
            format!("Remove the unknown setting {}.", unexpected.join(", "))
        }
        _ => "This value does not fit the other settings. Check it against the connector's guide."
            .to_owned(),
    }
}

/// The label stands as the form has it: it may be the name of something.
fn missing(node: &Node) -> String {
    let label = &node.label;
    match &node.kind {
        Kind::Choice(_) | Kind::OneOf(_) | Kind::Several(_) => {
            format!("Choose an answer for “{label}”.")
        }
        Kind::File { .. } => "Choose a file to upload.".to_owned(),
        Kind::Rows(_) | Kind::Texts(_) => format!("Add an entry to “{label}”."),
        Kind::Date { with_time: false } => {
            format!("Fill in “{label}” with a date such as 2026-01-31.")
        }
        Kind::Date { with_time: true } => {
            format!("Fill in “{label}” with a time such as 2026-01-31T00:00:00Z.")
        }
        _ => format!("Fill in “{label}”."),
    }
}

fn wrong_type(kind: &TypeKind) -> String {
    let name = match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(_) => String::new(),
    };
    match name.as_str() {
        "integer" => "Enter a whole number.",
        "number" => "Enter a number.",
        "boolean" => "Use true or false.",
        "array" => "Enter a list.",
        "object" => "Fill in these settings.",
        "string" => "Enter a text.",
        _ => "This is the wrong kind of value.",
    }
    .to_owned()
}

fn wrong_form(node: &Node) -> String {
    match (&node.form_words, &node.example) {
        (Some(words), _) if words.ends_with('…') => format!("Use {words}"),
        (Some(words), _) => format!("Use {}.", words.trim_end_matches('.')),
        (None, Some(example)) => {
            format!("This does not have the expected form, for example {example}.")
        }
        (None, None) => match node.rules.get("pattern").and_then(Value::as_str) {
            Some(pattern) => format!("This does not have the expected form ({pattern})."),
            None => "This does not have the expected form.".to_owned(),
        },
    }
}

fn wrong_format(format: &str) -> String {
    match format {
        "date" => "Enter a date such as 2026-01-31.",
        "date-time" => "Enter a time such as 2026-01-31T00:00:00Z.",
        "email" => "Enter an e-mail address such as ana@example.com.",
        "ipv4" | "ipv6" => "Enter an IP address.",
        "uuid" => "Enter an id such as 123e4567-e89b-12d3-a456-426614174000.",
        _ => "This does not have the expected form.",
    }
    .to_owned()
}

fn one_of(options: &Value) -> String {
    /// Longer lists are not read by anybody.
    const SHOWN: usize = 6;
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    let mut words: Vec<String> = options.iter().take(SHOWN).map(scalar_text).collect();
    if options.len() > SHOWN {
        words.push("…".to_owned());
    }
    format!("Choose one of: {}.", words.join(", "))
}

/// `anyOf: [{required: [a]}, {required: [b]}]`: at least one of several settings is needed.
fn together(node: &Node) -> String {
    let labels = |key: &str| -> Vec<String> {
        let Kind::Group(group) = &node.kind else {
            return Vec::new();
        };
        let alternatives = node.rules.get(key).and_then(Value::as_array);
        let names = alternatives
            .into_iter()
            .flatten()
            .filter_map(|part| part.get("required")?.as_array())
            .flatten();
        names
            .filter_map(|name| group.properties.iter().find(|(key, _)| name == key))
            .map(|(_, node)| node.label.clone())
            .collect()
    };
    let mut names = labels("anyOf");
    names.extend(labels("oneOf"));
    if names.is_empty() {
        "These settings do not go together. Check them against the connector's guide.".to_owned()
    } else {
        format!("Fill in one of: {}.", names.join(", "))
    }
}

fn count(limit: u64, word: &str) -> String {
    match (limit, word) {
        (1, word) => format!("1 {word}"),
        (limit, "entry") => format!("{limit} entries"),
        (limit, word) => format!("{limit} {word}s"),
    }
}
