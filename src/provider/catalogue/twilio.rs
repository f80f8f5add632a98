//! Twilio: base64 of HMAC-SHA1 over the URL and the form's sorted pairs; of other bodies the URL holds the hash.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "twilio",
    title: "Twilio",
    docs: "https://www.twilio.com/docs/usage/webhooks/webhooks-security",
    aliases: &["twilio-sharedkey"],
    rules: &[
        Rule::sure(&[Mark::Header("x-twilio-signature")]),
        Rule::weak(&[Mark::Agent("TwilioProxy/")]),
        Rule::weak(&[Mark::Key("AccountSid"), Mark::Key("ApiVersion")]),
    ],
    schemes: &[
        Scheme::custom(
            "HMAC with a shared key, of the URL and the sorted form",
            Place::Header("X-Twilio-Signature"),
            &SHARED_KEY,
        )
        .when(When::Header("X-Twilio-Webhooks-Signature-Settings")),
        Scheme::custom(
            "HMAC-SHA1 of the URL, which holds the body's hash",
            Place::Header("X-Twilio-Signature"),
            &BODY_HASH,
        )
        .when(When::Query("bodySHA256")),
        FORM_SCHEME,
    ],
    event: EventShape::new(
        &[From::Header("I-Twilio-Idempotency-Token")],
        &[
            From::Form("MessageStatus"),
            From::Form("CallStatus"),
            From::Form("EventType"),
        ],
        &[],
    ),
    secret_hint: "The auth token of the account that sends, not an API key.",
    samples: &[Sample {
        event: "message",
        headers: &[
            ("User-Agent", "TwilioProxy/1.1"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("I-Twilio-Idempotency-Token", "{uuid}"),
        ],
        body: "ToCountry=GB&SmsMessageSid=SM{id}&NumMedia=0&SmsStatus=received&Body=Hello+%2B+welcome&To=%2B441134960000&MessageSid=SM{id}&AccountSid=ACsample&From=%2B441134960001&ApiVersion=2010-04-01",
    }],
    ..Provider::BASE
};

const FORM_SCHEME: Scheme = Scheme::hmac(
    "HMAC-SHA1 of the URL and the sorted form",
    Hash::Sha1,
    "X-Twilio-Signature",
)
.encoded(Encoding::Base64)
.signing(&[Part::UrlAnyPort, Part::SortedForm]);

static FORM: Scheme = FORM_SCHEME;

static BODY_HASH: Custom = Custom {
    verify: |request, secrets| {
        recheck(&FORM, request, secrets)?;
        let wanted = request.parameter("bodySHA256").unwrap_or_default();
        let have = hex(&digest(Hash::Sha256, &[request.body]));
        if same(wanted.as_bytes(), have.as_bytes()) {
            return Ok(String::new());
        }
        let detail = "The URL is signed, but its bodySHA256 is not the hash of this body.";
        bad(Flaw::SignatureMismatch, detail)
    },
    sign: None,
    certificate: None,
    like: Some(&FORM),
};

static SHARED_KEY: Custom = Custom {
    verify: |request, secrets| {
        let settings = request
            .header_text("X-Twilio-Webhooks-Signature-Settings")
            .unwrap_or_default();
        let algorithm = settings
            .split(',')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == "algorithm")
            .map(|(_, value)| value);
        let hash = match algorithm {
            Some("HMAC_SHA256") => Hash::Sha256,
            Some("HMAC_SHA1") => Hash::Sha1,
            Some("HMAC_SHA512") => Hash::Sha512,
            _ => {
                let detail = "The header X-Twilio-Webhooks-Signature-Settings names no known algorithm.";
                return bad(Flaw::MalformedHeader, detail);
            }
        };
        recheck(&FORM.checked(Check::Hmac(hash)), request, secrets)
    },
    sign: None,
    certificate: None,
    like: Some(&FORM),
};
