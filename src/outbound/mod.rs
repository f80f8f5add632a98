//! What this server itself calls: the one way out.
//!
//! Replays, targets and certificates of providers all go through [`Client::send`]. The addresses come from strangers, or from
//! people who need not be the operator; so a call goes only where the [`guard`] lets it: the name is resolved once, every address
//! of it is judged, and the connection goes to one that was judged. No proxy of the environment is used, and no redirect followed:
//! the answer that says "elsewhere" is the answer.
//!
//! One connection a request, over hyper's own client. A pool would hold connections whose address nobody judges again, and a client
//! with a resolver to plug in does not ask it for addresses that are written as numbers.
//!
//! What is sent is what was captured: [`head`] writes the fields in their order and case, without those that belong to one
//! connection. Everything that comes back has a bound: the head, the body, the time. How many may call at once, and whose turn it
//! is, is said by [`Places`].
//!
//! It knows the [model](crate::model) and the [configuration](crate::config), nothing of bins, stores or pages. To allow or refuse
//! more addresses: the tables in [`guard`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod certificates;
mod client;
pub mod guard;
mod head;
mod places;
mod url;
mod words;

pub use certificates::{Certificates, Fetched};
pub use client::{ANSWER, Client};
pub use head::{can_be_sent, field_problem, is_token, spelled};
pub use places::{Place, Places, Whose};
pub use url::{Url, WrongUrl};
pub use words::{in_words, unconnected};

use bytes::Bytes;

use crate::model::Headers;

/// A request to somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// The header fields. Those of one connection or one message framing are left out when it is sent, and `Host` is the URL's.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

#[cfg(test)]
mod tests;
