//! hookwell's API from outside: the bin that a command is about, and calls on it.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::http::{self, Body, Response, Trust, TrustError, Url};
use super::memory::{self, Memory};
use crate::model::BinKey;

/// The server, when none is named.
const SERVER: &str = "http://127.0.0.1:8080";

/// How long an answer may take to begin, and to go on.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The largest answer that is read as a whole: a capture with its body written as Base64.
const ANSWER: usize = 1 << 30;

/// Which bin of which server.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Door {
    // No comment for documentation, which wants brackets around the address: help is read as it stands.
    #[arg(
        long,
        env = "HOOKWELL_SERVER",
        value_name = "URL",
        help = "The server's address [default: that of --bin, or http://127.0.0.1:8080]",
        help_heading = HEADING
    )]
    server: Option<Url>,
    /// The bin's key, or the address of its page; safer in the variable than on the command line, where others may see it. Without
    /// it, the bin that `hookwell listen` made
    #[arg(long, env = "HOOKWELL_BIN", value_name = "KEY", hide_env_values = true, help_heading = HEADING)]
    bin: Option<BinAt>,
    /// Certificates to trust beside the public ones, as PEM
    #[arg(long, env = "HOOKWELL_CACERT", value_name = "FILE", help_heading = HEADING)]
    cacert: Option<PathBuf>,
    #[command(flatten)]
    memory: Memory,
}

/// Where the flags of [`Door`] stand in the help.
const HEADING: &str = "Server and bin";

/// A bin's key, and its server where the address of its page was given.
#[derive(Debug, Clone)]
struct BinAt {
    key: BinKey,
    server: Option<Url>,
}

impl FromStr for BinAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "expected the bin's key, 32 hex digits, or the address of its page";
        if let Ok(key) = text.parse() {
            return Ok(Self { key, server: None });
        }
        let url = Url::parse(text).map_err(|_| wrong)?;
        let key = url.path.strip_prefix("/b/").ok_or(wrong)?;
        let key = key.split('/').next().unwrap_or_default();
        Ok(Self {
            key: key.parse().map_err(|_| wrong)?,
            server: Some(url.at("/", None)),
        })
    }
}

/// Why a call has no answer that says what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no bin is named: give --bin, or HOOKWELL_BIN; or let hookwell listen make one")]
    NoBin,
    #[error("the server cannot be reached")]
    Unreachable(#[source] http::Error),
    #[error("the connection to the server broke")]
    Broken(#[source] io::Error),
    #[error("{detail}")]
    Refused { status: u16, detail: String },
    #[error("the server's answer is not what hookwell's would be; is {0} hookwell?")]
    Odd(String),
    #[error("the certificates are not right")]
    Trust(#[from] TrustError),
    #[error("the bin cannot be remembered")]
    Memory(#[from] memory::Error),
}

impl Error {
    /// Whether the same call may go well a little later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(http::Error::Unsendable) => false,
            Self::Unreachable(_) | Self::Broken(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the bin is not there, or not for this key.
    pub(super) fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403 | 404 | 410,
                ..
            }
        )
    }
}

/// A problem document (RFC 9457), as far as it is told on.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// A bin, as far as commands need to know it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Bin {
    pub(super) id: String,
    pub(super) capture_url: String,
    #[serde(default)]
    key: Option<String>,
}

/// A bin's API.
#[derive(Debug, Clone)]
pub(super) struct Client {
    trust: Trust,
    server: Url,
    key: BinKey,
    /// How long an answer may take.
    patience: Duration,
    pub(super) bin: Bin,
}

impl Door {
    /// The bin that is named, or else the one that is remembered.
    pub(super) async fn open(&self) -> Result<Client, Error> {
        let key = match &self.bin {
            Some(bin) => Some(bin.key),
            None => self.memory.recall(&self.server())?,
        };
        self.enter(key.ok_or(Error::NoBin)?).await
    }

    /// The same; where there is none, or the remembered one is gone, one is made. The second tells whether it was.
    pub(super) async fn open_or_make(&self) -> Result<(Client, bool), Error> {
        match self.open().await {
            Err(Error::NoBin) => {}
            Err(error) if self.bin.is_none() && error.is_gone() => {}
            other => return other.map(|client| (client, false)),
        }
        let (server, trust) = (self.server(), Trust::authorities(self.cacert.as_deref())?);
        let made = call(&server, &trust, "POST", "/api/v1/bins", None).await?;
        let bin: Bin = json(&server, made).await?;
        let key = bin.key.as_deref().and_then(|key| key.parse().ok());
        let key = key.ok_or_else(|| Error::Odd(server.base()))?;
        self.memory.remember(&server, key)?;
        let client = Client {
            trust,
            server,
            key,
            patience: PATIENCE,
            bin,
        };
        Ok((client, true))
    }

    /// The file of certificates to trust beside the public ones.
    pub(super) fn cacert(&self) -> Option<&Path> {
        self.cacert.as_deref()
    }

    /// The file for how far the bin's captures were sent on to a target; `None` where there is no home.
    pub(super) fn place(&self, client: &Client, target: &Url) -> Option<PathBuf> {
        self.memory
            .place(&client.server, &client.bin.id, &target.to_string())
    }

    fn server(&self) -> Url {
        let of_bin = self.bin.as_ref().and_then(|bin| bin.server.clone());
        let server = self.server.clone().or(of_bin);
        server.unwrap_or_else(|| Url::parse(SERVER).expect("it is a URL"))
    }

    async fn enter(&self, key: BinKey) -> Result<Client, Error> {
        let (server, trust) = (self.server(), Trust::authorities(self.cacert.as_deref())?);
        let answer = call(&server, &trust, "GET", "/api/v1/bin", Some(key)).await?;
        let bin = json(&server, answer).await?;
        Ok(Client {
            trust,
            server,
            key,
            patience: PATIENCE,
            bin,
        })
    }
}

impl Client {
    /// The same, that takes a server for gone which says nothing for so long.
    pub(super) fn at_most(mut self, patience: Duration) -> Self {
        self.patience = self.patience.min(patience);
        self
    }

    /// The address of the bin's page, with its key.
    pub(super) fn page(&self) -> String {
        format!("{}/b/{}", self.server.base(), self.key)
    }

    /// The key, to be shown where somebody asks for it.
    pub(super) fn key(&self) -> BinKey {
        self.key
    }

    /// Asks for what is below the bin's address; `query` is already written as a query.
    pub(super) async fn get(&self, below: &str, query: &str) -> Result<Response, Error> {
        self.send("GET", below, query, &[], http::full(""), self.patience)
            .await
    }

    /// The same, for JSON.
    pub(super) async fn get_json<T: DeserializeOwned>(
        &self,
        below: &str,
        query: &str,
    ) -> Result<T, Error> {
        json(&self.server, self.get(below, query).await?).await
    }

    /// That an answer is not one of hookwell's.
    pub(super) fn odd(&self) -> Error {
        Error::Odd(self.server.base())
    }

    /// Tells the server something, as JSON, and takes no notice of what it answers beside that it went well.
    pub(super) async fn tell(
        &self,
        below: &str,
        what: &impl Serialize,
        field: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        let bytes = serde_json::to_vec(what).map_err(|_| self.odd())?;
        let fields = [("Content-Type", "application/json")].into_iter();
        let fields: Vec<_> = fields.chain(field).collect();
        self.send("POST", below, "", &fields, http::full(bytes), self.patience)
            .await
            .map(|_| ())
    }

    /// A call for JSON that the server holds back: 408 is an answer here.
    pub(super) async fn wait<T: DeserializeOwned>(
        &self,
        below: &str,
        query: &str,
        patience: Duration,
    ) -> Result<T, Error> {
        let answer = self
            .answer("GET", below, query, &[], http::full(""), patience)
            .await?;
        let is_over = answer.status() == hyper::StatusCode::REQUEST_TIMEOUT;
        let answer = if is_over {
            answer
        } else {
            judged(&self.server, answer).await?
        };
        json(&self.server, answer).await
    }

    /// Reads an answer that is JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, answer: Response) -> Result<T, Error> {
        json(&self.server, answer).await
    }

    /// The bytes of an answer.
    pub(super) async fn bytes(&self, answer: Response) -> Result<Vec<u8>, Error> {
        match http::read(answer.into_body(), ANSWER, PATIENCE).await {
            Ok((bytes, true)) => Ok(bytes),
            Ok((_, false)) => Err(Error::Odd(self.server.base())),
            Err(error) => Err(Error::Broken(error)),
        }
    }

    /// Calls what is below the bin's address.
    pub(super) async fn send(
        &self,
        method: &str,
        below: &str,
        query: &str,
        fields: &[(&str, &str)],
        body: Body,
        patience: Duration,
    ) -> Result<Response, Error> {
        let answer = self.answer(method, below, query, fields, body, patience);
        judged(&self.server, answer.await?).await
    }

    /// The answer, whatever it says.
    async fn answer(
        &self,
        method: &str,
        below: &str,
        query: &str,
        fields: &[(&str, &str)],
        body: Body,
        patience: Duration,
    ) -> Result<Response, Error> {
        let path = format!("/api/v1/bins/{}{below}", self.bin.id);
        let query = (!query.is_empty()).then(|| query.to_owned());
        let url = self.server.at(&path, query);
        let bearer = format!("Bearer {}", self.key);
        let fields = [&[("Authorization", &*bearer)], fields].concat();
        ask(&url, &self.trust, method, &fields, body, patience).await
    }
}

/// A call without a body, of what need not be a bin's.
async fn call(
    server: &Url,
    trust: &Trust,
    method: &str,
    path: &str,
    key: Option<BinKey>,
) -> Result<Response, Error> {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let fields = bearer.iter().map(|bearer| ("Authorization", &**bearer));
    let fields: Vec<_> = fields.collect();
    let answer = ask(
        &server.at(path, None),
        trust,
        method,
        &fields,
        http::full(""),
        PATIENCE,
    )
    .await?;
    judged(server, answer).await
}

async fn ask(
    url: &Url,
    trust: &Trust,
    method: &str,
    fields: &[(&str, &str)],
    body: Body,
    patience: Duration,
) -> Result<Response, Error> {
    let host = [("Host", &*url.authority)];
    let fields = host.iter().chain(fields);
    let fields = fields.map(|&(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = http::head(method, &url.target(), fields).await;
    let request = http::Request::from_parts(head.map_err(Error::Unreachable)?, body);
    let answer = http::send(url, trust, request, patience).await;
    answer.map_err(Error::Unreachable)
}

/// The answer, if it is one of success.
async fn judged(server: &Url, answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let read = http::read(answer.into_body(), 1 << 20, PATIENCE).await;
    let (bytes, _) = read.map_err(Error::Broken)?;
    let problem = serde_json::from_slice(&bytes);
    let detail = problem.map_or_else(
        |_| format!("{} answered {status}", server.base()),
        |Problem { detail }| detail,
    );
    Err(Error::Refused {
        status: status.as_u16(),
        detail,
    })
}

async fn json<T: DeserializeOwned>(server: &Url, answer: Response) -> Result<T, Error> {
    let read = http::read(answer.into_body(), ANSWER, PATIENCE).await;
    let (bytes, _) = read.map_err(Error::Broken)?;
    serde_json::from_slice(&bytes).map_err(|_| Error::Odd(server.base()))
}

/// A value as a query has it.
pub(super) fn escaped(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_named_by_its_key_or_by_its_page() {
        let key = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d";
        let named = |text: String| text.parse::<BinAt>();
        assert!(named(key.to_owned()).unwrap().server.is_none());
        let bin = named(format!("https://h:1/b/{key}/requests/2?x")).unwrap();
        assert_eq!(bin.server.unwrap().to_string(), "https://h:1/");
        assert_eq!(bin.key.to_string(), key);
        for text in ["", "https://h/", "https://h/b/1", &key[1..]] {
            assert!(named(text.to_owned()).is_err(), "{text}");
        }
    }
}
