//! What nodes say to each other, as text.

use crate::model::{BinId, CaptureNumber};
use crate::store::Change;

/// The most bytes of the notes of one payload, whose number stands before them: the server takes fewer than 8000 in all
/// (<https://www.postgresql.org/docs/current/sql-notify.html>).
const PAYLOAD: usize = 7900;

/// One announcement between nodes: a letter, the bin's id, and a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Note {
    kind: u8,
    bin: BinId,
    /// The number of a capture; where there is none, the bin's serial.
    number: u64,
}

impl Note {
    /// Says of a bin that it is new.
    pub(super) fn made(bin: BinId, serial: u64) -> Self {
        Self {
            kind: b'+',
            bin,
            number: serial,
        }
    }

    /// The same as a change.
    pub(super) fn of(change: &Change, serial: u64) -> Self {
        let (kind, number) = match *change {
            Change::Captured(_, n) => (b'c', n.0),
            Change::Deleted(_, n) => (b'd', n.0),
            Change::Marked(_, n) => (b'm', n.0),
            Change::Attempted(_, n) => (b'a', n.0),
            Change::Cleared(_, n) => (b'x', n.0),
            Change::Updated(_) => (b'u', serial),
            Change::Shared(_) => (b's', serial),
            Change::Refused(_) => (b'r', serial),
            Change::Seated(_) => (b'l', serial),
            Change::Answered(_, n) => (b'w', n.0),
            Change::Gone(_) => (b'g', serial),
        };
        Self {
            kind,
            bin: change.bin(),
            number,
        }
    }

    /// What it tells readers.
    pub(super) fn change(&self) -> Option<Change> {
        let n = CaptureNumber(self.number);
        Some(match self.kind {
            b'c' => Change::Captured(self.bin, n),
            b'd' => Change::Deleted(self.bin, n),
            b'm' => Change::Marked(self.bin, n),
            b'a' => Change::Attempted(self.bin, n),
            b'x' => Change::Cleared(self.bin, n),
            b'u' => Change::Updated(self.bin),
            b's' => Change::Shared(self.bin),
            b'r' => Change::Refused(self.bin),
            b'l' => Change::Seated(self.bin),
            b'w' => Change::Answered(self.bin, n),
            b'g' => Change::Gone(self.bin),
            _ => return None,
        })
    }

    /// The serial, where what is known of the bin is not true any more.
    pub(super) fn forgets(&self) -> Option<u64> {
        matches!(self.kind, b'+' | b'u' | b'g').then_some(self.number)
    }

    fn write(&self, payload: &mut String) {
        payload.push(char::from(self.kind));
        for byte in self.bin.as_bytes() {
            payload.push_str(&format!("{byte:02x}"));
        }
        payload.push_str(&self.number.to_string());
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let (bin, number) = rest.split_at_checked(32)?;
        let bin = u128::from_str_radix(bin, 16).ok()?;
        Some(Self {
            kind: *kind.as_bytes().first()?,
            bin: BinId::from_bytes(bin.to_be_bytes()),
            number: number.parse().ok()?,
        })
    }
}

/// Notes as payloads, as few as they fit into.
pub(super) fn payloads(notes: &[Note]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for note in notes {
        let mut text = String::with_capacity(48);
        note.write(&mut text);
        match payloads.last_mut() {
            Some(last) if last.len() + 1 + text.len() <= PAYLOAD => {
                last.push(' ');
                last.push_str(&text);
            }
            _ => payloads.push(text),
        }
    }
    payloads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_their_payloads() {
        let bins: Vec<_> = (0..500).map(|_| BinId::random()).collect();
        let notes: Vec<_> = bins
            .iter()
            .flat_map(|&bin| {
                let changes = [
                    Change::Captured(bin, CaptureNumber(u64::MAX)),
                    Change::Deleted(bin, CaptureNumber(1)),
                    Change::Marked(bin, CaptureNumber(3)),
                    Change::Attempted(bin, CaptureNumber(4)),
                    Change::Cleared(bin, CaptureNumber(5)),
                    Change::Updated(bin),
                    Change::Shared(bin),
                    Change::Refused(bin),
                    Change::Seated(bin),
                    Change::Answered(bin, CaptureNumber(2)),
                    Change::Gone(bin),
                ];
                let notes = changes.map(|change| {
                    let note = Note::of(&change, 7);
                    assert_eq!(note.change(), Some(change));
                    note
                });
                notes.into_iter().chain([Note::made(bin, 7)])
            })
            .collect();
        let payloads = payloads(&notes);
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() < 7950));
        let read: Vec<_> = payloads
            .iter()
            .flat_map(|payload| payload.split(' '))
            .map(|text| Note::read(text).unwrap())
            .collect();
        assert_eq!(read, notes);
        for text in ["", "c", "c12", "é", "cé0123456789012345678901234567890"] {
            assert_eq!(Note::read(text), None);
        }
    }
}
