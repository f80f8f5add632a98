//! The bins that this browser made or opened, kept in a cookie and nowhere else.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::model::BinKey;
use crate::web::App;
use crate::web::extract::Site;

/// How many are remembered.
const MOST: usize = 12;

/// For how long, in seconds: a year, anew at each change.
const MAX_AGE: u32 = 31_536_000;

/// Keys of bins, the latest used first.
#[derive(Debug)]
pub(super) struct Recent {
    keys: Vec<BinKey>,
    is_https: bool,
}

/// A header that sets a cookie.
pub(super) type SetCookie = [(HeaderName, String); 1];

impl Recent {
    /// The keys, the latest used first.
    pub(super) fn keys(&self) -> &[BinKey] {
        &self.keys
    }

    /// Puts a key first. `None` when it is first already, so that nothing has to be set.
    pub(super) fn with(mut self, key: BinKey) -> Option<SetCookie> {
        if self.keys.first() == Some(&key) {
            return None;
        }
        self.keys.retain(|known| *known != key);
        self.keys.insert(0, key);
        self.keys.truncate(MOST);
        Some(self.cookie())
    }

    /// Leaves keys out. `None` when none of them was there.
    pub(super) fn without(mut self, gone: &[BinKey]) -> Option<SetCookie> {
        let before = self.keys.len();
        self.keys.retain(|key| !gone.contains(key));
        (self.keys.len() < before).then(|| self.cookie())
    }

    fn name(is_https: bool) -> &'static str {
        // The prefix makes the browser refuse a cookie that another host of the same domain tries to put in its place.
        if is_https {
            "__Host-hookwell_bins"
        } else {
            "hookwell_bins"
        }
    }

    fn cookie(&self) -> SetCookie {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        let secure = if self.is_https { "; Secure" } else { "" };
        let cookie = format!(
            "{}={}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{secure}",
            Self::name(self.is_https),
            keys.join(".")
        );
        [(header::SET_COOKIE, cookie)]
    }

    fn read(headers: &HeaderMap, is_https: bool) -> Self {
        let mut keys = Vec::new();
        for text in value(headers, Self::name(is_https))
            .unwrap_or_default()
            .split('.')
        {
            match text.parse() {
                Ok(key) if !keys.contains(&key) && keys.len() < MOST => keys.push(key),
                _ => {}
            }
        }
        Self { keys, is_https }
    }
}

/// The value of a cookie (RFC 6265 section 4.2).
pub(super) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(have, _)| *have == name)
        .map(|(_, value)| value)
}

impl<S: Send + Sync> FromRequestParts<S> for Recent
where
    Arc<App>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let site = Site::from_request_parts(parts, state).await?;
        Ok(Self::read(
            &parts.headers,
            site.base.starts_with("https://"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: usize) -> BinKey {
        format!("{digit:032x}").parse().unwrap()
    }

    fn read(cookie: &str, is_https: bool) -> Recent {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        Recent::read(&headers, is_https)
    }

    #[test]
    fn a_key_moves_to_the_front_and_the_thirteenth_falls_out() {
        let keys: Vec<_> = (0..MOST).map(|digit| key(digit).to_string()).collect();
        let cookie = format!("a=b; hookwell_bins={}; c=d", keys.join("."));
        assert!(read(&cookie, false).with(key(0)).is_none());

        let [(_, set)] = read(&cookie, false).with(key(5)).unwrap();
        assert!(set.starts_with(&format!("hookwell_bins={}.{}.", key(5), key(0))));
        assert!(set.ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"));

        let [(_, set)] = read(&cookie, false).with(key(99)).unwrap();
        assert_eq!(set.matches('.').count(), MOST - 1);
        assert!(!set.contains(&key(MOST - 1).to_string()));
    }

    #[test]
    fn what_is_no_key_and_what_is_there_twice_is_passed_over() {
        let recent = read(&format!("hookwell_bins=x.{0}..{0}", key(1)), false);
        assert_eq!(recent.keys(), [key(1)]);
        assert!(recent.without(&[key(2)]).is_none());
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let recent = read(&format!("hookwell_bins={}", key(1)), true);
        assert_eq!(recent.keys(), []);
        let [(_, set)] = recent.with(key(2)).unwrap();
        assert!(set.starts_with("__Host-hookwell_bins=") && set.ends_with("; Secure"));
    }
}
