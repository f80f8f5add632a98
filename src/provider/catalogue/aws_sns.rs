//! AWS SNS: RSA over named fields of the body, with a certificate that the body names.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "aws-sns",
    title: "AWS SNS",
    docs: "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html",
    rules: &[
        Rule::sure(&[Mark::Header("x-amz-sns-message-type")]),
        Rule::shape(&[Mark::Key("TopicArn"), Mark::Key("Type")]),
        Rule::weak(&[Mark::Agent("Amazon Simple Notification Service Agent")]),
    ],
    schemes: &[Scheme::custom(
        "RSA of the message's fields",
        Place::Json("/Signature"),
        &CHECK,
    )
    .keyed(KeyForm::Rsa)],
    event: EventShape::new(
        &[
            From::Header("x-amz-sns-message-id"),
            From::Json("/MessageId"),
        ],
        &[
            From::Header("x-amz-sns-message-type"),
        ],
        &[From::Json("/Timestamp")],
    ),
    secret_hint: "None is needed: the certificate is Amazon's own.",
    handshakes: &[Handshake {
        name: "subscription confirmation",
        answer: |ask| {
            let is_it = ask.header("x-amz-sns-message-type") == Some("SubscriptionConfirmation");
            let address = json::find_plain(ask.request.body, "/SubscribeURL").filter(|_| is_it)?;
            let mut answer = Answer::empty(200);
            if is_trusted(&address, is_amazon) {
                answer.visit = Some(address);
            } else {
                answer.note = "The SubscribeURL does not lead to Amazon over https, so it was not visited.";
            }
            Some(Ok(answer))
        },
    }],
    samples: &[Sample {
        event: "Notification",
        headers: &[
            ("User-Agent", "Amazon Simple Notification Service Agent"),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("x-amz-sns-message-type", "Notification"),
            ("x-amz-sns-message-id", "{uuid}"),
            ("x-amz-sns-topic-arn", "arn:aws:sns:eu-west-1:123456789012:sample"),
        ],
        body: r#"{"Type":"Notification","MessageId":"{uuid}","TopicArn":"arn:aws:sns:eu-west-1:123456789012:sample","Subject":"Sample","Message":"{\"order\":{n}}","Timestamp":"{iso}","SignatureVersion":"2","Signature":"","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-sample.pem"}"#,
    }],
    ..Provider::BASE
};

/// `sns.REGION.amazonaws.com`, and the same in China.
pub(super) fn is_amazon(host: &str) -> bool {
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com")
            .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    region.is_some_and(|region| {
        region.len() >= 3
            && region
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// Whether an address leads to a certificate of Amazon's.
fn is_certificate(address: &str) -> bool {
    is_trusted(address, is_amazon) && address.as_bytes().ends_with(b".pem")
}

/// The fields that are signed, in the order of their names; those that a message has not are left out.
const FIELDS: [&str; 8] = [
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let Ok(serde_json::Value::Object(message)) = serde_json::from_slice(request.body) else {
            return bad(Flaw::MalformedHeader, "The body is not a JSON object.");
        };
        let field = |name: &str| message.get(name).and_then(|value| value.as_str());
        let Some(signature) = field("Signature") else {
            return bad(Flaw::MissingHeader, "The body has no Signature.");
        };
        let algorithm = match field("SignatureVersion") {
            Some("1") => &RSA_SHA1,
            Some("2") => &RSA_SHA256,
            _ => return bad(Flaw::Unsupported, "The SignatureVersion is neither 1 nor 2."),
        };
        let address = field("SigningCertURL").unwrap_or_default();
        if !is_certificate(address) {
            return bad(
                Flaw::Unsupported,
                "The SigningCertURL does not lead to a certificate of Amazon over https.",
            );
        }
        let Some(signature) = base64(signature).filter(|bytes| !bytes.is_empty()) else {
            return bad(Flaw::MalformedHeader, "The Signature is not base64.");
        };
        let keys = secrets.rsa_keys(request, "SigningCertURL", address, None)?;
        let text = |is_notification: bool| -> String {
            FIELDS
                .iter()
                .filter(|name| !is_notification || !["SubscribeURL", "Token"].contains(name))
                .filter(|name| is_notification || **name != "Subject")
                .filter_map(|name| Some(format!("{name}\n{}\n", field(name)?)))
                .collect()
        };
        // Of the end of a subscription the documentation lists the fields of a confirmation, and Amazon's own code those of a
        // notification.
        let forms: &[bool] = match field("Type") {
            Some("Notification") => &[true],
            Some("UnsubscribeConfirmation") => &[false, true],
            _ => &[false],
        };
        let fits = |&form: &bool| {
            let text = text(form);
            keys.iter()
                .any(|key| is_signed(algorithm, key, text.as_bytes(), &signature))
        };
        if forms.iter().any(fits) {
            Ok(String::new())
        } else {
            bad(
                Flaw::SignatureMismatch,
                "The signature was not made of these fields with this certificate.",
            )
        }
    },
    sign: None,
    certificate: Some(|request| {
        // Without a signature there is nothing to check with it.
        let signature = json::find_plain(request.body, "/Signature")?;
        json::find_plain(request.body, "/SigningCertURL")
            .filter(|address| !signature.is_empty() && is_certificate(address))
    }),
    like: None,
};
