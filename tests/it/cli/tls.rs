//! Encrypted connections from the command line: to the server, and to the program on one's own machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::home::{Home, told};
use super::program::{Program, Running};
use crate::support::Server;

/// A certificate for `localhost` that signs itself, and its key.
const CERTIFICATE: &[u8] = include_bytes!("../../../src/outbound/tests/cert.der");
const KEY: &[u8] = include_bytes!("../../../src/outbound/tests/key.der");

/// Speaks TLS before something that does not, for as long as the test runs; gives the port.
fn before(inner: SocketAddr) -> u16 {
    let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE.to_vec())], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (outer, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust the certificate leaves.
                    let Ok(mut outer) = acceptor.accept(outer).await else {
                        return;
                    };
                    let mut inner = tokio::net::TcpStream::connect(inner).await.unwrap();
                    tokio::io::copy_bidirectional(&mut outer, &mut inner)
                        .await
                        .ok();
                });
            }
        });
    });
    port
}

/// The certificate as a file of PEM.
fn pem(home: &Home) -> PathBuf {
    let base64 = hookwell::model::base64::encode(CERTIFICATE);
    let file = home.path().join("ca.pem");
    let text = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn a_target_of_ones_own_is_trusted_when_that_is_said_and_not_before() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let file = pem(&home);
    let file = file.to_str().unwrap();
    let target = format!("https://localhost:{}/in", before(program.address));
    let by_number = target.replace("localhost", "127.0.0.1");
    server.post(&bin, "/a", b"{}");
    let (code, said, _) = told(&home.run(&bin, &["replay", "1", &target]));
    assert_eq!(code, 1);
    assert!(
        said.contains("[no answer]") && said.contains("no encrypted connection"),
        "{said}"
    );
    for words in [
        vec!["replay", "1", &target, "--skip-verify"],
        // Another name than that of the certificate.
        vec!["replay", "1", &by_number, "--skip-verify"],
        vec!["replay", "1", &target, "--cacert", file],
    ] {
        let (code, said, error) = told(&home.run(&bin, &words));
        assert_eq!((code, &*error), (0, ""), "{words:?} {said}");
        assert!(program.next().starts_with("POST /in/a HTTP/1.1\r\n"));
    }
    let (code, said, _) = told(&home.run(&bin, &["replay", "1", &by_number, "--cacert", file]));
    assert!(
        code == 1 && said.contains("no encrypted connection"),
        "{said}"
    );
    assert!(program.requests.try_recv().is_err());
    let words = ["listen", &target, "--skip-verify"];
    let running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    server.post(&bin, "/b", b"{}");
    assert!(program.next().starts_with("POST /in/b HTTP/1.1\r\n"));
}

#[test]
fn a_server_with_a_certificate_of_its_own_is_trusted_by_a_file() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let file = pem(&home);
    let file = file.to_str().unwrap();
    let base = format!("https://localhost:{}", before(server.address));
    let port = program.port();
    let (code, _, said) = told(&home.run(&bin, &["listen", &port, "--server", &base]));
    assert_eq!(code, 1);
    assert!(
        said.contains("cannot be reached") && said.contains("certificate"),
        "{said}"
    );
    // That flag is for targets.
    let words = ["listen", &port, "--server", &base, "--skip-verify"];
    assert_eq!(told(&home.run(&bin, &words)).0, 1);
    let words = ["listen", &port, "--server", &base, "--cacert", file];
    let running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    server.post(&bin, "/a", b"{}");
    assert!(program.next().starts_with("POST /a HTTP/1.1\r\n"));
    for (name, text, expected) in [
        ("none.pem", None, "cannot be read"),
        (
            "empty.pem",
            Some("no certificate"),
            "has no certificate in PEM",
        ),
    ] {
        if let Some(text) = text {
            std::fs::write(home.path().join(name), text).unwrap();
        }
        let words = ["listen", &port, "--server", &base, "--cacert", name];
        let (code, _, said) = told(&home.run(&bin, &words));
        assert!(code == 1 && said.contains(expected), "{name}: {said}");
    }
}
