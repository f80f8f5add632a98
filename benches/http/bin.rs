//! A bin of hookwell, made and read through its API as any client would.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::request::{self, Request};
use crate::{Result, load};

/// What a bin keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep {
    /// What is kept when nothing is said: the newest 1,000 captures.
    Default,
    /// Everything.
    All,
}

/// A bin and the addresses to use it by.
#[derive(Debug, Clone)]
pub(crate) struct Bin {
    /// Its public id.
    pub(crate) id: String,
    /// Opens it.
    pub(crate) key: String,
    /// The server it is on.
    pub(crate) address: SocketAddr,
}

impl Bin {
    /// Makes a new one.
    pub(crate) async fn create(address: SocketAddr, keep: Keep) -> Result<Self> {
        let settings = match keep {
            Keep::Default => json!({}),
            Keep::All => json!({"keep": {"captures": 0, "bytes": 0, "days": 0}}),
        };
        Self::create_with(address, &settings).await
    }

    /// Makes a new one that keeps everything and gives that reply.
    pub(crate) async fn replying(address: SocketAddr, reply: &Value) -> Result<Self> {
        let keep = json!({"captures": 0, "bytes": 0, "days": 0});
        Self::create_with(address, &json!({"keep": keep, "reply": reply})).await
    }

    /// Makes a new one with these settings.
    pub(crate) async fn create_with(address: SocketAddr, settings: &Value) -> Result<Self> {
        let request = request::post_json(address, "/api/v1/bins", &settings.to_string());
        let answer = load::once(address, &request, 201).await?;
        let bin: Value = serde_json::from_slice(&answer.body)?;
        let text = |name: &str| {
            bin[name]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("the new bin has no {name}"))
        };
        Ok(Self {
            id: text("id")?,
            key: text("key")?,
            address,
        })
    }

    /// A webhook to its capture URL.
    pub(crate) fn webhook(&self) -> Request {
        request::webhook(self.address, &format!("/{}", self.id))
    }

    /// Its page.
    pub(crate) fn page(&self) -> Request {
        request::get(self.address, &format!("/b/{}", self.key), None)
    }

    /// The first page of its captures in the API.
    pub(crate) fn list(&self) -> Request {
        let path = format!("/api/v1/bins/{}/captures", self.id);
        request::get(self.address, &path, Some(&self.key))
    }

    /// The stream that its page reads.
    pub(crate) fn page_stream(&self) -> Request {
        request::get(self.address, &format!("/b/{}/stream", self.key), None)
    }

    /// The stream that programs read.
    pub(crate) fn events(&self) -> Request {
        let path = format!("/api/v1/bins/{}/events", self.id);
        request::get(self.address, &path, Some(&self.key))
    }

    /// How many captures it holds.
    pub(crate) async fn captures(&self) -> Result<u64> {
        let path = format!("/api/v1/bins/{}", self.id);
        let request = request::get(self.address, &path, Some(&self.key));
        let answer = load::once(self.address, &request, 200).await?;
        let bin: Value = serde_json::from_slice(&answer.body)?;
        Ok(bin["captures"].as_u64().ok_or("the bin has no captures")?)
    }
}
