//! Values in JSON text, found without changing a byte around them.

use super::path::{self, Path, Places};

/// The text is not JSON, or nested too deeply to follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// How deep a document may be nested.
const DEPTH: usize = 20_000;

/// Whether bytes begin as a document or a list does, in whatever encoding: what is not UTF-8 is then found to be broken.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let is_wide = matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'{' | b'[', ..]
    );
    is_wide || matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Replaces the values at the paths by strings that `veil` makes of their bytes; `None` when there are none. One document may
/// follow another, as in NDJSON. A text that ends early is masked as far as it goes.
///
/// # Errors
/// [`Broken`], upon which nothing is known of what the text holds.
pub(super) fn mask(
    bytes: &[u8],
    paths: &[Path],
    veil: &dyn Fn(&[u8]) -> String,
) -> Result<Option<Vec<u8>>, Broken> {
    let mut scan = Scan {
        bytes,
        at: 0,
        paths,
        veil,
        out: Vec::new(),
        copied: 0,
        open: Vec::new(),
    };
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        scan.at = 3;
    }
    match scan.run() {
        Ok(()) | Err(Stop::End) => {}
        Err(Stop::Broken) => return Err(Broken),
    }
    if scan.copied == 0 {
        return Ok(None);
    }
    let rest = bytes.get(scan.copied..).unwrap_or_default();
    scan.out.extend_from_slice(rest);
    Ok(Some(scan.out))
}

/// Why a scan stops early.
enum Stop {
    /// The text ends inside of a document.
    End,
    /// It is no JSON.
    Broken,
}

/// An object or an array that was not closed yet.
struct Open {
    is_object: bool,
    /// The position of the next element, in an array.
    index: usize,
    places: Places,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    paths: &'a [Path],
    veil: &'a dyn Fn(&[u8]) -> String,
    out: Vec<u8>,
    /// Up to where the text is in `out`.
    copied: usize,
    open: Vec<Open>,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        loop {
            self.blanks();
            if self.open.is_empty() && self.at == self.bytes.len() {
                return Ok(());
            }
            let places = match self.open.last_mut() {
                None => path::top(self.paths),
                Some(_) => match self.element()? {
                    Some(places) => places,
                    None => continue,
                },
            };
            self.value(places)?;
        }
    }

    /// The next element of the innermost container, up to its value; `None` when the container ended.
    fn element(&mut self) -> Result<Option<Places>, Stop> {
        let Some(Open {
            is_object, index, ..
        }) = self.open.last()
        else {
            return Err(Stop::Broken);
        };
        let (is_object, index) = (*is_object, *index);
        let close = if is_object { b'}' } else { b']' };
        match (self.peek()?, index) {
            (byte, _) if byte == close => {
                self.at += 1;
                self.open.pop();
                return Ok(None);
            }
            (b',', 1..) => self.at += 1,
            (_, 0) => {}
            _ => return Err(Stop::Broken),
        }
        self.blanks();
        let name = if is_object {
            let name = self.string()?;
            self.blanks();
            if self.peek()? != b':' {
                return Err(Stop::Broken);
            }
            self.at += 1;
            self.blanks();
            name
        } else {
            index.to_string()
        };
        let Some(open) = self.open.last_mut() else {
            return Err(Stop::Broken);
        };
        open.index += 1;
        Ok(Some(path::below(self.paths, &open.places, &name)))
    }

    fn value(&mut self, places: Places) -> Result<(), Stop> {
        if path::ends(self.paths, &places) {
            return self.masked();
        }
        match self.peek()? {
            byte @ (b'{' | b'[') => {
                if self.open.len() >= DEPTH {
                    return Err(Stop::Broken);
                }
                self.at += 1;
                self.open.push(Open {
                    is_object: byte == b'{',
                    index: 0,
                    places,
                });
                Ok(())
            }
            b'"' => self.string().map(|_| ()),
            _ => self.scalar(),
        }
    }

    /// Replaces the value that begins here. Where the text ends inside of it, all that is there is replaced.
    fn masked(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let outer = std::mem::take(&mut self.open);
        let skipped = self.whole_value();
        self.open = outer;
        let end = match skipped {
            Ok(()) => self.at,
            Err(Stop::End) => self.bytes.len(),
            Err(Stop::Broken) => return Err(Stop::Broken),
        };
        let value = self.bytes.get(start..end).unwrap_or_default();
        // Quotes are not part of what a string says.
        let inner = value
            .strip_prefix(b"\"")
            .map_or(value, |value| value.strip_suffix(b"\"").unwrap_or(value));
        let veil = (self.veil)(inner);
        let before = self.bytes.get(self.copied..start).unwrap_or_default();
        self.out.extend_from_slice(before);
        self.out.push(b'"');
        self.out.extend_from_slice(veil.as_bytes());
        self.out.push(b'"');
        self.copied = end;
        skipped
    }

    /// Passes over a value with all that is in it.
    fn whole_value(&mut self) -> Result<(), Stop> {
        self.value_without_places()?;
        while !self.open.is_empty() {
            self.blanks();
            if self.element()?.is_some() {
                self.value_without_places()?;
            }
        }
        Ok(())
    }

    fn value_without_places(&mut self) -> Result<(), Stop> {
        self.value(Vec::new())
    }

    fn peek(&self) -> Result<u8, Stop> {
        self.bytes.get(self.at).copied().ok_or(Stop::End)
    }

    fn blanks(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.len() - rest.trim_ascii_start().len();
    }

    /// A string, decoded.
    fn string(&mut self) -> Result<String, Stop> {
        if self.peek()? != b'"' {
            return Err(Stop::Broken);
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(next) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return Err(Stop::End);
            };
            at += next;
            if self.bytes.get(at) == Some(&b'"') {
                break;
            }
            at += 2;
        }
        self.at = at + 1;
        let quoted = self.bytes.get(start - 1..self.at).unwrap_or_default();
        let inner = self.bytes.get(start..at).unwrap_or_default();
        Ok(if inner.contains(&b'\\') {
            serde_json::from_slice(quoted).map_err(|_| Stop::Broken)?
        } else {
            String::from_utf8_lossy(inner).into_owned()
        })
    }

    /// A number or a word.
    fn scalar(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let length = rest.iter().position(|byte| !is_part(byte));
        let word = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let is_known = matches!(word, b"true" | b"false" | b"null")
            || word
                .first()
                .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
        if length.is_none() && !self.open.is_empty() {
            return Err(Stop::End);
        }
        if !is_known {
            return Err(Stop::Broken);
        }
        self.at += word.len();
        Ok(())
    }
}
