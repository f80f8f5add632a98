//! A server with the certificate of one of Amazon's hosts stands for it: it serves the certificate that messages are signed with, and is
//! visited.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;

use bytes::Bytes;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::config::StoreConfig;
use crate::model::{
    Attempt, BinId, BinKey, Body, Draft, Envelope, Head, Reply, Scheme, Settings, Timestamp,
    VerdictState, Version,
};

const TLS: &[u8] = include_bytes!("tls.der");

/// In 2030, when the certificates are valid.
const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

const SUBSCRIBE: &str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc";

/// Amazon as it is seen from here: where it is, and the targets that it was asked for.
struct Amazon {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Amazon {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let key = PrivateKeyDer::try_from(include_bytes!("tls-key.der").to_vec()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(TLS.to_vec())], key);
        let tls = Arc::new(tls.unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let (mut read, mut byte) = (Vec::new(), [0]);
                while !read.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    read.push(byte[0]);
                }
                let request = String::from_utf8(read).unwrap();
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = match &*target {
                    "/own.pem" => (200, include_str!("sns.pem")),
                    "/odd.pem" => (200, "not one"),
                    _ if target.starts_with("/?Action=") => (200, "<ok/>"),
                    _ => (404, ""),
                };
                heard.lock().unwrap().push(target);
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}"
                )
                .ok();
                stream.conn.send_close_notify();
                stream.flush().ok();
            }
        });
        Self { address, asked }
    }

    /// Who takes it for Amazon, and may call this network.
    fn client(&self, allow: &str) -> outbound::Client {
        outbound::Client::leading_to(self.address, TLS, allow)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// A confirmation of a subscription, signed as Amazon does.
fn confirmation(subscribe: &str, certificate: &str) -> String {
    let mut message = json!({
        "Type": "SubscriptionConfirmation", "MessageId": "m-1", "Token": "abc", "Message": "You have chosen …",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:orders", "SubscribeURL": subscribe,
        "Timestamp": "2030-03-17T17:46:39.000Z", "SignatureVersion": "2",
        "SigningCertURL": format!("https://sns.eu-west-1.amazonaws.com{certificate}"),
    });
    let names = [
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ];
    let lines = names.map(|name| format!("{name}\n{}\n", message[name].as_str().unwrap()));
    let text = lines.concat();
    let key = RsaKeyPair::from_pkcs8(include_bytes!("sns-key.der")).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    message["Signature"] = crate::model::base64::encode(&signature).into();
    message.to_string()
}

fn draft(body: &str, at: Timestamp) -> Draft {
    let fields = [
        ("Host", "hooks.example"),
        ("x-amz-sns-message-type", "SubscriptionConfirmation"),
    ];
    let fields = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = Head {
        method: "POST".to_owned(),
        target: "/bin".to_owned(),
        path_at: 4,
        version: Version::Http11,
        headers: Headers::from_fields(fields),
    };
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    let sender = crate::provider::recognise(&head, body.as_bytes());
    let envelope = Envelope {
        received_at: at,
        took_us: 1,
        head,
        scheme: Scheme::Https,
        host: "hooks.example".to_owned(),
        client: peer.ip(),
        peer,
        trailers: Headers::default(),
        reply: Reply::plain(200),
    };
    Draft {
        envelope,
        body: Body::complete(Bytes::copy_from_slice(body.as_bytes())),
        imported: false,
        sender,
    }
}

/// A visitor over a store of its own.
struct Place {
    _folder: tempfile::TempDir,
    visitor: Visitor,
    bin: Arc<Bin>,
}

impl Place {
    async fn with(client: outbound::Client) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            data: folder.path().to_owned(),
        };
        let clock = Clock::manual(NOW);
        let store = store::open(&config, clock.clone()).await.unwrap();
        let made = store.create_bin(
            BinId::random(),
            BinKey::random().hash(),
            Settings::default(),
        );
        let bin = made.await.unwrap();
        let certificates = Certificates::new(client.clone());
        let (_, visitor) = Visitor::new(store, client, certificates, clock, None);
        Self {
            _folder: folder,
            visitor,
            bin,
        }
    }

    /// Captures a request, visits what it wants, and gives what was tried.
    async fn visit(&self, body: &str, at: Timestamp) -> Vec<Attempt> {
        let n = self
            .visitor
            .store
            .append(&self.bin, draft(body, at))
            .await
            .unwrap();
        let bin = Arc::clone(&self.bin);
        self.visitor.visit(&Asked { bin, n }).await.unwrap();
        self.visitor.store.attempts(&self.bin, n).await.unwrap()
    }
}

fn said(attempts: &[Attempt]) -> &str {
    let [attempt] = attempts else {
        panic!("{attempts:?}");
    };
    assert!(attempt.tried.answer.is_none(), "{attempt:?}");
    &attempt.tried.failure.as_ref().unwrap().detail
}

#[tokio::test]
async fn a_signed_confirmation_is_visited_and_its_certificate_fetched_once() {
    let amazon = Amazon::start();
    let place = Place::with(amazon.client("127.0.0.0/8")).await;
    let body = confirmation(SUBSCRIBE, "/own.pem");
    let attempts = place.visit(&body, NOW).await;
    let [Attempt { tried, .. }] = &attempts[..] else {
        panic!("{attempts:?}");
    };
    assert_eq!(
        (tried.kind, &*tried.url),
        (AttemptKind::Handshake, SUBSCRIBE)
    );
    assert_eq!(tried.answer.as_ref().unwrap().status, 200);
    let visited = "/?Action=ConfirmSubscription&Token=abc";
    assert_eq!(amazon.asked(), ["/own.pem", visited]);
    place.visit(&body, NOW).await;
    assert_eq!(amazon.asked(), [visited]);
}

#[tokio::test]
async fn what_the_provider_did_not_sign_is_not_visited() {
    let amazon = Amazon::start();
    let place = Place::with(amazon.client("127.0.0.0/8")).await;
    let body = confirmation(SUBSCRIBE, "/own.pem").replace("m-1", "m-2");
    let attempts = place.visit(&body, NOW).await;
    assert!(
        said(&attempts).starts_with("It was not visited"),
        "{attempts:?}"
    );
    // The certificate was not there yet when it arrived.
    let early = NOW.minus_micros(20 * 365 * 86_400_000_000);
    let attempts = place
        .visit(&confirmation(SUBSCRIBE, "/own.pem"), early)
        .await;
    assert!(
        said(&attempts).contains("Its certificate is for"),
        "{attempts:?}"
    );
    for certificate in ["/odd.pem", "/none.pem"] {
        let attempts = place
            .visit(&confirmation(SUBSCRIBE, certificate), NOW)
            .await;
        assert!(said(&attempts).contains("is not there"), "{attempts:?}");
    }
    assert_eq!(amazon.asked(), ["/own.pem", "/odd.pem", "/none.pem"]);
    // Addresses that are not the provider's are not even asked.
    let elsewhere = "https://sns.eu-west-1.amazonaws.com.example/?Action=ConfirmSubscription";
    assert_eq!(
        place.visit(&confirmation(elsewhere, "/own.pem"), NOW).await,
        []
    );
    assert_eq!(amazon.asked().len(), 0);
}

#[tokio::test]
async fn a_guard_that_refuses_leaves_it_unchecked() {
    let amazon = Amazon::start();
    let place = Place::with(amazon.client("10.0.0.0/8")).await;
    let attempts = place.visit(&confirmation(SUBSCRIBE, "/own.pem"), NOW).await;
    assert!(said(&attempts).contains("is not there"), "{attempts:?}");
    assert_eq!(amazon.asked().len(), 0);
}

#[tokio::test]
async fn a_verdict_rests_on_the_certificate() {
    let amazon = Amazon::start();
    let place = Place::with(amazon.client("127.0.0.0/8")).await;
    let (store, bin) = (&place.visitor.store, &place.bin);
    let body = confirmation(SUBSCRIBE, "/own.pem");
    let n = store.append(bin, draft(&body, NOW)).await.unwrap();
    let capture = store.capture(bin, n).await.unwrap();
    let address = verdict::certificate_url(bin, &capture.line, &capture.body).unwrap();
    let state = |certificate| verdict::of(bin, None, &capture, certificate).unwrap().state;
    assert_eq!(state(Certificate::Unasked), VerdictState::Unchecked);
    assert_eq!(state(Certificate::Missing("")), VerdictState::Unchecked);
    // Nobody waits where it is only at hand; the next one has it.
    let certificates = &place.visitor.certificates;
    assert!(certificates.at_hand(&address).is_err());
    let fetched = certificates.fetch(&address).await.unwrap();
    assert_eq!(certificates.at_hand(&address).as_ref(), Ok(&fetched));
    assert_eq!(state(Certificate::Pem(&fetched)), VerdictState::Valid);
    assert_eq!(amazon.asked().len(), 1);
}
