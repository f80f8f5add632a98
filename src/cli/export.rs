//! `hookwell export`: the captures of a bin as one file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::timeout;

use super::client::{self, Door, PATIENCE, escaped};

/// Flags of `hookwell export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    door: Door,
    /// In which form
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Only those that this filter lets through
    #[arg(short, value_name = "FILTER", allow_hyphen_values = true)]
    q: Option<String>,
    /// Where to; standard output, if not given. The file is there when it is whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A capture in JSON a line
    Ndjson,
    /// HAR 1.2
    Har,
    /// Requests for the HTTP clients of editors
    Http,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Client(#[from] client::Error),
    #[error("the file cannot be written")]
    Write(#[source] io::Error),
    #[error("the download ended before its end")]
    Cut(#[source] io::Error),
}

impl Export {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.export().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(Error::Client(error)) => super::complain(&error),
                Err(error) => super::complain(&error),
            }
        })
    }

    async fn export(&self) -> Result<(), Error> {
        let client = self.door.open().await?;
        let format = match self.format {
            Format::Ndjson => "ndjson",
            Format::Har => "har",
            Format::Http => "http",
        };
        let mut query = format!("format={format}");
        if let Some(filter) = &self.q {
            query.push_str(&format!("&q={}", escaped(filter)));
        }
        let mut body = client.get("/captures/export", &query).await?.into_body();
        let mut out = Out::open(self.output.as_deref()).map_err(Error::Write)?;
        // A search in a large bin may find nothing for a while.
        while let Some(frame) = timeout(PATIENCE + Duration::from_mins(4), body.frame())
            .await
            .map_err(|_| Error::Cut(io::ErrorKind::TimedOut.into()))?
        {
            let frame = frame.map_err(|error| Error::Cut(io::Error::other(error)))?;
            if let Ok(data) = frame.into_data() {
                out.write(&data).map_err(Error::Write)?;
            }
        }
        out.close().map_err(Error::Write)
    }
}

/// Where the bytes go.
enum Out {
    Standard,
    /// The new file, its name until it is whole, and after.
    File(std::fs::File, PathBuf, PathBuf),
}

impl Out {
    fn open(file: Option<&Path>) -> io::Result<Self> {
        match file {
            None => Ok(Self::Standard),
            Some(file) if file == Path::new("-") => Ok(Self::Standard),
            Some(file) => {
                let mut name = file.as_os_str().to_owned();
                name.push(".part");
                let part = PathBuf::from(name);
                Ok(Self::File(
                    std::fs::File::create(&part)?,
                    part,
                    file.to_owned(),
                ))
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().lock().write_all(bytes),
            Self::File(out, ..) => out.write_all(bytes),
        }
    }

    fn close(self) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().lock().flush(),
            Self::File(out, part, file) => {
                out.sync_all()?;
                std::fs::rename(part, file)
            }
        }
    }
}
