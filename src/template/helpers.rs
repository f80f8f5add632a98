//! What templates can call beside the engine's own filters.
//!
//! | helper | gives |
//! |---|---|
//! | `uuid()` | a new UUIDv4 |
//! | `now()` | the time of the answer, RFC 3339 in UTC |
//! | `timestamp()` | the same in seconds since 1970 |
//! | `sha256(text)` | its SHA-256 in hex |
//! | `hmac(key, text, algorithm="sha256", encoding="hex")` | its HMAC: `sha1`, `sha256`, `sha512`; `hex`, `base64` |
//! | `base64(text)`, `unbase64(text)` | there and back |
//! | `hex(text)` | its bytes in hex |

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, State};
use ring::{digest, hmac};

use crate::model::{Timestamp, base64, hex};

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_function("uuid", || uuid::Uuid::new_v4().to_string());
    environment.add_function("now", |state: &State<'_, '_>| now(state).to_string());
    environment.add_function("timestamp", |state: &State<'_, '_>| {
        now(state).as_micros().div_euclid(1_000_000)
    });
    environment.add_function("sha256", |text: &str| {
        hex::encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    });
    environment.add_function("hmac", sign);
    environment.add_function("base64", |text: &str| base64::encode(text.as_bytes()));
    environment.add_function("unbase64", from_base64);
    environment.add_function("hex", |text: &str| hex::encode(text.as_bytes()));
    environment.add_filter("base64", |text: &str| base64::encode(text.as_bytes()));
}

fn now(state: &State<'_, '_>) -> Timestamp {
    let micros = state.lookup("_now").and_then(|at| at.as_i64());
    Timestamp::from_micros(micros.unwrap_or_default())
}

fn from_base64(text: &str) -> Result<String, Error> {
    use ::base64::Engine as _;
    let invalid = |what: &'static str| Error::new(ErrorKind::InvalidOperation, what);
    let bytes = ::base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| invalid("unbase64: this is not base64"))?;
    String::from_utf8(bytes).map_err(|_| invalid("unbase64: these bytes are not text"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands named arguments over as a value"
)]
fn sign(key: &str, text: &str, options: Kwargs) -> Result<String, Error> {
    let algorithm = match options.get::<Option<&str>>("algorithm")? {
        None | Some("sha256") => hmac::HMAC_SHA256,
        Some("sha512") => hmac::HMAC_SHA512,
        Some("sha1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some(_) => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "hmac: the algorithm is sha1, sha256 or sha512",
            ));
        }
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text.as_bytes());
    let encoded = match options.get::<Option<&str>>("encoding")? {
        None | Some("hex") => hex::encode(tag.as_ref()),
        Some("base64") => base64::encode(tag.as_ref()),
        Some(_) => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "hmac: the encoding is hex or base64",
            ));
        }
    };
    options.assert_all_used()?;
    Ok(encoded)
}
