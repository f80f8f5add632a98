//! What senders hear: the sections of the settings about the bin's reply and its rules.
//!
//! Each rule is a form of its own, with one empty reply at its end to add another: what has no status is left out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::settings::{self, saved};
use super::{Error, text};
use crate::model::form::pairs;
use crate::model::{Fault, Per, PlannedHeader, PlannedReply, Rule, Settings};
use crate::reply::check::{self, Problem};
use crate::reply::preset;
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// What the sections show.
#[derive(Debug, Default)]
pub(super) struct Planning {
    pub(super) reply: ReplyForm,
    pub(super) cors: bool,
    pub(super) status_by_query: bool,
    pub(super) rules: Vec<RuleForm>,
    /// A rule that is being written.
    pub(super) new: RuleForm,
}

/// A reply as it is set, or as it was typed.
#[derive(Debug, Default, Clone)]
pub(super) struct ReplyForm {
    pub(super) status: String,
    pub(super) times: String,
    pub(super) delay: String,
    /// The fault's word; empty for none.
    pub(super) fault: String,
    /// `Name: value`, one a line.
    pub(super) headers: String,
    pub(super) body: String,
    /// The field that is wrong, and why.
    problem: Option<(String, String)>,
}

/// A rule as it is set, or as it was typed.
#[derive(Debug, Default, Clone)]
pub(super) struct RuleForm {
    pub(super) name: String,
    pub(super) when: String,
    pub(super) per: String,
    pub(super) percent: String,
    /// Its replies, and an empty one.
    pub(super) replies: Vec<ReplyForm>,
    /// What it does, in a few words.
    pub(super) summary: String,
    pub(super) is_open: bool,
    /// Whether there is a rule before it, and one behind it.
    pub(super) can_rise: bool,
    pub(super) can_sink: bool,
    problem: Option<(String, String)>,
}

/// Finds what is wrong with a field.
fn problem_of<'a>(problem: Option<&'a (String, String)>, field: &str) -> Option<&'a str> {
    let (wrong, why) = problem?;
    (wrong == field).then_some(why.as_str())
}

impl ReplyForm {
    fn of(reply: &PlannedReply) -> Self {
        let headers = reply.headers.iter();
        let headers = headers.map(|header| format!("{}: {}\n", header.name, header.value));
        Self {
            status: reply.status.to_string(),
            times: reply
                .times
                .map(|times| times.to_string())
                .unwrap_or_default(),
            delay: reply.delay_ms.to_string(),
            fault: reply
                .fault
                .map(Fault::as_str)
                .unwrap_or_default()
                .to_owned(),
            headers: headers.collect(),
            body: reply.body.clone(),
            problem: None,
        }
    }

    /// What is wrong with that field.
    pub(super) fn problem(&self, field: &str) -> Option<&str> {
        problem_of(self.problem.as_ref(), field)
    }

    /// Reads the fields whose names end like that.
    fn read(fields: &Fields, end: &str) -> Self {
        let text = |name: &str| fields.text(&format!("{name}{end}"));
        Self {
            status: text("status").trim().to_owned(),
            times: text("times").trim().to_owned(),
            delay: text("delay").trim().to_owned(),
            fault: text("fault"),
            headers: text("headers"),
            // Forms end lines with CR LF, whatever was typed.
            body: text("body").replace("\r\n", "\n"),
            problem: None,
        }
    }

    fn planned(&self) -> Result<PlannedReply, (String, String)> {
        let number = |field: &str, typed: &str, none: u32| match typed {
            "" => Ok(none),
            typed => typed
                .replace(',', "")
                .parse()
                .map_err(|_| (field.to_owned(), "Write a whole number.".to_owned())),
        };
        let status = number("status", &self.status, 200)?;
        let times = match &*self.times {
            "" => None,
            typed => Some(number("times", typed, 0)?),
        };
        let mut headers = Vec::new();
        for line in self.headers.lines().filter(|line| !line.trim().is_empty()) {
            let Some((name, value)) = line.split_once(':') else {
                let problem = format!("“{}” has no colon.", text::one_line(line, 60));
                return Err(("headers".to_owned(), problem));
            };
            headers.push(PlannedHeader {
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
            });
        }
        Ok(PlannedReply {
            status: u16::try_from(status).unwrap_or(u16::MAX),
            headers,
            body: self.body.clone(),
            delay_ms: number("delay", &self.delay, 0)?,
            fault: Fault::find(&self.fault),
            times,
        })
    }
}

/// A problem as its field is called in a form.
fn told(Problem { field, problem }: Problem) -> (String, String) {
    let name = match field.split(['[', '.']).next().unwrap_or_default() {
        "delay_ms" => "delay",
        name => name,
    };
    (name.to_owned(), text::sentence(&problem))
}

impl RuleForm {
    fn of(rule: &Rule) -> Self {
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
    pub(super) fn problem(&self, field: &str) -> Option<&str> {
        problem_of(self.problem.as_ref(), field)
    }

    fn read(fields: &Fields) -> Self {
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
    fn rule(&mut self, others: &[Rule]) -> Option<Rule> {
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

impl Planning {
    /// The sections as the settings are, with a new rule from a preset where one is named.
    pub(super) fn of(settings: &Settings, preset: &str) -> Self {
        let chosen = preset::ALL.iter().find(|known| known.name == preset);
        let new = match chosen {
            Some(preset) => {
                let mut rule = preset.rule();
                // The name of a rule is its own.
                let taken = |name: &str| settings.rules.iter().any(|rule| rule.name == name);
                let title = rule.name.clone();
                for at in 2..=Rule::MOST + 1 {
                    if taken(&rule.name) {
                        rule.name = format!("{title} ({at})");
                    }
                }
                RuleForm {
                    is_open: true,
                    ..RuleForm::of(&rule)
                }
            }
            None => RuleForm {
                percent: "100".to_owned(),
                replies: vec![
                    ReplyForm::of(&PlannedReply::default()),
                    ReplyForm::default(),
                ],
                ..RuleForm::default()
            },
        };
        Self {
            reply: ReplyForm::of(&settings.reply),
            cors: settings.cors,
            status_by_query: settings.status_by_query,
            rules: settings
                .rules
                .iter()
                .enumerate()
                .map(|(at, rule)| RuleForm {
                    can_rise: at > 0,
                    can_sink: at + 1 < settings.rules.len(),
                    ..RuleForm::of(rule)
                })
                .collect(),
            new,
        }
    }

    /// The rules to begin with.
    pub(super) fn presets() -> &'static [preset::Preset] {
        &preset::ALL
    }

    /// The faults that can be planned: word and title.
    pub(super) fn faults() -> [(Fault, &'static str, &'static str); 5] {
        Fault::ALL
    }
}

/// The fields of a form.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = pairs(body).map(|(name, value)| (text(&name), text(&value)));
        Self(fields.collect())
    }

    fn text(&self, name: &str) -> String {
        let found = self.0.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(have, _)| have == name)
    }
}

/// Takes the form of the bin's own reply.
pub(super) async fn update_reply(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    body: Bytes,
) -> Result<Response, Error> {
    let fields = Fields::read(&body);
    let mut settings = bin.bin.settings.clone();
    settings.cors = fields.has("cors");
    settings.status_by_query = fields.has("status_by_query");
    let mut form = ReplyForm::read(&fields, "");
    let planned = form
        .planned()
        .and_then(|reply| check::own(&reply).map_err(told).map(|()| reply));
    match planned {
        Ok(reply) => {
            settings.reply = reply;
            app.store.update_bin(&bin.bin, settings).await?;
            Ok(saved(&bin, "reply"))
        }
        Err(problem) => {
            form.problem = Some(problem);
            let planning = Planning {
                reply: form,
                ..Planning::of(&settings, "")
            };
            refused(&app, &bin, &site, planning).await
        }
    }
}

/// Takes the form of a rule: `at` is its place, and one behind the last for a new one.
pub(super) async fn update_rule(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    body: Bytes,
) -> Result<Response, Error> {
    let fields = Fields::read(&body);
    let mut settings = bin.bin.settings.clone();
    let rules = &mut settings.rules;
    let at = fields.text("at").parse().unwrap_or(usize::MAX);
    // The page may be older than the settings: a rule is meant by its name.
    let is_known = rules
        .get(at)
        .is_some_and(|rule| rule.name == fields.text("was"));
    match (&*fields.text("act"), is_known) {
        ("remove", true) => {
            rules.remove(at);
        }
        ("up", true) if at > 0 => rules.swap(at, at - 1),
        ("down", true) if at + 1 < rules.len() => rules.swap(at, at + 1),
        ("reset", true) => {
            app.store.reset_uses(&bin.bin).await?;
            return Ok(saved(&bin, "rules"));
        }
        ("save", _) => {
            let mut others = rules.clone();
            if is_known {
                others.remove(at);
            }
            let mut form = RuleForm::read(&fields);
            let Some(rule) = form.rule(&others) else {
                let mut planning = Planning::of(&settings, "");
                match planning.rules.get_mut(at).filter(|_| is_known) {
                    Some(place) => *place = form,
                    None => planning.new = form,
                }
                return refused(&app, &bin, &site, planning).await;
            };
            if is_known {
                others.insert(at, rule);
            } else {
                others.push(rule);
            }
            if others.len() > Rule::MOST {
                let problem = format!("{} rules are the most.", Rule::MOST);
                form.problem = Some(("name".to_owned(), problem));
                let mut planning = Planning::of(&settings, "");
                planning.new = form;
                return refused(&app, &bin, &site, planning).await;
            }
            *rules = others;
        }
        _ => return Ok(saved(&bin, "rules")),
    }
    app.store.update_bin(&bin.bin, settings).await?;
    Ok(saved(&bin, "rules"))
}

async fn refused(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    planning: Planning,
) -> Result<Response, Error> {
    settings::refuse(app, bin, site, |page| page.planning = planning).await
}

#[cfg(test)]
mod tests {
    use super::*;

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
