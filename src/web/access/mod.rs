//! Who may see what of a bin: between the store and everything that shows a capture.
//!
//! A handler names the access it needs by what it takes. [`BinByKey`] and [`BinByToken`] are for the bin's own key; [`Visit`],
//! [`VisitByToken`] and [`VisitByKey`] are also for read keys of the whole bin, [`Glimpse`] and [`GlimpseByToken`] also for those of one request, where
//! the route has that request's number. So a route that says nothing special is closed to share links.
//!
//! All of them give a [`BinByKey`], and it is the only way in which pages and API read captures: for a read key they are masked
//! here, and those that are not shared are not there; filters see what the reader sees. `tests/it/share.rs` holds every route
//! and the sources to this.

mod every;
mod search;
mod watch;

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

pub use self::every::Every;
pub use self::search::{Counted, Listed};
pub use self::watch::Watch;
use super::extract::{bearer, path_text};
use super::judged::Court;
use super::{App, Error, api, page};
use crate::mask::Masker;
use crate::model::{
    Access, Bin, BinId, BinKey, Capture, CaptureLine, CaptureNumber, MaskKey, Share, Usage,
    VerdictState,
};
use crate::outbound::Certificates;
use crate::store::{self, Store};
use crate::verdict::Evidence;

/// From this size on a body is masked on a thread that may take its time.
const LARGE: usize = 64 * 1024;

/// A bin, the key that opened it, and what that key allows.
#[derive(Debug, Clone)]
pub struct BinByKey {
    /// The bin.
    pub bin: Arc<Bin>,
    /// The key, to build further addresses.
    pub key: BinKey,
    /// What it allows.
    pub access: Access,
    /// The server's public address, where it has one: some senders sign it.
    base: Option<Arc<str>>,
    /// Others sign with certificates.
    certificates: Certificates,
}

impl BinByKey {
    /// The bin that a key opens, be it its own or a read key.
    async fn open(app: &App, key: BinKey) -> Result<Self, Error> {
        let hash = key.hash();
        let (bin, access) = match app.store.bin_by_key(hash).await {
            Ok(bin) => (bin, Access::Write),
            Err(store::Error::UnknownBin) => {
                let (bin, share, mask_key) = app.store.share(hash).await?;
                (bin, Access::Read(share, mask_key))
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            bin,
            key,
            access,
            base: app.config.listen.public_base().map(Arc::from),
            certificates: app.certificates.clone(),
        })
    }

    /// The same bin anew: an error when it is gone, or the key's time is over.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::ShareOver`]; what the store says when it cannot be read.
    pub async fn again(&self, app: &App) -> Result<Self, Error> {
        Self::open(app, self.key).await
    }

    /// The bin of a page's address (`{key}`).
    async fn of_page<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Error>
    where
        Arc<App>: FromRef<S>,
    {
        let key = path_text(parts, state, "key").await?;
        let key = key.parse().map_err(|_| Error::UnknownBin)?;
        Self::open(&Arc::<App>::from_ref(state), key).await
    }

    /// The bin of an API call: its id in the path (`{id}`), a key in `Authorization: Bearer`.
    async fn of_call<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Error>
    where
        Arc<App>: FromRef<S>,
    {
        let key = bearer(&parts.headers).ok_or(Error::Unauthorized)?;
        // A wrong key, a key of another bin and an id that no bin has all read the same: an answer tells nothing of others' bins.
        let id: BinId = path_text(parts, state, "id")
            .await?
            .parse()
            .map_err(|_| Error::UnknownBin)?;
        let bin = Self::open(&Arc::<App>::from_ref(state), key).await?;
        if bin.bin.id == id {
            Ok(bin)
        } else {
            Err(Error::UnknownBin)
        }
    }

    /// The bin of an API call that names none: that of the key.
    async fn of_bearer<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Error>
    where
        Arc<App>: FromRef<S>,
    {
        let key = bearer(&parts.headers).ok_or(Error::Unauthorized)?;
        Self::open(&Arc::<App>::from_ref(state), key).await
    }

    fn share(&self) -> Option<(&Share, MaskKey)> {
        match &self.access {
            Access::Write => None,
            Access::Read(share, mask_key) => Some((share, *mask_key)),
        }
    }

    /// Whether the key is the bin's own.
    pub fn can_write(&self) -> bool {
        self.access == Access::Write
    }

    /// The one request that the key shows; `None` for a key that shows all.
    pub fn only(&self) -> Option<CaptureNumber> {
        self.share().and_then(|(share, _)| share.n)
    }

    /// That the key is the bin's own.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] when it is not.
    pub fn writes(self) -> Result<Self, Error> {
        if self.can_write() {
            Ok(self)
        } else {
            Err(Error::ReadOnly)
        }
    }

    /// That the key shows the whole bin.
    fn sees_all(self) -> Result<Self, Error> {
        match self.only() {
            None => Ok(self),
            Some(n) => Err(Error::OneRequest(n.0)),
        }
    }

    /// That the key shows the request whose number is in the path, where one is.
    async fn sees<S: Send + Sync>(self, parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Some(only) = self.only() else {
            return Ok(self);
        };
        let n = path_text(parts, state, "n").await?;
        match n.parse() {
            Ok(n) if n == only.0 => Ok(self),
            Ok(n) => Err(Error::UnknownCapture(n)),
            Err(_) => Err(Error::NotFound),
        }
    }

    fn court(&self) -> Court {
        Court {
            bin: Arc::clone(&self.bin),
            base: self.base.clone(),
            certificates: self.certificates.clone(),
        }
    }

    fn masked_lines(&self, lines: Vec<CaptureLine>) -> Vec<CaptureLine> {
        let Some((share, mask_key)) = self.share() else {
            return lines;
        };
        let masker = Masker::new(&self.bin.settings.mask, mask_key);
        lines
            .into_iter()
            .filter(|line| share.n.is_none_or(|n| n == line.n))
            .map(|line| masker.line(line))
            .collect()
    }

    /// One capture.
    ///
    /// # Errors
    /// [`Error::UnknownCapture`], also when it is not shared; what the store says when it cannot be read.
    pub async fn capture(&self, store: &dyn Store, n: CaptureNumber) -> Result<Capture, Error> {
        let capture = store.capture(&self.bin, n).await;
        let capture = capture.map_err(Error::of_capture(n))?;
        let capture = self.court().capture(capture).await?;
        let shown = if capture.body.len() >= LARGE && !self.can_write() {
            let bin = self.clone();
            let done = tokio::task::spawn_blocking(move || bin.shown(capture)).await;
            done.map_err(|error| Error::Panicked(error.to_string()))?
        } else {
            self.shown(capture)
        };
        shown.ok_or(Error::UnknownCapture(n.0))
    }

    /// What was checked of a capture, for the bin's owner alone: signed bytes and digests are not masked. `None` where there was
    /// nothing to check.
    ///
    /// # Errors
    /// When the search panics.
    pub async fn evidence(&self, capture: &Capture) -> Result<Option<Evidence>, Error> {
        let is_checked = capture.line.verdict.as_ref().is_some_and(|verdict| {
            matches!(verdict.state, VerdictState::Valid | VerdictState::Invalid)
        });
        if self.can_write() && is_checked {
            self.court().evidence(capture.clone()).await
        } else {
            Ok(None)
        }
    }

    /// How full the bin is. What was refused is for its owner: the traces are not masked.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn usage(&self, store: &dyn Store) -> store::Result<Usage> {
        let mut usage = store.usage(&self.bin).await?;
        if !self.can_write() {
            usage.refused = 0;
        }
        Ok(usage)
    }
}

/// Makes an extractor: where the bin is found, what its key must allow, and in which form a failure is told.
macro_rules! extractor {
    ($(#[doc = $doc:literal])+ $name:ident, $of:ident, $failure:ty, |$bin:ident, $parts:ident, $state:ident| $check:expr) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name(pub BinByKey);

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            Arc<App>: FromRef<S>,
        {
            type Rejection = $failure;

            async fn from_request_parts($parts: &mut Parts, $state: &S) -> Result<Self, $failure> {
                let $bin = BinByKey::$of($parts, $state).await?;
                let bin: Result<BinByKey, Error> = $check;
                Ok(Self(bin?))
            }
        }
    };
}

extractor! {
    /// The bin of a page, for its own key and for read keys of the whole bin.
    Visit, of_page, page::Error, |bin, parts, state| bin.sees_all()
}
extractor! {
    /// The bin of a page about one request, for every key that shows it.
    Glimpse, of_page, page::Error, |bin, parts, state| bin.sees(parts, state).await
}
extractor! {
    /// The bin of a page, whatever its key shows: the handler looks at that itself.
    AnyVisit, of_page, page::Error, |bin, parts, state| Ok(bin)
}
extractor! {
    /// The bin of an API call, for its own key and for read keys of the whole bin.
    VisitByToken, of_call, api::Error, |bin, parts, state| bin.sees_all()
}
extractor! {
    /// The bin of an API call that names none, for its own key and for read keys of the whole bin.
    VisitByKey, of_bearer, api::Error, |bin, parts, state| bin.sees_all()
}
extractor! {
    /// The bin of an API call about one request, for every key that shows it.
    GlimpseByToken, of_call, api::Error, |bin, parts, state| bin.sees(parts, state).await
}

extractor! {
    /// The bin of an API call, for its own key, with what it takes to read captures.
    OwnerByToken, of_call, api::Error, |bin, parts, state| bin.writes()
}

/// The bin of an API call, for its own key.
#[derive(Debug)]
pub struct BinByToken(pub Arc<Bin>);

impl<S: Send + Sync> FromRequestParts<S> for BinByToken
where
    Arc<App>: FromRef<S>,
{
    type Rejection = api::Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, api::Error> {
        Ok(Self(BinByKey::of_call(parts, state).await?.writes()?.bin))
    }
}

/// A page's bin, for its own key.
impl<S: Send + Sync> FromRequestParts<S> for BinByKey
where
    Arc<App>: FromRef<S>,
{
    type Rejection = page::Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, page::Error> {
        Ok(Self::of_page(parts, state).await?.writes()?)
    }
}
