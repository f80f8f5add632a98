//! What it costs to recognise a sender, to look for a handshake and to check a signature, in this process: no socket, no disk.

use std::hint::black_box;
use std::time::Instant;

use hookwell::model::{Head, Headers, Timestamp, Version};
use hookwell::provider::{self, Options as Check, Request, Secret, Seed, handshake};

use crate::options::Options;
use crate::report::{Aim, Row};
use crate::statistics::Spread;
use crate::{Failure, Result};

/// How many times in a round each is done.
const TIMES: u32 = 20_000;

const URL: &str = "https://hooks.example.com/in";

/// When requests arrive.
const AT: Timestamp = Timestamp::from_micros(1_795_599_012_000_000);

/// A body of about the size that is usual.
fn body() -> Vec<u8> {
    let text = "0123456789abcdef".repeat(60);
    format!(r#"{{"kind":"thing.made","number":12,"nested":{{"list":[1,2,3]}},"text":"{text}"}}"#)
        .into_bytes()
}

fn head(fields: &[(&str, &str)]) -> Head {
    let usual = [
        ("host", "hooks.example.com"),
        ("user-agent", "acme-hooks/1.0"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip"),
        ("content-type", "application/json"),
        ("content-length", "1024"),
        ("x-request-id", "5a1c2f7e"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    let fields = usual
        .iter()
        .chain(fields)
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Head {
        method: "POST".to_owned(),
        target: "/in".to_owned(),
        path_at: 0,
        version: Version::Http11,
        headers: Headers::from_fields(fields),
    }
}

/// Microseconds for one of many, over the rounds.
fn timed(rounds: usize, work: impl Fn()) -> Spread {
    let round = |_| {
        let began = Instant::now();
        for _ in 0..TIMES {
            work();
        }
        began.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
    };
    Spread::of((0..rounds).map(round))
}

fn asked<'a>(head: &'a Head, body: &'a [u8]) -> Request<'a> {
    Request {
        head,
        body,
        url: URL,
        arrived: AT,
    }
}

/// Measures the look for a handshake: in vain, as for nearly all requests, and with one that is answered.
fn handshakes(rounds: usize) -> [Row; 2] {
    let (unknown, usual) = (head(&[]), body());
    let in_vain = timed(rounds, || {
        let request = asked(black_box(&unknown), black_box(&usual));
        black_box(handshake::could_be(None, &request));
    });
    let slack = head(&[("x-slack-signature", "v0=00")]);
    let question = br#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7","type":"url_verification"}"#;
    let known = provider::find("slack");
    let answered = timed(rounds, || {
        let request = asked(black_box(&slack), black_box(question));
        let secrets: &[Secret] = &[];
        black_box(handshake::answer(known, &request, |_| secrets).is_some());
    });
    [
        Row::spread("looking for a handshake in vain", in_vain, "µs", Aim::None),
        Row::spread("answering a handshake of Slack", answered, "µs", Aim::None),
    ]
}

/// Measures a sender that nobody knows, one that is known, a signature, and handshakes.
pub(crate) fn run(options: &Options) -> Result<Vec<Row>> {
    let (unknown, body) = (head(&[]), body());
    let nobody = timed(options.rounds, || {
        black_box(provider::recognise(black_box(&unknown), black_box(&body)).is_none());
    });
    let stripe = provider::find("stripe").ok_or("stripe is not known")?;
    let seed = Seed {
        at: AT,
        bytes: [1; 16],
    };
    let sample = stripe.find_sample(None).ok_or("stripe has no sample")?;
    let mut draft = stripe.draft(sample, URL, seed);
    let secret = [Secret::new("whsec_bench")];
    let [first] = &secret;
    stripe
        .sign(&mut draft, first)
        .map_err(|error| Failure::from(error.to_string()))?;
    let fields: Vec<(&str, &str)> = draft
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let known = head(&fields);
    let somebody = timed(options.rounds, || {
        black_box(provider::recognise(black_box(&known), black_box(&draft.body)).is_some());
    });
    let checked = timed(options.rounds, || {
        let request = asked(&known, &draft.body);
        black_box(
            stripe
                .verify(&secret, black_box(&request), Check::default())
                .is_valid(),
        );
    });
    println!("senders: done");
    let mut rows = vec![
        Row::spread("recognising nobody", nobody, "µs", Aim::AtMost(5.0)),
        Row::spread(
            "recognising Stripe, with its event",
            somebody,
            "µs",
            Aim::None,
        ),
        Row::spread("checking a signature of Stripe", checked, "µs", Aim::None),
    ];
    rows.extend(handshakes(options.rounds));
    Ok(rows)
}
