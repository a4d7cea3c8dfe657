//! The part of MongoDB's query language that reading needs: its order of all values, filters, a few stages.

use std::cmp::Ordering;

use bson::{Bson, Document, doc};

use super::served::Refused;

pub fn find(documents: Vec<Document>, command: &Document) -> Result<Vec<Document>, Refused> {
    let empty = Document::new();
    let filter = command.get_document("filter").unwrap_or(&empty);
    let mut found = matching(documents, filter)?;
    if let Ok(sort) = command.get_document("sort") {
        let field = sort.keys().next().unwrap();
        found.sort_by(|one, other| order(one.get(field), other.get(field)));
    }
    let limit = match command.get("limit") {
        Some(Bson::Int32(limit)) => i64::from(*limit),
        Some(Bson::Int64(limit)) => *limit,
        _ => 0,
    };
    if limit > 0 {
        found.truncate(usize::try_from(limit).unwrap());
    }
    if let Ok(projection) = command.get_document("projection") {
        for document in &mut found {
            let chosen = |name: &str| match projection.get_i32(name) {
                Ok(chosen) => chosen == 1,
                Err(_) => name == "_id",
            };
            *document = document
                .clone()
                .into_iter()
                .filter(|(name, _)| chosen(name))
                .collect();
        }
    }
    Ok(found)
}

pub fn stage(mut documents: Vec<Document>, stage: &Document) -> Result<Vec<Document>, Refused> {
    let (name, value) = stage.iter().next().unwrap();
    match (name.as_str(), value) {
        ("$sample", Bson::Document(sample)) => {
            let size = match sample.get("size") {
                Some(Bson::Int32(size)) => i64::from(*size),
                Some(Bson::Int64(size)) => *size,
                _ => {
                    return Err((
                        28_746,
                        "size argument to $sample must be a number".to_owned(),
                    ));
                }
            };
            documents.truncate(usize::try_from(size).unwrap());
            Ok(documents)
        }
        ("$match", Bson::Document(filter)) => matching(documents, filter),
        ("$count", Bson::String(name)) if documents.is_empty() => {
            assert!(!name.is_empty());
            Ok(Vec::new())
        }
        ("$count", Bson::String(name)) => {
            Ok(vec![doc! {name: i32::try_from(documents.len()).unwrap()}])
        }
        (name, _) => Err((
            40_324,
            format!("Unrecognized pipeline stage name: '{name}'"),
        )),
    }
}

fn matching(documents: Vec<Document>, filter: &Document) -> Result<Vec<Document>, Refused> {
    let mut found = Vec::new();
    for document in documents {
        if matches(&document, filter)? {
            found.push(document);
        }
    }
    Ok(found)
}

fn matches(document: &Document, filter: &Document) -> Result<bool, Refused> {
    for (name, wanted) in filter {
        let is_so = match (name.as_str(), wanted) {
            ("$or", Bson::Array(ways)) => {
                let mut any = false;
                for way in ways {
                    any |= matches(document, way.as_document().unwrap())?;
                }
                any
            }
            (field, Bson::Document(tests)) => {
                let mut all = true;
                for (operator, operand) in tests {
                    all &= test(document.get(field), operator, operand)?;
                }
                all
            }
            (field, value) => order(document.get(field), Some(value)).is_eq(),
        };
        if !is_so {
            return Ok(false);
        }
    }
    Ok(true)
}

fn test(value: Option<&Bson>, operator: &str, operand: &Bson) -> Result<bool, Refused> {
    if operator == "$type" {
        let one = std::slice::from_ref(operand);
        let names = operand.as_array().map_or(one, Vec::as_slice);
        return Ok(value.is_some_and(|value| {
            names.iter().any(|name| {
                name.as_str() == Some(alias(value))
                    || (name.as_str() == Some("number") && kind(value) == 2)
            })
        }));
    }
    // A comparison stays within one kind of value, and nothing is more or less than what is no number.
    let is_nan = |value: &Bson| value.as_f64().is_some_and(f64::is_nan);
    let same =
        value.is_some_and(|value| kind(value) == kind(operand) && is_nan(value) == is_nan(operand));
    let ordered = order(value, Some(operand));
    match operator {
        "$eq" => Ok(ordered.is_eq()),
        "$gt" => Ok(same && ordered.is_gt()),
        "$gte" => Ok(same && ordered.is_ge()),
        "$lt" => Ok(same && ordered.is_lt()),
        _ => Err((2, format!("unknown operator: {operator}"))),
    }
}

fn kind(value: &Bson) -> u8 {
    match value {
        Bson::MinKey => 0,
        Bson::Null | Bson::Undefined => 1,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 2,
        Bson::String(_) | Bson::Symbol(_) => 3,
        Bson::Document(_) => 4,
        Bson::Array(_) => 5,
        Bson::Binary(_) => 6,
        Bson::ObjectId(_) => 7,
        Bson::Boolean(_) => 8,
        Bson::DateTime(_) => 9,
        Bson::Timestamp(_) => 10,
        Bson::RegularExpression(_) => 11,
        _ => 12,
    }
}

fn alias(value: &Bson) -> &'static str {
    match value {
        Bson::MinKey => "minKey",
        Bson::Null => "null",
        Bson::Int32(_) => "int",
        Bson::Int64(_) => "long",
        Bson::Double(_) => "double",
        Bson::Decimal128(_) => "decimal",
        Bson::String(_) => "string",
        Bson::Document(_) => "object",
        Bson::Array(_) => "array",
        Bson::Binary(_) => "binData",
        Bson::ObjectId(_) => "objectId",
        Bson::Boolean(_) => "bool",
        Bson::DateTime(_) => "date",
        Bson::Timestamp(_) => "timestamp",
        Bson::RegularExpression(_) => "regex",
        Bson::MaxKey => "maxKey",
        other => panic!("{other} has no place here"),
    }
}

/// MongoDB's order of all values; what is missing stands with the nulls.
fn order(one: Option<&Bson>, other: Option<&Bson>) -> Ordering {
    let (one, other) = (one.unwrap_or(&Bson::Null), other.unwrap_or(&Bson::Null));
    kind(one)
        .cmp(&kind(other))
        .then_with(|| match (one, other) {
            (Bson::Int64(one), Bson::Int64(other)) => one.cmp(other),
            (Bson::String(one), Bson::String(other)) => one.cmp(other),
            (Bson::ObjectId(one), Bson::ObjectId(other)) => one.cmp(other),
            (Bson::Boolean(one), Bson::Boolean(other)) => one.cmp(other),
            (Bson::DateTime(one), Bson::DateTime(other)) => one.cmp(other),
            (Bson::Binary(one), Bson::Binary(other)) => {
                let parts = |binary: &bson::Binary| {
                    (
                        binary.bytes.len(),
                        u8::from(binary.subtype),
                        binary.bytes.clone(),
                    )
                };
                parts(one).cmp(&parts(other))
            }
            (Bson::Document(one), Bson::Document(other)) => one
                .iter()
                .map(|(_, value)| value)
                .zip(other.values())
                .map(|(one, other)| order(Some(one), Some(other)))
                .find(|ordered| ordered.is_ne())
                .unwrap_or_else(|| one.len().cmp(&other.len())),
            (one, other) if kind(one) == 2 => number(one).total_cmp(&number(other)),
            _ => Ordering::Equal,
        })
}

/// What is no number stands before all numbers.
fn number(value: &Bson) -> f64 {
    let number = match value {
        Bson::Int32(number) => f64::from(*number),
        Bson::Int64(number) => number.to_string().parse().unwrap(),
        Bson::Decimal128(number) => number.to_string().parse().unwrap(),
        value => value.as_f64().unwrap(),
    };
    if number.is_nan() {
        -f64::NAN.abs()
    } else {
        number
    }
}
