//! Is a capture signed as its sender signs? The verdict of a capture, by what its bin knows.
//!
//! A pure function of the bin's settings, the capture, the address that the server has in public, and the certificate that some
//! requests name (who asks fetches it: [`certificate_url`]): no I/O, no clock, as signed
//! times are held against the time of arrival. It is computed when a capture is shown, so that a secret that is set today judges
//! what came yesterday, and nothing of it is stored. [`of`] is the verdict; [`of_line`] the same where a list has read the body, which
//! [`needs_body`] asks for; [`evidence`] adds what was signed and why it does not fit, for one capture on demand.
//!
//! It stands between the catalogue of [`provider`], which knows no bins, and whoever shows captures. It knows nothing of keys that
//! may only read: what they are told of a verdict is the business of [`mask`](crate::mask).
#![warn(clippy::indexing_slicing, clippy::string_slice)]

use crate::model::{
    Bin, BodyState, Capture, CaptureLine, Envelope, Flaw, Secret, Settings, Verdict, VerdictState,
};
use crate::provider::{self, Certificate, Explanation, Options, Others, Own, Provider, Request};

/// The largest body that a list reads to judge it.
pub const LIST_BODY: u64 = 1 << 20;

/// How many bytes of bodies a list reads altogether.
pub const LIST_BODIES: u64 = 16 << 20;

/// What the rule of a reply begins with that answered a handshake; the provider's name is behind it.
pub const HANDSHAKE: &str = "handshake:";

/// What it begins with where a handshake could not be answered, as its secret is missing.
pub const UNANSWERED: &str = "unanswered:";

/// The URL that a sender was given, as far as it is known: scheme and host of the public address where the server has one, else
/// those that the sender used.
pub fn url(envelope: &Envelope, base: Option<&str>) -> String {
    let head = &envelope.head;
    // A target may be a whole URL (RFC 9112 section 3.2.2).
    let path_at = head
        .target
        .find("://")
        .filter(|_| !head.target.starts_with('/'))
        .map_or(0, |at| {
            let rest = head.target.get(at + 3..).unwrap_or_default();
            at + 3 + rest.find(['/', '?']).unwrap_or(rest.len())
        });
    let target = head.target.get(path_at..).unwrap_or_default();
    let is_in_path = head.path_at > path_at;
    match base {
        Some(base) if is_in_path => format!("{base}{target}"),
        // The bin is named by the host, which the public address does not hold.
        Some(base) => {
            let scheme = base.split("://").next().unwrap_or("https");
            format!("{scheme}://{}{target}", envelope.host)
        }
        None => format!("{}://{}{target}", envelope.scheme.as_str(), envelope.host),
    }
}

/// By what a capture is judged.
enum Judge<'a> {
    Provider(&'static Provider, &'a [Secret]),
    Own(Own),
}

impl<'a> Judge<'a> {
    /// A provider that the bin has a secret for comes first, then the bin's own scheme, then whoever was recognised. What carries
    /// the signature of a known sender, and not that of the own scheme, is not held against the own one.
    fn find(settings: &'a Settings, line: &CaptureLine, request: &Request<'_>) -> Option<Self> {
        let secrets = &settings.secrets;
        let has_secret = |slug: &str| !secrets.of(slug).is_empty();
        let judge = provider::judge(recognised(line), request, has_secret);
        if let Some(provider) = judge.filter(|provider| has_secret(provider.slug)) {
            return Some(Self::Provider(provider, secrets.of(provider.slug)));
        }
        let own = settings
            .signature
            .as_ref()
            .and_then(|own| Own::of(own).ok())
            .filter(|own| own.is_carried_by(request) || !is_signed_as(judge, request));
        own.map(Self::Own)
            .or_else(|| judge.map(|provider| Self::Provider(provider, &[])))
    }

    fn verdict(&self, request: &Request<'_>, options: Options<'_>) -> Verdict {
        match self {
            Self::Provider(provider, secrets) => provider.verify(secrets, request, options),
            Self::Own(own) => own.verify(request, options.tolerance_s),
        }
    }
}

/// Whether a request carries what this provider signs with.
fn is_signed_as(provider: Option<&'static Provider>, request: &Request<'_>) -> bool {
    provider.is_some_and(|provider| {
        let mut schemes = provider.schemes.iter();
        schemes.any(|scheme| scheme.is_carried_by(request))
    })
}

/// Whom a capture is from, as it was recognised when it came.
pub fn recognised(line: &CaptureLine) -> Option<&'static Provider> {
    provider::find(&line.recognised.as_ref()?.provider)
}

fn request<'a>(line: &'a CaptureLine, body: &'a [u8], url: &'a str) -> Request<'a> {
    Request {
        head: &line.envelope.head,
        body,
        url,
        arrived: line.envelope.received_at,
    }
}

/// The address of the certificate that the verdict of a capture asks for, on one of its provider's own hosts; `None` where it asks
/// for none, or one is among the bin's secrets.
pub fn certificate_url(bin: &Bin, line: &CaptureLine, body: &[u8]) -> Option<String> {
    let secrets = &bin.settings.secrets;
    let with_secret = secrets.iter().filter_map(|(slug, _)| provider::find(slug));
    let mut senders = recognised(line).into_iter().chain(with_secret);
    if !senders.any(Provider::has_certificates) {
        return None;
    }
    let request = request(line, body, "");
    match Judge::find(&bin.settings, line, &request)? {
        Judge::Provider(provider, secrets) => {
            let has_own = |secret: &Secret| secret.expose().contains("-----BEGIN");
            let is_open = secrets.is_empty() && provider.needs_a_secret();
            let is_asked = !is_open && !secrets.iter().any(has_own);
            is_asked.then(|| provider.certificate_url(&request))?
        }
        Judge::Own(_) => None,
    }
}

/// The verdict of a capture; `None` when its sender is not known and the bin has neither secrets nor a scheme.
///
/// `base` is the server's public address, without a slash at the end, where it has one; `certificate` what is at [`certificate_url`].
pub fn of(
    bin: &Bin,
    base: Option<&str>,
    capture: &Capture,
    certificate: Certificate<'_>,
) -> Option<Verdict> {
    of_line(bin, base, &capture.line, &capture.body, certificate)
}

/// The same with a body that was read by itself, or with none where [`needs_body`] says so.
pub fn of_line(
    bin: &Bin,
    base: Option<&str>,
    line: &CaptureLine,
    body: &[u8],
    certificate: Certificate<'_>,
) -> Option<Verdict> {
    let url = url(&line.envelope, base);
    let request = request(line, body, &url);
    let Some(judge) = Judge::find(&bin.settings, line, &request) else {
        return carries_none(&bin.settings);
    };
    let options = Options {
        tolerance_s: bin.settings.tolerance_s,
        certificate,
    };
    Some(fair(line, judge.verdict(&request, options)))
}

/// The verdict on a request of somebody who is not known, in a bin that has secrets: none of those is for it.
fn carries_none(settings: &Settings) -> Option<Verdict> {
    let mut wanted = settings.secrets.iter().map(|(slug, _)| slug);
    let first = provider::find(wanted.next()?)?;
    let detail = match (wanted.next(), first.schemes.first()) {
        (None, Some(scheme)) => {
            let place = scheme.place_in_words();
            format!(
                "{place} is missing, where {} has its signature.",
                first.title
            )
        }
        _ => "It carries no signature of a sender that this bin has a secret for.".to_owned(),
    };
    Some(Verdict::unsigned(detail))
}

/// The verdict of a capture in a list, whose body is too much to read there.
pub fn unread() -> Verdict {
    Verdict::unchecked("The body is too large to be checked in a list: open the request.")
}

/// Whether the verdict of a capture asks for its body. Where it does not, head and settings say it all.
pub fn needs_body(bin: &Bin, line: &CaptureLine) -> bool {
    let settings = &bin.settings;
    if line.size == 0 {
        return false;
    }
    if settings.signature.is_some() {
        return true;
    }
    let request = request(line, &[], "");
    let asks = |provider: &Provider| {
        provider
            .schemes
            .iter()
            .any(|scheme| scheme.may_be_carried_by(&request))
    };
    let with_secret = |(slug, _)| provider::find(slug).is_some_and(asks);
    match recognised(line) {
        Some(provider) if !settings.secrets.of(provider.slug).is_empty() => true,
        Some(provider) => {
            provider.schemes.iter().any(provider::Scheme::reads_body)
                || settings.secrets.iter().any(with_secret)
        }
        None => settings.secrets.iter().any(with_secret),
    }
}

/// What was checked of a capture, and why it does not fit.
#[derive(Debug)]
pub struct Evidence {
    /// By whose rules; `None` for the bin's own scheme.
    pub provider: Option<&'static Provider>,
    /// How many secrets were tried.
    pub secrets: usize,
    /// The verdict with its hint, the signed bytes, the digests.
    pub explanation: Explanation,
}

/// The verdict of a capture with all that leads to it.
///
/// Costs some hundred MACs of the body where a mistake is searched. `decoded` is the body without its content coding, where it has one. `None` where there is nothing to check.
pub fn evidence(
    bin: &Bin,
    base: Option<&str>,
    capture: &Capture,
    decoded: Option<&[u8]>,
    certificate: Certificate<'_>,
) -> Option<Evidence> {
    let line = &capture.line;
    let url = url(&line.envelope, base);
    let request = request(line, &capture.body, &url);
    let settings = &bin.settings;
    let (provider, secrets, mut explanation) = match Judge::find(settings, line, &request)? {
        Judge::Own(own) => (None, 1, own.explain(&request, settings.tolerance_s)),
        Judge::Provider(provider, secrets) => {
            let others: Vec<(&str, &[Secret])> = settings
                .secrets
                .iter()
                .filter(|(slug, _)| *slug != provider.slug)
                .collect();
            let as_sent = self::url(&line.envelope, None);
            let others = Others {
                decoded,
                url: (as_sent != url).then_some(&as_sent),
                secrets: &others,
            };
            let options = Options {
                tolerance_s: settings.tolerance_s,
                certificate,
            };
            let explanation = provider.explain(secrets, &request, options, &others)?;
            (Some(provider), secrets.len(), explanation)
        }
    };
    explanation.verdict = fair(line, explanation.verdict);
    Some(Evidence {
        provider,
        secrets,
        explanation,
    })
}

/// A verdict that holds nothing against a capture that it cannot be held to: bytes that are not there, a signature that no
/// handshake has.
fn fair(line: &CaptureLine, verdict: Verdict) -> Verdict {
    let is_cut = line.state != BodyState::Complete;
    let rule = line.envelope.reply.rule.as_deref().unwrap_or_default();
    let is_handshake = rule.starts_with(HANDSHAKE) || rule.starts_with(UNANSWERED);
    match verdict.reason {
        Some(Flaw::SignatureMismatch | Flaw::MalformedHeader)
            if is_cut && verdict.state == VerdictState::Invalid =>
        {
            Verdict::unchecked("The body is not whole, so that its signature cannot fit.")
        }
        Some(Flaw::MissingHeader) if is_handshake => {
            Verdict::unsigned("This handshake has no signature.")
        }
        _ => verdict,
    }
}

#[cfg(test)]
mod tests;
