//! Names and values of queries and forms.

use crate::model::form::decoded;

/// Makes what is to stand in a value's place, as it is written there; it is told whether the name is a known one.
pub(super) type Change<'a> = &'a dyn Fn(bool, &[u8]) -> Option<Vec<u8>>;

/// Replaces values: of those with a name that `is_named` knows, and of others, `change` makes what is to stand there; `None` leaves a
/// pair as it is, to the byte. Names and values are decoded first. `None` when nothing was replaced.
pub(super) fn mask(
    pairs: &[u8],
    is_named: &dyn Fn(&[u8]) -> bool,
    change: Change<'_>,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(pairs.len());
    let mut is_changed = false;
    for (at, pair) in pairs.split(|&byte| byte == b'&').enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        let changed = match named(pair, is_named) {
            Some((before, value)) => change(true, &decoded(value)).map(|value| (before, value)),
            None => {
                parted(pair).and_then(|(name, value)| Some((name, change(false, &decoded(value))?)))
            }
        };
        match changed {
            Some((before, value)) => {
                is_changed = true;
                out.extend_from_slice(before);
                out.extend_from_slice(&value);
            }
            None => out.extend_from_slice(pair),
        }
    }
    is_changed.then_some(out)
}

/// A pair before and behind its `=`, which stays with the name.
fn parted(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    pair.split_at_checked(memchr::memchr(b'=', pair)? + 1)
}

/// The value of the first name that is known, with all that stands before it. Some senders part pairs with `;`, others have it in
/// their values: so a name may stand behind one, and a value goes on behind one.
fn named<'a>(pair: &'a [u8], is_named: &dyn Fn(&[u8]) -> bool) -> Option<(&'a [u8], &'a [u8])> {
    let mut start = 0;
    for piece in pair.split(|&byte| byte == b';') {
        if let Some((name, _)) = parted(piece)
            && is_named(&decoded(name.strip_suffix(b"=").unwrap_or(name)))
        {
            return pair.split_at_checked(start + name.len());
        }
        start += piece.len() + 1;
    }
    None
}

/// Whether a part of a multipart body may have one of these names (RFC 7578 section 4.2): looked at roughly, for any `name=`.
pub(super) fn names_one_of(body: &[u8], names: &[String]) -> bool {
    let mut rest = body;
    while let Some(at) = memchr::memmem::find(rest, b"=") {
        let (before, after) = rest.split_at(at);
        rest = after.get(1..).unwrap_or_default();
        // `name*=` is the extended form (RFC 8187).
        let before = before.trim_ascii_end();
        let before = before.strip_suffix(b"*").unwrap_or(before);
        let is_name = before
            .get(before.len().saturating_sub(4)..)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"name"));
        let value = rest.trim_ascii_start();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        if is_name
            && names.iter().any(|name| {
                value
                    .get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            })
        {
            return true;
        }
    }
    false
}
