//! The server that hookwell is compared with: the same accept loop and the same axum; it reads the body whole, answers 200 and
//! stores nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{Request, StatusCode};
use hookwell::config::Config;
use hookwell::ingest::Link;
use hookwell::model::{Clock, Reason};
use hookwell::serve::{Answering, Handler, HandlerResponse, accept};
use hyper::body::Incoming;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::Result;

struct Null(Router);

impl Handler for Null {
    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        link: Arc<Link>,
    ) -> HandlerResponse {
        link.pass_over();
        let request = request.map(Body::new);
        let response = self.0.clone().oneshot(request).await;
        link.end();
        let response = response.unwrap_or_else(|never| match never {});
        Ok(response.map(Answering::from))
    }

    fn refused(&self, _: &Link, _: Reason) {}
}

/// Serves until the process is ended.
pub(crate) async fn serve() -> Result<()> {
    let router = Router::new()
        .fallback(async |_body: Bytes| StatusCode::OK)
        .layer(DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let limits = Config::with_defaults().limits;
    let (_stopping, stop) = watch::channel(false);
    accept(
        listener,
        Arc::new(Null(router)),
        &limits,
        Clock::System,
        stop,
    )
    .await;
    Ok(())
}
