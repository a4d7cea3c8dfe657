//! `ResponseToFileExtractor`: a report that is CSV, packed or not.

use serde_json::json;

use crate::declarative::decode::Decoder;
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// Texts that the Python runtime's reader takes for nothing.
const NOTHING: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// Reads the report's rows.
pub fn decoder(node: &Node<'_>) -> Result<Decoder, Fault> {
    let nothing: &[&str] = if node.is("preserve_na_values")? {
        &NOTHING[..1]
    } else {
        &NOTHING
    };
    let dialect = json!({"type": "CsvDecoder", "set_values_to_none": nothing});
    let csv = Decoder::read(&Node::new(&dialect, node.place())?)?;
    Ok(Decoder::Gzip(Box::new(csv)))
}
