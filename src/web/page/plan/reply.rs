//! A reply in a form.

use super::super::text;
use super::fields::{Fields, problem_of};
use crate::model::{Fault, PlannedHeader, PlannedReply};
use crate::reply::check::Problem;

/// A reply as it is set, or as it was typed.
#[derive(Debug, Default, Clone)]
pub(in crate::web::page) struct ReplyForm {
    pub(in crate::web::page) status: String,
    pub(in crate::web::page) times: String,
    pub(in crate::web::page) delay: String,
    /// The fault's word; empty for none.
    pub(in crate::web::page) fault: String,
    /// `Name: value`, one a line.
    pub(in crate::web::page) headers: String,
    pub(in crate::web::page) body: String,
    /// The field that is wrong, and why.
    pub(super) problem: Option<(String, String)>,
}

impl ReplyForm {
    pub(super) fn of(reply: &PlannedReply) -> Self {
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
    pub(in crate::web::page) fn problem(&self, field: &str) -> Option<&str> {
        problem_of(self.problem.as_ref(), field)
    }

    /// Reads the fields whose names end like that.
    pub(super) fn read(fields: &Fields, end: &str) -> Self {
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

    pub(super) fn planned(&self) -> Result<PlannedReply, (String, String)> {
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
pub(super) fn told(Problem { field, problem }: Problem) -> (String, String) {
    let name = match field.split(['[', '.']).next().unwrap_or_default() {
        "delay_ms" => "delay",
        name => name,
    };
    (name.to_owned(), text::sentence(&problem))
}
