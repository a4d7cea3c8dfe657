//! Guesses from a field's name whether it holds personal data, so that samples come masked.

/// Words that mean personal data wherever they stand in a name.
const ALWAYS: [&str; 46] = [
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "cell",
    "fax",
    "address",
    "addr",
    "street",
    "zip",
    "zipcode",
    "postal",
    "postcode",
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "ssn",
    "passport",
    "iban",
    "bic",
    "surname",
    "firstname",
    "lastname",
    "fullname",
    "forename",
    "nickname",
    "username",
    "gender",
    "ip",
    "latitude",
    "longitude",
    "lat",
    "lng",
    "password",
    "passwd",
    "secret",
    "token",
    "ethnicity",
    "religion",
    "salary",
    "income",
    "signature",
    "avatar",
    "photo",
];
/// "name" means a person when one of these stands beside it.
const PERSON: [&str; 19] = [
    "first",
    "last",
    "middle",
    "full",
    "given",
    "family",
    "maiden",
    "customer",
    "contact",
    "user",
    "billing",
    "shipping",
    "recipient",
    "owner",
    "holder",
    "employee",
    "patient",
    "guest",
    "member",
];

pub fn is_personal(field: &str) -> bool {
    let words = words(field);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&ALWAYS)
        || (has(&["name"]) && has(&PERSON))
        || (has(&["card", "account"]) && has(&["number", "no"]))
        || (has(&["tax"]) && has(&["id", "number"]))
}

/// `billingAddress2` → billing, address.
fn words(field: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in field.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            let word = words.last_mut().expect("there is always a word");
            word.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_personal_data() {
        for field in [
            "email",
            "E_Mail",
            "customerEmail",
            "billing_address2",
            "first_name",
            "customerName",
            "phone1",
            "date_of_birth",
            "ip_address",
            "card_number",
            "tax_id",
            "shipping.name",
            "user-agent-ip",
        ] {
            assert!(is_personal(field), "{field}");
        }
        for field in [
            "id",
            "name",
            "product_name",
            "description",
            "zipper",
            "created_at",
            "shipped",
            "card_brand",
            "tip",
            "tax",
        ] {
            assert!(!is_personal(field), "{field}");
        }
    }
}
