//! A bin and its settings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BinId, OwnScheme, PlannedReply, Rule, Secrets, Target, Timestamp};

/// An address that accepts any HTTP request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bin {
    /// Its public id, part of the capture URL.
    pub id: BinId,
    /// The store's own short number for it: never shown, never given twice.
    pub serial: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// What its owner set.
    pub settings: Settings,
}

impl Bin {
    /// The first label of its capture URL: the alias where there is one, else the id.
    pub fn address(&self) -> String {
        self.settings
            .alias
            .as_ref()
            .map_or_else(|| self.id.to_string(), ToString::to_string)
    }

    /// What pages call it: its name, or its alias, or the first digits of its id.
    pub fn title(&self) -> String {
        match (&self.settings.name, &self.settings.alias) {
            (name, _) if !name.is_empty() => name.clone(),
            (_, Some(alias)) => alias.to_string(),
            _ => format!("Bin {:.8}", self.id.to_string()),
        }
    }
}

/// What the owner of a bin can set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A name for people, at most 100 characters; may be empty.
    pub name: String,
    /// A name for the capture URL beside the id: 3 to 63 of `a–z`, `0–9` and `-`.
    #[schema(value_type = Option<String>)]
    pub alias: Option<Alias>,
    /// Whether replies carry CORS headers, so that a page of any origin may send here.
    pub cors: bool,
    /// How much is kept, and for how long.
    pub keep: Keep,
    /// How many bytes of a body are kept and accepted, at most the server's `--max-body`; 0 takes the server's.
    pub body_limit: u64,
    /// What readers of a share link do not see.
    pub mask: Mask,
    /// Secrets to check signatures with, by the provider's name; answered as `…` and their last four characters.
    #[schema(value_type = std::collections::HashMap<String, Vec<String>>)]
    pub secrets: Secrets,
    /// A signature of senders that are in no catalogue; null for none.
    pub signature: Option<OwnScheme>,
    /// How many seconds a signed time may be from the arrival; null takes the provider's own number.
    pub tolerance_s: Option<u32>,
    /// Whether what providers ask before they send is answered as they want it.
    pub handshakes: bool,
    /// What senders hear.
    pub reply: PlannedReply,
    /// Other replies to some requests; the first rule that matches decides.
    pub rules: Vec<Rule>,
    /// Where captures are sent on to as they come.
    pub targets: Vec<Target>,
    /// Whether a sender may ask for a status by `hookwell-status=503` in the query.
    pub status_by_query: bool,
}

impl Settings {
    /// How many characters a name may have.
    pub const NAME_CHARACTERS: usize = 100;

    /// The longest tolerance, in seconds: a year.
    pub const MOST_TOLERANCE_S: u32 = 31_536_000;

    /// The same with nothing but the last characters of each secret: what may be answered.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self {
            secrets: self.secrets.masked(),
            signature: self.signature.as_ref().map(OwnScheme::masked),
            ..self.clone()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            alias: None,
            cors: true,
            keep: Keep::default(),
            body_limit: 10 * 1024 * 1024,
            mask: Mask::default(),
            secrets: Secrets::default(),
            signature: None,
            tolerance_s: None,
            handshakes: true,
            reply: PlannedReply::default(),
            rules: Vec::new(),
            targets: Vec::new(),
            status_by_query: false,
        }
    }
}

/// How much of a bin is kept. Above it the oldest captures are dropped, and the drop is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// How many captures; 0 for any number.
    pub captures: u64,
    /// How many bytes of bodies and headers; 0 for any number.
    pub bytes: u64,
    /// How many days the bin lives after its last capture (or its making); 0 for ever.
    pub days: u32,
}

impl Keep {
    /// The most captures that a bin can be told to keep, beside any number (0).
    pub const MOST_CAPTURES: u64 = 1_000_000_000;

    /// The most bytes that a bin can be told to keep, beside any number (0): 1 PiB, which every JSON reader has exactly.
    pub const MOST_BYTES: u64 = 1 << 50;

    /// The most days that a bin can be told to live, beside for ever (0): 100 years.
    pub const MOST_DAYS: u32 = 36_500;
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            captures: 1000,
            bytes: 256 * 1024 * 1024,
            days: 7,
        }
    }
}

/// What is masked for readers of a share link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mask {
    /// Names of header fields and trailers, in any case.
    pub headers: Vec<String>,
    /// Paths of values in JSON bodies: keys and positions with dots between, `*` for any one of them, `**` for any number.
    pub json: Vec<String>,
    /// Names of query parameters, of form fields and of parameters in addresses that header fields hold, in any case.
    pub query: Vec<String>,
}

impl Mask {
    /// How many names or paths each list may have.
    pub const MOST: usize = 50;

    /// How many characters each of them may have.
    pub const CHARACTERS: usize = 200;

    /// The lists, under the names that they have in JSON.
    pub fn lists(&self) -> [(&'static str, &Vec<String>); 3] {
        [
            ("headers", &self.headers),
            ("json", &self.json),
            ("query", &self.query),
        ]
    }

    /// Why the [list](Self::lists) of that name cannot be taken; `None` when it can. What could never fit anything is refused, since
    /// it would mask nothing.
    pub fn problem(name: &str, list: &[String]) -> Option<String> {
        if list.len() > Self::MOST {
            return Some(format!("at most {} entries", Self::MOST));
        }
        let bad = |entry: &&String| {
            entry.is_empty()
                || entry.chars().count() > Self::CHARACTERS
                || entry.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        if list.iter().any(|entry| bad(&entry)) {
            return Some(format!(
                "an entry has 1 to {} characters, without blanks",
                Self::CHARACTERS
            ));
        }
        let is_no_name = |entry: &&String| {
            let is_odd = |c: char| !c.is_ascii_graphic() || "\"(),/:;<=>?@[\\]{}".contains(c);
            entry.contains(is_odd)
        };
        let is_no_path = |entry: &&String| {
            let path = entry.strip_prefix("$.").unwrap_or(entry);
            path.contains(['[', ']']) || path.split('.').any(str::is_empty)
        };
        match name {
            "headers" => list
                .iter()
                .find(is_no_name)
                .map(|entry| format!("“{entry}” is not the name of a header field")),
            "json" => list.iter().find(is_no_path).map(|entry| {
                format!("“{entry}” is no path: keys and positions have dots between, as in items.0.token")
            }),
            _ => None,
        }
    }
}

impl Default for Mask {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            headers: list(&[
                "authorization",
                "proxy-authorization",
                "cookie",
                "set-cookie",
                "x-api-key",
                "api-key",
                "apikey",
                "x-auth-token",
                "x-access-token",
                "x-csrf-token",
                "x-gitlab-token",
                "x-goog-channel-token",
                "x-telegram-bot-api-secret-token",
                "x-hook-secret",
                "x-amz-security-token",
                "x-vault-token",
            ]),
            json: Vec::new(),
            query: list(&[
                "token",
                "access_token",
                "refresh_token",
                "id_token",
                "auth",
                "key",
                "api_key",
                "apikey",
                "secret",
                "client_secret",
                "password",
                "sig",
                "signature",
                "x-amz-signature",
                "x-amz-credential",
                "x-amz-security-token",
                "x-goog-signature",
            ]),
        }
    }
}

/// How full a bin is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Captures that can be read.
    pub captures: u64,
    /// Their bodies and headers, in bytes.
    pub bytes: u64,
    /// Those of them that are pinned.
    pub pinned: u64,
    /// Captures dropped because of [`Keep`].
    pub dropped: u64,
    /// Requests that were refused and left no capture.
    pub refused: u64,
    /// When the newest capture arrived; `None` before the first.
    pub last_capture_at: Option<Timestamp>,
}

/// A readable name in a capture URL, also valid as a DNS label (RFC 1035 section 2.3.1, with a digit allowed first).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Alias(String);

/// Why a text cannot be an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAlias {
    /// Too short, too long, or with another character.
    #[error("an alias has 3 to 63 of a–z, 0–9 and -, and neither begins nor ends with -")]
    Form,
    /// One of hookwell's own addresses.
    #[error("this name is one of hookwell's own addresses")]
    Reserved,
    /// It could be taken for a bin's id.
    #[error("32 hex digits are the form of a bin's id")]
    LooksLikeAnId,
}

impl Alias {
    /// First path segments that hookwell itself answers, or may one day.
    const RESERVED: [&'static str; 19] = [
        "api",
        "assets",
        "b",
        "bins",
        "docs",
        "favicon",
        "health",
        "healthz",
        "help",
        "livez",
        "login",
        "metrics",
        "providers",
        "readyz",
        "robots",
        "static",
        "theme",
        "well-known",
        "www",
    ];

    /// The alias as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Alias {
    type Err = NotAnAlias;

    fn from_str(text: &str) -> Result<Self, NotAnAlias> {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !plain || !(3..=63).contains(&text.len()) || text.starts_with('-') || text.ends_with('-')
        {
            return Err(NotAnAlias::Form);
        }
        if Self::RESERVED.contains(&text) {
            return Err(NotAnAlias::Reserved);
        }
        if text.parse::<BinId>().is_ok() {
            return Err(NotAnAlias::LooksLikeAnId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Alias {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Alias {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_dns_labels_that_are_not_ours() {
        assert_eq!(
            "stripe-staging".parse::<Alias>().unwrap().as_str(),
            "stripe-staging"
        );
        for (text, error) in [
            ("ab", NotAnAlias::Form),
            ("-abc", NotAnAlias::Form),
            ("Abc", NotAnAlias::Form),
            ("a/b", NotAnAlias::Form),
            ("api", NotAnAlias::Reserved),
            (
                "0123456789abcdef0123456789abcdef",
                NotAnAlias::LooksLikeAnId,
            ),
        ] {
            assert_eq!(text.parse::<Alias>(), Err(error), "{text}");
        }
    }

    #[test]
    fn settings_read_with_defaults_and_refuse_what_they_do_not_know() {
        let settings: Settings = serde_json::from_str(r#"{"name":"x","keep":{"days":0}}"#).unwrap();
        assert_eq!(
            settings,
            Settings {
                name: "x".into(),
                keep: Keep {
                    days: 0,
                    ..Keep::default()
                },
                ..Settings::default()
            }
        );
        let error = serde_json::from_str::<Settings>(r#"{"nmae":"x"}"#).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `nmae`"),
            "{error}"
        );
    }
}
