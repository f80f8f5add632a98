//! `hookwell import`: captures out of a file, into a bin.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::client::{self, Door};
use super::http::Body;

/// How much of the file is read at once.
const CHUNK: usize = 64 * 1024;

/// How long a server may take over a large file.
const PATIENCE: Duration = Duration::from_mins(30);

/// Flags of `hookwell import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    #[command(flatten)]
    door: Door,
    /// The file, HAR or NDJSON; `-` for standard input
    file: PathBuf,
}

/// What was imported, as the API tells it.
#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are the API's names")]
struct Imported {
    imported: u64,
    first: Option<u64>,
    last: Option<u64>,
    skipped_count: u64,
    skipped: Vec<Skipped>,
}

/// What was not, and why.
#[derive(Deserialize)]
struct Skipped {
    at: String,
    problem: String,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Client(#[from] client::Error),
    #[error("{} cannot be read", super::printable(&.0.display().to_string()))]
    Read(PathBuf, #[source] io::Error),
}

impl Import {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.import().await {
                Ok(imported) => tell(&imported),
                Err(Error::Client(error)) => super::complain(&error),
                Err(error) => super::complain(&error),
            }
        })
    }

    async fn import(&self) -> Result<Imported, Error> {
        let body = self.body().await;
        let (body, length) = body.map_err(|error| Error::Read(self.file.clone(), error))?;
        let client = self.door.open().await?;
        let framing = match &length {
            Some(length) => ("Content-Length", &**length),
            None => ("Transfer-Encoding", "chunked"),
        };
        let extension = self.file.extension().and_then(|end| end.to_str());
        let media_type = match extension {
            Some("ndjson" | "jsonl") => "application/x-ndjson",
            _ => "application/json",
        };
        let fields = [framing, ("Content-Type", media_type)];
        let answer = client
            .send("POST", "/captures/import", "", &fields, body, PATIENCE)
            .await?;
        Ok(client.json(answer).await?)
    }

    /// The bytes of the file, and how many they are where that is known.
    async fn body(&self) -> io::Result<(Body, Option<String>)> {
        let file = if self.file == Path::new("-") {
            std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?)
        } else {
            std::fs::File::open(&self.file)?
        };
        let file = tokio::fs::File::from_std(file);
        let about = file.metadata().await?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let length = about.is_file().then(|| about.len().to_string());
        Ok((StreamBody::new(chunks(file)).boxed(), length))
    }
}

fn chunks<R: AsyncRead + Unpin + Send + Sync>(
    reader: R,
) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync {
    stream::unfold(reader, |mut reader| async {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match reader.read_buf(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Frame::data(chunk.freeze())), reader)),
            Err(error) => Some((Err(error), reader)),
        }
    })
}

/// Says what was imported; the exit code is that of success when nothing was left out.
fn tell(imported: &Imported) -> ExitCode {
    let numbers = match (imported.first, imported.last) {
        (Some(first), Some(last)) if first == last => format!(": #{first}"),
        (Some(first), Some(last)) => format!(": #{first} to #{last}"),
        _ => String::new(),
    };
    super::say(&format!("{} imported{numbers}", imported.imported));
    for Skipped { at, problem } in &imported.skipped {
        super::remark(&super::printable(&format!("left out: {at}: {problem}")));
    }
    let told = u64::try_from(imported.skipped.len()).unwrap_or(u64::MAX);
    if imported.skipped_count > told {
        let more = imported.skipped_count - told;
        super::remark(&format!("left out: {more} more"));
    }
    if imported.skipped_count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
