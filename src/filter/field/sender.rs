//! Words about who sent it, and what is known of that.

use std::sync::Arc;

use super::{Simple, Test, TextTest, Written};
use crate::filter::subject::Subject;
use crate::model::VerdictState;

type Made = Result<Arc<dyn Test>, String>;

#[derive(Debug)]
struct Provider(TextTest);

impl Test for Provider {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        subject
            .recognised
            .is_some_and(|known| self.0.matches(known.provider.as_bytes()))
    }

    fn simple(&self) -> Option<Simple> {
        self.0.literal().map(Simple::Provider)
    }
}

pub(super) fn provider(written: &Written<'_>) -> Made {
    Ok(Arc::new(Provider(written.text()?)))
}

/// The event's type, or its id.
#[derive(Debug)]
struct Event(TextTest);

impl Test for Event {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        subject.recognised.is_some_and(|known| {
            let parts = [&known.event.kind, &known.event.id];
            parts
                .into_iter()
                .flatten()
                .any(|text| self.0.matches(text.as_bytes()))
        })
    }
}

pub(super) fn event(written: &Written<'_>) -> Made {
    Ok(Arc::new(Event(written.text()?)))
}

#[derive(Debug)]
struct Verdict(VerdictState);

impl Test for Verdict {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        subject.verdict == Some(self.0)
    }

    fn needs_body(&self) -> bool {
        true
    }
}

pub(super) fn verdict(written: &Written<'_>) -> Made {
    let states = [
        VerdictState::Valid,
        VerdictState::Invalid,
        VerdictState::Unchecked,
        VerdictState::Unsigned,
    ];
    let text = written.value.text()?;
    let state = states
        .into_iter()
        .find(|state| state.as_str().eq_ignore_ascii_case(text));
    let state = state.ok_or("valid, invalid, unchecked or unsigned stands here")?;
    Ok(Arc::new(Verdict(state)))
}
