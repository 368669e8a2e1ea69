//! What a Flow is for, and where Meta asks for its data.

use chassis::Problem;
use contract::FlowDetails;
use whatsapp::graph::FlowFacts;

/// Meta's words for what a Flow is for. Source: Flows API, "Creating a Flow".
const CATEGORIES: [&str; 8] =
    ["SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER"];
const ENDPOINT_BYTES_MAX: usize = 2_048;

/// At least one of Meta's words, each once, in their order.
pub(crate) fn categories(given: &[String]) -> Result<Vec<String>, Problem> {
    let mut problem = None;
    for (index, category) in given.iter().enumerate() {
        if !CATEGORIES.contains(&category.as_str()) {
            let detail = format!("one of {}", CATEGORIES.join(", "));
            problem = Some(problem.unwrap_or_else(refused).field(format!("/categories/{index}"), "unknown", detail));
        }
    }
    if given.is_empty() {
        problem = Some(refused().field("/categories", "missing", "needs at least one"));
    }
    match problem {
        Some(problem) => Err(problem),
        None => Ok(CATEGORIES.iter().filter(|category| given.iter().any(|one| one == *category)).map(|one| (*one).to_owned()).collect()),
    }
}

/// An address that Meta can reach: `https://`.
pub(crate) fn endpoint(given: &str) -> Result<String, Problem> {
    let rest = given.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = given.len() <= ENDPOINT_BYTES_MAX && given.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && host.contains('.') && !host.contains('@') {
        return Ok(given.to_owned());
    }
    Err(refused().field("/endpoint_uri", "invalid", "a URL that begins with https://, of visible ASCII characters, at most 2048"))
}

/// What Meta says; some answers hold no categories: nothing was said then.
pub(crate) fn said(facts: &FlowFacts) -> Option<FlowDetails> {
    let said = FlowDetails { categories: facts.categories.clone(), endpoint_uri: facts.endpoint_uri.clone() };
    Some(said).filter(|said| !said.categories.is_empty())
}

/// Whether two say the same: Meta has its own order.
pub(crate) fn same(one: &FlowDetails, other: &FlowDetails) -> bool {
    let sorted = |details: &FlowDetails| {
        let mut categories = details.categories.clone();
        categories.sort_unstable();
        categories
    };
    sorted(one) == sorted(other) && one.endpoint_uri == other.endpoint_uri
}

pub(crate) fn refused() -> Problem {
    Problem::unprocessable("invalid_body", "the Flow cannot be like this")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_metas_each_once() {
        let given = |words: &[&str]| categories(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(given(&["OTHER", "SURVEY", "OTHER"]).unwrap(), ["SURVEY", "OTHER"]);
        assert_eq!(given(&[]).unwrap_err().errors[0].pointer, "/categories");
        assert_eq!(given(&["SURVEY", "survey", ""]).unwrap_err().errors.len(), 2);
    }

    #[test]
    fn an_endpoint_is_an_address_that_meta_can_reach() {
        assert!(endpoint("https://bot.example.com/flow?a=1").is_ok());
        for bad in
            ["", "http://bot.example.com", "https://", "https://localhost/x", "https://a b.example", "https://u@evil.example/", "ftp://a.b"]
        {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
