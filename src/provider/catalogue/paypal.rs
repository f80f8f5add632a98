//! PayPal: RSA over ids, time and the body's CRC-32, with a certificate that a header names.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "paypal",
    title: "PayPal",
    docs: "https://developer.paypal.com/api/rest/webhooks/rest/",
    rules: &[
        Rule::sure(&[Mark::Header("paypal-transmission-id")]),
        Rule::sure(&[Mark::Header("paypal-transmission-sig")]),
        Rule::weak(&[Mark::Agent("PayPal/")]),
    ],
    schemes: &[Scheme::custom(
        "RSA-SHA256 of transmission id, time, webhook id and the body's CRC-32",
        Place::Header("PAYPAL-TRANSMISSION-SIG"),
        &CHECK,
    )
    .keyed(KeyForm::CertificateOrId)
    .leaving("Of the body it covers a CRC-32, which can be made to fit another body.")],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/event_type")],
        &[From::Json("/create_time")],
    ),
    secret_hint: "The webhook's id, from the list of webhooks of the app.",
    samples: &[Sample {
        event: "PAYMENT.CAPTURE.COMPLETED",
        headers: &[("User-Agent", "PayPal/AUHR-214.0")],
        body: r#"{"id":"WH-{id}","event_version":"1.0","create_time":"{iso}","resource_type":"capture","event_type":"PAYMENT.CAPTURE.COMPLETED","summary":"Payment completed for EUR 42.00","resource":{"id":"{n}","status":"COMPLETED","amount":{"currency_code":"EUR","value":"42.00"}}}"#,
    }],
    ..Provider::BASE
};

/// The hosts that PayPal serves certificates from.
const HOSTS: [&str; 2] = ["api.paypal.com", "api.sandbox.paypal.com"];

/// Whether an address leads to `PayPal`'s own host.
fn is_certificate(address: &str) -> bool {
    is_trusted(address, |host| HOSTS.contains(&host))
}

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let id = required(request, "PAYPAL-TRANSMISSION-ID")?;
        let time = required(request, "PAYPAL-TRANSMISSION-TIME")?;
        let signature = required(request, "PAYPAL-TRANSMISSION-SIG")?;
        let address = required(request, "PAYPAL-CERT-URL")?;
        let algorithm = required(request, "PAYPAL-AUTH-ALGO")?;
        if algorithm != "SHA256withRSA" {
            return bad(
                Flaw::Unsupported,
                "The header PAYPAL-AUTH-ALGO names another algorithm than SHA256withRSA.",
            );
        }
        if !is_certificate(address) {
            return bad(
                Flaw::Unsupported,
                "The header PAYPAL-CERT-URL does not lead to PayPal over https.",
            );
        }
        let Some(signature) = base64(signature).filter(|bytes| !bytes.is_empty()) else {
            return bad(
                Flaw::MalformedHeader,
                "The header PAYPAL-TRANSMISSION-SIG is not base64.",
            );
        };
        let mut ids = secrets.texts().peekable();
        if ids.peek().is_none() {
            return open("There is no webhook id to check the signature with.");
        }
        let keys = secrets.rsa_keys(request, "PAYPAL-CERT-URL", address, Some("paypal.com"))?;
        let crc = crc32(request.body);
        let fits = ids.any(|webhook| {
            let text = format!("{id}|{time}|{webhook}|{crc}");
            keys.iter()
                .any(|key| is_signed(&RSA_SHA256, key, text.as_bytes(), &signature))
        });
        if fits {
            Ok(String::new())
        } else {
            bad(
                Flaw::SignatureMismatch,
                "The signature was not made of this body for this webhook id with this certificate.",
            )
        }
    },
    sign: None,
    certificate: Some(|request| {
        let address = request.header_text("PAYPAL-CERT-URL")?;
        is_certificate(address).then(|| address.to_owned())
    }),
    like: None,
};
