//! Captures out of a file, appended one by one as it comes.
//!
//! They keep the time at which they were received where they were recorded; their numbers are new, in the order of the file. The
//! bin's limits hold for them as for others.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::import::split::{Form, Piece, Splitter};
use crate::import::{self, Bounds};
use crate::model::{Bin, CaptureNumber, Draft};
use crate::provider;
use crate::web::{App, Error};

/// How many bytes a file may have.
pub(in crate::web) const LARGEST: u64 = 256 * 1024 * 1024;

/// How many bytes one capture in it may have: a body of ten megabytes in the most wasteful spelling.
const PIECE: usize = 64 * 1024 * 1024;

/// From this size on a capture is read on a thread that may take its time.
const LARGE: usize = 64 * 1024;

/// How many of those that cannot be imported are told.
const SKIPPED: usize = 100;

/// How many imports go on at once, in all bins: each may hold one [`PIECE`].
static IMPORTS: Semaphore = Semaphore::const_new(4);

/// What became of a file.
#[derive(Debug, Default, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are the API's names")]
pub(in crate::web) struct Imported {
    /// How many captures were imported.
    pub(in crate::web) imported: u64,
    /// The number of the first; null when there is none.
    #[schema(value_type = Option<u64>)]
    pub(in crate::web) first: Option<CaptureNumber>,
    /// The number of the last; requests that arrived meanwhile have numbers between.
    #[schema(value_type = Option<u64>)]
    pub(in crate::web) last: Option<CaptureNumber>,
    /// Those that could not be imported, at most the first hundred.
    pub(in crate::web) skipped: Vec<Skipped>,
    /// How many could not be imported in all.
    pub(in crate::web) skipped_count: u64,
}

/// A capture of the file that could not be imported.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Skipped {
    /// Which one it is, from 1: `entry 3` of a HAR, `line 7` of NDJSON.
    #[schema(example = "entry 3")]
    pub(in crate::web) at: String,
    /// What is missing or wrong, and what would be right.
    #[schema(example = "request.url: is missing")]
    pub(in crate::web) problem: String,
}

/// Takes a file as it comes. `form` is what its media type says; without it, the file's beginning does.
///
/// # Errors
/// [`Error::Unprocessable`] when it is no such file, and [`Error::ImportStopped`] with what the store or the connection says.
pub(in crate::web) async fn import(
    app: &App,
    bin: &Arc<Bin>,
    form: Option<Form>,
    mut chunks: impl Stream<Item = Result<Bytes, Error>> + Unpin,
) -> Result<Imported, Error> {
    let _turn = IMPORTS.try_acquire().map_err(|_| Error::Overloaded)?;
    let mut done = Imported::default();
    let outcome = take(app, bin, form, &mut chunks, &mut done).await;
    match outcome {
        Ok(()) => Ok(done),
        Err(cause) if done.imported == 0 => Err(cause),
        Err(cause) => Err(Error::ImportStopped {
            imported: done.imported,
            cause: Box::new(cause),
        }),
    }
}

async fn take(
    app: &App,
    bin: &Arc<Bin>,
    form: Option<Form>,
    chunks: &mut (impl Stream<Item = Result<Bytes, Error>> + Unpin),
    done: &mut Imported,
) -> Result<(), Error> {
    let limits = &app.config.limits;
    let (started, mut read) = (Instant::now(), 0);
    let mut pieces = VecDeque::new();
    let mut begin = Vec::new();
    let mut splitter = form.map(|form| (form, Splitter::new(form, PIECE)));
    loop {
        let chunk = tokio::time::timeout(endless(limits.body_idle_timeout), chunks.next()).await;
        let chunk = chunk.map_err(|_| Error::TimedOut(limits.body_idle_timeout))?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk?;
        read += chunk.len() as u64;
        if read > LARGEST {
            return Err(Error::FileTooLarge);
        }
        if started.elapsed() > endless(limits.body_timeout) {
            return Err(Error::TimedOut(limits.body_timeout));
        }
        if let Some((_, splitter)) = &mut splitter {
            splitter.push(&chunk, &mut pieces);
        } else {
            begin.extend_from_slice(&chunk);
            splitter = begun(&mut begin, false, &mut pieces)?;
        }
        if let Some((form, _)) = splitter {
            for piece in pieces.drain(..) {
                done.take(app, bin, form, piece).await?;
            }
        }
    }
    let splitter = match splitter {
        None => begun(&mut begin, true, &mut pieces)?,
        some => some,
    };
    if let Some((form, splitter)) = splitter {
        let last = splitter.finish();
        let last = last.map_err(|error| Error::Unprocessable(error.to_string()))?;
        for piece in pieces.drain(..).chain(last) {
            done.take(app, bin, form, piece).await?;
        }
    }
    Ok(())
}

/// A file whose connection broke off.
pub(in crate::web) fn broken_off(_: axum::Error) -> Error {
    Error::BadRequest("the file did not arrive whole".to_owned())
}

/// A splitter, as soon as the beginning of the file says what it is.
fn begun(
    begin: &mut Vec<u8>,
    is_all: bool,
    pieces: &mut VecDeque<Piece>,
) -> Result<Option<(Form, Splitter)>, Error> {
    let form = Form::of(begin, is_all).map_err(|error| Error::Unprocessable(error.to_string()))?;
    let Some(form) = form else { return Ok(None) };
    let mut splitter = Splitter::new(form, PIECE);
    splitter.push(&std::mem::take(begin), pieces);
    Ok(Some((form, splitter)))
}

/// A time-out, of which 0 is none.
fn endless(time: Duration) -> Duration {
    if time.is_zero() { Duration::MAX } else { time }
}

impl Imported {
    /// Appends what a piece says, or notes why not.
    async fn take(
        &mut self,
        app: &App,
        bin: &Arc<Bin>,
        form: Form,
        piece: Piece,
    ) -> Result<(), Error> {
        let Some(text) = piece.text else {
            self.skip(piece.place, &format!("is larger than {PIECE} bytes"));
            return Ok(());
        };
        let unlimited = |limit: u64| if limit == 0 { u64::MAX } else { limit };
        let bounds = Bounds {
            body: unlimited(bin.settings.body_limit).min(unlimited(app.config.limits.max_body)),
            head: unlimited(app.config.limits.max_head),
            now: app.clock.now(),
        };
        let size = text.len();
        let read = move || {
            let mut draft: Draft = import::draft(form, &text, bounds)?;
            draft.sender = provider::recognise(&draft.envelope.head, &draft.body.bytes);
            Ok::<_, import::Error>(draft)
        };
        let draft = if size < LARGE {
            read()
        } else {
            let read = tokio::task::spawn_blocking(read).await;
            read.map_err(|error| Error::Panicked(error.to_string()))?
        };
        match draft {
            Ok(draft) => {
                let n = app.store.append(bin, draft).await?;
                self.imported += 1;
                self.first.get_or_insert(n);
                self.last = Some(n);
            }
            Err(error) => self.skip(piece.place, &error.to_string()),
        }
        Ok(())
    }

    fn skip(&mut self, at: String, problem: &str) {
        self.skipped_count += 1;
        if self.skipped.len() < SKIPPED {
            let problem = problem.trim_start_matches(": ").to_owned();
            self.skipped.push(Skipped { at, problem });
        }
    }
}
