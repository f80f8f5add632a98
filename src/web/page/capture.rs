//! One request: all that was recorded of it, with its body as a viewer shows it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::bin::{self, List, Shown};
use super::row::colour;
use super::{Error, Page, query, text};
use crate::model::{BodyState, Capture, CaptureLine, CaptureNumber, Headers, Timestamp, Version};
use crate::store;
use crate::viewer::{self, Choice, LineKind, MediaType, Spelled, Subject, Table, View, Window};
use crate::web::App;
use crate::web::extract::{BinByKey, Number, Part, Site};

/// How the body is to be shown, as the address says.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    view: Option<String>,
    window: Window,
}

impl Wanted {
    /// Reads `?view=`, `?offset=` and `?lines=all`; what is not understood is passed over.
    pub fn from_uri(uri: &Uri) -> Self {
        Self {
            view: query::value(uri, "view").map(str::to_owned),
            window: Window {
                offset: query::number(uri, "offset").unwrap_or(0),
                all: query::value(uri, "lines") == Some("all"),
            },
        }
    }
}

/// A sentence that stands above the parts of a request because something about it is out of the ordinary.
#[derive(Debug)]
struct Fact {
    class: &'static str,
    icon: &'static str,
    headline: String,
    rest: String,
}

/// The open request.
#[derive(Debug, Template)]
#[template(path = "part/capture_detail.html")]
pub struct Detail {
    n: CaptureNumber,
    /// The address of the bin's page.
    path: String,
    newer: Option<CaptureNumber>,
    older: Option<CaptureNumber>,
    method: String,
    method_class: &'static str,
    /// The part of the address that every request to the bin has.
    url_base: Spelled,
    url_path: Spelled,
    url_query: Option<Spelled>,
    at: Timestamp,
    ago: String,
    client: String,
    /// The other end of the connection, where that is not the client.
    peer: Option<String>,
    version: Version,
    size: String,
    took: String,
    reply: String,
    reply_class: &'static str,
    fact: Option<Fact>,
    /// `application/json, utf-8, 1,271 bytes`.
    body_label: String,
    sha256: String,
    is_empty: bool,
    state: BodyState,
    /// What a cut or unfinished body lacks, as a sentence.
    missing: Option<String>,
    body: Choice,
    headers: Table,
    headers_as_sent: bool,
    trailers: Table,
    query: Table,
    cookies: Table,
}

impl Detail {
    /// Reads a capture and makes it ready to be drawn.
    ///
    /// # Errors
    /// When the bin has no such capture, or the store cannot be read.
    pub async fn load(
        app: &App,
        bin: &BinByKey,
        n: CaptureNumber,
        wanted: &Wanted,
    ) -> Result<Self, Error> {
        let capture = find(app, bin, n).await?;
        let (newer, older) = app.store.neighbours(&bin.bin, n).await?;
        let Capture { line, body } = &capture;
        let envelope = &line.envelope;
        let head = &envelope.head;
        let content_type = head.headers.get_text("content-type");
        let subject = Subject {
            bytes: body,
            media_type: content_type.as_deref().and_then(MediaType::parse),
            coding: coding(&head.headers),
        };
        let choice = viewer::choose(&subject, wanted.view.as_deref(), wanted.window);
        let (url_base, url_path, url_query) = url(line);
        let (reply, reply_class) = match envelope.reply.status {
            None => ("none".to_owned(), "bad"),
            Some(status @ ..400) => (status.to_string(), "ok"),
            Some(status @ 400..500) => (status.to_string(), "warn"),
            Some(status) => (status.to_string(), "bad"),
        };
        Ok(Self {
            n,
            path: format!("/b/{}", bin.key),
            newer,
            older,
            method: text::one_line(&head.method, 60).into_owned(),
            method_class: colour(&head.method),
            url_base,
            url_path,
            url_query,
            at: envelope.received_at,
            ago: text::ago(app.clock.now(), envelope.received_at),
            client: envelope.client.to_string(),
            peer: (envelope.client != envelope.peer.ip().to_canonical())
                .then(|| envelope.peer.to_string()),
            version: head.version,
            size: format!("{} B", text::count(line.size)),
            took: took(envelope.took_us),
            reply,
            reply_class,
            fact: fact(line),
            body_label: label(&subject, &choice),
            sha256: hex(&Sha256::digest(body)),
            is_empty: body.is_empty(),
            state: line.state,
            missing: missing(line),
            body: choice,
            headers: table(&head.headers),
            headers_as_sent: head.headers.is_as_sent(),
            trailers: table(&envelope.trailers),
            query: Table::from_urlencoded(head.query().unwrap_or_default()),
            cookies: cookies(&head.headers),
        })
    }
}

/// The page of a request: with its list beside it, or, for the page's script, the request alone.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    number: Number<Error>,
    part: Part,
    uri: Uri,
) -> Result<Response, Error> {
    let n = number.0;
    let detail = Detail::load(&app, &bin, n, &Wanted::from_uri(&uri)).await?;
    if part == Part::Detail {
        return Ok(Page(detail).into_response());
    }
    let shown = Shown {
        list: List::Around(n),
        open: n,
        detail_html: detail.render().map_err(crate::web::Error::Template)?,
        view: bin::View::Detail,
    };
    Ok(bin::shell(&app, &bin, &site, shown).await?.into_response())
}

/// The bytes of the body as they were sent, as an attachment under a name of ours: no browser shows a stranger's bytes here.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    number: Number<Error>,
) -> Result<Response, Error> {
    let n = number.0;
    let capture = find(&app, &bin, n).await?;
    Ok(attachment(&format!("request-{n}.bin"), capture.body))
}

fn attachment(name: &str, bytes: bytes::Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

async fn find(app: &App, bin: &BinByKey, n: CaptureNumber) -> Result<Capture, Error> {
    match app.store.capture(&bin.bin, n).await {
        Ok(capture) => Ok(capture),
        Err(store::Error::UnknownCapture) => Err(crate::web::Error::UnknownCapture(n.0).into()),
        Err(error) => Err(error.into()),
    }
}

/// The content coding that the bytes are in.
fn coding(headers: &Headers) -> Option<String> {
    let coding = headers.get_text("content-encoding")?;
    let coding = coding.trim().to_ascii_lowercase();
    (!coding.is_empty() && coding != "identity").then_some(coding)
}

/// The address that was asked for, in three parts: up to the bin, the path below it, the query.
fn url(line: &CaptureLine) -> (Spelled, Spelled, Option<Spelled>) {
    let envelope = &line.envelope;
    let head = &envelope.head;
    let before = head.target.get(..head.path_at).unwrap_or_default();
    let base = if before.contains("://") || envelope.host.is_empty() {
        before.to_owned()
    } else {
        format!("{}://{}{before}", envelope.scheme.as_str(), envelope.host)
    };
    let below = head.target.get(head.path_at..).unwrap_or_default();
    let (path, query) = match below.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (below, None),
    };
    (
        Spelled::from_text(&base),
        Spelled::from_text(path),
        query.map(Spelled::from_text),
    )
}

/// A duration in the unit that fits it.
fn took(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..100_000 => format!("{}.{} ms", micros / 1000, micros / 100 % 10),
        100_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
    }
}

/// What is out of the ordinary about a body.
fn fact(line: &CaptureLine) -> Option<Fact> {
    let kept = text::counted(line.size, "byte");
    let alarm = |headline: &str, rest: String| {
        Some(Fact {
            class: "alarm",
            icon: "stop",
            headline: headline.to_owned(),
            rest,
        })
    };
    let so_far = match line.sent {
        Some(sent) => {
            let sent = text::counted(sent, "byte");
            format!("after {} of {sent}", text::count(line.size))
        }
        None => format!("after {kept}"),
    };
    match (line.state, line.envelope.reply.status) {
        (BodyState::Complete, _) => None,
        (BodyState::Truncated, _) => Some(Fact {
            class: "caution",
            icon: "warn",
            headline: "The body is larger than this bin takes.".to_owned(),
            rest: match line.sent {
                Some(sent) if line.size == 0 => format!(
                    "{} were announced, and the sender was told to keep them.",
                    text::counted(sent, "byte")
                ),
                Some(sent) => format!(
                    "Of {} the first {} are kept.",
                    text::counted(sent, "byte"),
                    text::count(line.size)
                ),
                None => format!("The first {kept} are kept."),
            },
        }),
        (BodyState::Aborted, None) => alarm(
            "The sender went away",
            format!("{so_far}. Nothing could be answered."),
        ),
        (BodyState::Aborted, Some(408)) => alarm(
            "The sender fell silent",
            format!("{so_far}, and was answered 408."),
        ),
        (BodyState::Aborted, Some(400)) => alarm(
            "The body is not framed as HTTP",
            format!("{so_far}: its chunks cannot be told apart."),
        ),
        (BodyState::Aborted, Some(_)) => alarm(
            "The body was not read to its end",
            format!("{so_far}: too many large bodies came at once."),
        ),
    }
}

/// What stands where the kept bytes of a body end.
fn missing(line: &CaptureLine) -> Option<String> {
    let rest = line
        .sent
        .map(|sent| text::counted(sent.saturating_sub(line.size), "byte"));
    match line.state {
        BodyState::Complete => None,
        BodyState::Truncated => Some(match rest {
            Some(rest) => format!("The kept bytes end here. {rest} more were sent."),
            None => "The kept bytes end here.".to_owned(),
        }),
        BodyState::Aborted => Some(match rest {
            Some(rest) => format!("Nothing came after this. {rest} never arrived."),
            None => "Nothing came after this.".to_owned(),
        }),
    }
}

/// What the body is called, how it was read, and how large it is.
fn label(subject: &Subject<'_>, choice: &Choice) -> String {
    let mut words = Vec::new();
    if let Some(media_type) = &subject.media_type {
        words.push(text::one_line(&media_type.essence, 80).into_owned());
    }
    if let Some(coding) = &subject.coding {
        words.push(format!("{} as sent", text::one_line(coding, 40)));
    }
    words.extend(choice.shown.facts.iter().cloned());
    words.push(text::counted(subject.bytes.len() as u64, "byte"));
    words.join(", ")
}

/// Header fields as names and values.
fn table(headers: &Headers) -> Table {
    let fields = headers
        .iter()
        .map(|(name, value)| (Spelled::from_bytes(name), Spelled::from_bytes(value)));
    Table::new(fields, true)
}

/// The pairs of all `Cookie` fields (RFC 6265 section 4.2.1).
fn cookies(headers: &Headers) -> Table {
    let lines = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"));
    let pairs = lines.flat_map(|(_, value)| value.split(|&byte| byte == b';'));
    let fields = pairs
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty());
    let fields = fields.map(|pair| {
        let at = pair
            .iter()
            .position(|&byte| byte == b'=')
            .unwrap_or(pair.len());
        let value = pair.get(at + 1..).unwrap_or_default();
        let name = pair.get(..at).unwrap_or_default();
        (Spelled::from_bytes(name), Spelled::from_bytes(value))
    });
    Table::new(fields, false)
}

/// Bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let push = |text: String, byte: &u8| text + &format!("{byte:02x}");
    bytes.iter().fold(String::new(), push)
}
