//! Why an API gave no rows, told to whoever describes it: by what it answered, not by what a program makes of that.

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Whoever asked was refused; what the API answered.
    Refused(String),
    Other(String),
}

impl Failure {
    /// What the runtime says of a read that failed.
    pub fn of(problem: &str) -> Self {
        let cause = cause(problem);
        match status(cause) {
            Some(401) => Self::Refused("it answered 401".to_owned()),
            Some(403) => Self::Refused("it answered 403".to_owned()),
            _ if cause.starts_with("Signing in was refused") => {
                Self::Refused("signing in was refused".to_owned())
            }
            Some(status) => Self::Other(answered(status)),
            None => Self::Other(words(cause)),
        }
    }

    /// For one table, where others were read.
    pub fn at_table(self) -> String {
        match self {
            Self::Refused(answer) => format!("The API does not show this table: {answer}."),
            Self::Other(words) => words,
        }
    }
}

/// Nobody needs to be told that it was the first page: there is no other.
fn cause(problem: &str) -> &str {
    problem.strip_prefix("Page 1: ").unwrap_or(problem)
}

/// The status that a message names.
fn status(cause: &str) -> Option<u16> {
    let marks = ["HTTP Status Code: ", "HTTP status "];
    let (_, after) = marks.into_iter().find_map(|mark| cause.split_once(mark))?;
    let mut parts = after.split(|letter: char| !letter.is_ascii_digit());
    parts.next()?.parse().ok()
}

fn answered(status: u16) -> String {
    let advice = match status {
        404 | 410 => "There is nothing at this address: look at base_url and path.",
        405 => "It wants another method.",
        429 => "It wants fewer requests: wait a little, then try again.",
        400..=499 => "It does not accept the request as it is described.",
        500.. => "That is a fault on its side: try again later.",
        _ => "That is no answer with rows.",
    };
    format!("The API answered {status}. {advice}")
}

/// The few messages that need other words here.
fn words(cause: &str) -> String {
    if cause.starts_with("The answer is not valid JSON") {
        return "The API did not answer with JSON. It may be a page for people: look at base_url and path."
            .to_owned();
    }
    let unknown = cause
        .strip_prefix("The name “")
        .and_then(|rest| rest.split_once("” was not found"));
    match unknown {
        Some((host, _)) => format!("{host} was not found. Check the spelling of the address."),
        None => cause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runtime_says_becomes_what_the_api_answered() {
        let refused = |answer: &str| Failure::Refused(answer.to_owned());
        let other = |words: &str| Failure::Other(words.to_owned());
        for (problem, expected) in [
            (
                "HTTP Status Code: 401. Error: Unauthorized. Please ensure you are authenticated correctly.",
                refused("it answered 401"),
            ),
            (
                "Page 1: The server answered with HTTP status 401.",
                refused("it answered 401"),
            ),
            (
                "HTTP Status Code: 403. Error: Forbidden.",
                refused("it answered 403"),
            ),
            ("Signing in was refused.", refused("signing in was refused")),
            (
                "Page 1: HTTP Status Code: 503. Error: Service unavailable.",
                other("The API answered 503. That is a fault on its side: try again later."),
            ),
            (
                "HTTP Status Code: 404. Error: Not found.",
                other(
                    "The API answered 404. There is nothing at this address: look at base_url and path.",
                ),
            ),
            (
                "Page 1: The name “nowhere.invalid” was not found. Check its spelling.",
                other("nowhere.invalid was not found. Check the spelling of the address."),
            ),
            (
                "The answer is not valid JSON.",
                other(
                    "The API did not answer with JSON. It may be a page for people: look at base_url and path.",
                ),
            ),
            (
                "Page 1: “127.0.0.1” could not be reached.",
                other("“127.0.0.1” could not be reached."),
            ),
        ] {
            assert_eq!(Failure::of(problem), expected, "{problem}");
        }
    }
}
