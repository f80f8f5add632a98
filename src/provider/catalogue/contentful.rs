//! Contentful: bare hex over method, path, the headers that a header names, and the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "contentful",
    title: "Contentful",
    docs: "https://www.contentful.com/developers/docs/webhooks/request-verification/",
    rules: &[
        Rule::sure(&[Mark::Header("x-contentful-topic")]),
        Rule::sure(&[Mark::Header("x-contentful-signature")]),
    ],
    schemes: &[Scheme::custom(
        "HMAC-SHA256 of method, path, named headers and body",
        Place::Header("x-contentful-signature"),
        &CHECK,
    )],
    event: EventShape::new(
        &[From::Header("X-Contentful-Idempotency-Key")],
        &[From::Header("X-Contentful-Topic")],
        &[From::Json("/sys/updatedAt")],
    ),
    secret_hint: "The space's request verification secret: 64 characters.",
    ..Provider::BASE
};

const SIGNED_HEADERS: &str = "x-contentful-signed-headers";
const TIME: &str = "x-contentful-timestamp";

/// The text that is signed, for a path and query as given.
fn canonical(request: &Request<'_>, path: &str, names: &str) -> Vec<u8> {
    let mut headers: Vec<String> = names
        .split(',')
        .map(|name| {
            let name = name.trim().to_ascii_lowercase();
            let value = request.header_text(&name).unwrap_or_default().trim();
            format!("{name}:{value}")
        })
        .collect();
    headers.sort();
    let head = format!("{}\n{path}\n{}\n", request.head.method, headers.join(";"));
    [head.as_bytes(), request.body].concat()
}

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let signature = required(request, "x-contentful-signature")?;
        if !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return bad(
                Flaw::MalformedHeader,
                "The header x-contentful-signature is not hex digits.",
            );
        }
        let names = required(request, SIGNED_HEADERS)?;
        let time = required(request, TIME)?;
        let Ok(millis) = time.parse::<i64>() else {
            return bad(
                Flaw::MalformedHeader,
                "The header x-contentful-timestamp is no number of milliseconds.",
            );
        };
        let whole = request.url_below_host();
        // The provider's own code escapes the query as one text, and then the escapes.
        let escaped = whole.split_once('?').map(|(path, query)| {
            let once =
                percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC)
                    .to_string();
            format!("{path}?{}", once.replace('%', "%25"))
        });
        let keys = secrets.keys(KeyForm::Text)?;
        let fits = [Some(whole), escaped.as_deref()]
            .into_iter()
            .flatten()
            .any(|path| {
                let text = canonical(request, path, names);
                keys.iter().any(|key| {
                    let expected = hex(&hmac(Hash::Sha256, &key.0, &[&text]));
                    same(expected.as_bytes(), signature.as_bytes())
                })
            });
        if !fits {
            return bad(
                Flaw::SignatureMismatch,
                "The signature is not the HMAC-SHA256 of method, path, named headers and body with this secret.",
            );
        }
        secrets.in_time_millis(request, millis, Some(30))
    },
    sign: Some(|draft, secret| {
        let millis = (draft.at.as_micros() / 1_000).to_string();
        draft.set(TIME, millis);
        draft.set(SIGNED_HEADERS, format!("{SIGNED_HEADERS},{TIME}"));
        let head = draft.head();
        let request = Request {
            head: &head,
            body: &draft.body,
            url: &draft.url,
            arrived: draft.at,
        };
        let names = format!("{SIGNED_HEADERS},{TIME}");
        let text = canonical(&request, request.url_below_host(), &names);
        let mac = hex(&hmac(Hash::Sha256, secret.expose().as_bytes(), &[&text]));
        draft.set("x-contentful-signature", mac);
        Ok(())
    }),
    certificate: None,
    like: None,
};
