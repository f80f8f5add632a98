//! Braintree: a form of two fields; the key is the SHA-1 of the private key.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "braintree",
    title: "Braintree",
    docs: "https://developer.paypal.com/braintree/docs/guides/webhooks/parse",
    rules: &[Rule::shape(&[Mark::Key("bt_signature"), Mark::Key("bt_payload")])],
    schemes: &[Scheme::custom(
        "HMAC-SHA1 of bt_payload",
        Place::Form("bt_signature"),
        &CHECK,
    )
    .keyed(KeyForm::Braintree)],
    event: EventShape::new(&[], &[], &[]),
    secret_hint: "public key|private key, or the private key alone.",
    handshakes: &[Handshake {
        name: "challenge",
        answer: |ask| {
            let challenge = ask.parameter("bt_challenge")?;
            let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            if !(20..=32).contains(&challenge.len()) || !challenge.bytes().all(is_hex) {
                return None;
            }
            let Some((public, key)) = ask.secrets.iter().find_map(|secret| {
                let public = secret.expose().split_once('|')?.0;
                Some((public, KeyForm::Braintree.read(secret).ok()?))
            }) else {
                return Some(Err(Missing("public key|private key as the secret")));
            };
            let mac = hex(&hmac(Hash::Sha1, &key.0, &[challenge]));
            Some(Ok(Answer::text(format!("{public}|{mac}"))))
        },
    }],
    samples: &[Sample {
        event: "subscription_charged_successfully",
        headers: &[
            ("User-Agent", "Braintree-Webhooks"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ],
        body: "bt_signature=&bt_payload=PG5vdGlmaWNhdGlvbj48a2luZD5jaGVjazwva2luZD48L25vdGlmaWNhdGlvbj4K",
    }],
    ..Provider::BASE
};

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let Some(signature) = form::find_text(request.body, "bt_signature") else {
            return bad(Flaw::MissingHeader, "The form has no bt_signature.");
        };
        let Some(payload) = form::find(request.body, "bt_payload") else {
            return bad(Flaw::MissingHeader, "The form has no bt_payload.");
        };
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=\n".contains(&b);
        if !payload.iter().copied().all(is_base64) {
            return bad(
                Flaw::MalformedHeader,
                "The bt_payload holds characters that base64 has not.",
            );
        }
        let pairs: Vec<(&str, &str)> = signature
            .split('&')
            .filter_map(|pair| pair.split_once('|'))
            .collect();
        if pairs.is_empty() {
            return bad(
                Flaw::MalformedHeader,
                "The bt_signature is no public key|signature.",
            );
        }
        let keys = secrets.keys(KeyForm::Braintree)?;
        let mut with_newline = payload.to_vec();
        with_newline.push(b'\n');
        for (secret, key) in secrets.pasted.iter().zip(&keys) {
            let public = secret.expose().rsplit_once('|').map(|(public, _)| public);
            let ours = pairs
                .iter()
                .filter(|(have, _)| public.is_none_or(|public| public == *have));
            for (_, signature) in ours {
                for text in [payload.as_ref(), &with_newline] {
                    let expected = hex(&hmac(Hash::Sha1, &key.0, &[text]));
                    if same(expected.as_bytes(), signature.as_bytes()) {
                        return Ok(String::new());
                    }
                }
            }
        }
        bad(
            Flaw::SignatureMismatch,
            "No signature of this public key is the HMAC-SHA1 of bt_payload with this private key.",
        )
    },
    sign: Some(|draft, secret| {
        let key = KeyForm::Braintree.read(secret)?;
        let payload = form::find(&draft.body, "bt_payload")
            .ok_or_else(|| sign::Error::Incomplete("the form has no bt_payload".to_owned()))?;
        let public = secret.expose().split_once('|').map_or("public", |(public, _)| public);
        let mac = hex(&hmac(Hash::Sha1, &key.0, &[&payload]));
        let encoded = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let payload = String::from_utf8_lossy(&payload).into_owned();
        draft.body = format!(
            "bt_signature={}&bt_payload={}",
            encoded(&format!("{public}|{mac}")),
            encoded(&payload)
        )
        .into_bytes();
        Ok(())
    }),
    certificate: None,
    like: None,
};
