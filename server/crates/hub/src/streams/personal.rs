//! Guesses from a field's name, and from what stands in it, whether it holds personal data, so that samples come masked.

mod content;

pub use content::holds_personal;

/// Words that mean personal data wherever they stand in a name.
const ALWAYS: [&str; 56] = [
    "phonenumber",
    "tel",
    "telefon",
    "telefonnummer",
    "mobil",
    "mobilephone",
    "cell",
    "fax",
    "whatsapp",
    "msisdn",
    "address",
    "addr",
    "street",
    "zip",
    "zipcode",
    "postal",
    "postcode",
    "anschrift",
    "strasse",
    "plz",
    "birthplace",
    "dob",
    "geburtsdatum",
    "ssn",
    "passport",
    "iban",
    "bic",
    "creditcard",
    "cardnumber",
    "contactname",
    "surname",
    "firstname",
    "lastname",
    "fullname",
    "vorname",
    "nachname",
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
/// Words of a person's own: whatever is called a name beside one of these is the name of somebody.
const OWN: [&str; 11] = [
    "email",
    "emails",
    "mail",
    "phone",
    "phones",
    "telephone",
    "mobile",
    "birth",
    "birthday",
    "birthdate",
    "geburtstag",
];
/// Words that mean somebody where they are the whole name: a `person_id` is a number, and a `contact_count`, too.
const ALONE: [&str; 4] = ["contact", "contacts", "person", "persons"];
/// "name" means a person when one of these stands beside it.
const PERSON: [&str; 20] = [
    "person",
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
    let is_alone = words.len() == 1 && has(&ALONE);
    is_alone
        || has(&ALWAYS)
        || has(&OWN)
        || (has(&["name"]) && has(&PERSON))
        || (has(&["card", "account"]) && has(&["number", "no"]))
        || (has(&["tax"]) && has(&["id", "number"]))
}

/// Whether a field is of one person: then a `name` beside it is that person's.
pub fn is_of_person(field: &str) -> bool {
    words(field).iter().any(|word| OWN.contains(&word.as_str()))
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
            "tel",
            "Telefon",
            "contact",
            "contact_name",
            "Person",
            "person name",
            "IBAN",
            "bic",
            "birthDate",
            "mobilePhone",
            "phoneNumbers",
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
            "hotel",
            "contact_count",
            "person_id",
            "personal_best",
        ] {
            assert!(!is_personal(field), "{field}");
        }
    }
}
