//! A view as it is drawn: one template for each kind, and parts of parts by the same.

use askama::Template;

use super::fields::Rows;
use super::text;
use crate::viewer::{LineKind, MediaKind, Part, Rest, Shown, Spelled, View};

/// Where the bytes of a view are had, and other views of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The address of the request's page.
    pub(super) here: String,
    /// The address of the part, where it is not the whole body: digits and points.
    pub(super) part: Option<String>,
    /// Whether the bytes are as they were sent, though others might be shown.
    pub(super) is_as_sent: bool,
    /// What is kept of the list beside it, as `q=…&order=…`; empty for nothing.
    pub(super) query: String,
}

impl Place {
    /// What follows the parameters of an address that leads to another view of the same bytes. It is safe in HTML.
    pub(super) fn tail(&self) -> String {
        let part = self.part.as_ref().map(|part| format!("&amp;in={part}"));
        let form = if self.is_as_sent { "&amp;as=sent" } else { "" };
        format!("{}{form}{}", part.unwrap_or_default(), self.kept())
    }

    /// What keeps filter and order, behind the parameters of an address. It is safe in HTML.
    pub(super) fn kept(&self) -> String {
        match self.query.as_str() {
            "" => String::new(),
            query => format!("&{query}").replace('&', "&amp;"),
        }
    }

    /// The address of the request's page, with the filter.
    pub(super) fn page(&self) -> String {
        match self.query.as_str() {
            "" => self.here.clone(),
            query => format!("{}?{query}", self.here),
        }
    }

    /// What asks for the same bytes at the addresses that hand them out. It is safe in HTML.
    pub(super) fn ask(&self) -> String {
        let part = self.part.as_ref().map(|part| format!("?in={part}"));
        part.unwrap_or_default()
    }

    /// The place of a part.
    fn inside(&self, number: usize) -> Self {
        let part = match &self.part {
            Some(outer) => format!("{outer}.{number}"),
            None => number.to_string(),
        };
        Self {
            part: Some(part),
            ..self.clone()
        }
    }
}

/// A view, ready to be drawn.
#[derive(Debug, Template)]
#[template(path = "view/shown.html")]
pub(super) struct Drawn {
    view: View,
    /// The rows of a view of names and values.
    rows: Rows,
    parts: Vec<DrawnPart>,
    place: Place,
    /// What the ids of lines begin with, so that those of several views differ.
    ids: String,
}

/// A part, ready to be drawn.
#[derive(Debug)]
struct DrawnPart {
    title: Spelled,
    about: Vec<Spelled>,
    size: String,
    fields: Rows,
    is_open: bool,
    /// Where it is had alone; `None` when it is not.
    place: Option<Place>,
    problem: Option<String>,
    /// How it was read.
    facts: Option<String>,
    rest: Option<Rest>,
    /// What it was decoded from for the view.
    decoded: Option<String>,
    /// The place as the name of a file.
    name: String,
    drawn: Drawn,
}

impl Drawn {
    /// Makes a view ready; `ids` is what the ids in it begin with.
    pub(super) fn new(view: View, place: Place, ids: &str) -> Self {
        let mut drawn = Self {
            rows: Rows::default(),
            parts: Vec::new(),
            place,
            ids: ids.to_owned(),
            view,
        };
        match &mut drawn.view {
            View::Table(table) => drawn.rows = Rows::of_table(table),
            View::Parts(parts) => {
                let parts = std::mem::take(&mut parts.parts);
                let part = |(at, part)| DrawnPart::new(part, &drawn.place, &format!("{ids}p{at}-"));
                drawn.parts = (1_usize..).zip(parts).map(part).collect();
            }
            _ => {}
        }
        drawn
    }
}

impl DrawnPart {
    fn new(part: Part, outer: &Place, ids: &str) -> Self {
        let place = part.number.map(|number| outer.inside(number));
        let Shown {
            view,
            facts,
            problem,
            caution,
            rest,
        } = part.shown;
        let drawn_at = place.clone().unwrap_or_default();
        Self {
            title: part.title,
            about: part.about,
            size: text::size(part.size),
            fields: Rows::of_table(&part.fields),
            is_open: part.is_open,
            problem: problem.or(caution),
            facts: (!facts.is_empty()).then(|| facts.join(", ")),
            rest,
            decoded: part.decoded,
            name: drawn_at.part.clone().unwrap_or_default(),
            place,
            drawn: Drawn::new(view, drawn_at, ids),
        }
    }

    fn is_empty(&self) -> bool {
        self.size == "0 B"
    }
}
