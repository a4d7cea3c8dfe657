//! One record in both of its spellings.

use std::fmt::Write as _;

/// One record, as JSON and as a line of CSV.
#[derive(Default)]
pub struct Row {
    pub json: String,
    pub csv: String,
}

impl Row {
    pub fn clear(&mut self) {
        self.json.clear();
        self.csv.clear();
        self.json.push('{');
    }

    pub fn finish(&mut self) {
        self.json.push('}');
    }

    fn field(&mut self, name: &str, json: &str, csv: &str) {
        if self.json.len() > 1 {
            self.json.push(',');
            self.csv.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.json, "\"{name}\":{json}");
        self.csv.push_str(csv);
    }

    pub fn bare(&mut self, name: &str, value: &str) {
        self.field(name, value, value);
    }

    pub fn text(&mut self, name: &str, value: &str) {
        let json = format!(
            "\"{}\"",
            value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        );
        self.field(name, &json, &format!("\"{}\"", value.replace('"', "\"\"")));
    }

    pub fn object(&mut self, name: &str, json: &str) {
        self.field(name, json, &format!("\"{}\"", json.replace('"', "\"\"")));
    }

    pub fn null(&mut self, name: &str) {
        self.field(name, "null", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_tell_the_same() {
        let mut row = Row::default();
        row.clear();
        row.bare("id", "1");
        row.text("name", "say \"hi\"");
        row.null("gone");
        row.finish();
        assert_eq!(row.json, r#"{"id":1,"name":"say \"hi\"","gone":null}"#);
        assert_eq!(row.csv, r#"1,"say ""hi""","#);
    }
}
