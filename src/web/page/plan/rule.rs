//! A rule in a form, and what it does in a few words.

use super::super::text;
use super::fields::{Fields, problem_of};
use super::reply::{ReplyForm, told};
use crate::model::{Per, PlannedReply, Rule};
use crate::reply::check::{self, Problem};

/// A rule as it is set, or as it was typed.
#[derive(Debug, Default, Clone)]
pub(in crate::web::page) struct RuleForm {
    pub(in crate::web::page) name: String,
    pub(in crate::web::page) when: String,
    pub(in crate::web::page) per: String,
    pub(in crate::web::page) percent: String,
    /// Its replies, and an empty one.
    pub(in crate::web::page) replies: Vec<ReplyForm>,
    /// What it does, in a few words.
    pub(in crate::web::page) summary: String,
    pub(in crate::web::page) is_open: bool,
    /// Whether there is a rule before it, and one behind it.
    pub(in crate::web::page) can_rise: bool,
    pub(in crate::web::page) can_sink: bool,
    pub(super) problem: Option<(String, String)>,
}

impl RuleForm {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut replies: Vec<ReplyForm> = rule.replies.iter().map(ReplyForm::of).collect();
        replies.push(ReplyForm::default());
        Self {
            name: rule.name.clone(),
            when: rule.when.clone(),
            per: match rule.per {
                Per::Bin => "bin",
                Per::Path => "path",
                Per::Delivery => "delivery",
            }
            .to_owned(),
            percent: rule.percent.to_string(),
            replies,
            summary: summary(rule),
            ..Self::default()
        }
    }

    /// What is wrong with that field.
    pub(in crate::web::page) fn problem(&self, field: &str) -> Option<&str> {
        problem_of(self.problem.as_ref(), field)
    }

    pub(super) fn read(fields: &Fields) -> Self {
        let replies = (0..=Rule::MOST_REPLIES).map(|at| ReplyForm::read(fields, &format!("-{at}")));
        let replies: Vec<ReplyForm> = replies
            .filter(|reply| !reply.status.is_empty() || !reply.fault.is_empty())
            .chain([ReplyForm::default()])
            .collect();
        Self {
            name: fields.text("name").trim().to_owned(),
            when: fields.text("when").trim().to_owned(),
            per: fields.text("per"),
            percent: fields.text("percent").trim().to_owned(),
            replies,
            is_open: true,
            ..Self::default()
        }
    }

    /// The rule that was typed, beside the others; else what is wrong is noted in it.
    pub(super) fn rule(&mut self, others: &[Rule]) -> Option<Rule> {
        let mut replies = Vec::new();
        let count = self.replies.len() - 1;
        for form in self.replies.iter_mut().take(count) {
            match form.planned() {
                Ok(reply) => replies.push(reply),
                Err(problem) => {
                    form.problem = Some(problem);
                    return None;
                }
            }
        }
        let percent = match &*self.percent {
            "" => 100,
            typed => typed.parse().unwrap_or(0),
        };
        let rule = Rule {
            name: self.name.clone(),
            when: self.when.clone(),
            per: match &*self.per {
                "path" => Per::Path,
                "delivery" => Per::Delivery,
                _ => Per::Bin,
            },
            percent,
            replies,
        };
        let problem = match check::rule(&rule, others) {
            Ok(()) => return Some(rule),
            Err(problem) => problem,
        };
        // `replies[2].body` is the field of a reply.
        let inner = problem.field.strip_prefix("replies[").and_then(|rest| {
            let (at, field) = rest.split_once("].")?;
            Some((at.parse::<usize>().ok()?, field.to_owned()))
        });
        match inner.and_then(|(at, field)| Some((self.replies.get_mut(at)?, field))) {
            Some((reply, field)) => {
                reply.problem = Some(told(Problem {
                    field,
                    problem: problem.problem,
                }));
            }
            None => self.problem = Some(told(problem)),
        }
        None
    }
}

/// What a rule does, as its closed form says it: `503 twice, then 200`.
fn summary(rule: &Rule) -> String {
    let one = |reply: &PlannedReply| {
        let mut said = match reply.fault {
            Some(fault) if fault.has_status() => format!("{}, {}", reply.status, fault.title()),
            Some(fault) => fault.title().to_owned(),
            None => reply.status.to_string(),
        };
        match reply.times {
            Some(1) => said.push_str(" once"),
            Some(2) => said.push_str(" twice"),
            Some(times) => said = format!("{said} {times} times"),
            None => {}
        }
        if reply.delay_ms > 0 && reply.fault.is_none() {
            said = format!("{said} after {} ms", text::count(reply.delay_ms.into()));
        }
        said
    };
    let mut said: Vec<String> = rule.replies.iter().map(one).collect();
    if said.len() > 4 {
        said.truncate(3);
        said.push("…".to_owned());
    }
    said.join(", then ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::preset;

    #[test]
    fn a_rule_reads_back_from_its_form() {
        for preset in &preset::ALL {
            let rule = preset.rule();
            let form = RuleForm::of(&rule);
            let mut sent = form_urlencoded(&form);
            sent.push_str("&status-9=");
            let mut read = RuleForm::read(&Fields::read(sent.as_bytes()));
            assert_eq!(read.rule(&[]), Some(rule), "{}", preset.name);
        }
    }

    fn form_urlencoded(form: &RuleForm) -> String {
        let encode = |text: &str| {
            percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let mut sent = format!(
            "name={}&when={}&per={}&percent={}",
            encode(&form.name),
            encode(&form.when),
            form.per,
            form.percent
        );
        for (at, reply) in form.replies.iter().enumerate() {
            for (name, value) in [
                ("status", &reply.status),
                ("times", &reply.times),
                ("delay", &reply.delay),
                ("fault", &reply.fault),
                ("headers", &reply.headers),
                ("body", &reply.body),
            ] {
                sent.push_str(&format!("&{name}-{at}={}", encode(value)));
            }
        }
        sent
    }

    #[test]
    fn a_rule_says_what_it_does() {
        let said: Vec<String> = preset::ALL
            .iter()
            .map(|preset| summary(&preset.rule()))
            .collect();
        assert_eq!(
            said,
            [
                "503 twice, then 200",
                "200",
                "410",
                "429",
                "200 after 10,000 ms",
                "never answer"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_noted_where_it_was_typed() {
        let read = |sent: &str| {
            let mut form = RuleForm::read(&Fields::read(sent.as_bytes()));
            assert_eq!(form.rule(&[]), None, "{sent}");
            form
        };
        let form = read("name=a&when=&status-0=503&times-0=x");
        assert_eq!(
            form.replies[0].problem("times"),
            Some("Write a whole number.")
        );
        let form = read("name=a&when=metod:x&status-0=503");
        assert!(form.problem("when").unwrap().starts_with("At character 1"));
        let form = read("name=a&status-0=503&times-0=1&status-1=200&body-1={%25");
        assert!(form.replies[1].problem("body").is_some());
        let form = read("name=a&status-0=200&headers-0=nothing");
        assert!(
            form.replies[0]
                .problem("headers")
                .unwrap()
                .contains("no colon")
        );
        let form = read("name=&status-0=200");
        assert!(form.problem("name").is_some());
    }
}
