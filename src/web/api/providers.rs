//! What is known of the senders.

use std::borrow::Cow;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::provider::{PROVIDERS, Provider};

/// The known senders.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Providers {
    /// Each of them, by name.
    providers: Vec<Known>,
}

/// A known sender.
#[derive(Debug, Serialize, ToSchema)]
struct Known {
    /// Its name in captures, settings and filters.
    #[schema(example = "stripe")]
    name: &'static str,
    /// Its name for people.
    title: &'static str,
    /// Other names that settings take for it.
    aliases: &'static [&'static str],
    /// Where it documents its webhooks; may be empty.
    docs: &'static str,
    /// What it is recognised by: any of these.
    recognised_by: Vec<String>,
    /// How it signs; empty when it does not.
    schemes: Vec<Scheme>,
    /// What its secret is called in its dashboard, and where it stands; may be empty.
    secret_hint: &'static str,
    /// What it asks before it sends.
    handshakes: Vec<&'static str>,
    /// The types of events that samples can be made of.
    samples: Vec<&'static str>,
}

/// A way of signing.
#[derive(Debug, Serialize, ToSchema)]
struct Scheme {
    /// What it is called.
    #[schema(example = "HMAC-SHA256 of time.body")]
    name: &'static str,
    /// Where the signature stands.
    #[schema(example = "The header Stripe-Signature")]
    place: String,
    /// What the secret looks like.
    secret: &'static str,
    /// How many seconds before the arrival it may be signed; null when no time is signed, or its age is not looked at.
    tolerance_s: Option<u32>,
    /// What a valid signature does not cover; may be empty.
    gap: Cow<'static, str>,
}

impl From<&Provider> for Known {
    fn from(provider: &Provider) -> Self {
        Self {
            name: provider.slug,
            title: provider.title,
            aliases: provider.aliases,
            docs: provider.docs,
            recognised_by: provider.rules.iter().map(ToString::to_string).collect(),
            schemes: provider
                .distinct_schemes()
                .map(|scheme| Scheme {
                    name: scheme.name,
                    place: scheme.place_in_words(),
                    secret: scheme.key.expected(),
                    tolerance_s: scheme.time.and_then(|time| time.past),
                    gap: scheme.gap.into(),
                })
                .collect(),
            secret_hint: provider.secret_hint,
            handshakes: provider.handshakes.iter().map(|ask| ask.name).collect(),
            samples: provider.samples.iter().map(|sample| sample.event).collect(),
        }
    }
}

/// List known senders
///
/// What each is recognised by, how it signs, and what it asks before it sends. Needs no key.
#[utoipa::path(
    get,
    path = "/api/v1/providers",
    operation_id = "list_providers",
    tag = "about",
    security(()),
    responses((status = 200, description = "The known senders", body = Providers))
)]
pub(super) async fn index() -> Json<Providers> {
    Json(Providers {
        providers: PROVIDERS
            .iter()
            .map(|provider| Known::from(*provider))
            .collect(),
    })
}
