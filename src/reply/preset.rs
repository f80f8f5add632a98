//! Rules to begin with.

use crate::model::{Fault, Per, PlannedHeader, PlannedReply, Rule};

/// A rule that people often want.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its word in addresses.
    pub name: &'static str,
    /// What it is called on pages.
    pub title: &'static str,
    make: fn() -> Rule,
}

impl Preset {
    /// The rule.
    pub fn rule(&self) -> Rule {
        Rule {
            name: self.title.to_owned(),
            ..(self.make)()
        }
    }
}

/// Every preset.
pub static ALL: [Preset; 6] = [
    Preset {
        name: "fail-twice",
        title: "Fail twice, then succeed",
        make: || Rule {
            per: Per::Delivery,
            replies: vec![
                PlannedReply {
                    times: Some(2),
                    ..status(503)
                },
                status(200),
            ],
            ..Rule::default()
        },
    },
    Preset {
        name: "echo",
        title: "Echo the body",
        make: || {
            one(PlannedReply {
                headers: vec![header(
                    "Content-Type",
                    "{{ request.headers['content-type'] or 'text/plain' }}",
                )],
                body: "{{ request.body }}".to_owned(),
                ..status(200)
            })
        },
    },
    Preset {
        name: "gone",
        title: "Gone for good",
        make: || one(status(410)),
    },
    Preset {
        name: "slow-down",
        title: "Too many requests",
        make: || {
            one(PlannedReply {
                headers: vec![header("Retry-After", "30")],
                ..status(429)
            })
        },
    },
    Preset {
        name: "slow",
        title: "Answer after 10 seconds",
        make: || {
            one(PlannedReply {
                delay_ms: 10_000,
                ..status(200)
            })
        },
    },
    Preset {
        name: "hang",
        title: "Never answer",
        make: || {
            one(PlannedReply {
                fault: Some(Fault::Hang),
                ..status(200)
            })
        },
    },
];

fn status(status: u16) -> PlannedReply {
    PlannedReply {
        status,
        ..PlannedReply::default()
    }
}

fn header(name: &str, value: &str) -> PlannedHeader {
    PlannedHeader {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn one(reply: PlannedReply) -> Rule {
    Rule {
        replies: vec![reply],
        ..Rule::default()
    }
}
