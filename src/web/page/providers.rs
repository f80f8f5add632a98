//! What is known of the senders, for everyone: how each is recognised and checked, and what it asks before it sends.

use askama::Template;

use super::{Page, text};
use crate::provider::{PROVIDERS, Provider};

#[derive(Debug, Template)]
#[template(path = "providers.html")]
pub(super) struct ProvidersPage {
    providers: &'static [&'static Provider],
}

/// The page.
pub(super) async fn show() -> Page<ProvidersPage> {
    Page(ProvidersPage {
        providers: PROVIDERS,
    })
}
