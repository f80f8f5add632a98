//! Adyen: for payments the body holds the HMAC of eight of its fields; for platforms a header has that of the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "adyen",
    title: "Adyen",
    docs: "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures",
    aliases: &["adyen-banking"],
    rules: &[
        Rule::shape(&[Mark::Key("notificationItems")]),
        Rule::sure(&[Mark::Header("hmacsignature")]),
        Rule::weak(&[Mark::Agent("Adyen ")]),
    ],
    schemes: &[
        Scheme::sha256("HmacSignature")
            .encoded(Encoding::Base64)
            .keyed(KeyForm::Hex)
            .missing_when_empty()
            .when(When::Header("HmacSignature")),
        Scheme::sha256("HmacSignature")
            .encoded(Encoding::Base64)
            .keyed(KeyForm::Hex)
            .missing_when_empty()
            .when(When::Value("Protocol", "HmacSHA256")),
        Scheme::sha256("")
            .named("HMAC-SHA256 of eight fields")
            .at(Place::Json(SIGNATURE))
            .encoded(Encoding::Base64)
            .keyed(KeyForm::Hex)
            .signing(&[
                Part::Json("/notificationItems/0/NotificationRequestItem/pspReference"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/originalReference"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/merchantAccountCode"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/merchantReference"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/amount/value"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/amount/currency"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/eventCode"),
                Part::Text(":"),
                Part::Json("/notificationItems/0/NotificationRequestItem/success"),
            ])
            .leaving("It covers references, amount, event and success of the first item, and nothing else of the body."),
    ],
    event: EventShape::new(
        &[],
        &[
            From::Json("/notificationItems/0/NotificationRequestItem/eventCode"),
            From::Json("/type"),
        ],
        &[
            From::Json("/notificationItems/0/NotificationRequestItem/eventDate"),
            From::Json("/timestamp"),
        ],
    ),
    secret_hint: "The webhook's HMAC key: hex digits.",
    samples: &[Sample {
        event: "AUTHORISATION",
        headers: &[("User-Agent", "Adyen HttpClient 1.0")],
        body: r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":""},"amount":{"currency":"EUR","value":4200},"eventCode":"AUTHORISATION","eventDate":"{iso}","merchantAccountCode":"SampleMerchant","merchantReference":"order-{n}","originalReference":"","pspReference":"{n}","success":"true"}}]}"#,
    }],
    ..Provider::BASE
};

const SIGNATURE: &str =
    "/notificationItems/0/NotificationRequestItem/additionalData/hmacSignature";
