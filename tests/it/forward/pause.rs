//! A target that fails for long, by a clock that the test sets.

use std::sync::Arc;

use hookwell::config::{Config, StoreConfig};
use hookwell::forward::{Forwarder, queue};
use hookwell::model::{
    BinId, BinKey, Body, Clock, Draft, Envelope, Head, Headers, Reply, Scheme, Settings,
    TargetState, Timestamp, Version,
};
use hookwell::outbound::{Certificates, Client};
use hookwell::store::{self, Store};

use crate::support::Target;

fn draft() -> Draft {
    let peer = "127.0.0.1:50000".parse::<std::net::SocketAddr>().unwrap();
    Draft {
        envelope: Envelope {
            received_at: Timestamp::from_micros(1_795_599_012_000_000),
            took_us: 1,
            head: Head {
                method: "POST".into(),
                target: "/bin".into(),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::default(),
            },
            scheme: Scheme::Http,
            host: String::new(),
            client: peer.ip(),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete("{}".into()),
        imported: false,
        sender: None,
    }
}

#[tokio::test]
async fn a_target_that_fails_for_long_is_paused_until_somebody_goes_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let clock = Clock::manual(Timestamp::from_micros(1_795_599_012_000_000));
    let config = StoreConfig {
        data: folder.path().to_owned(),
    };
    let store: Arc<dyn Store> = store::open(&config, clock.clone()).await.unwrap();
    let target = Target::answering(|_, _| b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n".to_vec());
    let one = serde_json::json!({ "url": target.url("/"), "retry": false });
    let settings = Settings {
        targets: vec![serde_json::from_value(one).unwrap()],
        ..Settings::default()
    };
    let bin = store
        .create_bin(BinId::random(), BinKey::random().hash(), settings)
        .await
        .unwrap();
    let mut outbound = Config::with_defaults().outbound;
    outbound.allow = vec!["127.0.0.0/8".parse().unwrap()];
    let client = Client::new(&outbound, clock.clone());
    let forwarder = Forwarder::new(
        Arc::clone(&store),
        client.clone(),
        Certificates::new(client),
        clock.clone(),
        None,
    );
    let running = tokio::spawn(forwarder.run());
    let until = async |what: &str, done: fn(&TargetState) -> bool| {
        let deadline = std::time::Instant::now() + crate::support::PATIENCE;
        loop {
            let state = store.target_states(&bin).await.unwrap().remove(0);
            if done(&state) {
                return state;
            }
            assert!(std::time::Instant::now() < deadline, "{what}: {state:?}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    store.append(&bin, draft()).await.unwrap();
    let state = until("given up", |state| state.dead == 1).await;
    assert_eq!(
        (state.failing_since, state.paused_at),
        (Some(clock.now()), None)
    );
    clock.set(clock.now().minus_micros(-queue::PATIENCE));
    store.append(&bin, draft()).await.unwrap();
    let state = until("paused", |state| state.paused_at.is_some()).await;
    assert_eq!((state.dead, state.paused_at), (2, Some(clock.now())));
    store.append(&bin, draft()).await.unwrap();
    let state = until("waiting", |state| state.waiting == 1).await;
    assert_eq!((state.dead, target.heard().len()), (2, 2));
    store.retry_forwards(&bin, None).await.unwrap();
    until("tried again", |state| state.dead == 3 && state.waiting == 0).await;
    assert_eq!(target.heard().len(), 5);
    running.abort();
    store.close().await;
}
