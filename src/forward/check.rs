//! What of a bin's targets can be taken.

use crate::filter::Filter;
use crate::model::{Target, Timestamp};
use crate::outbound::{Url, field_problem};
use crate::provider;

/// What is wrong, and where: `targets[1].when`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The field, with what stands around it.
    pub field: String,
    /// What is wrong, and what would be right, without a full stop.
    pub problem: String,
}

/// Whether a bin can have these targets.
///
/// # Errors
/// The first field that cannot be taken.
pub fn check(targets: &[Target]) -> Result<(), Wrong> {
    let wrong = |field: String, problem: String| Err(Wrong { field, problem });
    if targets.len() > Target::MOST {
        return wrong("targets".to_owned(), format!("at most {}", Target::MOST));
    }
    for (at, target) in targets.iter().enumerate() {
        let at_field = |name: &str| format!("targets[{at}].{name}");
        if target.url.len() > Url::LONGEST {
            let most = Url::LONGEST;
            return wrong(at_field("url"), format!("at most {most} characters"));
        }
        if let Err(error) = target.url.parse::<Url>() {
            return wrong(at_field("url"), error.to_string());
        }
        if targets
            .iter()
            .take(at)
            .any(|before| before.url == target.url)
        {
            return wrong(at_field("url"), "another target has this URL".to_owned());
        }
        if let Err(error) = Filter::parse(&target.when, Timestamp::from_micros(0)) {
            return wrong(at_field("when"), error.to_string());
        }
        if target.headers.len() > Target::MOST_HEADERS {
            let most = Target::MOST_HEADERS;
            return wrong(at_field("headers"), format!("at most {most}"));
        }
        for header in &target.headers {
            if let Some(problem) = field_problem(&header.name, &header.value) {
                return wrong(at_field("headers"), problem);
            }
        }
        if target
            .sign
            .as_deref()
            .is_some_and(|slug| slug != super::OWN && provider::find(slug).is_none())
        {
            return wrong(
                at_field("sign"),
                "there is no provider of this name".to_owned(),
            );
        }
        if !(1..=Target::MOST_CONCURRENCY).contains(&target.concurrency) {
            let most = Target::MOST_CONCURRENCY;
            return wrong(at_field("concurrency"), format!("expected 1 to {most}"));
        }
    }
    Ok(())
}
