//! What is said of a request by which a provider asked before it sends.

use super::fact::Fact;
use crate::model::Capture;
use crate::provider::{self, Provider, Request, handshake};
use crate::verdict::{HANDSHAKE, UNANSWERED};
use crate::web::extract::BinByKey;

/// What was recognised and answered; `None` for a request that asked nothing, or whose answer was the bin's own.
pub(super) fn fact(bin: &BinByKey, capture: &Capture) -> Option<Fact> {
    let rule = capture.line.envelope.reply.rule.as_deref()?;
    if let Some(slug) = rule.strip_prefix(UNANSWERED) {
        let provider = provider::find(slug)?;
        let needed = match asked(bin, capture, provider)?.answer {
            Err(missing) => format!("It needs {}, which this bin lacks.", missing.0),
            Ok(_) => "Its secret is there now: let the provider ask again.".to_owned(),
        };
        return Some(Fact {
            icon: "warn",
            setting: Some((format!("?provider={slug}#signatures"), "Add secret")),
            ..Fact::caution(
                format!("A handshake of {} was not answered.", provider.title),
                format!("{needed} The plain reply was sent."),
            )
        });
    }
    let provider = provider::find(rule.strip_prefix(HANDSHAKE)?)?;
    let (name, rest) = match asked(bin, capture, provider) {
        Some(asked) => (asked.name, told(asked.answer.ok())),
        None => ("handshake", String::new()),
    };
    let headline = if name == "handshake" {
        format!("{} handshake answered.", provider.title)
    } else {
        format!("{} handshake answered: {name}.", provider.title)
    };
    Some(Fact {
        icon: "check",
        icon_class: "ok",
        class: "",
        setting: Some(("#signatures".to_owned(), "Settings")),
        ..Fact::caution(headline, rest)
    })
}

/// What is left to do.
fn told(answer: Option<handshake::Answer>) -> String {
    let Some(answer) = answer else {
        return String::new();
    };
    match answer.visit {
        Some(_) => "Its SubscribeURL is visited when the signature is checked; what came of that is under Forwarding.".to_owned(),
        None if answer.note.is_empty() => {
            "What it wanted to hear is under Reply; a switch in the settings turns this off."
                .to_owned()
        }
        None => answer.note.to_owned(),
    }
}

/// The question again, with the secrets that the bin has now.
fn asked(
    bin: &BinByKey,
    capture: &Capture,
    provider: &'static Provider,
) -> Option<handshake::Asked> {
    let line = &capture.line;
    let request = Request {
        head: &line.envelope.head,
        body: &capture.body,
        url: "",
        arrived: line.envelope.received_at,
    };
    let secrets = &bin.bin.settings.secrets;
    let known = crate::verdict::recognised(line);
    handshake::answer(known, &request, |slug| secrets.of(slug))
        .filter(|asked| asked.provider.slug == provider.slug && bin.can_write())
}
