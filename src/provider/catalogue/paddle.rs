//! Paddle: `ts=…;h1=…` over `time:body`, five seconds long; before that, RSA over the sorted form (Classic).

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "paddle",
    title: "Paddle",
    docs: "https://developer.paddle.com/webhooks/signature-verification",
    rules: &[
        Rule::sure(&[Mark::Header("paddle-signature")]),
        Rule::shape(&[Mark::Key("p_signature"), Mark::Key("alert_name")]),
        Rule::weak(&[Mark::Agent("Paddle")]),
    ],
    schemes: &[
        Scheme::custom(
            "RSA-SHA1 of the sorted form (Paddle Classic)",
            Place::Form("p_signature"),
            &CLASSIC,
        )
        .when(When::Form("p_signature"))
        .keyed(KeyForm::Rsa),
        Scheme::sha256("Paddle-Signature")
            .named("HMAC-SHA256 of time:body")
            .shaped(Shape::Pairs {
                separator: ';',
                name: "h1",
            })
            .signing(&[Part::Time, Part::Text(":"), Part::Body])
            .timed(Time::new(TimeAt::Pair("ts"), Unit::Seconds).past(5)),
    ],
    event: EventShape::new(
        &[From::Json("/event_id"), From::Form("alert_id")],
        &[From::Json("/event_type"), From::Form("alert_name")],
        &[From::Json("/occurred_at")],
    ),
    secret_hint: "The notification destination's secret, pdl_ntfset_…; for Paddle Classic the public key.",
    samples: &[Sample {
        event: "transaction.completed",
        headers: &[("User-Agent", "Paddle")],
        body: r#"{"event_id":"evt_{id}","event_type":"transaction.completed","occurred_at":"{iso}","notification_id":"ntf_{id}","data":{"id":"txn_{id}","status":"completed","currency_code":"EUR","details":{"totals":{"total":"4200"}}}}"#,
    }],
    ..Provider::BASE
};

static CLASSIC: Custom = Custom {
    verify: |request, secrets| {
        let mut pairs = request.fields();
        let is_signature = |name: &[u8]| name == b"p_signature";
        let signature = pairs
            .iter()
            .find(|(name, _)| is_signature(name))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .and_then(base64);
        let Some(signature) = signature else {
            return bad(Flaw::MalformedHeader, "The form's p_signature is not base64.");
        };
        pairs.retain(|(name, _)| !is_signature(name));
        pairs.sort();
        let mut text = format!("a:{}:{{", pairs.len()).into_bytes();
        for piece in pairs.iter().flat_map(|(name, value)| [name, value]) {
            text.extend_from_slice(format!("s:{}:\"", piece.len()).as_bytes());
            text.extend_from_slice(piece);
            text.extend_from_slice(b"\";");
        }
        text.push(b'}');
        let keys = secrets.keys(KeyForm::Rsa)?;
        if keys.iter().any(|key| is_signed(&RSA_SHA1, key, &text, &signature)) {
            Ok(String::new())
        } else {
            bad(
                Flaw::SignatureMismatch,
                "The p_signature was not made of this form with this key.",
            )
        }
    },
    sign: None,
    certificate: None,
    like: None,
};
