//! Secrets and schemes as they are typed or sent, before they are taken into the settings: for the API and the page alike.
//!
//! What is said of a wrong one never holds it.

use crate::model::{OwnScheme, Secret, Secrets, Settings};
use crate::provider::{self, Own, Provider};

/// The provider of that name.
///
/// # Errors
/// A sentence's worth of what is known, when there is none.
pub(super) fn provider(name: &str) -> Result<&'static Provider, String> {
    provider::find(name)
        .ok_or_else(|| "no provider has this name; /api/v1/providers lists them".to_owned())
}

/// The secrets of a provider, out of texts of which each is a secret or what was answered of one that is kept.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn secrets(
    provider: &Provider,
    kept: &[Secret],
    texts: Vec<String>,
) -> Result<Vec<Secret>, String> {
    if texts.len() > Secrets::MOST {
        return Err(format!("at most {} at once", Secrets::MOST));
    }
    let mut kept: Vec<&Secret> = kept.iter().collect();
    let mut taken: Vec<Secret> = Vec::new();
    for text in texts {
        let secret = if Secret::is_masked(&text) {
            let at = kept.iter().position(|secret| secret.masked() == text);
            kept.remove(at.ok_or("no secret is kept that ends like this one: send it whole")?)
                .clone()
        } else {
            let secret = Secret::new(text);
            check(&secret)?;
            provider
                .check_secret(&secret)
                .map_err(|wrong| wrong.to_string())?;
            secret
        };
        if !taken.contains(&secret) {
            taken.push(secret);
        }
    }
    Ok(taken)
}

/// What holds for secrets of every kind.
fn check(secret: &Secret) -> Result<(), String> {
    let text = secret.expose();
    if text.trim().is_empty() {
        Err("a secret must not be empty".to_owned())
    } else if text.len() > Secrets::BYTES {
        Err(format!("at most {} bytes", Secrets::BYTES))
    } else {
        Ok(())
    }
}

/// That all of a bin's secrets are not too much.
///
/// # Errors
/// When they are.
pub(super) fn check_size(secrets: &Secrets) -> Result<(), String> {
    if secrets.size() > Secrets::ALL_BYTES {
        Err(format!("at most {} bytes together", Secrets::ALL_BYTES))
    } else {
        Ok(())
    }
}

/// A scheme of a bin's own, whose secret may be what was answered of the one that is kept.
///
/// # Errors
/// The field that is wrong, and what is wrong with it.
pub(super) fn signature(
    kept: Option<&OwnScheme>,
    mut scheme: OwnScheme,
) -> Result<OwnScheme, (&'static str, String)> {
    if Secret::is_masked(scheme.secret.expose()) {
        let kept = kept.filter(|kept| kept.secret.masked() == scheme.secret.expose());
        let kept = kept.ok_or_else(|| {
            let problem = "no secret is kept that ends like this one: send it whole";
            ("secret", problem.to_owned())
        })?;
        scheme.secret = kept.secret.clone();
    }
    check(&scheme.secret).map_err(|problem| ("secret", problem))?;
    match Own::of(&scheme) {
        Ok(_) => Ok(scheme),
        Err(error) => Err((error.field(), error.to_string())),
    }
}

/// A tolerance in seconds.
///
/// # Errors
/// When it is longer than any could be.
pub(super) fn tolerance(seconds: u64) -> Result<u32, String> {
    u32::try_from(seconds)
        .ok()
        .filter(|&seconds| seconds <= Settings::MOST_TOLERANCE_S)
        .ok_or_else(|| format!("at most {} seconds", Settings::MOST_TOLERANCE_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(kept: &[&str], texts: &[&str]) -> Result<Vec<String>, String> {
        let kept: Vec<Secret> = kept.iter().map(|&text| Secret::new(text)).collect();
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        let secrets = secrets(provider("stripe").unwrap(), &kept, texts)?;
        Ok(secrets.iter().map(|s| s.expose().to_owned()).collect())
    }

    #[test]
    fn what_was_answered_of_a_secret_keeps_it() {
        let kept = ["whsec_one-aaaa", "short", "brief"];
        assert_eq!(
            taken(&kept, &["…aaaa", "whsec_two-bbbb", "…", "…"]).unwrap(),
            ["whsec_one-aaaa", "whsec_two-bbbb", "short", "brief"]
        );
        assert_eq!(taken(&kept, &[]).unwrap(), [""; 0]);
        assert_eq!(taken(&kept, &["new", "new"]).unwrap(), ["new"]);
        for texts in [&["…cccc"][..], &["…aaaa", "…aaaa"], &[" "], &["x"; 11]] {
            taken(&kept, texts).unwrap_err();
        }
    }

    #[test]
    fn what_is_said_of_a_wrong_secret_does_not_hold_it() {
        let discord = provider("discord").unwrap();
        let problem = secrets(discord, &[], vec!["not-a-key-9731".to_owned()]).unwrap_err();
        assert!(problem.contains("64 hex digits") && !problem.contains("9731"));
        let scheme = OwnScheme {
            header: "X-Mine".to_owned(),
            prefix: String::new(),
            algorithm: "md5".to_owned(),
            encoding: "hex".to_owned(),
            signed: "{body}".to_owned(),
            timestamp_header: String::new(),
            secret: Secret::new("s3cret-of-mine"),
        };
        let (field, problem) = signature(None, scheme.clone()).unwrap_err();
        assert_eq!(field, "algorithm");
        assert!(!problem.contains("s3cret"));
        let kept = OwnScheme {
            algorithm: "hmac-sha256".to_owned(),
            ..scheme
        };
        let again = signature(Some(&kept), kept.masked()).unwrap();
        assert_eq!(again, kept);
        assert_eq!(signature(None, kept.masked()).unwrap_err().0, "secret");
    }
}
