//! Bytes in rows of sixteen, a window at a time, so that a body of any size opens at once.

use super::{Fit, Shown, Slot, Spelled, Subject, View, Viewer, Window};

/// Suits all bytes.
pub static VIEWER: Viewer = Viewer {
    name: "hex",
    label: "Hex",
    slot: Slot::Hex,
    fit: |_| Fit::Yes,
    view,
};

/// How many bytes are shown at once.
pub const WINDOW: usize = 4096;

const ROW: usize = 16;

/// A window of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex {
    /// Its rows.
    pub rows: Vec<Row>,
    /// Offset of the first byte shown.
    pub from: u64,
    /// Offset behind the last byte shown.
    pub to: u64,
    /// How many bytes there are in all.
    pub of: u64,
}

/// Up to sixteen bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where they begin, in hexadecimal.
    pub offset: String,
    /// They, in hexadecimal, filled up with blanks to the width of a whole row.
    pub bytes: String,
    /// They as ASCII; a marked `.` for what is not printable.
    pub text: Spelled,
}

impl Hex {
    /// Where the window before this one begins.
    pub fn previous(&self) -> Option<u64> {
        (self.from > 0).then(|| self.from.saturating_sub(WINDOW as u64))
    }

    /// Where the window after this one begins.
    pub fn next(&self) -> Option<u64> {
        (self.to < self.of).then_some(self.to)
    }

    /// Where the last window begins.
    pub fn last(&self) -> u64 {
        last(self.of)
    }
}

fn last(of: u64) -> u64 {
    of.saturating_sub(1) / WINDOW as u64 * WINDOW as u64
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let of = subject.bytes.len() as u64;
    let from = (window.offset / ROW as u64 * ROW as u64).min(last(of));
    let start = usize::try_from(from).unwrap_or(usize::MAX);
    let end = start.saturating_add(WINDOW).min(subject.bytes.len());
    let bytes = subject.bytes.get(start..end).unwrap_or_default();
    let rows = bytes
        .chunks(ROW)
        .zip((start..).step_by(ROW))
        .map(|(bytes, at)| row(bytes, at))
        .collect();
    Shown::of(View::Hex(Hex {
        rows,
        from,
        to: end as u64,
        of,
    }))
}

fn row(bytes: &[u8], at: usize) -> Row {
    let mut hex = String::with_capacity(ROW * 3 + 1);
    for column in 0..ROW {
        hex.push_str(match column {
            0 => "",
            8 => "  ",
            _ => " ",
        });
        match bytes.get(column) {
            Some(byte) => hex.push_str(&format!("{byte:02x}")),
            None => hex.push_str("  "),
        }
    }
    let mut text = Spelled::default();
    for byte in bytes {
        match byte {
            b' '..=b'~' => text.push_text(char::from(*byte).encode_utf8(&mut [0; 4])),
            _ => text.push_mark("."),
        }
    }
    Row {
        offset: format!("{at:08x}"),
        bytes: hex,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8], offset: u64) -> Hex {
        let subject = Subject {
            bytes,
            media_type: None,
            coding: None,
            is_cut: false,
            depth: 0,
        };
        match view(&subject, Window { offset, all: false }).view {
            View::Hex(hex) => hex,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_have_offset_bytes_and_text() {
        let hex = hex(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0.", 0);
        let rows: Vec<_> = hex
            .rows
            .iter()
            .map(|row| (&*row.offset, row.bytes.trim_end(), row.text.plain()))
            .collect();
        assert_eq!(
            rows,
            [
                (
                    "00000000",
                    "89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52",
                    ".PNG........IHDR".to_owned()
                ),
                ("00000010", "00 2e", "..".to_owned())
            ]
        );
        assert_eq!(hex.rows[0].bytes.len(), hex.rows[1].bytes.len());
    }

    #[test]
    fn windows_follow_each_other_and_stay_inside() {
        let bytes = vec![0; 10_000];
        let first = hex(&bytes, 0);
        assert_eq!(
            (first.from, first.to, first.previous(), first.next()),
            (0, 4096, None, Some(4096))
        );
        let middle = hex(&bytes, 4111);
        assert_eq!(
            (middle.from, middle.previous(), middle.next()),
            (4096, Some(0), Some(8192))
        );
        for offset in [8192, 9999, 10_000, u64::MAX] {
            let end = hex(&bytes, offset);
            assert_eq!(
                (end.to, end.next(), end.last()),
                (10_000, None, 8192),
                "{offset}"
            );
        }
        assert_eq!(hex(b"", 7).rows, []);
    }
}
