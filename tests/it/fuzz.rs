//! The fuzz targets, over mutated requests: the same every time, and few enough to be quick. `fuzz/README.md` says how to go deeper.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/targets.rs"]
mod targets;

/// How many inputs each target gets, and how many bytes one has at most.
const INPUTS: usize = 1000;
const LONGEST: usize = 4096;

/// What requests, filters and archives are made of.
const WORDS: [&str; 30] = [
    "POST / HTTP/1.1\r\n",
    "\r\n\r\n",
    "Content-Type: application/json\r\n",
    "Stripe-Signature: t=1795599012,v1=",
    "X-Hub-Signature-256: sha256=",
    "webhook-signature: v1,",
    "x-amz-sns-message-type: SubscriptionConfirmation\r\n",
    "Authorization: Basic Og==\r\n",
    "ce-specversion: 1.0\r\n",
    "{\"type\":\"url_verification\",\"challenge\":\"x\"}",
    "\"\\ud800\"",
    "1e999999999",
    "[[[[[[[[",
    "json.a[0].b>",
    "size>10k ",
    "(or -header.x:*",
    "since:1h ",
    "\"log\":{\"entries\":[{\"request\":{",
    "\u{feff}",
    "\u{202e}",
    "text/csv; charset=utf-16\n",
    "multipart/form-data; boundary=x\n--x\r\n",
    "<a><![CDATA[",
    "eyJhbGciOiJub25lIn0.e30.",
    "%zz%00",
    "-9223372036854775808",
    "18446744073709551616",
    "2026-02-30T25:61:61Z",
    "\u{1f}\u{8b}\u{8}",
    "\0",
];

/// A generator of numbers that are always the same (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap() % end
    }
}

/// Requests out of public reports, the samples of all providers, and what is in `tests/files`.
fn corpus() -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut corpus = vec![
        b"{\"log\":{\"version\":\"1.2\",\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"http://a/\"}}]}}".to_vec(),
        b"{\"n\":1,\"method\":\"POST\",\"target\":\"/x\",\"headers\":[],\"body\":{\"size\":0}}\n{}\n".to_vec(),
        b"method:POST path:/orders/* json.a.b>100 -(event:x.* or size>10k)\nPOST /orders/1 HTTP/1.1\r\n\r\n{\"a\":{\"b\":101}}".to_vec(),
    ];
    for folder in ["cases", "files"] {
        for file in fs::read_dir(tests.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                corpus.push(fs::read(path).unwrap());
            }
        }
    }
    for provider in hookwell::provider::PROVIDERS {
        for sample in provider.samples {
            let fields = sample.headers.iter();
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect();
            let head = format!(
                "POST /in HTTP/1.1\r\n{}\r\n{}",
                fields.concat(),
                sample.body
            );
            corpus.push(head.into_bytes());
        }
    }
    for input in &mut corpus {
        input.truncate(LONGEST);
    }
    corpus
}

/// One of the corpus with a few changes.
fn mutated(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = corpus[chance.below(corpus.len())].clone();
    for _ in 0..=chance.below(6) {
        let at = chance.below(input.len() + 1);
        match chance.below(6) {
            0 if at < input.len() => input[at] = chance.next().to_le_bytes()[0],
            1 if at < input.len() => input[at] ^= 1 << chance.below(8),
            2 => {
                let end = (at + chance.below(32)).min(input.len());
                input.drain(at..end);
            }
            3 => {
                let end = (at + chance.below(64)).min(input.len());
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let other = &corpus[chance.below(corpus.len())];
                let from = chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = WORDS[chance.below(WORDS.len())];
                input.splice(at..at, word.bytes());
            }
        }
    }
    input.truncate(LONGEST);
    input
}

fn drive(name: &str) {
    let (_, target) = targets::ALL
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap();
    let corpus = corpus();
    assert!(corpus.len() > 100, "{}", corpus.len());
    for input in &corpus {
        target(input);
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..INPUTS {
        let input = mutated(&corpus, &mut chance);
        let done = std::panic::catch_unwind(|| target(&input));
        assert!(
            done.is_ok(),
            "{name} fails with {:?}",
            String::from_utf8_lossy(&input)
        );
    }
}

#[test]
fn recognition_survives_whatever_is_sent() {
    drive("recognition");
}

#[test]
fn header_lines_survive_whatever_is_sent() {
    drive("headers");
}

#[test]
fn verification_survives_whatever_is_sent() {
    drive("verification");
}

#[test]
fn filters_survive_whatever_is_asked() {
    drive("filters");
}

#[test]
fn viewers_survive_whatever_is_sent() {
    drive("viewers");
}

#[test]
fn archives_survive_whatever_is_imported() {
    drive("archives");
}

#[test]
fn every_target_has_its_binary() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for (name, _) in targets::ALL {
        let binary = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(binary.contains(&format!("targets::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
