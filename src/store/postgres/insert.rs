//! A batch of captures as columns, and the round trip that writes and commits them.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::future::{Either, select};
use tokio_postgres::types::ToSql;

use super::queue::Append;
use super::replies;
use super::row::{int, status_code};
use super::telling::Plan;
use super::writer::{Session, Touched};
use super::{days, events};
use crate::model::{Fault, Scheme};
use crate::store::{Result, encode};

/// A capture with its number.
pub(super) type Numbered<'a> = (u64, &'a Append);

type Values<'a> = Vec<&'a (dyn ToSql + Sync)>;

/// The columns of `captures`.
#[derive(Default)]
pub(super) struct Columns<'a> {
    serial: Vec<i64>,
    n: Vec<i64>,
    received_at: Vec<i64>,
    took_us: Vec<i64>,
    size: Vec<i64>,
    sent: Vec<Option<i64>>,
    delay_ms: Vec<i64>,
    path_at: Vec<i32>,
    status: Vec<Option<i16>>,
    version: Vec<i16>,
    state: Vec<i16>,
    https: Vec<bool>,
    as_sent: Vec<bool>,
    method: Vec<&'a [u8]>,
    target: Vec<&'a [u8]>,
    host: Vec<&'a [u8]>,
    client: Vec<Option<Vec<u8>>>,
    peer: Vec<Vec<u8>>,
    rule: Vec<Option<&'a [u8]>>,
    trailers: Vec<Option<&'a [u8]>>,
    headers: Vec<&'a [u8]>,
    body: Vec<&'a [u8]>,
    day: Vec<i32>,
}

impl<'a> Columns<'a> {
    /// Of these captures.
    pub(super) fn of(rows: &[Numbered<'a>]) -> Self {
        let mut columns = Self::default();
        for &(n, append) in rows {
            columns.push(n, append);
        }
        columns
    }

    fn push(&mut self, n: u64, append: &'a Append) {
        let draft = &append.draft;
        let envelope = &draft.envelope;
        let head = &envelope.head;
        let (mut client, mut peer) = ([0; 18], [0; 18]);
        let client_length = encode::ip_bytes(envelope.client, &mut client);
        let peer_length = encode::peer_bytes(envelope.peer, &mut peer);
        let client = client.get(..client_length).map(<[u8]>::to_vec);
        let trailers = &envelope.trailers;
        self.serial.push(int(append.bin.serial));
        self.n.push(int(n));
        self.received_at.push(envelope.received_at.as_micros());
        self.took_us.push(int(envelope.took_us));
        self.size.push(int(draft.body.bytes.len() as u64));
        self.sent.push(draft.body.sent.map(int));
        self.delay_ms.push(i64::from(envelope.reply.delay_ms));
        self.path_at
            .push(i32::try_from(head.path_at).unwrap_or(i32::MAX));
        self.status.push(envelope.reply.status.map(status_code));
        self.version.push(i16::from(head.version.code()));
        self.state.push(i16::from(draft.body.state.code()));
        self.https.push(envelope.scheme == Scheme::Https);
        self.as_sent.push(head.headers.is_as_sent());
        self.method.push(head.method.as_bytes());
        self.target.push(head.target.as_bytes());
        self.host.push(envelope.host.as_bytes());
        self.client
            .push(client.filter(|_| envelope.client != envelope.peer.ip()));
        self.peer
            .push(peer.get(..peer_length).unwrap_or_default().to_vec());
        self.rule
            .push(envelope.reply.rule.as_ref().map(String::as_bytes));
        self.trailers
            .push((!trailers.is_empty()).then(|| trailers.block().as_ref()));
        self.headers.push(head.headers.block().as_ref());
        self.body.push(draft.body.bytes.as_ref());
        self.day.push(days::of(append));
    }

    fn values(&self) -> Values<'_> {
        vec![
            &self.serial,
            &self.n,
            &self.received_at,
            &self.took_us,
            &self.size,
            &self.sent,
            &self.delay_ms,
            &self.path_at,
            &self.status,
            &self.version,
            &self.state,
            &self.https,
            &self.as_sent,
            &self.method,
            &self.target,
            &self.host,
            &self.client,
            &self.peer,
            &self.rule,
            &self.trailers,
            &self.headers,
            &self.body,
            &self.day,
        ]
    }
}

/// What only some captures have: marks of an import, a reply that is more than a status, targets to be sent on to.
#[derive(Default)]
pub(super) struct Beside<'a> {
    imported: (Vec<i64>, Vec<i64>),
    replied: (Vec<i64>, Vec<i64>),
    headers: Vec<&'a [u8]>,
    body: Vec<&'a [u8]>,
    fault: Vec<Option<&'static str>>,
    error: Vec<Option<&'a [u8]>>,
    queued: (Vec<i64>, Vec<i64>),
    target: Vec<&'a [u8]>,
    due_at: Vec<i64>,
}

impl<'a> Beside<'a> {
    /// Of these captures.
    pub(super) fn of(rows: &[Numbered<'a>]) -> Self {
        let mut beside = Self::default();
        for &(n, append) in rows {
            let (serial, n) = (int(append.bin.serial), int(n));
            let reply = &append.draft.envelope.reply;
            if replies::is_more(reply) {
                beside.replied.0.push(serial);
                beside.replied.1.push(n);
                beside.headers.push(reply.headers.block().as_ref());
                beside.body.push(replies::body(reply));
                beside.fault.push(reply.fault.map(Fault::as_str));
                beside
                    .error
                    .push(reply.error.as_ref().map(String::as_bytes));
            }
            if append.draft.imported {
                beside.imported.0.push(serial);
                beside.imported.1.push(n);
                continue;
            }
            for target in &append.bin.settings.targets {
                beside.queued.0.push(serial);
                beside.queued.1.push(n);
                beside.target.push(target.url.as_bytes());
                beside
                    .due_at
                    .push(append.draft.envelope.received_at.as_micros());
            }
        }
        beside
    }
}

/// The columns of `bins` that change.
#[derive(Default)]
pub(super) struct BinColumns([Vec<i64>; 7]);

impl BinColumns {
    /// Of these bins.
    pub(super) fn of(touched: &BTreeMap<u64, Touched>) -> Self {
        let mut columns = Self::default();
        for (&serial, bin) in touched {
            let after = &bin.after;
            let row = [
                int(serial),
                int(after.last_n),
                int(after.floor),
                int(after.captures),
                int(after.bytes),
                int(after.dropped),
                after.last_capture_at.unwrap_or_default(),
            ];
            for (column, value) in columns.0.iter_mut().zip(row) {
                column.push(value);
            }
        }
        columns
    }
}

/// A statement that is under way.
type Step<'f> = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send + 'f>>;

/// Writes all of it and commits: the statements are sent one behind the other, and their answers awaited together.
pub(super) async fn commit(
    session: &Session,
    captures: &Columns<'_>,
    beside: &Beside<'_>,
    events: &events::Columns<'_>,
    deleted: &[(i64, Vec<i64>)],
    bins: &BinColumns,
    plan: &Plan,
) -> Result<()> {
    let (client, prepared) = (&session.client, &session.statements);
    let mut steps: Vec<(&tokio_postgres::Statement, Values<'_>)> = Vec::new();
    if !captures.n.is_empty() {
        steps.push((&prepared.captures, captures.values()));
    }
    if !beside.imported.0.is_empty() {
        steps.push((
            &prepared.marks,
            vec![&beside.imported.0, &beside.imported.1],
        ));
    }
    if !beside.replied.0.is_empty() {
        let Beside {
            replied: (serial, n),
            headers,
            body,
            fault,
            error,
            ..
        } = beside;
        steps.push((
            &prepared.replies,
            vec![serial, n, headers, body, fault, error],
        ));
    }
    if !beside.queued.0.is_empty() {
        let (serial, n) = &beside.queued;
        steps.push((
            &prepared.forwards,
            vec![serial, n, &beside.target, &beside.due_at],
        ));
    }
    if !events.is_empty() {
        steps.push((&prepared.events, events.values()));
        if events.has_latest() {
            steps.push((&prepared.senders, events.latest_values()));
        }
    }
    for (serial, numbers) in deleted {
        steps.push((&prepared.delete, vec![serial, numbers]));
    }
    steps.push((
        &prepared.bins,
        bins.0.iter().map(|column| column as _).collect(),
    ));
    if plan.takes {
        steps.push((&prepared.take, Vec::new()));
    }
    let mut sent: Vec<Step<'_>> = steps
        .iter()
        .map(|(statement, values)| -> Step<'_> {
            Box::pin(async move { client.query(*statement, values).await.map(|_| ()) })
        })
        .collect();
    sent.push(Box::pin(client.batch_execute("COMMIT")));
    // Told right behind the commit, of what is there then. Nobody waits for it: who does not hear of it in time looks.
    let values: [&(dyn ToSql + Sync); 1] = [&plan.bins];
    let tell: Step<'_> = Box::pin(async {
        if plan.tells {
            client.query(&prepared.tell, &values).await?;
        }
        Ok(())
    });
    // Polled in their order, each is sent when it is first polled. After a failure the server undoes what "COMMIT" would end, and
    // says so as an answer of its own kind: it is the failure that counts.
    let results = match select(Box::pin(in_order(sent)), tell).await {
        Either::Left((results, _)) => results,
        Either::Right((_, committing)) => committing.await,
    };
    for result in results {
        result?;
    }
    Ok(())
}

/// Drives futures together, each of them polled first in its place.
async fn in_order<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut is_ready = true;
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none() {
                match Pin::new(future).poll(cx) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => is_ready = false,
                }
            }
        }
        if is_ready {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
