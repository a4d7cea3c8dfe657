//! The columns of a synced table come in the order in which its source has them.

use crate::harness::{Hub, SourceDatabase};

/// Sorted by length, by letter or by key, the columns would come in another order.
const SOURCE: &str = "
    CREATE TABLE ships (name text, tonnage int, id int PRIMARY KEY, t text, harbour text, at date);
    INSERT INTO ships VALUES ('Aurora', 900, 1, 'x', 'Bergen', '2024-05-01')";

/// Its own columns stand apart from those of the source.
const COLUMNS: &str = "
    SELECT attname
    FROM pg_attribute
    WHERE attrelid = 'ships'::regclass
      AND attnum > 0
      AND NOT attisdropped
      AND attname NOT LIKE '\\_%'
    ORDER BY attnum";

#[test]
fn a_table_has_its_columns_in_the_order_of_its_source() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(SOURCE);
    let (connection, test) = anna.connect("postgresql", "Fleet", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(
        hub.rows(&anna.tenant, COLUMNS),
        ["name", "tonnage", "id", "t", "harbour", "at"]
    );
}
