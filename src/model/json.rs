//! What a string in JSON says (RFC 8259 section 7).

/// What a string with its quotes says, its escapes undone: as code units of UTF-16, since half of a surrogate pair alone is allowed (RFC 8259 section 8.2).
pub fn units(token: &str) -> Vec<u16> {
    let inner = token
        .get(1..token.len().saturating_sub(1))
        .unwrap_or_default();
    let mut units = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        let c = match (c, if c == '\\' { rest.next() } else { None }) {
            ('\\', Some('u')) => {
                let digits = rest.as_str().get(..4).unwrap_or_default();
                units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
                rest = rest.as_str().get(4..).unwrap_or_default().chars();
                continue;
            }
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('b')) => '\u{8}',
            ('\\', Some('f')) => '\u{c}',
            ('\\', Some(other)) => other,
            (c, _) => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    units
}
