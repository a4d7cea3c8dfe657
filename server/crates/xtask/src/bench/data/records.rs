//! What a record of each stream says.

use super::{
    random::{FIRST, LAST, Random, WORDS},
    row::Row,
};

pub fn user(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
    row.bare("id", &key.to_string());
    row.text("name", &format!("{first} {last}"));
    row.text(
        "title",
        random.pick(&["Mr.", "Mrs.", "Dr.", "Ms.", "Prof."]),
    );
    row.bare("age", &(18 + random.below(70)).to_string());
    row.text(
        "email",
        &format!(
            "{}.{}{}@example.org",
            first.to_lowercase(),
            last.to_lowercase(),
            random.below(100_000)
        ),
    );
    row.text(
        "telephone",
        &format!(
            "+1 (555) {:03}-{:04}",
            random.below(1000),
            random.below(10_000)
        ),
    );
    row.text(
        "gender",
        random.pick(&["female", "male", "other", "not said"]),
    );
    circumstances(random, row);
    moments(random, n, row);
}

fn circumstances(random: &mut Random, row: &mut Row) {
    row.text(
        "language",
        random.pick(&[
            "English",
            "Español",
            "Français",
            "Deutsch",
            "日本語",
            "Português",
        ]),
    );
    row.text(
        "academic_degree",
        random.pick(&["Bachelor", "Master", "PhD", "None"]),
    );
    row.text(
        "nationality",
        random.pick(&["Brazilian", "Danish", "Kenyan", "Vietnamese", "Canadian"]),
    );
    row.text(
        "occupation",
        &format!(
            "{} {}",
            random.pick(&WORDS),
            random.pick(&["manager", "engineer", "clerk", "nurse", "driver"])
        ),
    );
    row.bare("height", &format!("1.{:02}", 40 + random.below(60)));
    row.bare("weight", &(45 + random.below(80)).to_string());
    row.text("blood_type", random.pick(&["A+", "B-", "O+", "AB−"]));
    row.text(
        "birth_date",
        &format!(
            "{}-{:02}-{:02}",
            1940 + random.below(65),
            1 + random.below(12),
            1 + random.below(28)
        ),
    );
    row.bare(
        "is_active",
        if random.below(3) > 0 { "true" } else { "false" },
    );
    row.bare(
        "balance",
        &format!("{}.{:02}", random.below(1_000_000), random.below(100)),
    );
    row.object(
        "address",
        &format!(
            r#"{{"street_number":"{}","street_name":"{} {}","city":"{}","region":"{}","postal_code":"{:05}","country_code":"{}"}}"#,
            random.below(9999),
            random.pick(&WORDS),
            random.pick(&["Street", "Avenue", "Lane", "Road"]),
            random.pick(&LAST),
            random.pick(&WORDS),
            random.below(100_000),
            random.pick(&["BR", "DK", "KE", "VN", "CA"])
        ),
    );
}

pub fn product(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    row.bare("id", &key.to_string());
    row.text("make", random.pick(&LAST));
    row.text(
        "model",
        &format!("{} {}", random.pick(&WORDS), random.below(900)),
    );
    row.bare("year", &(1960 + random.below(65)).to_string());
    row.bare(
        "price",
        &format!("{}.{:02}", 100 + random.below(90_000), random.below(100)),
    );
    row.bare(
        "in_stock",
        if random.below(2) > 0 { "true" } else { "false" },
    );
    row.text("description", &random.prose(85));
    moments(random, n, row);
}

pub fn purchase(random: &mut Random, key: u64, n: u64, row: &mut Row) {
    row.bare("id", &key.to_string());
    row.bare("product_id", &(1 + random.below(100_000)).to_string());
    row.bare("user_id", &(1 + random.below(500_000)).to_string());
    row.bare("quantity", &(1 + random.below(9)).to_string());
    row.bare(
        "amount",
        &format!("{}.{:02}", random.below(10_000), random.below(100)),
    );
    row.text(
        "currency",
        random.pick(&["BRL", "DKK", "KES", "VND", "CAD"]),
    );
    row.text("note", &random.prose(10));
    row.text("added_to_cart_at", &moment(random.below(31_000_000)));
    row.text("purchased_at", &moment(random.below(31_000_000)));
    if random.below(8) == 0 {
        row.text("returned_at", &moment(random.below(31_000_000)));
    } else {
        row.null("returned_at");
    }
    moments(random, n, row);
}

/// When a row was made and last changed; later records are newer.
fn moments(random: &mut Random, n: u64, row: &mut Row) {
    row.text("created_at", &moment(random.below(31_000_000)));
    row.text("updated_at", &moment(31_600_000 + n));
}

/// A moment of 2023 and later, this many seconds after its beginning.
fn moment(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, day) = (2023 + days / 360, days % 360);
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        1 + day / 30,
        1 + day % 28,
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}
