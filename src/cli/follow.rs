//! A bin's captures as they come, over the API's stream of events: each once, in order, through breaks of the connection.
//!
//! It holds a place, the number of the last capture that it gave. A stream that breaks, or is silent for longer than a living one
//! would be, is opened again from that place; what is too much to be told of one by one is read from the list.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Client, Error, PATIENCE, escaped};
use super::http::{self, Response};
use super::stream::Stream;

/// How long a stream may be silent: the server shows every 15 seconds that it is alive.
const SILENCE: Duration = Duration::from_secs(40);

/// How long to wait before the next try: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// The field that says which listener asks or tells.
pub(super) const LISTENER: &str = "Hookwell-Listener";

/// How often the place of the listener that answers is asked for, where another has it, and how long to wait between.
const SEAT_TRIES: u32 = 10;
const SEAT_PAUSE: Duration = Duration::from_millis(500);

/// How many captures are listed at once.
const PAGE: u64 = 100;

/// What there is to tell.
#[derive(Debug)]
pub(super) enum News {
    /// A capture, as the API's lists have it, in one line of JSON.
    Captured(String),
    /// The connection broke, or could not be made.
    Lost { why: String, pause: Duration },
    /// Senders wait for what is answered here, so long at most.
    Responding { patience: Duration },
    /// There is a connection again; so many captures came meanwhile.
    Back { missed: Option<u64> },
    /// Captures from one number to another are not there any more.
    Missing { first: u64, last: u64 },
    /// The server counts from a lower number than before: its data is another.
    Rewound { last: u64 },
}

/// Who follows.
#[derive(Debug)]
pub(super) struct Follow {
    client: Client,
    filter: Option<String>,
    /// The last number that was given.
    place: u64,
    stream: Option<Stream>,
    ready: VecDeque<News>,
    /// Up to which number captures are to be read from the list.
    behind: Option<u64>,
    /// How often in a row there was no connection; `None` before the first.
    failures: Option<u32>,
    silence: Duration,
    /// How long senders wait for what is answered here, and the name by which a new connection has the place of the old one.
    respond: Option<(Duration, String)>,
}

/// Only the number.
#[derive(Deserialize)]
struct Numbered {
    n: u64,
}

#[derive(Deserialize)]
struct Listed {
    captures: Vec<Box<RawValue>>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Resync {
    after: u64,
}

#[derive(Deserialize)]
struct Count {
    captures: u64,
    is_all: bool,
}

/// Where to begin.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin<'a> {
    /// With what comes from now on.
    Now,
    /// Behind a number, or with what the filter's word `since` takes.
    Since(&'a str),
    /// Behind a number.
    Behind(u64),
}

impl<'a> From<Option<&'a str>> for Begin<'a> {
    fn from(since: Option<&'a str>) -> Self {
        since.map_or(Self::Now, Self::Since)
    }
}

impl Follow {
    /// Follows a bin.
    pub(super) async fn new(
        client: Client,
        filter: Option<String>,
        begin: Begin<'_>,
    ) -> Result<Self, Error> {
        let place = place(&client, begin).await?;
        Ok(Self {
            client,
            filter,
            place,
            stream: None,
            ready: VecDeque::new(),
            behind: None,
            failures: None,
            silence: SILENCE,
            respond: None,
        })
    }

    /// Senders wait so long at most for what is answered here.
    pub(super) fn responding(mut self, patience: Duration, name: &str) -> Self {
        self.respond = Some((patience, name.to_owned()));
        self
    }

    /// How long the stream may be silent before it counts as broken.
    pub(super) fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// The number behind which it goes on.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// What comes next.
    ///
    /// # Errors
    /// What cannot pass by itself: the bin is gone, the filter is wrong.
    pub(super) async fn next(&mut self) -> Result<News, Error> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Ok(news);
            }
            match self.step().await {
                Ok(()) => {}
                Err(error) if error.is_passing() => return Ok(self.lose(&error)),
                Err(error) => return Err(error),
            }
        }
    }

    async fn step(&mut self) -> Result<(), Error> {
        if let Some(newest) = self.behind {
            return self.list(newest).await;
        }
        let Some(stream) = &mut self.stream else {
            return self.connect().await;
        };
        let Some(event) = stream.next().await.map_err(Error::Broken)? else {
            return Err(Error::Broken(io::ErrorKind::UnexpectedEof.into()));
        };
        match &*event.name {
            "capture" => self.take(event.data)?,
            "resync" => {
                let Resync { after } = self.parsed(&event.data)?;
                if after < self.place {
                    self.place = after;
                    self.ready.push_back(News::Rewound { last: after });
                } else {
                    self.behind = Some(after);
                }
            }
            // The next question says why.
            "gone" => self.stream = None,
            _ => {}
        }
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), Error> {
        if let Some(failures @ 1..) = self.failures {
            tokio::time::sleep(pause(failures)).await;
        }
        let mut query = format!("after={}", self.place);
        if let Some(filter) = &self.filter {
            query.push_str(&format!("&q={}", escaped(filter)));
        }
        let answer = self.open(query).await?;
        self.stream = Some(Stream::new(answer.into_body(), self.silence));
        if let (None, Some((patience, _))) = (self.failures, &self.respond) {
            let patience = *patience;
            self.ready.push_back(News::Responding { patience });
        }
        if let Some(1..) = self.failures {
            let missed = self.missed().await.ok().flatten();
            self.ready.push_back(News::Back { missed });
        }
        self.failures = Some(0);
        Ok(())
    }

    /// Opens the stream. A listener that was here before may have left a moment ago, and the server not know it yet.
    async fn open(&self, mut query: String) -> Result<Response, Error> {
        let Some((patience, name)) = &self.respond else {
            return self.client.get("/events", &query).await;
        };
        query.push_str(&format!("&respond={}", patience.as_secs()));
        let fields = [(LISTENER, &**name)];
        let mut tries = 0;
        loop {
            let opening =
                self.client
                    .send("GET", "/events", &query, &fields, http::full(""), PATIENCE);
            match opening.await {
                Err(Error::Refused { status: 409, .. }) if tries < SEAT_TRIES => {
                    tries += 1;
                    tokio::time::sleep(SEAT_PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// How many captures came since the last that was given.
    pub(super) async fn missed(&self) -> Result<Option<u64>, Error> {
        let since = format!("n>{}", self.place);
        let filter = match &self.filter {
            Some(filter) => format!("({filter}) {since}"),
            None => since,
        };
        let query = format!("q={}", escaped(&filter));
        let count: Count = self.client.get_json("/captures/count", &query).await?;
        Ok(count.is_all.then_some(count.captures))
    }

    fn lose(&mut self, error: &Error) -> News {
        self.stream = None;
        let failures = self.failures.unwrap_or(0).saturating_add(1);
        self.failures = Some(failures);
        News::Lost {
            why: super::told(error),
            pause: pause(failures),
        }
    }

    fn take(&mut self, json: String) -> Result<(), Error> {
        let Numbered { n } = self.parsed(&json)?;
        if n <= self.place {
            return Ok(());
        }
        if self.filter.is_none() && n > self.place + 1 {
            let (first, last) = (self.place + 1, n - 1);
            self.ready.push_back(News::Missing { first, last });
        }
        self.place = n;
        self.ready.push_back(News::Captured(json));
        Ok(())
    }

    async fn list(&mut self, newest: u64) -> Result<(), Error> {
        let listed = list(&self.client, self.filter.as_deref(), self.place, PAGE).await?;
        for capture in listed.captures {
            let Numbered { n } = self.parsed(capture.get())?;
            if n <= newest {
                self.take(capture.get().to_owned())?;
            }
        }
        // Where nothing was found, the search got as far as this.
        match listed.next.filter(|&next| next < newest) {
            Some(next) if self.filter.is_some() => self.place = self.place.max(next),
            Some(_) => {}
            None => self.behind = None,
        }
        Ok(())
    }

    fn parsed<'a, T: Deserialize<'a>>(&self, json: &'a str) -> Result<T, Error> {
        serde_json::from_str(json).map_err(|_| self.client.odd())
    }
}

async fn list(
    client: &Client,
    filter: Option<&str>,
    after: u64,
    limit: u64,
) -> Result<Listed, Error> {
    let mut query = format!("after={after}&limit={limit}");
    if let Some(filter) = filter {
        query.push_str(&format!("&q={}", escaped(filter)));
    }
    client.get_json("/captures", &query).await
}

/// Behind which number to begin.
async fn place(client: &Client, begin: Begin<'_>) -> Result<u64, Error> {
    if let Begin::Behind(n) = begin {
        return Ok(n);
    }
    if let Begin::Since(since) = begin {
        if let Ok(n) = since.trim_start_matches('#').parse() {
            return Ok(n);
        }
        let filter = format!("since:{since}");
        let mut after = 0;
        loop {
            let listed = list(client, Some(&filter), after, 1).await?;
            if let Some(first) = listed.captures.first() {
                let first: Result<Numbered, _> = serde_json::from_str(first.get());
                return Ok(first.map_err(|_| client.odd())?.n.saturating_sub(1));
            }
            match listed.next {
                Some(next) => after = next,
                None => break,
            }
        }
    }
    newest(client).await
}

/// The number of the newest capture; 0 when there is none.
pub(super) async fn newest(client: &Client) -> Result<u64, Error> {
    let listed: Listed = client.get_json("/captures", "limit=1").await?;
    let Some(newest) = listed.captures.first() else {
        return Ok(0);
    };
    let newest: Result<Numbered, _> = serde_json::from_str(newest.get());
    Ok(newest.map_err(|_| client.odd())?.n)
}

/// The pause before a try: twice as long each time, and of no two followers the same.
fn pause(failures: u32) -> Duration {
    let (least, most) = PAUSE;
    let pause = least.saturating_mul(1 << failures.saturating_sub(1).min(8));
    let part = uuid::Uuid::new_v4().as_u64_pair().1 % 256;
    let spread = u32::try_from(part).unwrap_or(0);
    pause.min(most) / 2 + pause.min(most) / 512 * spread
}

/// What a follower is told beside captures, as a line for people.
pub(super) fn remark(news: &News) -> Option<String> {
    Some(match news {
        News::Captured(_) => return None,
        News::Responding { patience } => {
            let seconds = patience.as_secs();
            format!("senders are given its answers, and wait {seconds} s for them at most")
        }
        News::Lost { why, pause } => {
            let seconds = pause.as_secs_f32();
            format!("reconnecting in {seconds:.1} s: {why}")
        }
        News::Back { missed: None } => "connected again".to_owned(),
        News::Back { missed: Some(0) } => "connected again; nothing was missed".to_owned(),
        News::Back { missed: Some(1) } => "connected again; 1 request came meanwhile".to_owned(),
        News::Back { missed: Some(n) } => {
            format!("connected again; {n} requests came meanwhile")
        }
        News::Missing { first, last } if first == last => {
            format!("#{first} is not there any more: deleted, or dropped to make room")
        }
        News::Missing { first, last } => {
            format!("#{first} to #{last} are not there any more: deleted, or dropped to make room")
        }
        News::Rewound { last } => {
            format!("the server's data is older than it was: its last request is #{last}")
        }
    })
}
