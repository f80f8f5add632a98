//! What of a plan can be taken.

use crate::filter::Filter;
use crate::model::{PlannedReply, Rule, Timestamp};
use crate::template;

/// What is wrong, and where: `rules[1].replies[0].body`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The field, with what stands around it.
    pub field: String,
    /// What is wrong, and what would be right, without a full stop.
    pub problem: String,
}

impl Problem {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }

    fn within(self, outer: &str) -> Self {
        Self::new(format!("{outer}.{}", self.field), self.problem)
    }
}

/// Fields that are the server's business, or that would let a reply act on the origin that it comes from. (A browser that is told of an
/// `NEL` policy reports every address of the origin that it opens from then on, and bins' keys stand in some.)
const NOT_ALLOWED: [&str; 19] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "set-cookie",
    "set-cookie2",
    "service-worker-allowed",
    "clear-site-data",
    "alt-svc",
    "nel",
    "report-to",
    "content-security-policy",
    "x-content-type-options",
    "strict-transport-security",
    "x-hookwell-request",
];

/// Words of the filter that are not known before a request is stored, or that count from the time at which the rule is read.
const NOT_YET: [(&str, &str); 6] = [
    ("n", "a request has no number before it is answered"),
    ("delivery", "use per: delivery to tell deliveries apart"),
    ("status", "it is what the rule decides"),
    ("since", "rules have no times"),
    ("until", "rules have no times"),
    ("is", "it is known only of requests that are stored"),
];

/// Whether a reply may have a field of that name.
pub fn is_allowed(name: &str) -> bool {
    !NOT_ALLOWED.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a reply can be given.
///
/// # Errors
/// The first field that cannot be taken.
pub fn reply(reply: &PlannedReply) -> Result<(), Problem> {
    if !(200..600).contains(&reply.status) {
        return Err(Problem::new("status", "expected 200 to 599"));
    }
    if reply.delay_ms > PlannedReply::MOST_DELAY_MS {
        let most = PlannedReply::MOST_DELAY_MS;
        return Err(Problem::new("delay_ms", format!("at most {most}")));
    }
    if reply.headers.len() > PlannedReply::MOST_HEADERS {
        let most = PlannedReply::MOST_HEADERS;
        return Err(Problem::new("headers", format!("at most {most}")));
    }
    for (at, header) in reply.headers.iter().enumerate() {
        let wrong =
            |part: &str, problem: String| Problem::new(format!("headers[{at}].{part}"), problem);
        if hyper::header::HeaderName::from_bytes(header.name.as_bytes()).is_err() {
            return Err(wrong(
                "name",
                "expected the name of a header field".to_owned(),
            ));
        }
        if !is_allowed(&header.name) {
            return Err(wrong("name", format!("a reply cannot set {}", header.name)));
        }
        if header.value.contains(|c: char| c.is_control() && c != '\t') {
            let problem = "a value cannot hold a line break or another control character";
            return Err(wrong("value", problem.to_owned()));
        }
        template::check(&header.value).map_err(|error| wrong("value", error.to_string()))?;
    }
    template::check(&reply.body).map_err(|error| Problem::new("body", error.to_string()))
}

/// Whether the bin's own reply can be given: it is one, without a sequence.
///
/// # Errors
/// The first field that cannot be taken.
pub fn own(planned: &PlannedReply) -> Result<(), Problem> {
    if planned.times.is_some() {
        return Err(Problem::new(
            "times",
            "only the replies of a rule are counted",
        ));
    }
    reply(planned)
}

/// Whether rules can be followed.
///
/// # Errors
/// The first field that cannot be taken.
pub fn rules(rules: &[Rule]) -> Result<(), Problem> {
    if rules.len() > Rule::MOST {
        return Err(Problem::new("rules", format!("at most {}", Rule::MOST)));
    }
    for (at, one) in rules.iter().enumerate() {
        rule(one, rules.get(..at).unwrap_or_default())
            .map_err(|problem| problem.within(&format!("rules[{at}]")))?;
    }
    Ok(())
}

/// Whether a rule can be followed behind these.
///
/// # Errors
/// The first field that cannot be taken.
pub fn rule(rule: &Rule, before: &[Rule]) -> Result<(), Problem> {
    let length = rule.name.chars().count();
    if !(1..=Rule::NAME_CHARACTERS).contains(&length) || rule.name.chars().any(char::is_control) {
        let most = Rule::NAME_CHARACTERS;
        let problem = format!("expected 1 to {most} characters, without control characters");
        return Err(Problem::new("name", problem));
    }
    if rule.name.contains(':') {
        return Err(Problem::new(
            "name",
            "without a colon, which stands in the names of built-in rules",
        ));
    }
    if [super::BY_QUERY, super::RELAYED].contains(&&*rule.name) {
        return Err(Problem::new("name", "a built-in rule has this name"));
    }
    if before.iter().any(|other| other.name == rule.name) {
        return Err(Problem::new("name", "another rule has this name"));
    }
    let filter = Filter::parse(&rule.when, Timestamp::from_micros(0))
        .map_err(|error| Problem::new("when", error.to_string()))?;
    for (word, why) in NOT_YET {
        if filter.uses(word) {
            return Err(Problem::new(
                "when",
                format!("{word} cannot stand in a rule: {why}"),
            ));
        }
    }
    if !(1..=100).contains(&rule.percent) {
        return Err(Problem::new("percent", "expected 1 to 100"));
    }
    if !(1..=Rule::MOST_REPLIES).contains(&rule.replies.len()) {
        let problem = format!("expected 1 to {}", Rule::MOST_REPLIES);
        return Err(Problem::new("replies", problem));
    }
    let last = rule.replies.len() - 1;
    for (at, planned) in rule.replies.iter().enumerate() {
        let within = format!("replies[{at}]");
        if planned.times == Some(0) {
            return Err(Problem::new("times", "at least 1").within(&within));
        }
        if planned.times.is_none() && at < last {
            let problem = "expected a number, as another reply comes behind it";
            return Err(Problem::new("times", problem).within(&within));
        }
        reply(planned).map_err(|problem| problem.within(&within))?;
    }
    Ok(())
}
