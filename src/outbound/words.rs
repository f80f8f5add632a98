//! Why there is no connection, in words that somebody can act on.

use std::fmt::Display;
use std::io;

/// Why nobody is connected to: a part of a sentence. `authority` is host and port, or the host alone.
pub fn unconnected(error: &io::Error, authority: &str, port: u16) -> String {
    let own = format!(":{port}");
    let to = authority.strip_suffix(&own).unwrap_or(authority);
    if error.kind() == io::ErrorKind::ConnectionRefused {
        format!("connection refused: nothing listens on {to}{own}")
    } else {
        format!("no connection to {to}{own}: {}", in_words(error))
    }
}

/// What a failure says, without the numbers that the system has for it: `(os error 104)`.
pub fn in_words(error: &(impl Display + ?Sized)) -> String {
    let text = error.to_string();
    let mut parts = text.split(" (os error ");
    let mut words = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        words.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
                .strip_prefix(')')
                .unwrap_or(part),
        );
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_said_and_where_nothing_listens_is() {
        let refused = io::Error::from_raw_os_error(111);
        for (authority, port, to) in [
            ("shop.test", 80, "shop.test:80"),
            ("127.0.0.1:3000", 3000, "127.0.0.1:3000"),
            ("[::1]", 443, "[::1]:443"),
        ] {
            assert_eq!(
                unconnected(&refused, authority, port),
                format!("connection refused: nothing listens on {to}")
            );
        }
        let no_way = io::Error::from_raw_os_error(113);
        assert_eq!(
            unconnected(&no_way, "h:1", 1),
            "no connection to h:1: No route to host"
        );
        assert_eq!(in_words("a (os error 1) b (os error 22)"), "a b");
        assert_eq!(in_words("plain (or not)"), "plain (or not)");
    }
}
