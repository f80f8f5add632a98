//! The head of a request as it is sent: the fields in their order and case.
//!
//! It is read by hyper in memory, which keeps how names are spelled: [`spelled`].

use hyper::http::request::Parts;

use super::Error;
use crate::outbound::spelled;

/// The head of a request; names and values are bytes, as they are sent.
///
/// # Errors
/// [`Error::Unsendable`] when it holds what no request can.
pub(in crate::cli) async fn head<'a>(
    method: &str,
    target: &str,
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<Parts, Error> {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let breaks = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    if !is_word(method) || target.is_empty() {
        return Err(Error::Unsendable);
    }
    let mut lines = Vec::new();
    for (name, value) in fields {
        if breaks(name) || breaks(value) {
            return Err(Error::Unsendable);
        }
        lines.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
    }
    let parts = spelled(method, &lines).await;
    let mut parts = parts.ok_or(Error::Unsendable)?;
    parts.uri = target.parse().map_err(|_| Error::Unsendable)?;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_would_end_a_line_is_not_sent() {
        let fields = |name: &'static str, value: &'static str| {
            head("POST", "/", [(name.as_bytes(), value.as_bytes())])
        };
        assert!(fields("X-Case", "caf\u{e9}").await.is_ok());
        for (name, value) in [("X", "a\r\nY: b"), ("X\n", "a"), ("X Y", "a"), ("", "a")] {
            assert!(fields(name, value).await.is_err(), "{name:?} {value:?}");
        }
        assert!(head("GET /x", "/", []).await.is_err());
        assert!(head("GET", "/ x", []).await.is_err());
    }
}
