//! The fields that a form sends, and what is wrong with one of them.

use crate::model::form::pairs;

/// The fields of a form.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(body: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = pairs(body).map(|(name, value)| (text(&name), text(&value)));
        Self(fields.collect())
    }

    pub(super) fn text(&self, name: &str) -> String {
        let found = self.0.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(have, _)| have == name)
    }
}

/// Finds what is wrong with a field.
pub(super) fn problem_of<'a>(
    problem: Option<&'a (String, String)>,
    field: &str,
) -> Option<&'a str> {
    let (wrong, why) = problem?;
    (wrong == field).then_some(why.as_str())
}
