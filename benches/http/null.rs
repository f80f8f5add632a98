//! The server that hookwell is compared with: reads the body whole, answers 200, stores nothing.

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;

use crate::Result;

/// Serves until the process is ended.
pub(crate) async fn serve() -> Result<()> {
    let router = Router::new()
        .fallback(async |_body: Bytes| StatusCode::OK)
        .layer(DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
