//! Traces of what the server does, sent to a collector over OTLP, where one is named.
//!
//! Spans are made where the work is done, under a target of their own ([`SPANS`]): no log prints them, and while no collector is named
//! making one costs a look at a flag. They say how long and with what outcome; never an address with a key in it, a header value or a
//! body. The collector is asked by the command line's own client, since who runs the server names it; the exporter's own would bring
//! a second HTTP stack along. A collector that cannot be reached costs its spans, and nothing else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hyper::header::{HOST, HeaderValue};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use super::http::{self, Trust, TrustError, Url, WrongUrl};
use crate::config::log::SPANS;

/// How long the collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the last spans may take to be sent when the server ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much of an answer is read, in bytes.
const ANSWER: usize = 64 * 1024;

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the collector of traces cannot be asked")]
    Url(#[from] WrongUrl),
    #[error("the collector of traces cannot be trusted")]
    Trust(#[from] TrustError),
    #[error("traces cannot be sent")]
    Exporter(#[from] ExporterBuildError),
}

/// Where spans go.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector at that base address, as `http://localhost:4318`; its path for traces is added to it
    /// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).
    pub(super) fn to(endpoint: &str, runtime: &Handle) -> Result<Self, Error> {
        let url = Url::parse(&format!("{}/v1/traces", endpoint.trim_end_matches('/')))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(url.to_string())
            .with_timeout(PATIENCE)
            .with_http_client(Collector {
                url,
                trust: Trust::authorities(None)?,
                runtime: runtime.clone(),
                is_failing: AtomicBool::new(false),
            })
            .build()?;
        let resource = Resource::builder()
            .with_service_name("hookwell")
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What turns spans into traces.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(
        &self,
    ) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("hookwell"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(SPANS, tracing::Level::INFO))
    }

    /// Sends what is left.
    pub(super) fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The collector, as the exporter's thread asks it: through the server's runtime.
#[derive(Debug)]
struct Collector {
    url: Url,
    trust: Trust,
    runtime: Handle,
    /// So that a collector that is away is told of once.
    is_failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(
        &self,
        request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<Bytes>, HttpError> {
        let (url, trust) = (self.url.clone(), self.trust.clone());
        let answer = self.runtime.spawn(exchange(url, trust, request)).await?;
        let is_well = answer
            .as_ref()
            .is_ok_and(|answer| answer.status().is_success());
        if self.is_failing.swap(!is_well, Ordering::Relaxed) == is_well {
            match (&answer, is_well) {
                (_, true) => tracing::info!("the collector of traces takes them again"),
                (Err(error), _) => {
                    tracing::warn!(
                        error = &**error as &dyn std::error::Error,
                        "traces are lost"
                    );
                }
                (Ok(answer), _) => {
                    let status = answer.status().as_u16();
                    tracing::warn!(status, "traces are lost: the collector does not take them");
                }
            }
        }
        answer
    }
}

async fn exchange(
    url: Url,
    trust: Trust,
    request: hyper::Request<Bytes>,
) -> Result<hyper::Response<Bytes>, HttpError> {
    let (mut parts, body) = request.into_parts();
    parts.uri = url.target().parse()?;
    parts
        .headers
        .insert(HOST, HeaderValue::from_str(&url.authority)?);
    let request = http::Request::from_parts(parts, http::full(body));
    let answer = http::send(&url, &trust, request, PATIENCE).await?;
    let (parts, body) = answer.into_parts();
    let (bytes, _) = http::read(body, ANSWER, PATIENCE).await?;
    Ok(hyper::Response::from_parts(parts, bytes.into()))
}
