//! The file in a form that a browser sends (`multipart/form-data`, RFC 7578), given on as the form comes.
//!
//! Only the first part called `file` counts; others are passed over. What is held is no more than the fields of one part, or a
//! boundary that has not come whole.

use memchr::memmem;

use super::Error;
use crate::model::MediaType;
use crate::model::head::text;
use crate::model::media_type::parameter;

/// How many bytes the header fields of a part may have.
const HEAD: usize = 16 * 1024;

/// How many bytes there may be that belong to no file.
const OTHER: usize = 64 * 1024;

/// A form, and how far it was read.
#[derive(Debug)]
pub struct Upload {
    /// What stands before each part but for the first, whose line end is put in its place.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    at: At,
    other: usize,
    is_found: bool,
}

/// Where in the form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first part, or in one that does not count.
    Other,
    /// In the fields of a part.
    Head,
    File,
    After,
}

impl Upload {
    /// A form of that media type, of which nothing came yet.
    ///
    /// # Errors
    /// When it is no such form, or has no boundary (RFC 7578 section 4.1).
    pub fn new(content_type: &str) -> Result<Self, Error> {
        let boundary = MediaType::parse(content_type)
            .filter(|media_type| media_type.essence == "multipart/form-data")
            .and_then(|media_type| media_type.boundary)
            // RFC 2046 section 5.1.1.
            .filter(|boundary| (1..=70).contains(&boundary.len()));
        let boundary = boundary.ok_or_else(|| Error::form("expected multipart/form-data"))?;
        Ok(Self {
            delimiter: [b"\r\n--", boundary.as_bytes()].concat(),
            buffer: b"\r\n".to_vec(),
            at: At::Other,
            other: 0,
            is_found: false,
        })
    }

    /// Takes what came, and gives those bytes of it that belong to the file.
    ///
    /// # Errors
    /// When there is too much around the file, or a part without an end of its fields.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Error> {
        self.buffer.extend_from_slice(chunk);
        let mut file = Vec::new();
        while self.step(&mut file)? {}
        if self.other > OTHER {
            return Err(Error::form("there is more in it than a file"));
        }
        Ok(file)
    }

    /// Whether a file came, and the form to its end.
    ///
    /// # Errors
    /// Which of the two is missing.
    pub fn finish(&self) -> Result<(), Error> {
        match (self.at, self.is_found) {
            (At::After, true) => Ok(()),
            (At::After, false) => Err(Error::form("choose a file first")),
            _ => Err(Error::form("the form did not arrive whole")),
        }
    }

    /// Takes the buffer as far as one part of the form goes; whether there may be another.
    fn step(&mut self, file: &mut Vec<u8>) -> Result<bool, Error> {
        match self.at {
            At::Head => return self.head(),
            At::Other | At::File => {}
            At::After => {
                self.other += self.buffer.len();
                self.buffer.clear();
                return Ok(false);
            }
        }
        let found = memmem::find(&self.buffer, &self.delimiter);
        // Without a delimiter the last bytes may be the beginning of one.
        let end =
            found.unwrap_or_else(|| (self.buffer.len() + 1).saturating_sub(self.delimiter.len()));
        if self.at == At::File {
            file.extend(self.buffer.drain(..end));
        } else {
            self.other += self.buffer.drain(..end).len();
        }
        if found.is_some() {
            self.buffer.drain(..self.delimiter.len());
            self.at = At::Head;
        }
        Ok(found.is_some())
    }

    /// The rest of a delimiter's line, and the fields of the part behind it.
    fn head(&mut self) -> Result<bool, Error> {
        if self.buffer.starts_with(b"--") {
            self.at = At::After;
            return Ok(true);
        }
        let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") else {
            return if self.buffer.len() > HEAD {
                Err(Error::form("the fields of a part have no end"))
            } else {
                Ok(false)
            };
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        self.other += head.len();
        self.at = if !self.is_found && is_file(&text(&head)) {
            self.is_found = true;
            At::File
        } else {
            At::Other
        };
        Ok(true)
    }
}

/// Whether the fields are those of the file; a browser sends an empty name where none was chosen.
fn is_file(head: &str) -> bool {
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let disposition =
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"));
    let Some((_, rest)) = disposition.and_then(|(_, value)| value.split_once(';')) else {
        return false;
    };
    parameter(rest, "name").as_deref() == Some("file")
        && parameter(rest, "filename").is_some_and(|name| !name.is_empty())
}

impl Error {
    fn form(problem: &str) -> Self {
        Self::new("", problem)
    }
}
